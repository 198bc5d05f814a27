//! A change that somebody wants to release: what kind it is, and how risky.

use std::time::Duration;

use crate::ReleaseCost;

/// A change that somebody wants to release.
///
/// Exhaustive on purpose: a decision asks for no more. What it may cost, where that is known better than by its risk, is told
/// [beside it](crate::Case::decide_at_cost).
///
/// ```
/// use goodput_model::{Change, ChangeKind, Risk};
///
/// let change = Change { kind: ChangeKind::Feature, risk: Risk::Medium };
/// assert_eq!(change.risk.usual_cost().worst().as_secs(), 12 * 60);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// What it is.
    pub kind: ChangeKind,
    /// How likely it is to go wrong, and how badly.
    pub risk: Risk,
}

impl Change {
    /// A change of this kind and risk.
    pub const fn new(kind: ChangeKind, risk: Risk) -> Self {
        Self { kind, risk }
    }
}

/// What a change is.
///
/// Exhaustive on purpose: whoever asks has to say which of these it is, and two of them are more than they look:
/// [`Fix`](Self::Fix) is reviewed at most, and the last three are never held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Something new.
    Feature,
    /// Other settings for what is there.
    Config,
    /// Mends what spends the budget: holding it back would keep the budget burning, so a review is the most that is asked.
    Fix,
    /// Back to what ran before.
    Rollback,
    /// Closes a hole.
    Security,
    /// Cannot wait, whatever it costs (P0).
    Emergency,
}

impl ChangeKind {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Feature, Self::Config, Self::Fix, Self::Rollback, Self::Security, Self::Emergency];

    /// As it is written on command lines and in files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Config => "config",
            Self::Fix => "fix",
            Self::Rollback => "rollback",
            Self::Security => "security",
            Self::Emergency => "emergency",
        }
    }

    /// The kind of this label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.label() == label)
    }

    /// Whether it is approved whatever the budget says. An answer about it still says what it would have been.
    pub const fn is_never_held_back(self) -> bool {
        matches!(self, Self::Rollback | Self::Security | Self::Emergency)
    }
}

/// How risky a change is. Greater is riskier.
///
/// Exhaustive on purpose: these are the columns of the [matrix](crate::BurnStatus::action).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Risk {
    /// Small, tried, undone at once.
    Low,
    /// As most changes are.
    Medium,
    /// Large, hard to undo, or the first of its kind.
    High,
}

impl Risk {
    /// Every one of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// As it is written on command lines and in files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The risk of this label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.label() == label)
    }

    /// What a change of this risk usually costs.
    ///
    /// | risk | chance | outage | why |
    /// |---|---|---|---|
    /// | low | 1 % | 5 min | it is undone as soon as somebody looks |
    /// | medium | 8 % | 12 min | a usual change failure rate, and a usual time to restore |
    /// | high | 20 % | 30 min | one of five, and what is hard to undo takes longer |
    ///
    /// They are for whoever has no [figures of their own](crate::Case::decide_at_cost). They are shown, and decide nothing: for a
    /// decision the risk itself does.
    pub fn usual_cost(self) -> ReleaseCost {
        let (chance, minutes) = match self {
            Self::Low => (0.01, 5),
            Self::Medium => (0.08, 12),
            Self::High => (0.20, 30),
        };
        ReleaseCost::new(chance, Duration::from_secs(minutes * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_read_back_and_others_do_not() {
        for kind in ChangeKind::ALL {
            assert_eq!(ChangeKind::from_label(kind.label()), Some(kind));
        }
        for risk in Risk::ALL {
            assert_eq!(Risk::from_label(risk.label()), Some(risk));
        }
        assert_eq!((ChangeKind::from_label("Feature"), Risk::from_label("")), (None, None));
    }

    #[test]
    fn more_risk_costs_more_expected_and_at_worst() {
        let costs = Risk::ALL.map(Risk::usual_cost);
        assert!(costs.is_sorted_by(|a, b| a.expected() < b.expected() && a.worst() < b.worst()), "{costs:?}");
    }
}
