//! A tally counts what passed, failed and was skipped, with a note for each thing that did not pass.

use std::fmt;
use std::ops::AddAssign;

/// A test counts one; so does a command that is not a test run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// Whole lines for the reader, in the order of events.
    pub(crate) notes: Vec<String>,
}

impl Tally {
    pub(crate) fn passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    pub(crate) fn failed(why: &str) -> Self {
        Self { failed: 1, notes: vec![format!("FAILED {why}")], ..Self::default() }
    }

    pub(crate) fn skipped(why: &str) -> Self {
        Self { skipped: 1, notes: vec![format!("SKIPPED {why}")], ..Self::default() }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.notes.extend(other.notes);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
