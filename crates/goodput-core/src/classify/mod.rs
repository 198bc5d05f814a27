//! From how a request ended to its class: the rules each SLO judges by, compiled into one table per set of SLOs.

mod bands;
mod ending;
mod rules;
mod table;

pub(crate) use ending::Word;
pub use ending::{Ending, Outcome};
pub(crate) use rules::RuleSet;
pub use table::TableError;
pub(crate) use table::{ClassIndex, Histogram, Table};
