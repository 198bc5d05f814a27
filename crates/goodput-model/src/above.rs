//! Whether a window burns faster than a factor allows, in whole numbers.

use crate::exact::exceeds;
use crate::{Objective, Observation, Trigger};

impl Observation {
    /// Whether the burn of this window, scaled by its coverage, is above so many thousandths of the allowed rate; never without
    /// valid events, and not exactly at the factor.
    ///
    /// What a condition asks of each of its windows, for those who ask it of one window alone. Decided in whole numbers, exactly.
    ///
    /// ```
    /// use goodput_model::{Counts, Objective, Observation, Window};
    ///
    /// let target: Objective = "99.9%".parse()?;
    /// let seen = Observation::full(Window::M5, Counts { good: 9_856, bad: 144, excluded: 0 }); // 14.4 times
    /// assert!(seen.burns_above(target, 14_399) && !seen.burns_above(target, 14_400));
    /// # Ok::<(), goodput_model::ObjectiveError>(())
    /// ```
    pub fn burns_above(&self, objective: Objective, milli: u32) -> bool {
        // Both sides are nanoseconds of total outage within the window. Below 2^119, and below 2^32 * 2^30 * 2^26.
        let outage = u128::from(self.counts.bad) * self.covered().as_nanos();
        let allowed = u128::from(milli) * u128::from(objective.bad_ppb()) * u128::from(self.window.secs());
        exceeds(outage, self.counts.valid_exact(), allowed, 1_000)
    }
}

impl Trigger {
    /// A burn factor in thousandths, if that is what it is.
    pub const fn factor_milli(self) -> Option<u32> {
        match self {
            Self::Factor { milli } => Some(milli),
            Self::BudgetPercent { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::{BurnRate, Counts, Window};

    fn counts(good: u64, bad: u64) -> Counts {
        Counts { good, bad, excluded: 9 }
    }

    #[test]
    fn it_is_above_only_beyond_the_factor_and_never_without_events() {
        let largest = u64::MAX / 10_000;
        for (objective, good, bad, seen, milli, above) in [
            ("99.9%", 9_856, 144, 300, 14_400, false),
            ("99.9%", 9_855, 144, 300, 14_400, true),
            ("99.9%", largest * 9_856, largest * 144, 300, 14_400, false),
            ("99.9%", largest * 9_856 - 1, largest * 144, 300, 14_400, true),
            ("99.9%", 0, 1, 1, 14_400, false), // a thousand times, of which a three hundredth was seen
            ("99.9%", 0, 1, 5, 14_400, true),
            ("99.9%", 0, 0, 300, 1_000, false),
            ("99.9%", 0, 5, 0, 1_000, false),
            ("50%", 0, 5, 300, 2_000, false),
            ("50%", 0, 5, 300, 1_999, true),
        ] {
            let seen = Observation::partial(Window::M5, counts(good, bad), Duration::from_secs(seen));
            assert_eq!(seen.burns_above(objective.parse().unwrap(), milli), above, "{objective} {seen:?} {milli}");
        }
    }

    proptest! {
        /// Wherever floating point can tell, it tells the same.
        #[test]
        fn it_agrees_with_the_burn_that_is_shown(good in 0_u64..100_000, bad in 0_u64..100_000, secs in 0_u64..400, milli in 1_u32..900_000) {
            let objective = "99.9%".parse().unwrap();
            let seen = Observation::partial(Window::M5, counts(good, bad), Duration::from_secs(secs));
            let factor = f64::from(milli) / 1_000.0;
            match BurnRate::scaled(objective, &seen).value() {
                None => prop_assert!(!seen.burns_above(objective, milli)),
                Some(burn) if (burn - factor).abs() > factor * 1.0e-9 => {
                    prop_assert_eq!(seen.burns_above(objective, milli), burn > factor);
                }
                Some(_) => {}
            }
        }
    }
}
