//! How long a constant share of errors takes to fire an alert row, and to let go of it again.

use std::time::Duration;

use crate::exact::gcd;
use crate::{Row, Share, Window};

const ATTOS_PER_SEC: u128 = 1_000_000_000_000_000_000;
const ATTOS_PER_NANO: u128 = 1_000_000_000;
/// A whole, in the unit of [`Share::milli_percent`].
const WHOLE: u128 = Share::ALL.milli_percent() as u128;

/// What follows from a row alone, with events dense enough to be looked upon as a flow. Few of them are whole events, for
/// which there is [`bad_to_exceed`](Row::bad_to_exceed).
impl Row {
    /// How long errors of this share have to last, from a clean history or a fresh start alike, until the row is reached;
    /// an instant later it is exceeded. `None` if it never is, which includes a share of exactly
    /// [`error_ratio`](Self::error_ratio). Rounded up to a nanosecond.
    ///
    /// `(1 - objective) / errors x long window x factor` (SRE Workbook, chapter 5). The long window decides: the short
    /// one asks for the same share of a shorter time, so it is reached before.
    pub fn detection_time(&self, errors: Share) -> Option<Duration> {
        let attos = self.lasting_attos(errors)?;
        Some(from_attos(attos))
    }

    /// How long after errors of this share have ended the row lets go, because its short window is back at the
    /// threshold: what makes an alert end soon after what caused it. `None` if they never fire it.
    pub fn reset_time(&self, errors: Share) -> Option<Duration> {
        let attos = self.lasting_attos(errors)?;
        // The short window's share of it. Below 2^85 * 2^26, so below 2^111.
        let reached = attos * u128::from(self.short().secs()) / u128::from(self.long().secs());
        Some(from_attos(total(self.short()).saturating_sub(reached)))
    }

    /// How long after errors of this share have ended the long window alone would hold on: what an alert without a short
    /// window costs. `None` if they never fire it.
    pub fn reset_time_without_short(&self, errors: Share) -> Option<Duration> {
        let attos = self.lasting_attos(errors)?;
        Some(from_attos(total(self.long()).saturating_sub(attos)))
    }

