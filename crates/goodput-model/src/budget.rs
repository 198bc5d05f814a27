//! What a period's error budget allows, and how much of it is left.

use crate::burn::budget_share;
use crate::exact::exceeds;
use crate::window::Roughly;
use crate::{BudgetAsSeen, Coverage, Objective, Observation};
use std::fmt;
use std::time::Duration;

/// The error budget of one objective over one period, and what the events seen so far have spent of it.
///
/// Unseen time is taken as having spent nothing, so what was [`spent`](Self::spent) is a lower bound of the truth, and
/// what [`remains`](Self::remaining) an upper bound until nearly all of the period was seen. Without that rule a
/// service exactly on target would have spent its whole month after its first hour.
///
/// Both assume that the period brings traffic at the mean rate seen so far: that is what sizes the budget. A busy hour
/// after a quiet start makes the budget larger, and the same bad events a smaller share of it; silence makes it smaller.
///
/// ```
/// use goodput_model::{Budget, Counts, Objective, Observation, Period, Remaining};
///
/// let month = Period::D30.window();
/// let counts = Counts { good: 7_199, bad: 1, excluded: 0 };
/// let budget = Budget::new("99.9%".parse()?, &Observation::full(month, counts));
/// assert_eq!(budget.allowed_time().as_secs_f64(), 43.2 * 60.0);
/// assert_eq!(budget.allowed_events(), 7);
/// assert_eq!(budget.left_events(), 6);
/// assert_eq!(budget.remaining().to_string(), "86.1 % left");
/// # Ok::<(), goodput_model::ObjectiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    objective: Objective,
    period: Observation,
    /// How long the period is, or will have been.
    length: Duration,
}

/// From this coverage on, what remains is stated as a fact rather than as an upper bound: an unseen tenth that burned
/// like the rest would move the answer by a tenth of what was spent.
const FACT_FROM_PERCENT: u32 = 90;

impl Budget {
    /// The budget of `objective` over the observed period.
    pub fn new(objective: Objective, period: &Observation) -> Self {
        Self { objective, period: *period, length: period.window.duration() }
    }

    /// The budget of `objective` over a calendar period of this length, of which as much has gone by as was `observed`.
    ///
    /// What was [`spent`](Self::spent) is a share of the whole period, part of which is yet to come, while what
    /// [`remains`](Self::remaining) is a fact once 90 % of the time *since its beginning* was seen: the time to come can spend
    /// nothing yet. A length shorter than what was observed is taken as that.
    ///
    /// ```
    /// use std::time::Duration;
    /// use goodput_model::{Budget, Counts, Observation, Window};
    ///
    /// // Three of 28 days have gone by, each with as many bad events as it may have.
    /// let counts = Counts { good: 990, bad: 10, excluded: 0 };
    /// let month = Duration::from_secs(28 * 24 * 60 * 60);
    /// let budget = Budget::of_calendar("99%".parse()?, &Observation::full(Window::D3, counts), month);
    /// assert_eq!(budget.remaining().to_string(), "89.3 % left");
    /// # Ok::<(), goodput_model::ObjectiveError>(())
    /// ```
    pub fn of_calendar(objective: Objective, observed: &Observation, length: Duration) -> Self {
        Self { objective, period: *observed, length: length.max(observed.window.duration()) }
    }

    /// What was seen of the period; of a calendar one, of what has gone by of it.
    pub fn observed(&self) -> &Observation {
        &self.period
    }

    /// How long the period is, or will have been.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// The same with the seen part speaking for the whole, which is what decisions go by.
    pub fn as_seen(&self) -> BudgetAsSeen {
        BudgetAsSeen::of_calendar(self.objective, &self.period, self.length)
    }

    /// The share of the period's budget that was spent, from 0 up, above 1 when overspent: a lower bound of the truth, at the traffic
    /// seen so far.
    ///
    /// `(bad / valid) / (1 - objective) * covered / period`; at full coverage `bad / ((1 - objective) * valid)`. `None`
    /// without valid events.
    pub fn spent(&self) -> Option<f64> {
        self.share_of(self.period.counts.bad)
    }

    /// Whether what was spent is at least so many percent of the period's budget, exactly.
    pub(crate) fn spends_at_least(&self, percent: u8) -> bool {
        let Observation { counts, .. } = self.period;
        let bad_time = u128::from(counts.bad).saturating_mul(self.period.covered().as_nanos()); // below 2^64 * 2^55
        let allowed = u128::from(self.objective.bad_ppb()) * u128::from(percent); // below 2^30 * 2^8
        let allowed = allowed.saturating_mul(self.length.as_nanos());
        let valid = counts.valid_exact();
        valid > 0 && !exceeds(allowed, 100 * 1_000_000_000, bad_time, valid)
    }

