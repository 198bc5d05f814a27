//! The slot plan: how far back history remembers, and how finely.

use std::fmt;
use std::time::Duration;

use goodput_model::Period;

/// How finely history is kept, as data: tiers from fine and short to coarse and long.
///
/// The newest edge of every window is live; only the far edge falls on a slot, so a window reaches back by up to one slot
/// width and one tick more than its length. Each observation states by how much
/// ([`Observation::edge_gap`](goodput_model::Observation)).
///
/// | plan, 30 d | slots | bytes an SLO | slot width at the far edge of 5m | 30m | 1h | 2h | 6h | 1d | 3d | 30d |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | [`standard`](Self::standard) | 1,368 | 33 KB | 3.3 % | 0.6 % | 0.3 % | 0.8 % | 0.3 % | 1.0 % | 0.3 % | 0.3 % |
/// | [`compact`](Self::compact) | 354 | 8.8 KB | 3.3 % | 3.3 % | 1.7 % | 4.2 % | 1.4 % | 4.2 % | 1.4 % | 0.8 % |
/// | [`dense`](Self::dense) at 10 s | 259,200 | 6.2 MB | 3.3 % | 0.6 % | 0.3 % | 0.1 % | 0 | 0 | 0 | 0 |
///
/// On the dense plan, what a tick reads at the very end of a window is exact. The bytes are those of an SLO among many; an
/// instance adds about 70 bytes a slot once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPlan(Vec<SlotTier>);

/// Slots of one width. Exhaustive on purpose: a width and how far back it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotTier {
    /// One slot this often.
    pub width: Duration,
    /// Remembered for this long.
    pub span: Duration,
}

const fn tier(width_secs: u64, span_secs: u64) -> SlotTier {
    SlotTier { width: Duration::from_secs(width_secs), span: Duration::from_secs(span_secs) }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl SlotPlan {
    /// 10 s to 1 h, 1 min to 6 h, 15 min to 3 d, 2 h to the period; the last of them finer for periods of a few days.
    pub fn standard(period: Period) -> Self {
        let tiers = [tier(10, HOUR), tier(MINUTE, 6 * HOUR), tier(15 * MINUTE, 3 * DAY)];
        Self::up_to(&tiers, 360, 2 * HOUR, period)
    }

    /// 10 s to 5 min, 1 min to 1 h, 5 min to 6 h, 1 h to 3 d, 6 h to the period; the last of them finer for periods of a few
    /// days.
    pub fn compact(period: Period) -> Self {
        let tiers = [tier(10, 5 * MINUTE), tier(MINUTE, HOUR), tier(5 * MINUTE, 6 * HOUR), tier(HOUR, 3 * DAY)];
        Self::up_to(&tiers, 72, 6 * HOUR, period)
    }

    /// One slot every `width` to the period: exact wherever ticks fall on the slots, and large. For tests and replays.
    pub fn dense(width: Duration, period: Period) -> Result<Self, SlotError> {
        Self::new(vec![SlotTier { width, span: period.longest().duration() }])
    }

    /// A plan of one's own.
    pub fn new(tiers: Vec<SlotTier>) -> Result<Self, SlotError> {
        let plan = Self(tiers);
        let widening = plan.0.windows(2).all(|pair| match pair {
            [fine, coarse] => fine.width < coarse.width && fine.span < coarse.span,
            _ => true,
        });
        let sound = !plan.0.is_empty() && widening && plan.0.iter().all(|t| !t.width.is_zero() && t.width <= t.span);
        if !sound {
            return Err(SlotError::Unordered { tiers: plan.0 });
        }
        if plan.slots() > SlotError::MAX_SLOTS {
            return Err(SlotError::TooMany { slots: plan.slots() });
        }
        Ok(plan)
    }

    /// The tiers, finest first.
    pub fn tiers(&self) -> &[SlotTier] {
        &self.0
    }

    /// How many slots an SLO has when history is full.
    pub fn slots(&self) -> u128 {
        self.0.iter().map(|tier| tier.span.as_nanos() / tier.width.as_nanos().max(1)).sum()
    }

    /// The tiers shorter than the period, and one more of at least `slots` slots and at most `widest` seconds a slot.
    fn up_to(tiers: &[SlotTier], slots: u32, widest: u64, period: Period) -> Self {
        let span = period.longest().duration();
        let mut tiers: Vec<SlotTier> = tiers.iter().copied().filter(|tier| tier.span < span).collect();
        let finer = tiers.last().map_or(Duration::ZERO, |tier| tier.width + Duration::from_secs(1));
        let width = (span / slots).min(Duration::from_secs(widest)).max(finer).max(Duration::from_secs(1));
        tiers.push(SlotTier { width: width.min(span), span });
        Self(tiers)
    }
}

/// Why a slot plan is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SlotError {
    /// No tiers, a width of zero or above its span, or tiers that do not widen.
    Unordered {
        /// The tiers, as given.
        tiers: Vec<SlotTier>,
    },
    /// More slots than a process should keep for one SLO.
    TooMany {
        /// How many.
        slots: u128,
    },
}

