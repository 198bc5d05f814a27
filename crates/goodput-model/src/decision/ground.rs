//! Why a decision is as it is: findings, each with its numbers and what it asks for.

use std::fmt;
use std::time::Duration;

use super::burn_status::BurnStatus;
use super::case::Replicas;
use super::change::ChangeKind;
use super::evidence::Concern;
use crate::budget::Percent;
use crate::window::Roughly;
use crate::{Action, BurnRate, Coverage, Remaining, Row, Window};

/// One reason of a decision: what was found, of which SLO, and what that asks for. The strictest of them decides.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ground {
    /// The SLO; none where it is about all of them.
    pub slo: Option<String>,
    /// What was found.
    pub finding: Finding,
    /// What it asks for.
    pub asks: Action,
}

/// `checkout-ok: burns 3.2x over 1h, above 2x: critical -> block`.
impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(slo) = &self.slo {
            write!(f, "{slo}: ")?;
        }
        write!(f, "{} -> {}", self.finding, self.asks.label())
    }
}

/// What was found. Floats are for display: what they say was decided in whole numbers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// The burn of the events seen in a window.
    Burn {
        /// The window.
        window: Window,
        /// The burn.
        burn: BurnRate,
        /// How many events were bad in it.
        bad: u64,
        /// What that is called, given enough bad events.
        status: BurnStatus,
        /// How many bad events tell something.
        floor: u64,
    },
    /// A row that pages is exceeded over its long window.
    PageExceeded {
        /// The row.
        row: Row,
        /// The burn.
        burn: BurnRate,
    },
    /// The budget band.
    Band {
        /// Its name.
        band: String,
        /// What is left if the seen part speaks for the whole; none without data.
        left: Option<f64>,
        /// What is left otherwise: a fact, or a bound.
        remaining: Remaining,
        /// Whether it would be a better band but for the hysteresis.
        held: bool,
    },
    /// The band would ask for more than a review, but for fewer bad events than tell something.
    TooFewBad {
        /// The band's name.
        band: String,
        /// How many there were in the period.
        bad: u64,
        /// How many tell something.
        floor: u64,
    },
    /// Something that cannot be told from the counts.
    Concern(Concern),
    /// No valid events in the period.
    NoData {
        /// The period's length, as far as it has gone by.
        window: Window,
    },
    /// No good event in so long.
    Silent {
        /// The window.
        window: Window,
    },
    /// Fewer good events than it takes for one bad one to be allowed.
    FewEvents {
        /// How many there were in the period.
        good: u64,
        /// How many there have to be.
        needed: u64,
    },
    /// Too little of a window was seen.
    Unseen {
        /// How much was.
        coverage: Coverage,
        /// How much has to be.
        percent: u32,
    },
    /// The newest tick is too old.
    Stale {
        /// Its age.
        age: Duration,
        /// How old it may be.
        limit: Duration,
    },
    /// The case holds no SLO.
    NoSlo,
    /// Not all expected instances were seen.
    Missing(Replicas),
    /// Nobody said how many instances there are.
    PartOfMany(Replicas),
    /// The change is of a kind that is never held back.
    NeverHeldBack(ChangeKind),
    /// A fix is reviewed at most.
    ReviewedAtMost,
    /// What to do without data, as the operator said.
    WithoutData,
    /// Somebody goes ahead all the same.
    Overridden {
        /// Why.
        reason: String,
        /// Who.
        by: String,
    },
}

impl Finding {
    /// As it is written in answers.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Burn { .. } => "burn",
            Self::PageExceeded { .. } => "page_exceeded",
            Self::Band { .. } => "band",
            Self::TooFewBad { .. } => "too_few_bad",
            Self::Concern(concern) => concern.label(),
            Self::NoData { .. } => "no_data",
            Self::Silent { .. } => "silent",
            Self::FewEvents { .. } => "few_events",
            Self::Unseen { .. } => "unseen",
            Self::Stale { .. } => "stale",
            Self::NoSlo => "no_slo",
            Self::Missing(_) => "missing_instances",
            Self::PartOfMany(_) => "part_of_many",
            Self::NeverHeldBack(_) => "never_held_back",
            Self::ReviewedAtMost => "reviewed_at_most",
            Self::WithoutData => "without_data",
            Self::Overridden { .. } => "overridden",
        }
    }
}

/// `2 bad events are fewer than the 3 that tell something`.
struct TooFew {
    bad: u64,
    floor: u64,
}