    /// The signed share of the period's budget that is left, and whether that is known or an upper bound.
    pub fn remaining(&self) -> Remaining {
        let seen = Coverage::new(self.period.covered(), self.period.window.duration());
        match self.spent() {
            None => Remaining::NoData,
            Some(spent) if seen.is_at_least(FACT_FROM_PERCENT) => Remaining::Is(1.0 - spent),
            Some(spent) => Remaining::AtMost(1.0 - spent),
        }
    }

    /// So many bad events as a share of those the whole period allows, at the traffic seen so far; `None` without valid events.
    pub(crate) fn share_of(&self, bad: u64) -> Option<f64> {
        let valid = self.period.counts.valid_exact();
        let seen = self.period.covered().as_secs_f64() / self.length.as_secs_f64(); // a window is a second at least
        (valid > 0).then(|| bad as f64 / valid as f64 / budget_share(self.objective) * seen)
    }

    /// Whether so many bad events are more than `percent` of those the whole period allows, exactly.
    pub(crate) fn is_exceeded_in_part(&self, percent: u32, bad: u64) -> bool {
        // bad * covered / valid > percent / 100 * e * length, with e in parts per billion. Below 2^64 * 2^55 on the left;
        // saturating on the right, as a calendar period may be given any length.
        let spent = u128::from(bad) * self.period.covered().as_nanos();
        let allowed = u128::from(self.objective.bad_ppb()).saturating_mul(self.length.as_nanos());
        let part = allowed.saturating_mul(u128::from(percent));
        exceeds(spent, self.period.counts.valid_exact(), part, 100 * 1_000_000_000)
    }

    /// How many of the valid events *seen so far* may be bad, rounded down: an event is whole.
    ///
    /// This speaks for the traffic that was seen, [`spent`](Self::spent) for the whole period: with half a month seen,
    /// half of the month's events are counted here.
    pub fn allowed_events(&self) -> u64 {
        let parts = self.period.counts.valid_exact() * u128::from(self.objective.bad_ppb()); // below 2^95
        (parts / 1_000_000_000).try_into().unwrap_or(u64::MAX) // saturating: only counts beyond 2^64 reach it
    }

    /// How many more of the valid events seen so far might have been bad; negative when overspent.
    pub fn left_events(&self) -> i128 {
        i128::from(self.allowed_events()) - i128::from(self.period.counts.bad) // cannot overflow: two 64-bit numbers
    }

    /// The budget as time of *total* outage in the whole period, exactly: 43.2 minutes for 99.9 % of 30 days.
    ///
    /// A month of 30.44 days allows 1.5 % more, so always name the period beside it.
    pub fn allowed_time(&self) -> Duration {
        // Parts per billion times seconds are nanoseconds; 10^9 * 400 d is below 2^55. Saturating: a calendar period may be
        // given any length.
        let nanos = u128::from(self.objective.bad_ppb()).saturating_mul(self.length.as_nanos()) / 1_000_000_000;
        Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX))
    }

    /// What was spent, as time of total outage: bad events over valid events, times the covered time. `None` without
    /// valid events; rounded up to a nanosecond.
    pub fn spent_time(&self) -> Option<Duration> {
        let valid = self.period.counts.valid_exact();
        if valid == 0 {
            return None;
        }
        // Below 2^64 * 2^55; the quotient is at most the covered time, which fits.
        let spent = (u128::from(self.period.counts.bad) * self.period.covered().as_nanos()).div_ceil(valid);
        Some(Duration::from_nanos(spent.try_into().unwrap_or(u64::MAX)))
    }

    /// What is left, as time during which *every* event fails; partial outages last longer in proportion. An upper
    /// bound exactly when [`remaining`](Self::remaining) is one. `None` without valid events.
    pub fn left_time(&self) -> Option<OutageTime> {
        let (allowed, spent) = (self.allowed_time(), self.spent_time()?);
        Some(match allowed.checked_sub(spent) {
            Some(left) => OutageTime::Left(left),
            None => OutageTime::Overspent(spent.saturating_sub(allowed)),
        })
    }
}

/// The signed share of a period's budget that is left: 1 is untouched, 0 is spent, below 0 is overspent.
///
/// Exhaustive on purpose: a decision has to treat a bound differently from a fact, and both differently from no data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Remaining {
    /// No valid events.
    NoData,
    /// Less than 90 % of the period was seen: this is left if nothing was spent unseen, else less.
    AtMost(f64),
    /// At least 90 % of the period was seen.
    Is(f64),
}

impl Remaining {
    /// The number, fact or bound.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::NoData => None,
            Self::AtMost(share) | Self::Is(share) => Some(share),
        }
    }
}

