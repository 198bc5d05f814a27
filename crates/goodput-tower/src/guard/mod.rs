//! The budget guard as a layer: asks the instance's guards about every request, and does what they say.

mod answer;
#[cfg(feature = "axum")]
pub(crate) mod axum;
mod future;
#[cfg(feature = "grpc")]
pub(crate) mod grpc;
mod layer;
mod service;

pub use answer::{Answer, AnswerBy, Busy};
pub use future::GuardFuture;
pub use layer::GuardLayer;
pub use service::{Degrade, GuardService};
