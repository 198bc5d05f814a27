//! From a condition that holds to somebody who knows: transitions, what they carry, and who hears of them.
//!
//! Ticks step the alarms (`read/alarms.rs`); what changed there is put into the [outbox](Outbox) under the lock of the tick, and
//! composed into [`Transition`]s and handed out, in that order, after all locks are given back.

mod baseline;
mod compose;
mod examples;
mod instance;
mod mute;
mod news;
mod outbox;
mod traces;
mod transition;

pub(crate) use baseline::Baseline;
pub(crate) use examples::Examples;
pub use examples::{Example, TraceParent};
pub(crate) use mute::Mutes;
pub use mute::{Mute, MuteError};
pub use news::Subscription;
pub(crate) use news::{Callback, News};
pub(crate) use outbox::{Backlog, Bulletin, Outbox};
pub(crate) use traces::{TraceMark, Traces};
pub use transition::{Alert, Audience, BadRoute, Cause, Transition, Turn};