/// `12.5 % left`, `at most 93.0 % left`, `overspent by 30.0 %`, `overspent by at least 30.0 %`, `no data`.
impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoData => f.write_str("no data"),
            Self::AtMost(share) if share < 0.0 => write!(f, "overspent by at least {}", Percent(-share)),
            Self::AtMost(share) => write!(f, "at most {} left", Percent(share)),
            Self::Is(share) if share < 0.0 => write!(f, "overspent by {}", Percent(-share)),
            Self::Is(share) => write!(f, "{} left", Percent(share)),
        }
    }
}

/// A share for people: one decimal, and up to three rather than look like all or nothing when it is neither.
pub(crate) struct Percent(pub(crate) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        match percent {
            _ if percent > 0.0 && percent < 0.001 => f.write_str("<0.001 %"),
            _ if percent > 99.999 && percent < 100.0 => f.write_str(">99.999 %"),
            _ if (percent > 0.0 && percent < 0.05) || (99.95..100.0).contains(&percent) => write!(f, "{percent:.3} %"),
            _ => write!(f, "{percent:.1} %"),
        }
    }
}

/// A signed amount of budget as time of total outage: how long *every* event may still fail, or has failed beyond it.
///
/// Exhaustive on purpose: it is a sign and a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageTime {
    /// So much total outage is still allowed.
    Left(Duration),
    /// So much total outage was too much.
    Overspent(Duration),
}

/// `12m of total outage left`, `overspent by 3m 20s of total outage`.
impl fmt::Display for OutageTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Left(time) => write!(f, "{} of total outage left", Roughly(time)),
            Self::Overspent(time) => write!(f, "overspent by {} of total outage", Roughly(time)),
        }
    }
}

/// What a risky change may cost the budget, expected and at worst.
///
/// The expectation alone makes every gamble look cheap, the worst case alone forbids every change: a decision shows
/// both. A 20 % chance of a five-minute outage with 12 minutes left costs one minute, 8 % of what is left, and at worst
/// five minutes, 42 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleaseCost {
    expected: Duration,
    worst: Duration,
}

impl ReleaseCost {
    /// A change that with a probability of `chance` causes a total outage of length `outage`.
    ///
    /// `chance` is clamped to `[0, 1]`; not a number counts as certain, since a bad input must not make a risk
    /// disappear.
    pub fn new(chance: f64, outage: Duration) -> Self {
        let expected = if chance >= 1.0 || chance.is_nan() { outage } else { outage.mul_f64(chance.max(0.0)) };
        Self { expected, worst: outage }
    }

    /// Chance times outage.
    pub fn expected(self) -> Duration {
        self.expected
    }

    /// The whole outage.
    pub fn worst(self) -> Duration {
        self.worst
    }

    /// The expected cost as a share of what is left; `None` when nothing is.
    pub fn expected_share(self, left: OutageTime) -> Option<f64> {
        share(self.expected, left)
    }

    /// The worst cost as a share of what is left, above 1 when it does not fit; `None` when nothing is left.
    pub fn worst_share(self, left: OutageTime) -> Option<f64> {
        share(self.worst, left)
    }
}

