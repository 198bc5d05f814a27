//! What would have to hold for a change to go ahead, and what could be done instead.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use super::burn_status::BurnStatus;
use super::case::{Case, Freshness};
use super::change::{Change, ChangeKind, Risk};
use super::decision::CostOfChange;
use super::evidence::Concern;
use super::ground::{Finding, Ground};
use crate::window::Roughly;
use crate::{Action, BandStanding, BudgetBands, OutageTime, Share, Window};

/// Something that has to hold before the change goes ahead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proviso {
    /// Somebody has looked at the risk.
    Reviewed,
    /// The SLO burns no faster than 1.
    BurnAtMostOne {
        /// The SLO.
        slo: String,
        /// Over this window.
        window: Window,
    },
    /// More than so much of the budget is left.
    BudgetAbove {
        /// The SLO.
        slo: String,
        /// The line of a better band.
        line: Share,
        /// And so much beyond it, as it stood in a worse band when it was looked at last.
        beyond: Share,
    },
    /// What cannot be told from the counts is over.
    Over {
        /// The SLO.
        slo: String,
        /// What.
        concern: Concern,
    },
    /// A tick has been taken lately.
    Fresh(Freshness),
    /// More was seen.
    Seen {
        /// The SLO.
        slo: String,
        /// Over this window.
        window: Window,
        /// At least so much of it.
        percent: u32,
    },
    /// More events came.
    Events {
        /// The SLO.
        slo: String,
        /// At least so many good ones.
        good: u64,
        /// Within this window.
        window: Window,
    },
    /// All instances were asked; so many, where somebody said.
    AllInstances(Option<u32>),
    /// It can be undone before it has spent what is left.
    UndoneWithin(Duration),
}

impl Proviso {
    /// As it is written in answers.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Reviewed => "reviewed",
            Self::BurnAtMostOne { .. } => "burn_at_most_one",
            Self::BudgetAbove { .. } => "budget_above",
            Self::Over { .. } => "over",
            Self::Fresh(_) => "fresh",
            Self::Seen { .. } => "seen",
            Self::Events { .. } => "events",
            Self::AllInstances(_) => "all_instances",
            Self::UndoneWithin(_) => "undone_within",
        }
    }
}

impl fmt::Display for Proviso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reviewed => f.write_str("somebody who knows the service has looked at the risk"),
            Self::BurnAtMostOne { slo, window } => write!(f, "{slo} burns at most 1x over {window}"),
            Self::BudgetAbove { slo, line, beyond: Share::NONE } => {
                write!(f, "more than {line} of the budget of {slo} is left")
            }
            Self::BudgetAbove { slo, line, beyond } => {
                write!(f, "more than {line} and {beyond} beyond of the budget of {slo} is left")
            }
            Self::Over { slo, concern: Concern::Stalled } => write!(f, "requests of {slo} end again"),
            Self::Over { slo, concern: Concern::PageFires } => write!(f, "no page of {slo} fires"),
            Self::Over { slo, concern: Concern::TrafficLost } => write!(f, "good events of {slo} come as usual"),
            Self::Over { slo, concern: Concern::ExcludedSurge } => {
                write!(f, "it is known what excludes so many events of {slo}")
            }
            Self::Fresh(freshness) => write!(f, "a tick was taken in the last {}", Roughly(freshness.limit())),
            Self::Seen { slo, window, percent } => write!(f, "at least {percent} % of {window} of {slo} was seen"),
            Self::Events { slo, good: 1, window } => write!(f, "{slo} has a good event in {window}"),
            Self::Events { slo, good, window } => write!(f, "{slo} has at least {good} good events in {window}"),
            Self::AllInstances(Some(1)) => f.write_str("the only instance was asked"),
            Self::AllInstances(Some(expected)) => write!(f, "all {expected} instances were asked"),
            Self::AllInstances(None) => {
                f.write_str("all instances were asked and their number said, or this one is declared the only one")
            }
            Self::UndoneWithin(time) => {
                write!(f, "it can be undone within {}: at worst it costs more than is left", Roughly(*time))
            }
        }
    }
}