impl SlotError {
    /// The most slots an SLO may have: about 100 MB of history among many SLOs.
    pub const MAX_SLOTS: u128 = 4_000_000;
}

impl fmt::Display for SlotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unordered { tiers } => {
                f.write_str("slot plan of")?;
                for tier in tiers {
                    write!(f, " {:?} to {:?},", tier.width, tier.span)?;
                }
                f.write_str(
                    " expected tiers from fine and short to coarse and long, each width above zero and within its span",
                )
            }
            Self::TooMany { slots } => write!(f, "slot plan: {slots} slots: expected at most {}", Self::MAX_SLOTS),
        }
    }
}

impl std::error::Error for SlotError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_have_the_promised_number_of_slots() {
        let slots = |plan: SlotPlan| plan.slots();
        assert_eq!(slots(SlotPlan::standard(Period::D30)), 360 + 360 + 288 + 360);
        assert_eq!(slots(SlotPlan::compact(Period::D30)), 30 + 60 + 72 + 72 + 120);
        assert_eq!(slots(SlotPlan::dense(Duration::from_secs(10), Period::D30).unwrap()), 259_200);
    }

    #[test]
    fn a_plan_for_any_period_is_one_that_could_be_written_by_hand() {
        for days in [1, 2, 3, 7, 28, 30, 90] {
            let period = Period::days(days).unwrap();
            for plan in [SlotPlan::standard(period), SlotPlan::compact(period)] {
                assert_eq!(SlotPlan::new(plan.0.clone()), Ok(plan.clone()), "{days} d: {plan:?}");
                assert_eq!(plan.0.last().unwrap().span, period.window().duration());
            }
        }
    }

    #[test]
    fn no_window_of_any_period_reaches_back_by_more_than_a_twentieth() {
        let windows = [300, 1_800, 3_600, 7_200, 21_600, 86_400, 259_200].map(Duration::from_secs);
        for days in 1..=90 {
            let period = Period::days(days).unwrap();
            for plan in [SlotPlan::standard(period), SlotPlan::compact(period)] {
                for window in windows.into_iter().filter(|window| *window < period.window().duration()) {
                    let tier = plan.0.iter().find(|tier| tier.span >= window).unwrap();
                    assert!(tier.width * 20 <= window, "{days} d: {window:?} on slots of {:?}", tier.width);
                }
            }
        }
    }

    #[test]
    fn unordered_tiers_are_refused() {
        for tiers in [vec![], vec![tier(0, 60)], vec![tier(60, 10)], vec![tier(10, 60), tier(5, 120)]] {
            assert_eq!(SlotPlan::new(tiers.clone()), Err(SlotError::Unordered { tiers }));
        }
    }
}
