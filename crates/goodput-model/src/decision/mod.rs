//! Whether a change is a good idea now: evidence in, a decision with its reasons out.
//!
//! ```text
//! Evidence ── Case            what was seen, of whom, how fresh; added over instances
//! Case, Change ── Decision    the strictest of burn status x risk, budget band, concerns and what is not known
//! Decision ── GateCode        what a release gate exits with
//! Budget, bad events ── Incident
//! ```

mod advice;
mod basis;
mod burn_status;
mod case;
mod change;
mod decide;
#[expect(clippy::module_inception, reason = "the folder is about decisions, the file is the decision")]
mod decision;
mod evidence;
mod gate;
mod ground;
mod incident;
mod matrix;
mod merge;

pub use advice::{Alternative, Proviso};
pub use basis::Basis;
pub use burn_status::BurnStatus;
pub use case::{Case, Freshness, Replicas, TooManyReplicas};
pub use change::{Change, ChangeKind, Risk};
pub use decision::{CostOfChange, Decision};
pub use evidence::{Concern, Evidence, PageRow};
pub use gate::{GateCode, OverrideError};
pub use ground::{Finding, Ground};
pub use incident::Incident;
pub use merge::MergeError;
