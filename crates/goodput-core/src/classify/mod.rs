//! From how a request ended to its class: the rules each SLO judges by, compiled into one table per set of SLOs.

mod bands;
mod ending;
mod rules;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use ending::Word;
pub use ending::{Ending, Outcome};
pub(crate) use rules::{Judged, Rule, RuleSet};
pub(crate) use table::{Class, ClassIndex, Histogram, Table};
pub use table::TableError;
