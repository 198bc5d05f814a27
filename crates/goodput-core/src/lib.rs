//! Counts good and bad events without locks and keeps their burn rates in the process.
//!
//! ```text
//! request ─ classify → class ─ record → cells ─ read → snapshot ─ push → history → status
//! ```
//!
//! - [`Goodput`] is the handle: built from SLOs, given to whatever records.
//! - [`Request`] records one request of a protocol, [`Work`] anything else; [`Level`] and [`Dataset`] say how full and how old
//!   something is.
//! - [`Ticker`] keeps history; [`Goodput::status`] reads everything as one value.
//! - [`Goodput::decide`] says whether a change may go out.
//! - [`Guard`] and [`FeatureGuard`] hold requests and features back while an SLO burns.
//! - [`Goodput::reload`] puts another definition in force; requests in flight are judged by what they began under.
//! - [`Stopwatch`] times requests and [`Timeline`] carries windows; each has a manual twin for tests.
//!
//! Recording takes no lock, allocates nothing and reads the clock twice, once a shard of the counters has seen a route, and a
//! handler's word there if it gives one. It knows no HTTP, no async runtime and no exporter: those live in crates of their
//! own.

#![forbid(unsafe_code)]

mod alert;
mod arrival;
mod builder;
mod calendar;
mod classify;
mod clock;
mod compile;
mod decide;
mod gauge;
mod goodput;
mod guard;
mod identity;
mod looks_at;
mod read;
mod record;
mod reload;
mod request;
mod state;
mod ticker;
mod work;
mod worker;

pub use alert::{
    Alert, Audience, BadRoute, Cause, Example, Mute, MuteError, Subscription, TraceParent, Transition, Turn,
};
#[doc(hidden)] // what the two layers of `goodput-tower` share
pub use arrival::{Arrival, Seen};
pub use builder::{BuildError, GoodputBuilder};
pub use calendar::CalendarError;
pub use classify::{Code, Ending, Outcome, TableError};
pub use clock::{Distrust, ManualStopwatch, ManualTimeline, Moment, Stopwatch, StopwatchKind, Timeline};
pub use gauge::{Dataset, Level};
pub use goodput::Goodput;
pub use goodput_model::*;
pub use guard::{
    Admission, Feature, FeatureGuard, FeatureStatus, Guard, GuardAction, GuardProblem, GuardStatus, Shed, ShedStatus,
};
pub use read::{
    BandStatus, ConditionStatus, ErrorCount, Flag, Latencies, LatencySummary, ReasonCount, RemovedSlo, RouteReason,
    RouteStatus, RunningSlice, Scope, SignalDetail, SignalStatus, SliceStatus, SloStatus, SlotError, SlotPlan,
    SlotTier, Status, WindowStatus,
};
pub use record::{ClassId, RequestClass, RouteId};
pub use reload::{Reload, ReloadError};
pub use request::{Head, Request};
pub use state::{Memory, MemoryError, RememberedSlo, SavedStanding, StateFile, StateKeeper, StateTrouble, Told};
pub use ticker::{Ticker, TickerError};
pub use work::{Work, WorkGuard};
