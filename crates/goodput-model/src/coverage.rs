//! How much of a window somebody was there to see.

use crate::{Counts, Window};
use std::fmt;
use std::time::Duration;

/// The part of a length of time that was observed; the rest is before the process started, in a gap, or suspended.
///
/// Unseen time is neither good nor bad. What to make of it depends on the question, so it travels with the counts
/// instead of being folded into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coverage {
    seen: Duration, // at most `whole`
    whole: Duration,
}

impl Coverage {
    /// `seen` of `whole`; seeing more than the whole is seeing the whole.
    pub fn new(seen: Duration, whole: Duration) -> Self {
        Self { seen: seen.min(whole), whole }
    }

    /// The time that was observed.
    pub fn seen(self) -> Duration {
        self.seen
    }

    /// The time there was to observe.
    pub fn whole(self) -> Duration {
        self.whole
    }

    /// The observed share, in `[0, 1]`; of a whole that is zero, nothing was seen.
    pub fn share(self) -> f64 {
        if self.whole.is_zero() { 0.0 } else { self.seen.as_secs_f64() / self.whole.as_secs_f64() }
    }

    /// Whether all of it was observed.
    pub fn is_full(self) -> bool {
        !self.whole.is_zero() && self.seen == self.whole
    }

    /// Whether at least `percent` of it was observed, exactly.
    pub(crate) fn is_at_least(self, percent: u32) -> bool {
        // Saturating: 2^64 seconds in nanoseconds, times 100, is below 2^101.
        let seen = self.seen.as_nanos().saturating_mul(100);
        !self.whole.is_zero() && seen >= self.whole.as_nanos().saturating_mul(u128::from(percent))
    }
}

/// `4.2 % of 30d seen`.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} % of {} seen", self.share() * 100.0, crate::window::Roughly(self.whole))
    }
}

/// All that is known about one window at one moment: its events, and how much of it they speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The window asked for.
    pub window: Window,
    /// The events counted in it.
    pub counts: Counts,
    /// How much of it was observed; its whole is the window's length.
    pub coverage: Coverage,
    /// By how much its far edge may reach back beyond the window, since history keeps slots and not events.
    pub edge_gap: Duration,
}

impl Observation {
    /// A window that was seen from end to end, with an exact edge.
    pub fn full(window: Window, counts: Counts) -> Self {
        Self::partial(window, counts, window.duration())
    }

    /// A window of which only `seen` was observed, with an exact edge.
    pub fn partial(window: Window, counts: Counts, seen: Duration) -> Self {
        Self { window, counts, coverage: Coverage::new(seen, window.duration()), edge_gap: Duration::ZERO }
    }

    /// The covered time *T*: what was seen, at most the window itself.
    pub fn covered(&self) -> Duration {
        self.coverage.seen.min(self.window.duration())
    }

    /// Covered time over window, *T/W*, in `[0, 1]`.
    pub fn covered_share(&self) -> f64 {
        self.covered().as_secs_f64() / f64::from(self.window.secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_between_nothing_and_all() {
        for (seen, whole, share, full) in [
            (0, 100, 0.0, false),
            (25, 100, 0.25, false),
            (100, 100, 1.0, true),
            (130, 100, 1.0, true),
            (5, 0, 0.0, false),
        ] {
            let coverage = Coverage::new(Duration::from_secs(seen), Duration::from_secs(whole));
            assert_eq!((coverage.share(), coverage.is_full()), (share, full), "{seen} of {whole}");
            assert!(coverage.seen() <= coverage.whole());
        }
    }

    #[test]
    fn a_limit_in_percent_is_exact() {
        let limit = Duration::from_secs(27 * 86_400);
        let whole = Duration::from_secs(30 * 86_400);
        assert!(Coverage::new(limit, whole).is_at_least(90));
        assert!(!Coverage::new(limit.saturating_sub(Duration::from_nanos(1)), whole).is_at_least(90));
        assert!(Coverage::new(Duration::MAX, Duration::MAX).is_at_least(100));
        assert!(!Coverage::new(Duration::ZERO, Duration::ZERO).is_at_least(0));
    }

    #[test]
    fn it_reads_as_a_sentence() {
        let day = Duration::from_secs(86_400);
        assert_eq!(Coverage::new(day, 30 * day).to_string(), "3.3 % of 30d seen");
    }

    #[test]
    fn a_window_is_never_covered_beyond_its_length() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        for (seen, whole, covered, share) in [
            (hours(0), hours(2), hours(0), 0.0),
            (hours(1), hours(2), hours(1), 0.5),
            (hours(3), hours(3), hours(2), 1.0),
        ] {
            let coverage = Coverage::new(seen, whole);
            let observation = Observation { coverage, ..Observation::full(Window::H2, Counts::default()) };
            assert_eq!((observation.covered(), observation.covered_share()), (covered, share), "{coverage}");
        }
    }
}
