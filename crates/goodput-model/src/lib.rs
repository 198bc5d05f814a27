//! The words and the arithmetic of service level objectives: no clock, no I/O, no dependencies.
//!
//! Everything here is a value, and every step a function from one noun to the next:
//!
//! ```text
//! Slo ── Definition            what an operator decides
//! Verdict                      what one event counts as
//! Counts ── Observation        what was seen of a window, and how much of it
//! BurnRate · Budget · Policy   what that means against the objective
//! Case, Change ── Decision     whether a change is a good idea now
//! ```
//!
//! Decisions compare integers exactly; floating point is for people to read. "No data" is a variant, never 0, NaN or
//! infinity.

#![forbid(unsafe_code)]

mod above;
mod alarm;
mod alert;
mod as_seen;
mod band_standing;
mod bands;
mod budget;
mod budgeting;
mod burn;
mod check;
mod condition;
mod counts;
mod coverage;
mod decision;
mod definition;
mod detection;
mod exact;
mod exhaustion;
mod indicator;
mod journey;
mod links;
pub mod names;
mod objective;
mod overrides;
mod policy;
mod problem;
mod problem_words;
mod rate;
mod row;
mod share;
mod signal;
mod slo;
mod verdict;
mod window;

pub use alarm::{Alarm, AlarmState, Cleared, Found, Frozen, Step};
pub use alert::{AlertRow, Severity, Timing, Trigger, TriggerError};
pub use as_seen::BudgetAsSeen;
pub use band_standing::BandStanding;
pub use bands::{Action, Band, BudgetBands};
pub use budget::{Budget, OutageTime, ReleaseCost, Remaining};
pub use budgeting::Budgeting;
pub use burn::BurnRate;
pub use condition::{Evaluation, MinBad, Position, UnseenTime, evaluate};
pub use counts::Counts;
pub use coverage::{Coverage, Observation};
pub use decision::{
    Alternative, Basis, BurnStatus, Case, Change, ChangeKind, Concern, CostOfChange, Decision, Evidence, Finding,
    Freshness, GateCode, Ground, Incident, MergeError, OverrideError, PageRow, Proviso, Replicas, Risk,
    TooManyReplicas,
};
pub use definition::{Definition, Role, RouteClass};
pub use exhaustion::{Exhaustion, time_to_exhaustion};
pub use indicator::{Indicator, Measure};
pub use journey::{Criticality, Journey, Tier};
pub use links::Links;
pub use objective::{Objective, ObjectiveError};
pub use overrides::{CancelPolicy, GrpcRule, JudgedAt, StatusMeaning, StatusRule};
pub use policy::{Adaptation, Policy, RowError};
pub use problem::{Problem, Subject};
pub use rate::{Rate, RateError, TimeUnit};
pub use row::{Row, RowProblem};
pub use share::{Share, ShareError};
pub use signal::{ExcludedSurge, NoTraffic, Signal, TrafficLost, excluded_surge, no_traffic, traffic_lost};
pub use slo::Slo;
pub use verdict::{Degraded, Reason, Verdict};
pub use window::{CalendarUnit, Period, Roughly, Window, WindowError};
