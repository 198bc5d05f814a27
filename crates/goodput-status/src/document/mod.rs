//! The status as a document for programs: version 1, JSON, every number a program decides by a whole one.
//!
//! `schemas/status.json` describes it. Fields may be added within a version, so a reader passes over those it does not know; a field
//! that goes away or changes its meaning makes another version. Whole numbers go up to 2^64: read them as such, since a float keeps 53
//! bits.

mod decision;
mod guard;
mod read;
#[cfg(test)]
mod schema;
mod slo;
mod status;
mod write;

pub use decision::{
    AdviceDocument, ChangeDocument, CostDocument, CoverageDocument, DecisionDocument, GroundDocument, ReplicasDocument,
};
pub use guard::{FeatureDocument, GuardDocument, MuteDocument, ShedWindowDocument, ShedsDocument};
pub use read::DocumentError;
pub use slo::{
    AlarmDocument, BudgetDocument, ConditionDocument, CountsDocument, IndicatorDocument, PeriodDocument,
    ReasonDocument, SignalDocument, SlicesDocument, SloDocument, StandingDocument, WindowDocument,
};
pub use status::{
    BandDocument, ErrorDocument, FlagDocument, LatencyDocument, RemovedDocument, RouteDocument, StatusDocument, VERSION,
};
pub(crate) use write::{WrittenBy, render, to_json};