fn share(cost: Duration, left: OutageTime) -> Option<f64> {
    match left {
        OutageTime::Left(left) if !left.is_zero() => Some(cost.as_secs_f64() / left.as_secs_f64()),
        OutageTime::Left(_) | OutageTime::Overspent(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Period};

    const DAY: Duration = Duration::from_secs(86_400);

    fn budget(good: u64, bad: u64, days_seen: u32) -> Budget {
        let counts = Counts { good, bad, excluded: 5 };
        let period = Observation::partial(Period::D30.window(), counts, DAY * days_seen);
        Budget::new("99.9%".parse().unwrap(), &period)
    }

    #[test]
    fn unseen_time_spent_nothing_and_makes_the_rest_a_bound() {
        for (good, bad, days, text) in [
            (0, 0, 30, "no data"),
            (0, 0, 1, "no data"),
            (1_000, 0, 30, "100.0 % left"),
            (1_000, 0, 1, "at most 100.0 % left"),
            (999_000, 1_000, 30, "0.0 % left"),
            (999_000, 1_000, 27, "10.0 % left"),
            (999_000, 1_000, 26, "at most 13.3 % left"),
            (999_000, 1_000, 1, "at most 96.7 % left"),
            (998_700, 1_300, 30, "overspent by 30.0 %"),
            (0, 1, 1, "overspent by at least 3233.3 %"),
        ] {
            assert_eq!(budget(good, bad, days).remaining().to_string(), text, "{good}, {bad} in {days} d");
        }
    }

    #[test]
    fn a_calendar_period_is_spent_as_a_whole_and_known_by_what_went_by() {
        let window = |days: u32| crate::Window::from_secs(days * 86_400).unwrap();
        for (good, bad, gone, seen, length, text) in [
            (0, 0, 14, 14, 28, "no data"),
            (1_000, 0, 14, 14, 28, "100.0 % left"),
            (1_000, 0, 20, 18, 31, "100.0 % left"),
            (1_000, 0, 20, 17, 31, "at most 100.0 % left"),
            (999_000, 1_000, 14, 14, 28, "50.0 % left"),
            (999_000, 1_000, 14, 7, 28, "at most 75.0 % left"),
            (998_000, 2_000, 31, 31, 31, "overspent by 100.0 %"),
            (999_000, 1_000, 14, 14, 7, "0.0 % left"), // no period is shorter than what went by of it
        ] {
            let observed = Observation::partial(window(gone), Counts { good, bad, excluded: 3 }, DAY * seen);
            let budget = Budget::of_calendar("99.9%".parse().unwrap(), &observed, DAY * length);
            assert_eq!(budget.remaining().to_string(), text, "{bad} bad, {seen} of {gone} of {length} d");
        }
        let observed = Observation::full(window(1), Counts { good: 999, bad: 1, excluded: 0 });
        let budget = Budget::of_calendar("99.9%".parse().unwrap(), &observed, DAY * 31);
        assert_eq!(budget.allowed_time(), Duration::from_millis(31 * 86_400));
        assert_eq!(budget.spent_time(), Some(Duration::from_millis(86_400)));
        let endless = Budget::of_calendar("99.9%".parse().unwrap(), &observed, Duration::MAX);
        assert!(endless.spent().unwrap() < 1e-9 && endless.allowed_time() > DAY);
    }

    #[test]
    fn events_are_whole_and_left_ones_are_signed() {
        for (good, bad, allowed, left) in [
            (0, 0, 0, 0),
            (998, 1, 0, -1), // 0.999 of an event is none
            (999, 1, 1, 0),
            (7_199, 1, 7, 6),
            (0, 1_000, 1, -999),
            (u64::MAX, 0, u64::MAX / 1_000, i128::from(u64::MAX / 1_000)),
            (u64::MAX, u64::MAX, 36_893_488_147_419_103, 36_893_488_147_419_103 - i128::from(u64::MAX)),
        ] {
            let budget = budget(good, bad, 30);
            assert_eq!((budget.allowed_events(), budget.left_events()), (allowed, left), "{good}, {bad}");
        }
    }

    #[test]
    fn time_left_is_time_of_total_outage() {
        let minutes = |minutes: f64| Duration::from_secs_f64(minutes * 60.0);
        for (good, bad, days, left, text) in [
            (1_000, 0, 30, OutageTime::Left(minutes(43.2)), "43m 12s of total outage left"),
            (999_500, 500, 30, OutageTime::Left(minutes(21.6)), "21m 36s of total outage left"),
            (999_000, 1_000, 30, OutageTime::Left(Duration::ZERO), "0s of total outage left"),
            (999_000, 1_000, 15, OutageTime::Left(minutes(21.6)), "21m 36s of total outage left"),
            (998_000, 2_000, 30, OutageTime::Overspent(minutes(43.2)), "overspent by 43m 12s of total outage"),
        ] {
            let found = budget(good, bad, days).left_time().unwrap();
            assert_eq!((found, found.to_string().as_str()), (left, text), "{good}, {bad} in {days} d");
        }
        assert_eq!(budget(0, 0, 30).left_time(), None);
        assert_eq!(budget(0, u64::MAX, 30).spent_time(), Some(DAY * 30));
        assert_eq!(
            budget(6, 1, 1).spent_time(),
            Some(Duration::from_nanos(12_342_857_142_858)),
            "a seventh, rounded up"
        );
    }

    #[test]
    fn a_chance_that_is_no_probability_hides_no_risk() {
        let outage = Duration::from_secs(300);
        for (chance, secs) in
            [(-1.0, 0), (0.0, 0), (0.2, 60), (1.0, 300), (7.0, 300), (f64::NAN, 300), (f64::INFINITY, 300)]
        {
            let cost = ReleaseCost::new(chance, outage);
            assert_eq!((cost.expected(), cost.worst()), (Duration::from_secs(secs), outage), "{chance}");
        }
        let _ = ReleaseCost::new(0.999_999_999, Duration::MAX);
        let nothing = ReleaseCost::new(0.2, outage);
        assert_eq!(nothing.worst_share(OutageTime::Left(Duration::ZERO)), None);
        assert_eq!(nothing.expected_share(OutageTime::Overspent(outage)), None);
    }
}
