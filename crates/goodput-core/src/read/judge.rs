//! What a slice of time is worth: a plain function of what happened in it.

use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Budgeting, Counts, Objective, Rate, Reason, Share};

use crate::clock::Moment;
use crate::gauge::{DatasetCell, LevelCell, STEPS};

/// What makes a slice of one SLO good.
#[derive(Debug)]
pub(super) enum Judge {
    /// At least this share of its events was.
    Target(Objective),
    /// It is as good as its events were on the whole.
    Ratio,
    /// At least so many events.
    Rate(Rate),
    /// At its end, none of the data was older.
    Age { threshold: Duration, data: Vec<Arc<DatasetCell>> },
    /// At no moment was one of the levels higher.
    Level { at_most: Share, levels: Vec<Highest> },
}

/// The highest of one level in the running slice, as far as ticks have seen it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Highest {
    /// Its position among all levels.
    pub(super) position: usize,
    /// Nothing before it was set.
    pub(super) steps: Option<u64>,
}

/// What is known about a slice when it is judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happened<'a> {
    pub(super) events: Counts,
    /// From its beginning to its end, as they were read, and no more than a slice is long.
    pub(super) within: Duration,
    /// Its end.
    pub(super) now: Moment,
    /// For how long anybody has looked.
    pub(super) looked_for: Duration,
    /// The highest of every level since the last tick.
    pub(super) highest: &'a [Option<u64>],
}

/// What a slice is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// So much of it was good and bad: one of the two, or parts of both.
    Known(Counts),
    Unknown,
}

impl Judge {
    pub(super) fn worth(&self, slice: &Happened<'_>) -> Worth {
        let events = slice.events;
        let valid = u128::from(events.good) + u128::from(events.bad); // below 2^65
        match self {
            Self::Target(_) | Self::Ratio if valid == 0 => Worth::Unknown,
            Self::Target(target) => {
                // Exact: both sides are below 2^95.
                Worth::of(u128::from(events.bad) * 1_000_000_000 <= u128::from(target.bad_ppb()) * valid)
            }
            Self::Ratio => {
                // Rounded up, so that no bad event is lost: a slice looks worse by less than a millionth of it.
                let bad = (u128::from(events.bad) * u128::from(Budgeting::PARTS)).div_ceil(valid);
                let bad = bad.try_into().unwrap_or(Budgeting::PARTS); // at most PARTS
                Worth::Known(Counts { good: Budgeting::PARTS.saturating_sub(bad), bad, excluded: 0 })
            }
            Self::Rate(rate) => {
                let millis = slice.within.as_millis().try_into().unwrap_or(u64::MAX);
                Worth::of(rate.is_reached(events.good, millis))
            }
            Self::Age { threshold, data } => worst(data.iter().map(|data| match data.age(slice.now) {
                Some(age) => Some(age <= *threshold),
                // Data that nobody has refreshed is as old as this is looked at, at least.
                None => (slice.looked_for > *threshold).then_some(false),
            })),
            Self::Level { at_most, levels } => {
                worst(levels.iter().map(|level| Some(level.with(slice.highest)? <= u64::from(at_most.milli_percent()))))
            }
        }
    }

    /// Why what is bad about a slice is bad.
    pub(super) const fn reason(&self) -> Reason {
        match self {
            Self::Target(_) => Reason::TOO_FEW_GOOD,
            Self::Ratio => Reason::BAD_EVENTS,
            Self::Rate(_) => Reason::TOO_FEW,
            Self::Age { .. } => Reason::STALE,
            Self::Level { .. } => Reason::SATURATED,
        }
    }

    /// Remembers the highest levels since the last tick.
    pub(super) fn note(&mut self, highest: &[Option<u64>]) {
        if let Self::Level { levels, .. } = self {
            for level in levels {
                level.steps = level.with(highest);
            }
        }
    }

    /// Takes over what another judge of the same values has noted.
    pub(super) fn go_on(&mut self, former: &Self) {
        if let (Self::Level { levels, .. }, Self::Level { levels: former, .. }) = (self, former) {
            for (level, former) in levels.iter_mut().zip(former) {
                level.steps = former.steps;
            }
        }
    }

    /// Forgets what was noted, as another slice begins. The levels themselves know what they begin it with.
    pub(super) fn forget(&mut self) {
        if let Self::Level { levels, .. } = self {
            for level in levels {
                level.steps = None;
            }
        }
    }

    /// The highest of the levels so far, where 1 is all of it.
    pub(super) fn level(&self, highest: &[Option<u64>]) -> Option<f64> {
        match self {
            Self::Level { levels, .. } => {
                let highest = levels.iter().filter_map(|level| level.with(highest)).max()?;
                Some(highest as f64 / STEPS as f64)
            }
            _ => None,
        }
    }