/// Something that could be done instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alternative {
    /// The same in smaller steps, each of less risk.
    SmallerSteps {
        /// The risk of each.
        risk: Risk,
        /// What that would get.
        action: Action,
    },
    /// To a share of the traffic first.
    Canary {
        /// In percent.
        percent: u32,
        /// What it then costs at worst, as time of total outage.
        worst: Duration,
    },
    /// First what stops the burn.
    FixFirst,
    /// Back to what ran before.
    RollBack,
    /// All the same, with the reason on record.
    Override,
}

impl Alternative {
    /// As it is written in answers.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::SmallerSteps { .. } => "smaller_steps",
            Self::Canary { .. } => "canary",
            Self::FixFirst => "fix_first",
            Self::RollBack => "roll_back",
            Self::Override => "override",
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SmallerSteps { risk, action } => {
                write!(f, "smaller steps: at {} risk the answer is {}", risk.label(), action.label())
            }
            Self::Canary { percent, worst } => {
                write!(f, "{percent} % of the traffic first: at worst that costs {}", Roughly(*worst))
            }
            Self::FixFirst => f.write_str("first a fix of what burns: that is reviewed at most"),
            Self::RollBack => f.write_str("a rollback of what burns: that is never held back"),
            Self::Override => f.write_str("go ahead all the same, with the reason on record"),
        }
    }
}

/// What has to hold for the change to go ahead, each once, in the order of the reasons against it.
pub(super) fn conditions(
    case: &Case,
    change: Change,
    action: Action,
    rationale: &[Ground],
    cost: CostOfChange,
) -> Vec<Proviso> {
    if change.kind.is_never_held_back() {
        return Vec::new();
    }
    let mut conditions = Vec::new();
    if action == Action::Review {
        conditions.push(Proviso::Reviewed);
    }
    for ground in rationale.iter().filter(|ground| ground.asks > Action::Approve) {
        conditions.extend(condition(case, ground));
    }
    if let Some(OutageTime::Left(left)) = cost.left.filter(|_| cost.does_not_fit())
        && !left.is_zero()
    {
        conditions.push(Proviso::UndoneWithin(left));
    }
    let mut said = HashSet::new();
    conditions.retain(|condition| said.insert(condition.clone()));
    conditions
}

fn condition(case: &Case, ground: &Ground) -> Option<Proviso> {
    let slo = || ground.slo.clone().unwrap_or_default();
    match &ground.finding {
        Finding::Burn { window, status, .. } if *status > BurnStatus::Healthy => {
            Some(Proviso::BurnAtMostOne { slo: slo(), window: *window })
        }
        Finding::PageExceeded { row, .. } => Some(Proviso::BurnAtMostOne { slo: slo(), window: row.long() }),
        Finding::Band { .. } => {
            let standing = case.slos.iter().find(|one| one.slo == slo()).map(|one| one.standing).unwrap_or_default();
            budget_above(&case.bands, standing, slo())
        }
        Finding::Concern(concern) => Some(Proviso::Over { slo: slo(), concern: *concern }),
        Finding::Stale { .. } => Some(Proviso::Fresh(case.freshness)),
        Finding::Unseen { coverage, percent } => {
            let secs = u32::try_from(coverage.whole().as_secs()).ok()?;
            Some(Proviso::Seen { slo: slo(), window: Window::from_secs(secs).ok()?, percent: *percent })
        }
        Finding::NoData { window } | Finding::Silent { window } => {
            Some(Proviso::Events { slo: slo(), good: 1, window: *window })
        }
        Finding::FewEvents { needed, .. } => {
            let seen = case.slos.iter().find(|one| one.slo == slo())?.seen;
            Some(Proviso::Events { slo: slo(), good: *needed, window: seen.window })
        }
        Finding::Missing(replicas) | Finding::PartOfMany(replicas) => Some(Proviso::AllInstances(replicas.expected)),
        Finding::Burn { .. }
        | Finding::TooFewBad { .. }
        | Finding::NoSlo
        | Finding::NeverHeldBack(_)
        | Finding::ReviewedAtMost
        | Finding::WithoutData
        | Finding::Overridden { .. } => None,
    }
}

/// The lowest line above which a band approves; beyond it by the hysteresis for an SLO that stands in a worse band.
fn budget_above(bands: &BudgetBands, standing: BandStanding, slo: String) -> Option<Proviso> {
    let approves = |position: &usize| BandStanding::at(*position).action(bands) == Action::Approve;
    let position = (0..bands.bands.len()).rev().find(approves)?;
    let line = bands.bands.get(position)?.above?;
    let stands_worse = standing.position().is_some_and(|stands| stands > position);
    let beyond = if stands_worse { bands.hysteresis } else { Share::NONE };
    Some(Proviso::BudgetAbove { slo, line, beyond })
}

