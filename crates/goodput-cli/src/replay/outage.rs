//! An outage somebody describes: a share of errors for a time, among traffic that was and will be free of them.

use std::time::Duration;

use goodput_core::{Counts, Rate, Share, Window};

use super::interval::Interval;

/// So many events a second that every share of errors that can be written is a whole number of them.
pub(super) const EXACT_RATE: &str = "100000/s";

/// A described outage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    pub(super) errors: Share,
    pub(super) lasting: Window,
    pub(super) rate: Rate,
}

impl Outage {
    /// While it lasts.
    pub(super) fn interval(&self) -> Interval {
        let length = self.lasting.duration();
        let valid = events_in(self.rate, length);
        // Below 2^64 * 2^17; no more than there are.
        let bad = u128::from(valid) * u128::from(self.errors.milli_percent()) / u128::from(Share::ALL.milli_percent());
        let bad = u64::try_from(bad).unwrap_or(valid);
        Interval::seen(length, Counts { good: valid.saturating_sub(bad), bad, excluded: 0 })
    }

    /// Before and after it.
    pub(super) fn clean(&self, length: Duration) -> Interval {
        Interval::seen(length, Counts { good: events_in(self.rate, length), ..Counts::default() })
    }
}

/// The whole events that come within so long at this rate.
fn events_in(rate: Rate, length: Duration) -> u64 {
    let per = u128::from(rate.unit().secs()) * 1_000_000_000;
    // Below 2^32 * 2^64; saturating, though 400 days of 2^32 a second are below 2^58.
    u64::try_from(u128::from(rate.events()) * length.as_nanos() / per).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use goodput_core::TimeUnit;

    fn outage(errors: &str, lasting: &str, rate: Rate) -> Counts {
        Outage { errors: errors.parse().unwrap(), lasting: lasting.parse().unwrap(), rate }.interval().counts
    }

    #[test]
    fn the_share_of_errors_is_exact_in_every_second_at_the_usual_rate() {
        let interval =
            Outage { errors: "0.123%".parse().unwrap(), lasting: Window::H1, rate: EXACT_RATE.parse().unwrap() }
                .interval();
        for secs in 0..3_600 {
            let came = interval.until(Duration::from_secs(secs));
            assert_eq!((came.good, came.bad), (secs * 99_877, secs * 123), "after {secs} s");
        }
    }

    #[test]
    fn a_rate_brings_whole_events() {
        let few = Rate::new(10, TimeUnit::Hour).unwrap();
        for (errors, lasting, good, bad) in
            [("100%", "3h", 0, 30), ("10%", "3h", 27, 3), ("10%", "30m", 5, 0), ("0%", "1d", 240, 0)]
        {
            assert_eq!(outage(errors, lasting, few), Counts { good, bad, excluded: 0 }, "{errors} for {lasting}");
        }
    }
}
