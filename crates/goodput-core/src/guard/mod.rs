//! The budget guard: holds low-priority requests and risky features back while an SLO burns.
//!
//! ```text
//! live counts ─ less the guards' own sheds → history → burn over a short window ─ control → share ─ turn → admission
//! ```
//!
//! Whatever is not held back pays one relaxed load. Control is a matter of ticks.

mod admission;
mod build;
mod control;
mod feature;
mod gate;
mod guards;
mod memory;
mod problem;
mod rule;
mod status;

pub use admission::{Admission, Shed};
pub(crate) use build::House;
pub use feature::Feature;
pub(crate) use guards::Guards;
pub use problem::GuardProblem;
pub(crate) use rule::Rules;
pub use rule::{FeatureGuard, Guard, GuardAction};
pub(crate) use status::write_guards;
pub use status::{FeatureStatus, GuardStatus, ShedStatus};
