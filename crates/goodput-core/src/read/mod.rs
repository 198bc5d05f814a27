//! The reading side: snapshots of the cells, their history, and the status computed from both.

mod alarms;
mod bands;
mod case;
mod compose;
mod display;
mod flags;
mod history;
mod in_force;
mod judge;
mod latency;
mod monitor;
mod sheds;
mod signals;
mod slices;
mod slots;
mod snapshot;
mod status;
mod surges;
mod waiting;
mod wall;

pub(crate) use alarms::Event;
pub use bands::BandStatus;
pub(crate) use compose::{Parts, compose};
pub use flags::Flag;
pub(crate) use history::{Column, History};
pub(crate) use in_force::InForce;
pub use latency::{Latencies, LatencySummary};
pub(crate) use monitor::{Monitor, WatchedSlo};
pub(crate) use sheds::read_sheds;
pub use signals::SignalDetail;
pub(crate) use slices::Slices;
pub use slots::{SlotError, SlotPlan, SlotTier};
pub(crate) use snapshot::{Detail, read_counts, read_detail};
pub use status::{
    ConditionStatus, ErrorCount, ReasonCount, RemovedSlo, RouteReason, RouteStatus, RunningSlice, Scope, SignalStatus,
    SliceStatus, SloStatus, Status, WindowStatus,
};
pub(crate) use waiting::{Waiting, stalled};
