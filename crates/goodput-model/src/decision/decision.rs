//! The answer to a change: what may be done, why, at what cost, and on what it stands.

use std::fmt;
use std::time::Duration;

use super::advice::{Alternative, Proviso};
use super::basis::Basis;
use super::burn_status::BurnStatus;
use super::case::Replicas;
use super::change::Change;
use super::ground::Ground;
use crate::budget::Percent;
use crate::window::Roughly;
use crate::{Action, Coverage, OutageTime, ReleaseCost, Remaining};

/// The answer to a change.
///
/// It prints as a person needs it; a machine reads [`gate`](Self::gate).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// What was asked about.
    pub change: Change,
    /// What may be done. Never [`Action::Approve`] where too little is known, but for kinds that are never held back.
    pub action: Action,
    /// What it would have been if the change were of another kind, nobody had overridden it, and nobody had said what to do
    /// without data; none where that is the same.
    pub would_have_been: Option<Action>,
    /// What the evidence alone asks for: what is not known plays no part in it.
    pub found: Action,
    /// Whether there is enough to go by.
    pub data: Basis,
    /// How the worst SLO burns.
    pub status: BurnStatus,
    /// The worst SLO, which speaks for all; none where there is none.
    pub slo: Option<String>,
    /// Why, the strictest first.
    pub rationale: Vec<Ground>,
    /// What has to hold for it to go ahead.
    pub conditions: Vec<Proviso>,
    /// What could be done instead.
    pub alternatives: Vec<Alternative>,
    /// What it may cost.
    pub cost: CostOfChange,
    /// What is left of the worst SLO's budget, as far as it is known.
    pub remaining: Remaining,
    /// How much of the worst SLO's period was seen.
    pub coverage: Option<Coverage>,
    /// How old the newest tick is.
    pub age: Duration,
    /// Whose counts these are.
    pub replicas: Replicas,
    /// Whether an action without data was said, and so the lack of it is dealt with.
    pub(super) told: bool,
}

/// What a change may cost, beside what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CostOfChange {
    /// Expected, and at worst, as time of total outage.
    pub cost: ReleaseCost,
    /// What is left of the worst SLO's budget, if what nobody saw went like the rest; none without data.
    pub left: Option<OutageTime>,
}

impl CostOfChange {
    /// The expected cost as a share of what is left; none where nothing is, or is known.
    pub fn expected_share(self) -> Option<f64> {
        self.left.and_then(|left| self.cost.expected_share(left))
    }

    /// The worst cost as a share of what is left, above 1 where it does not fit; none where nothing is left, or known.
    pub fn worst_share(self) -> Option<f64> {
        self.left.and_then(|left| self.cost.worst_share(left))
    }

    /// Whether the worst cost is more than is left. Not so without data.
    pub fn does_not_fit(self) -> bool {
        match self.left {
            Some(OutageTime::Left(left)) => self.cost.worst() > left,
            Some(OutageTime::Overspent(_)) => true,
            None => false,
        }
    }
}

/// `1m expected (8.3 % of what is left), 5m at worst (41.7 %); 12m of total outage left`.
impl fmt::Display for CostOfChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} expected", Roughly(self.cost.expected()))?;
        if let Some(share) = self.expected_share() {
            write!(f, " ({} of what is left)", Percent(share))?;
        }
        write!(f, ", {} at worst", Roughly(self.cost.worst()))?;
        if let Some(share) = self.worst_share() {
            write!(f, " ({})", Percent(share))?;
        }
        match self.left {
            Some(left) => write!(f, "; {left}"),
            None => f.write_str("; what is left is not known"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { kind, risk, .. } = self.change;
        write!(f, "{}: {} of {} risk", self.action.label(), kind.label(), risk.label())?;
        if let Some(action) = self.would_have_been {
            write!(f, " (would have been {})", action.label())?;
        }
        writeln!(f)?;
        write_list(f, "because", &self.rationale)?;
        write_list(f, "provided that", &self.conditions)?;
        write_list(f, "instead", &self.alternatives)?;
        writeln!(f, "cost: {}", self.cost)?;
        write!(f, "data: {}, from {}, {} old", self.data, self.replicas, Roughly(self.age))?;
        match (&self.slo, self.coverage) {
            (Some(slo), Some(coverage)) => write!(f, "; {slo} speaks: {}, {coverage}", self.status),
            _ => Ok(()),
        }
    }
}

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T]) -> fmt::Result {
    if !items.is_empty() {
        writeln!(f, "{title}:")?;
    }
    items.iter().try_for_each(|item| writeln!(f, "  {item}"))
}
