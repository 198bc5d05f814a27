//! A check is one figure held against one bound.

use crate::tally::Tally;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// What is measured, and of which case.
    pub(crate) what: String,
    /// As a person reads it.
    pub(crate) measured: String,
    /// As a person reads it.
    pub(crate) bound: String,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Slipped,
    /// With why it cannot be told here.
    Skipped(String),
    /// A figure without a bound, for the reader.
    Reported,
}

impl Check {
    pub(crate) fn new(what: impl Into<String>, measured: String, bound: String, holds: bool) -> Self {
        let verdict = if holds { Verdict::Passed } else { Verdict::Slipped };
        Self { what: what.into(), measured, bound, verdict }
    }

    pub(crate) fn skipped(what: impl Into<String>, why: impl Into<String>) -> Self {
        let none = String::new;
        Self { what: what.into(), measured: none(), bound: none(), verdict: Verdict::Skipped(why.into()) }
    }

    pub(crate) fn reported(what: impl Into<String>, measured: String) -> Self {
        Self { what: what.into(), measured, bound: String::new(), verdict: Verdict::Reported }
    }

    pub(crate) fn slipped(&self) -> bool {
        self.verdict == Verdict::Slipped
    }

    /// The sentence that names it at the end of a run, unless it passed.
    pub(crate) fn note(&self) -> Option<String> {
        let Self { what, measured, bound, .. } = self;
        match &self.verdict {
            Verdict::Slipped => Some(format!("{what}: {measured}, and the bound is {bound}")),
            Verdict::Skipped(why) => Some(format!("{what}: {why}")),
            Verdict::Passed | Verdict::Reported => None,
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        let note = self.note().unwrap_or_default();
        match self.verdict {
            Verdict::Passed => Tally::passed(),
            Verdict::Slipped => Tally::failed(&note),
            Verdict::Skipped(_) => Tally::skipped(&note),
            Verdict::Reported => Tally::default(),
        }
    }
}
