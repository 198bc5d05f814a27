//! What is left of an error budget if the time nobody saw went like the time somebody did.

use std::time::Duration;

use crate::burn::budget_share;
use crate::exact::exceeds;
use crate::{Objective, Observation, OutageTime};

/// What is left of an error budget if the seen part speaks for the whole period: `1 - bad / ((1 - objective) * valid)`, in a
/// calendar period times the share of it that has gone by.
///
/// [`Budget`](crate::Budget) takes unseen time as having spent nothing, and so looks better the less was seen. That is right
/// for "how much is left at most", and wrong for whether a change may go out: here coverage plays no part. At full coverage
/// both say the same. Comparisons are exact.
///
/// ```
/// use std::time::Duration;
/// use goodput_model::{BudgetAsSeen, Counts, Observation, Period};
///
/// let counts = Counts { good: 999_500, bad: 500, excluded: 0 };
/// let an_hour = Observation::partial(Period::D30.window(), counts, Duration::from_secs(3_600));
/// let budget = BudgetAsSeen::new("99.9%".parse()?, &an_hour);
/// assert_eq!(budget.remaining(), Some(0.5));
/// # Ok::<(), goodput_model::ObjectiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetAsSeen {
    objective: Objective,
    bad: u64,
    valid: u128,
    /// Seconds of the period that have gone by, and of all of it; equal in a rolling one.
    gone: u128,
    length: u128, // at least `gone`, which is at least 1
}

/// All of a budget, in thousandths of a percent.
const WHOLE: u32 = 100_000;

impl BudgetAsSeen {
    /// The budget of `objective` over the observed rolling period.
    pub fn new(objective: Objective, period: &Observation) -> Self {
        Self::of_calendar(objective, period, Duration::ZERO)
    }

    /// The budget of `objective` over a calendar period of this length, in whole seconds, of which as much has gone by as the
    /// observed window is long. A length shorter than that is taken as that.
    pub fn of_calendar(objective: Objective, observed: &Observation, length: Duration) -> Self {
        let gone = u128::from(observed.window.secs());
        let length = u128::from(length.as_secs()).max(gone);
        Self { objective, bad: observed.counts.bad, valid: observed.counts.valid_exact(), gone, length }
    }

    /// Whether more than so many thousandths of a percent are left, exactly; `None` without valid events.
    pub(crate) fn leaves_more_than(self, milli_percent: u32) -> Option<bool> {
        if self.valid == 0 {
            return None;
        }
        // spent = bad * gone / (valid * e * length) < 1 - line, with e in parts per billion. Below 2^17 * 2^30 * 2^64 on the
        // left; a window is below 2^26 seconds, so below 2^64 * 2^26 * 2^30 on the right.
        let may_spend = u128::from(WHOLE.saturating_sub(milli_percent));
        let allowed = may_spend * u128::from(self.objective.bad_ppb()) * self.length;
        let spent = u128::from(self.bad) * self.gone * 1_000_000_000;
        Some(exceeds(allowed, u128::from(WHOLE), spent, self.valid))
    }

    /// Whether nothing is left; not so without valid events.
    pub fn is_exhausted(self) -> bool {
        self.leaves_more_than(0) == Some(false)
    }

    /// The signed share that is left, for display; `None` without valid events.
    pub fn remaining(self) -> Option<f64> {
        (self.valid > 0).then(|| {
            let ratio = self.bad as f64 / self.valid as f64;
            1.0 - ratio / budget_share(self.objective) * (self.gone as f64 / self.length as f64)
        })
    }

    /// What is left as time of total outage, to the second or better; `None` without valid events.
    pub fn left_time(self) -> Option<OutageTime> {
        if self.valid == 0 {
            return None;
        }
        // Nanoseconds: parts per billion times seconds. Saturating, as a calendar period may be given any length.
        let allowed = u128::from(self.objective.bad_ppb()).saturating_mul(self.length);
        let spent = (u128::from(self.bad) * self.gone * 1_000_000_000).div_ceil(self.valid);
        let time = |nanos: u128| Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX));
        Some(match allowed.checked_sub(spent) {
            Some(left) => OutageTime::Left(time(left)),
            None => OutageTime::Overspent(time(spent.saturating_sub(allowed))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budget, Counts, Period, Window};

    const DAY: u64 = 86_400;

    fn seen(good: u64, bad: u64, days: u64) -> Observation {
        let counts = Counts { good, bad, excluded: 7 };
        Observation::partial(Period::D30.window(), counts, Duration::from_secs(DAY * days))
    }

    fn target() -> Objective {
        "99.9%".parse().unwrap()
    }

    #[test]
    fn coverage_makes_nothing_better_or_worse() {
        for (good, bad, left) in [
            (0, 0, None),
            (1_000, 0, Some(1.0)),
            (999_500, 500, Some(0.5)),
            (999_000, 1_000, Some(0.0)),
            (998_000, 2_000, Some(-1.0)),
        ] {
            for days in [0, 1, 29, 30] {
                let budget = BudgetAsSeen::new(target(), &seen(good, bad, days));
                assert_eq!(budget.remaining(), left, "{good}, {bad} in {days} d");
                assert_eq!(budget.is_exhausted(), left.is_some_and(|left| left <= 0.0), "{good}, {bad} in {days} d");
            }
        }
    }

    #[test]
    fn at_full_coverage_it_is_the_budget() {
        for (good, bad) in [(1_000, 0), (7_199, 1), (999_500, 500), (998_000, 2_000), (0, 5)] {
            let period = seen(good, bad, 30);
            let (budget, as_seen) = (Budget::new(target(), &period), BudgetAsSeen::new(target(), &period));
            assert_eq!(as_seen.remaining(), budget.remaining().value());
            assert_eq!(as_seen.left_time(), budget.left_time());
        }
    }

    #[test]
    fn a_line_that_is_reached_is_not_exceeded() {
        // 2^40 times 10 % of the budget are spent, and one event more or less.
        let (valid, bad) = (10_000_u64 << 40, 1_u64 << 40);
        let at = |bad: u64| BudgetAsSeen::new(target(), &seen(valid - bad, bad, 30));
        assert_eq!(at(bad).leaves_more_than(90_000), Some(false));
        assert_eq!(at(bad - 1).leaves_more_than(90_000), Some(true));
        assert_eq!(at(0).leaves_more_than(100_000), Some(false), "nothing is more than all");
        assert_eq!(BudgetAsSeen::new(target(), &seen(0, 0, 30)).leaves_more_than(0), None);
    }

    #[test]
    fn a_calendar_period_has_spent_only_what_has_gone_by() {
        let half = Window::from_secs(14 * 86_400).unwrap();
        let observed = Observation::full(half, Counts { good: 999_000, bad: 1_000, excluded: 0 });
        let length = Duration::from_secs(28 * DAY);
        let budget = BudgetAsSeen::of_calendar(target(), &observed, length);
        assert_eq!(budget.remaining(), Some(0.5));
        assert_eq!(budget.left_time(), Budget::of_calendar(target(), &observed, length).left_time());
        assert!(!budget.is_exhausted());
        assert!(BudgetAsSeen::of_calendar(target(), &observed, Duration::ZERO).is_exhausted());
        let endless = BudgetAsSeen::of_calendar(target(), &observed, Duration::MAX);
        assert_eq!(endless.leaves_more_than(99_999), Some(true));
    }
}
