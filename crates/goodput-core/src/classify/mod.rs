//! From how a request ended to its class: the rules each SLO judges by, compiled into one table per set of SLOs.

mod bands;
mod code;
mod compile;
mod ending;
mod fingerprint;
mod rules;
mod table;

pub use code::Code;
pub use compile::TableError;
pub(crate) use ending::Word;
pub use ending::{Ending, Outcome};
pub(crate) use fingerprint::{Fingerprint, Fingerprints, SloId};
pub(crate) use rules::RuleSet;
pub(crate) use table::{ClassIndex, Histogram, Part, Table};
