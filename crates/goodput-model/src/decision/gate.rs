//! What a release gate exits with, and what it does without data.

use std::error::Error;
use std::fmt;

use super::basis::Basis;
use super::change::ChangeKind;
use super::decision::Decision;
use super::ground::{Finding, Ground};
use crate::Action;

/// What a release gate exits with.
///
/// Exhaustive on purpose: pipelines are written against these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateCode {
    /// Go ahead.
    Approve = 0,
    /// Not before the budget has recovered.
    Block = 1,
    /// The question was not understood. No decision says so.
    Usage = 2,
    /// No data, or stale or thin data: nobody knows.
    NoData = 3,
    /// After somebody has looked at the risk.
    Review = 4,
    /// Later.
    Defer = 5,
}

impl GateCode {
    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// As it is written in answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Block => "block",
            Self::Usage => "usage",
            Self::NoData => "no_data",
            Self::Review => "review",
            Self::Defer => "defer",
        }
    }
}

impl From<Action> for GateCode {
    fn from(action: Action) -> Self {
        match action {
            Action::Approve => Self::Approve,
            Action::Review => Self::Review,
            Action::Defer => Self::Defer,
            Action::Block => Self::Block,
        }
    }
}

impl Decision {
    /// What a gate exits with, by the first of these that holds:
    ///
    /// 1. a kind that is never held back, or an override: 0;
    /// 2. what was found is a block: 1, whatever else is not known. Bad news does not become "not known" by knowing less;
    /// 3. too little is known, and nobody [said](Self::on_no_data) what to do then: 3. Not for a fix: that gets its review;
    /// 4. the action.
    ///
    /// So unseen time turns an approval, a review or a deferral into a 3, and a block into nothing else.
    pub fn gate(&self) -> GateCode {
        let lacking = self.data > Basis::Enough && !self.told;
        if self.is_let_through() || self.found == Action::Block || self.change.kind == ChangeKind::Fix || !lacking {
            self.action.into()
        } else {
            GateCode::NoData
        }
    }

    /// The same where the operator says what to do when too little is known.
    ///
    /// It takes the place of the lack, not of what was found: the answer is the stricter of both. So an operator who approves
    /// without data still defers what was to be deferred, and adding unseen time never gets a change through. Does nothing where
    /// enough is known.
    pub fn on_no_data(mut self, action: Action) -> Self {
        if self.data == Basis::Enough || self.is_let_through() {
            return self;
        }
        let without = self.would_have_been.unwrap_or(self.action);
        let uncapped = self.found.max(action);
        self.action = if self.change.kind == ChangeKind::Fix { uncapped.min(Action::Review) } else { uncapped };
        self.would_have_been = Some(without).filter(|without| *without != self.action);
        self.told = true;
        self.rationale.push(Ground { slo: None, finding: Finding::WithoutData, asks: action });
        self
    }

    /// The same where somebody goes ahead all the same. It says what it would have been, why, and who; to record it is for whoever
    /// asked.
    pub fn overridden(mut self, reason: impl Into<String>, by: impl Into<String>) -> Result<Self, OverrideError> {
        let (reason, by) = (reason.into(), by.into());
        for (what, value) in [("reason", &reason), ("person", &by)] {
            if value.trim().is_empty() {
                return Err(OverrideError { what });
            }
        }
        self.would_have_been = self.would_have_been.or(Some(self.action)).filter(|action| *action != Action::Approve);
        self.action = Action::Approve;
        let finding = Finding::Overridden { reason, by };
        self.rationale.insert(0, Ground { slo: None, finding, asks: Action::Approve });
        Ok(self)
    }

    /// Whether it is approved for what it is, or for who says so, whatever was found.
    fn is_let_through(&self) -> bool {
        let is_override = |ground: &Ground| matches!(ground.finding, Finding::Overridden { .. });
        self.change.kind.is_never_held_back() || self.rationale.iter().any(is_override)
    }
}

/// Why nobody can go ahead so: a record of it would not say why, or who.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverrideError {
    what: &'static str,
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "override without a {}: expected a reason, and who goes ahead", self.what)
    }
}

impl Error for OverrideError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipelines_read_these_numbers_and_these_words() {
        use GateCode::{Approve, Block, Defer, NoData, Review, Usage};
        for (code, number, label) in [
            (Approve, 0, "approve"),
            (Block, 1, "block"),
            (Usage, 2, "usage"),
            (NoData, 3, "no_data"),
            (Review, 4, "review"),
            (Defer, 5, "defer"),
        ] {
            assert_eq!((code.code(), code.label()), (number, label));
        }
        assert_eq!(Action::ALL.map(|action| GateCode::from(action).label()), Action::ALL.map(Action::label));
    }
}
