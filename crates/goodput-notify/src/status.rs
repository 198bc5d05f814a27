//! How a sink stands with one Alertmanager, for the service to read.

use std::time::{Duration, SystemTime};

use crate::failure::SendError;

/// How a sink stands with one Alertmanager.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SinkStatus {
    /// The Alertmanager's address.
    pub address: String,
    /// Whether its thread runs. In a process that was forked off it does not, as threads stay behind.
    pub running: bool,
    /// When it last took everything it was sent, on the system's wall.
    pub last_success: Option<SystemTime>,
    /// Requests that failed since.
    pub failures_in_a_row: u32,
    /// What went wrong last, and when, whatever came after it.
    pub last_error: Option<(SendError, SystemTime)>,
    /// Requests made.
    pub requests: u64,
    /// Alerts that fire and that it is told of.
    pub firing: usize,
    /// Alerts that have resolved and that it is still told of.
    pub resolved: usize,
    /// How often its thread panicked. It goes on each time.
    pub panics: u64,
    /// Whether it did so three times in ten minutes: it cannot be relied on.
    pub degraded: bool,
}

impl SinkStatus {
    pub(crate) fn of(address: String) -> Self {
        Self {
            address,
            running: false,
            last_success: None,
            failures_in_a_row: 0,
            last_error: None,
            requests: 0,
            firing: 0,
            resolved: 0,
            panics: 0,
            degraded: false,
        }
    }

    /// Returns whether this ends a row of failures.
    pub(crate) fn succeeded(&mut self, now: SystemTime) -> bool {
        self.last_success = Some(now);
        std::mem::take(&mut self.failures_in_a_row) > 0
    }

    /// Returns whether this begins a row of failures.
    pub(crate) fn failed(&mut self, error: SendError, now: SystemTime) -> bool {
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        self.last_error = Some((error, now));
        self.failures_in_a_row == 1
    }
}

/// The panics of the last ten minutes: three of them, and the thread is no longer to be relied on.
#[derive(Debug, Default)]
pub(crate) struct Panics {
    /// The last three, on the sink's timeline, the newest first.
    last: [Option<Duration>; 3],
}

impl Panics {
    const WITHIN: Duration = Duration::from_secs(10 * 60);

    pub(crate) fn another(&mut self, now: Duration) {
        let [newest, second, _] = self.last;
        self.last = [Some(now), newest, second];
    }

    pub(crate) fn are_too_many(&self, now: Duration) -> bool {
        let [.., oldest] = self.last;
        oldest.is_some_and(|oldest| now.saturating_sub(oldest) <= Self::WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_panics_in_ten_minutes_are_too_many_and_are_forgotten_after_that() {
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let mut panics = Panics::default();
        for (another, too_many) in [(0, false), (6, false), (11, false), (12, true), (15, true)] {
            panics.another(minutes(another));
            assert_eq!(panics.are_too_many(minutes(another)), too_many, "at {another} min");
        }
        assert!(panics.are_too_many(minutes(21)));
        assert!(!panics.are_too_many(minutes(22)));
    }
}
