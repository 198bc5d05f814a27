//! The words and the arithmetic of service level objectives: no clock, no I/O, no dependencies.
//!
//! Everything here is a value, and every step a function from one noun to the next:
//!
//! ```text
//! Slo ── Definition            what an operator decides
//! Verdict                      what one event counts as
//! Counts ── Observation        what was seen of a window, and how much of it
//! BurnRate · Budget · Policy   what that means against the objective
//! ```
//!
//! Decisions compare integers exactly; floating point is for people to read. "No data" is a variant, never 0, NaN or
//! infinity.

#![forbid(unsafe_code)]

mod alert;
mod budget;
mod burn;
mod condition;
mod counts;
mod coverage;
mod definition;
mod exact;
mod exhaustion;
mod indicator;
pub mod names;
mod objective;
mod policy;
mod problem;
mod row;
mod slo;
mod verdict;
mod window;

pub use alert::{AlertRow, Severity, Trigger, TriggerError};
pub use budget::{Budget, OutageTime, ReleaseCost, Remaining};
pub use burn::BurnRate;
pub use condition::{Evaluation, MinBad, Position, UnseenTime, evaluate};
pub use counts::Counts;
pub use coverage::{Coverage, Observation};
pub use definition::{Definition, RouteClass};
pub use exhaustion::{Exhaustion, time_to_exhaustion};
pub use indicator::{Indicator, Measure};
pub use objective::{Objective, ObjectiveError};
pub use policy::{Adaptation, Policy, RowError};
pub use problem::{Problem, Subject};
pub use row::{Row, RowProblem};
pub use slo::{CancelPolicy, GrpcRule, JudgedAt, Slo, StatusMeaning, StatusRule};
pub use verdict::{Degraded, Reason, Verdict};
pub use window::{Period, Roughly, Window, WindowError};
