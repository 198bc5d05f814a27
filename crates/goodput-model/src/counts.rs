//! How many events were good, bad and excluded.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// Events by classification, either cumulative since a start or between two readings.
///
/// The total is always derived from its parts, so no reading can have more bad events than events. Excluded events are
/// counted and shown but are no part of any ratio: a window that holds nothing else has no data.
///
/// Every sum saturates: 2^64 events last 585,000 years at a million per second, and a stuck sum is a smaller lie than a
/// wrapped one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Events that met the objective's criterion.
    pub good: u64,
    /// Events that did not.
    pub bad: u64,
    /// Events that say nothing about the service: scanner noise, quota refusals, impatient callers.
    pub excluded: u64,
}

impl Counts {
    /// The events a ratio is made of: good and bad.
    pub fn valid(self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// All events, excluded ones as well.
    pub fn total(self) -> u64 {
        self.valid().saturating_add(self.excluded)
    }

    /// What was added since an `earlier` reading of the same counters.
    ///
    /// Counters only grow, so a part that is smaller than before was restored or reset: it counts as nothing new,
    /// instead of as the enormous number a wrapped difference would be. [`went_backwards`](Self::went_backwards) tells
    /// the two apart.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            good: self.good.saturating_sub(earlier.good),
            bad: self.bad.saturating_sub(earlier.bad),
            excluded: self.excluded.saturating_sub(earlier.excluded),
        }
    }

    /// Whether some part is smaller than in an `earlier` reading, which counters never do by themselves.
    pub fn went_backwards(self, earlier: Self) -> bool {
        self.good < earlier.good || self.bad < earlier.bad || self.excluded < earlier.excluded
    }

    /// The error ratio in `[0, 1]`: bad events of valid events, `None` when there were none.
    ///
    /// Never calculated as one minus the good ratio, which loses every digit that matters at 99.999 %.
    pub fn bad_ratio(self) -> Option<f64> {
        match self.valid_exact() {
            0 => None,
            valid => Some(self.bad as f64 / valid as f64),
        }
    }

    /// The valid events without saturation, for comparisons that have to be exact up to the last event.
    pub(crate) fn valid_exact(self) -> u128 {
        u128::from(self.good) + u128::from(self.bad) // cannot overflow: two 64-bit numbers
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            good: self.good.saturating_add(other.good),
            bad: self.bad.saturating_add(other.bad),
            excluded: self.excluded.saturating_add(other.excluded),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(good: u64, bad: u64, excluded: u64) -> Counts {
        Counts { good, bad, excluded }
    }

    fn any_counts() -> impl Strategy<Value = Counts> {
        (any::<u64>(), any::<u64>(), any::<u64>(), 0..64_u32)
            .prop_map(|(good, bad, excluded, shift)| counts(good >> shift, bad >> shift, excluded >> shift))
    }

    #[test]
    fn excluded_events_are_in_the_total_and_in_no_ratio() {
        for (c, valid, total, ratio) in [
            (counts(0, 0, 0), 0, 0, None),
            (counts(0, 0, 9), 0, 9, None),
            (counts(999, 1, 0), 1_000, 1_000, Some(0.001)),
            (counts(999, 1, 7), 1_000, 1_007, Some(0.001)),
            (counts(0, 5, 0), 5, 5, Some(1.0)),
            (counts(5, 0, 0), 5, 5, Some(0.0)),
            (counts(u64::MAX, u64::MAX, 1), u64::MAX, u64::MAX, Some(0.5)),
        ] {
            assert_eq!((c.valid(), c.total(), c.bad_ratio()), (valid, total, ratio), "{c:?}");
        }
    }

    #[test]
    fn a_part_that_fell_counts_as_nothing_new_and_is_noticed() {
        let earlier = counts(100, 10, 1);
        assert_eq!(counts(150, 4, 1).since(earlier), counts(50, 0, 0));
        for (later, backwards) in [
            (counts(100, 10, 1), false),
            (counts(150, 10, 1), false),
            (counts(99, 10, 1), true),
            (counts(150, 9, 1), true),
            (counts(150, 10, 0), true),
        ] {
            assert_eq!(later.went_backwards(earlier), backwards, "{later:?}");
        }
    }

    proptest! {
        #[test]
        fn merging_is_commutative_and_associative(a in any_counts(), b in any_counts(), c in any_counts()) {
            prop_assert_eq!(a + b, b + a);
            prop_assert_eq!((a + b) + c, a + (b + c));
            prop_assert_eq!([a, b, c].into_iter().sum::<Counts>(), a + b + c);
        }

        #[test]
        fn a_merged_ratio_lies_between_its_parts(a in any_counts(), b in any_counts()) {
            let halved = |c: Counts| counts(c.good / 2, c.bad / 2, 0); // so that no part saturates
            let (a, b) = (halved(a), halved(b));
            if let (Some(ra), Some(rb), Some(merged)) = (a.bad_ratio(), b.bad_ratio(), (a + b).bad_ratio()) {
                let slack = 1.0e-15; // rounding of three divisions
                prop_assert!(ra.min(rb) - slack <= merged && merged <= ra.max(rb) + slack);
            }
        }

        #[test]
        fn a_difference_undoes_a_sum(a in any_counts(), b in any_counts()) {
            let (a, b) = (counts(a.good / 2, a.bad / 2, a.excluded / 2), counts(b.good / 2, b.bad / 2, b.excluded / 2));
            prop_assert_eq!((a + b).since(a), b);
            prop_assert!(!(a + b).went_backwards(a));
        }
    }
}