    /// The fewest bad events, of so many valid ones in a long window that was seen from end to end, that exceed the row.
    /// At least 1; of no events, none.
    pub fn bad_to_exceed(&self, valid: u64) -> u64 {
        if valid == 0 {
            return 0;
        }
        let (threshold, whole) = (self.full_outage_attos(), total(self.long()));
        let common = gcd(threshold, whole);
        let (num, den) = (threshold / common, whole / common);
        let below = match num.checked_mul(u128::from(valid)) {
            Some(product) => product / den,
            // More events than anybody has: a float is off by less than a millionth of a millionth.
            None => (num as f64 / den as f64 * valid as f64) as u128,
        };
        u64::try_from(below).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Attoseconds that errors of this share have to last: above 0 and below the long window, so below 2^85.
    fn lasting_attos(&self, errors: Share) -> Option<u128> {
        // Below 2^85 * 2^17.
        let outage = self.full_outage_attos() * WHOLE;
        let attos = outage.checked_div(u128::from(errors.milli_percent()))?;
        (attos < total(self.long())).then_some(attos)
    }
}

fn total(window: Window) -> u128 {
    u128::from(window.secs()) * ATTOS_PER_SEC // below 2^86
}

fn from_attos(attos: u128) -> Duration {
    // Saturating: a window has less than 2^55 nanoseconds.
    Duration::from_nanos(attos.div_ceil(ATTOS_PER_NANO).try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AlertRow, Counts, MinBad, Objective, Observation, Period, Severity, Trigger, UnseenTime, evaluate};
    use proptest::prelude::*;

    fn row(objective: &str, factor: &str, long: Window) -> Row {
        let short = Window::from_secs(long.secs() / 12).unwrap();
        let alert = AlertRow::new(Severity::Page, long, short, Trigger::factor(factor).unwrap());
        Row::resolve(alert, objective.parse().unwrap(), Period::D30).unwrap()
    }

    fn rows(objective: &str) -> [Row; 4] {
        let row = |(factor, long)| row(objective, factor, long);
        [("14.4", Window::H1), ("6", Window::H6), ("3", Window::D1), ("1", Window::D3)].map(row)
    }

    fn check(objective: &str, errors: &str, millis: [Option<u64>; 4]) {
        let found = rows(objective).map(|row| row.detection_time(errors.parse().unwrap()));
        assert_eq!(found, millis.map(|millis| millis.map(Duration::from_millis)), "{errors} errors at {objective}");
    }

    #[test]
    fn three_nines_detect_in_the_tabulated_time() {
        for (errors, millis) in [
            ("100%", [Some(51_840), Some(129_600), Some(259_200), Some(259_200)]),
            ("50%", [Some(103_680), Some(259_200), Some(518_400), Some(518_400)]),
            ("15%", [Some(345_600), Some(864_000), Some(1_728_000), Some(1_728_000)]),
            ("10%", [Some(518_400), Some(1_296_000), Some(2_592_000), Some(2_592_000)]),
            ("5%", [Some(1_036_800), Some(2_592_000), Some(5_184_000), Some(5_184_000)]),
            ("2%", [Some(2_592_000), Some(6_480_000), Some(12_960_000), Some(12_960_000)]),
            ("1%", [None, Some(12_960_000), Some(25_920_000), Some(25_920_000)]),
            ("0.5%", [None, None, Some(51_840_000), Some(51_840_000)]),
            ("0.2%", [None, None, None, Some(129_600_000)]),
            ("0.1%", [None; 4]), // exactly at the threshold of the last
            ("0%", [None; 4]),
        ] {
            check("99.9%", errors, millis);
        }
    }

    #[test]
    fn two_nines_take_ten_times_as_long_and_four_a_tenth() {
        check("99%", "15%", [Some(3_456_000), Some(8_640_000), Some(17_280_000), Some(17_280_000)]);
        check("99%", "10%", [None, Some(12_960_000), Some(25_920_000), Some(25_920_000)]);
        check("99.99%", "100%", [Some(5_184), Some(12_960), Some(25_920), Some(25_920)]);
        check("99.99%", "0.1%", [None, Some(12_960_000), Some(25_920_000), Some(25_920_000)]);
    }

    #[test]
    fn the_short_window_lets_go_long_before_the_long_one_would() {
        let [page, ..] = rows("99.9%");
        let fifteen = "15%".parse().unwrap();
        assert_eq!(page.reset_time(fifteen), Some(Duration::from_millis(271_200)));
        assert_eq!(page.reset_time_without_short(fifteen), Some(Duration::from_millis(3_254_400)));
        assert_eq!(page.reset_time(Share::percent(1).unwrap()), None);
        let alone = row("99.9%", "36", Window::H1).reset_time_without_short(Share::ALL);
        assert_eq!(alone, Some(Duration::from_millis(3_470_400)), "57.84 minutes");
    }

    #[test]
    fn of_no_events_none_is_bad() {
        assert_eq!(rows("99.9%").map(|row| row.bad_to_exceed(0)), [0; 4]);
    }

    #[test]
    fn few_events_exceed_with_the_first_bad_one() {
        for (valid, bad) in [(1, [1, 1, 1, 1]), (10, [1, 1, 1, 1]), (1_000, [15, 7, 4, 2]), (60, [1, 1, 1, 1])] {
            assert_eq!(rows("99.9%").map(|row| row.bad_to_exceed(valid)), bad, "{valid}");
        }
    }

    #[test]
    fn no_number_of_events_is_too_many() {
        let bad = rows("99.9%").map(|row| row.bad_to_exceed(u64::MAX) as f64 / u64::MAX as f64);
        for (found, expected) in bad.into_iter().zip([0.014_4, 0.006, 0.003, 0.001]) {
            assert!((found / expected - 1.0).abs() < 1.0e-9, "{found}, expected {expected}");
        }
    }

    proptest! {
        #[test]
        fn one_bad_event_less_does_not_exceed(
            ppb in 900_000_000..1_000_000_000_u32,
            milli in 1_000..9_000_u32,
            long in 2..100_000_u32,
            valid in 1..1_000_000_000_u64,
        ) {
            let objective = Objective::from_good_ppb(ppb).unwrap();
            let (long, short) = (Window::from_secs(long).unwrap(), Window::from_secs(1).unwrap());
            let alert = AlertRow::new(Severity::Page, long, short, Trigger::Factor { milli });
            let row = Row::resolve(alert, objective, Period::D30).unwrap();
            let active = |bad: u64| {
                let seen = |window| Observation::full(window, Counts { good: valid - bad, bad, excluded: 0 });
                let (long, short) = (seen(long), seen(short));
                evaluate(&row, objective, &long, &short, MinBad::AtLeast(0), UnseenTime::Scaled, false).active
            };
            let bad = row.bad_to_exceed(valid);
            prop_assert!(active(bad));
            prop_assert!(!active(bad - 1));
        }
    }
}
