//! A length of time and what happened in it: what recordings and described outages are told in.

use std::time::Duration;

use goodput_core::Counts;

/// Events that came evenly over a length of time, as far as anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// Never zero.
    pub(super) length: Duration,
    pub(super) counts: Counts,
    /// Whether somebody was there to see it; what was counted meanwhile is found at its end.
    pub(super) seen: bool,
}

impl Interval {
    pub(super) fn seen(length: Duration, counts: Counts) -> Self {
        Self { length, counts, seen: true }
    }

    /// So long of the same traffic, all of it good.
    pub(super) fn without_errors(&self, length: Duration) -> Self {
        let counts = Counts { good: self.counts.valid(), ..Counts::default() };
        let (asked, own) = (length.as_nanos(), self.length.as_nanos().max(1));
        // Below 2^64 * 2^55; saturating, as a short time may have had many events.
        let good = u64::try_from(u128::from(counts.good) * asked / own).unwrap_or(u64::MAX);
        Self::seen(length, Counts { good, ..Counts::default() })
    }

    /// What has come after `elapsed` of it, rounded down for each class.
    pub(super) fn until(&self, elapsed: Duration) -> Counts {
        let (elapsed, length) = (elapsed.min(self.length).as_nanos(), self.length.as_nanos().max(1));
        // Below 2^64 * 2^55; the quotient is at most the count.
        let part = |count: u64| u64::try_from(u128::from(count) * elapsed / length).unwrap_or(count);
        let Counts { good, bad, excluded } = self.counts;
        Counts { good: part(good), bad: part(bad), excluded: part(excluded) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_evenly_and_all_of_them_come() {
        let interval = Interval::seen(Duration::from_secs(60), Counts { good: 7, bad: 1, excluded: u64::MAX });
        for (millis, good, bad) in
            [(0, 0, 0), (8_571, 0, 0), (8_572, 1, 0), (59_999, 6, 0), (60_000, 7, 1), (90_000, 7, 1)]
        {
            let found = interval.until(Duration::from_millis(millis));
            assert_eq!((found.good, found.bad), (good, bad), "after {millis} ms");
        }
        assert_eq!(interval.until(interval.length), interval.counts);
    }
}