impl fmt::Display for TooFew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bad, floor } = self;
        let events = if *bad == 1 { "event is" } else { "events are" };
        write!(f, "{bad} bad {events} fewer than the {floor} that tell something")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Burn { window, burn: BurnRate::NoData, .. } => {
                write!(f, "burns nothing over {window}: no valid events")
            }
            Self::Burn { window, burn, bad, status, floor } if bad < floor => {
                write!(f, "burns {burn} over {window}, but {}: {status}", TooFew { bad: *bad, floor: *floor })
            }
            Self::Burn { window, burn, status, .. } => match status.above() {
                Some(line) => write!(f, "burns {burn} over {window}, above {line}x: {status}"),
                None => write!(f, "burns {burn} over {window}, expected at most 1x: {status}"),
            },
            Self::PageExceeded { row, burn } => {
                write!(f, "burns {burn} over {}, which exceeds {row}: critical", row.long())
            }
            Self::Band { band, left, remaining, held } => {
                write!(f, "{}", Left { left: *left, remaining: *remaining })?;
                write!(f, ": band {band}")?;
                if *held { f.write_str(", until more has recovered") } else { Ok(()) }
            }
            Self::TooFewBad { band, bad, floor } => {
                write!(f, "band {band}, but {}", TooFew { bad: *bad, floor: *floor })
            }
            Self::Concern(concern) => concern.fmt(f),
            Self::NoData { window } => write!(f, "no valid events in {window}"),
            Self::Silent { window } => write!(f, "no good event in the last {window}"),
            Self::FewEvents { good, needed } => {
                write!(
                    f,
                    "{good} good events in the period, expected at least {needed}: before that not one may be bad"
                )
            }
            Self::Unseen { coverage, percent } => write!(f, "{coverage}, expected at least {percent} %"),
            Self::Stale { age, limit } => {
                write!(f, "the newest tick is {} old, expected at most {}", Roughly(*age), Roughly(*limit))
            }
            Self::NoSlo => f.write_str("there is no SLO to go by"),
            Self::Missing(replicas) => write!(f, "{replicas} seen, expected all of them"),
            Self::PartOfMany(replicas) => {
                write!(
                    f,
                    "{replicas} cannot speak for the rest, expected all of them, or one that is declared the only one"
                )
            }
            Self::NeverHeldBack(kind) => write!(f, "changes of kind {} are never held back", kind.label()),
            Self::ReviewedAtMost => f.write_str("a fix is reviewed at most"),
            Self::WithoutData => f.write_str("what to do without data, as told"),
            Self::Overridden { reason, by } => write!(f, "overridden by {by}: {reason}"),
        }
    }
}

/// What is left of a budget, as it was seen and as far as it is known.
struct Left {
    left: Option<f64>,
    remaining: Remaining,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.remaining, self.left) {
            (Remaining::AtMost(_), Some(left)) if left < 0.0 => {
                write!(
                    f,
                    "{} of the budget, and overspent by {} if what nobody saw went alike",
                    self.remaining,
                    Percent(-left)
                )
            }
            (Remaining::AtMost(_), Some(left)) => {
                write!(f, "{} of the budget, and {} if what nobody saw went alike", self.remaining, Percent(left))
            }
            (Remaining::Is(share), _) if share < 0.0 => write!(f, "budget {}", self.remaining),
            _ => write!(f, "{} of the budget", self.remaining),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burn_says_which_line_it_is_above_or_that_its_bad_events_are_too_few() {
        use BurnStatus::{Attention, Critical, Healthy};
        for (burn, bad, status, text) in [
            (BurnRate::NoData, 0, Healthy, "burns nothing over 1h: no valid events"),
            (
                BurnRate::Of(9.0),
                2,
                Healthy,
                "burns 9x over 1h, but 2 bad events are fewer than the 3 that tell something: healthy",
            ),
            (BurnRate::Of(9.0), 3, Critical, "burns 9x over 1h, above 2x: critical"),
            (BurnRate::Of(1.2), 3, Attention, "burns 1.2x over 1h, above 1x: attention"),
            (BurnRate::Of(1.0), 3, Healthy, "burns 1x over 1h, expected at most 1x: healthy"),
        ] {
            let finding = Finding::Burn { window: Window::H1, burn, bad, status, floor: 3 };
            assert_eq!(finding.to_string(), text);
        }
    }

    #[test]
    fn a_band_says_what_is_left_as_far_as_that_is_known() {
        use Remaining::{AtMost, Is};
        for (remaining, left, text) in [
            (Is(0.278), 0.278, "27.8 % left of the budget"),
            (Is(0.0), 0.0, "0.0 % left of the budget"),
            (Is(-0.3), -0.3, "budget overspent by 30.0 %"),
            (AtMost(0.64), 0.28, "at most 64.0 % left of the budget, and 28.0 % if what nobody saw went alike"),
            (AtMost(0.5), 0.0, "at most 50.0 % left of the budget, and 0.0 % if what nobody saw went alike"),
            (
                AtMost(0.4),
                -0.2,
                "at most 40.0 % left of the budget, and overspent by 20.0 % if what nobody saw went alike",
            ),
        ] {
            let finding = Finding::Band { band: "red".to_owned(), left: Some(left), remaining, held: false };
            assert_eq!(finding.to_string(), format!("{text}: band red"));
        }
    }

    #[test]
    fn few_bad_events_are_told_in_the_singular_and_the_plural() {
        for (bad, text) in [
            (1, "band exhausted, but 1 bad event is fewer than the 3 that tell something"),
            (2, "band exhausted, but 2 bad events are fewer than the 3 that tell something"),
        ] {
            assert_eq!(Finding::TooFewBad { band: "exhausted".to_owned(), bad, floor: 3 }.to_string(), text);
        }
    }
}