    /// For each of the values it looks at, whether nobody has set it yet. A level that was set once has a highest ever after.
    pub(super) fn unset(&self, all: &[Arc<LevelCell>], now: Moment) -> Vec<bool> {
        match self {
            Self::Age { data, .. } => data.iter().map(|data| data.age(now).is_none()).collect(),
            Self::Level { levels, .. } => {
                let highest = |level: &Highest| all.get(level.position).and_then(|level| level.highest());
                levels.iter().map(|level| highest(level).is_none()).collect()
            }
            Self::Target(_) | Self::Ratio | Self::Rate(_) => Vec::new(),
        }
    }

    /// The age of the oldest of the data.
    pub(super) fn age(&self, now: Moment) -> Option<Duration> {
        match self {
            Self::Age { data, .. } => data.iter().filter_map(|data| data.age(now)).max(),
            _ => None,
        }
    }
}

impl Highest {
    fn with(self, highest: &[Option<u64>]) -> Option<u64> {
        self.steps.max(highest.get(self.position).copied().flatten())
    }
}

impl Worth {
    pub(super) const GOOD: Self = Self::Known(Counts { good: 1, bad: 0, excluded: 0 });
    pub(super) const BAD: Self = Self::Known(Counts { good: 0, bad: 1, excluded: 0 });

    const fn of(good: bool) -> Self {
        if good { Self::GOOD } else { Self::BAD }
    }
}

/// Bad if one of them is, whatever the others are; good if all of them are; else nobody knows.
fn worst(all: impl Iterator<Item = Option<bool>>) -> Worth {
    let mut worth = Worth::Unknown;
    let mut known = true;
    for good in all {
        match good {
            Some(false) => return Worth::BAD,
            Some(true) => worth = Worth::GOOD,
            None => known = false,
        }
    }
    if known { worth } else { Worth::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(judge: &Judge, good: u64, bad: u64, within: Duration) -> Worth {
        let now = Moment::at(Duration::from_secs(600));
        let events = Counts { good, bad, excluded: 9 };
        judge.worth(&Happened { events, within, now, looked_for: Duration::from_secs(600), highest: &[] })
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_slice_is_good_from_exactly_its_target_on() {
        let target = |text: &str| Judge::Target(text.parse().unwrap());
        for (text, good, bad, expected) in [
            ("95%", 95, 5, Worth::GOOD),
            ("95%", 94, 5, Worth::BAD),
            ("95%", 0, 0, Worth::Unknown),
            ("95%", 1, 0, Worth::GOOD),
            ("95%", 0, 1, Worth::BAD),
            ("99.9999999%", u64::MAX - 1, u64::MAX / 1_000_000_000, Worth::GOOD),
            ("50%", u64::MAX, u64::MAX, Worth::GOOD),
            ("50%", u64::MAX - 1, u64::MAX, Worth::BAD),
        ] {
            assert_eq!(worth(&target(text), good, bad, MINUTE), expected, "{text} of {good} and {bad}");
        }
    }

    #[test]
    fn a_slice_by_its_ratio_loses_no_bad_event() {
        for (good, bad, parts) in [
            (1, 0, 0),
            (0, 1, 1_000_000),
            (1, 1, 500_000),
            (2, 1, 333_334),
            (10_000_000, 1, 1),
            (u64::MAX, 1, 1),
            (0, u64::MAX, 1_000_000),
        ] {
            let expected = Worth::Known(Counts { good: 1_000_000 - parts, bad: parts, excluded: 0 });
            assert_eq!(worth(&Judge::Ratio, good, bad, MINUTE), expected, "{good} and {bad}");
        }
        assert_eq!(worth(&Judge::Ratio, 0, 0, MINUTE), Worth::Unknown);
    }

    #[test]
    fn a_slice_with_no_event_has_too_few() {
        let rate = Judge::Rate("10/m".parse().unwrap());
        for (events, millis, expected) in [
            (0, 60_000, Worth::BAD),
            (10, 60_000, Worth::GOOD),
            (10, 60_001, Worth::BAD),
            (9, 54_000, Worth::GOOD),
            (0, 0, Worth::GOOD),
        ] {
            assert_eq!(worth(&rate, events, 0, Duration::from_millis(millis)), expected, "{events} in {millis} ms");
        }
    }

    #[test]
    fn one_bad_thing_makes_a_slice_bad_and_one_unknown_thing_unknown() {
        for (all, expected) in [
            (vec![], Worth::Unknown),
            (vec![Some(true)], Worth::GOOD),
            (vec![None], Worth::Unknown),
            (vec![Some(true), None], Worth::Unknown),
            (vec![None, Some(false)], Worth::BAD),
            (vec![Some(false), Some(true)], Worth::BAD),
        ] {
            assert_eq!(worst(all.iter().copied()), expected, "{all:?}");
        }
    }
}
