//! Tells people what goodput has found: Alertmanager's alerts API, and `tracing`.

#![forbid(unsafe_code)]

mod address;
mod backoff;
mod episodes;
mod failure;
mod pace;
mod post;
mod sender;
mod signal;
mod sink;
mod status;
mod watch;
mod wire;

pub use address::AddressError;
pub use failure::SendError;
pub use pace::Pace;
pub use sink::{AlertmanagerSink, SinkBuilder, SinkError};
pub use status::SinkStatus;