/// So much of the traffic sees a change first: a twentieth keeps what goes wrong small, and still brings enough events to tell.
const CANARY_PERCENT: u32 = 5;

/// What could be done instead: `milder` is the highest lower risk that fares better.
pub(super) fn alternatives(
    change: Change,
    action: Action,
    burns: bool,
    milder: Option<Alternative>,
    cost: CostOfChange,
) -> Vec<Alternative> {
    let mut alternatives = Vec::new();
    if change.kind.is_never_held_back() || (action == Action::Approve && !cost.does_not_fit()) {
        return alternatives;
    }
    alternatives.extend(milder);
    if action < Action::Block {
        let worst = cost.cost.worst().saturating_mul(CANARY_PERCENT) / 100;
        alternatives.push(Alternative::Canary { percent: CANARY_PERCENT, worst });
    }
    if burns && change.kind != ChangeKind::Fix {
        alternatives.push(Alternative::FixFirst);
    }
    if burns {
        alternatives.push(Alternative::RollBack);
    }
    if action > Action::Review {
        alternatives.push(Alternative::Override);
    }
    alternatives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_has_a_word_for_machines_and_a_sentence_for_people() {
        let slo = || "ok".to_owned();
        let minute = Duration::from_secs(60);
        let above = |beyond| Proviso::BudgetAbove { slo: slo(), line: Share::of_percent(50), beyond };
        let over = |concern| Proviso::Over { slo: slo(), concern };
        let events = |good| Proviso::Events { slo: slo(), good, window: Window::H6 };
        for (condition, label, sentence) in [
            (Proviso::Reviewed, "reviewed", "somebody who knows the service has looked at the risk"),
            (
                Proviso::BurnAtMostOne { slo: slo(), window: Window::H1 },
                "burn_at_most_one",
                "ok burns at most 1x over 1h",
            ),
            (above(Share::NONE), "budget_above", "more than 50% of the budget of ok is left"),
            (above(Share::of_percent(2)), "budget_above", "more than 50% and 2% beyond of the budget of ok is left"),
            (over(Concern::Stalled), "over", "requests of ok end again"),
            (over(Concern::PageFires), "over", "no page of ok fires"),
            (over(Concern::TrafficLost), "over", "good events of ok come as usual"),
            (over(Concern::ExcludedSurge), "over", "it is known what excludes so many events of ok"),
            (Proviso::Fresh(Freshness::new(minute, minute)), "fresh", "a tick was taken in the last 3m"),
            (
                Proviso::Seen { slo: slo(), window: Window::H6, percent: 50 },
                "seen",
                "at least 50 % of 6h of ok was seen",
            ),
            (events(1), "events", "ok has a good event in 6h"),
            (events(2), "events", "ok has at least 2 good events in 6h"),
            (Proviso::AllInstances(Some(3)), "all_instances", "all 3 instances were asked"),
            (
                Proviso::AllInstances(None),
                "all_instances",
                "all instances were asked and their number said, or this one is declared the only one",
            ),
            (
                Proviso::UndoneWithin(minute),
                "undone_within",
                "it can be undone within 1m: at worst it costs more than is left",
            ),
        ] {
            assert_eq!((condition.label(), condition.to_string().as_str()), (label, sentence));
        }
    }

    #[test]
    fn each_alternative_has_a_word_for_machines_and_a_sentence_for_people() {
        let worst = Duration::from_secs(36);
        for (alternative, label, sentence) in [
            (
                Alternative::SmallerSteps { risk: Risk::Low, action: Action::Review },
                "smaller_steps",
                "smaller steps: at low risk the answer is review",
            ),
            (Alternative::Canary { percent: 5, worst }, "canary", "5 % of the traffic first: at worst that costs 36s"),
            (Alternative::FixFirst, "fix_first", "first a fix of what burns: that is reviewed at most"),
            (Alternative::RollBack, "roll_back", "a rollback of what burns: that is never held back"),
            (Alternative::Override, "override", "go ahead all the same, with the reason on record"),
        ] {
            assert_eq!((alternative.label(), alternative.to_string().as_str()), (label, sentence));
        }
    }
}
