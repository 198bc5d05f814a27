//! How often alerts are sent, and for how long an Alertmanager may believe one.

use std::time::Duration;

/// How often alerts are sent, and for how long an Alertmanager may believe one.
///
/// | | default | too small | too large |
/// |---|---|---|---|
/// | `every` | 1 min | requests for nothing | an Alertmanager that restarts is without alerts for that long |
/// | `ends_after` | 4 min | alerts resolve by themselves in a network that hiccups | alerts of a dead process stay for that long |
/// | `confirm` | 5 | a resolve is lost with the Alertmanager that took it | requests for nothing |
/// | `give_up_after` | 1 h | people wait for a resolve that comes no more | resolves are remembered for that long |
///
/// Four rounds fit between two times at which an alert would end by itself, as with Prometheus. It is also what the two clocks may
/// differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From one time that every firing alert is sent to the next.
    pub every: Duration,
    /// How long an alert is good for that is not sent again, in an Alertmanager: its `endsAt` is now and this.
    pub ends_after: Duration,
    /// How many rounds a resolved alert goes on being sent in once it was taken. Each carries the same `endsAt`, so that neither an
    /// Alertmanager whose clock is behind nor one that restarts misses it, and none tells of it twice.
    pub confirm: u32,
    /// How long a resolved alert goes on being sent that was never taken.
    pub give_up_after: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Pace {
    /// As the table has it.
    pub const DEFAULT: Self = Self {
        every: Duration::from_secs(60),
        ends_after: Duration::from_secs(4 * 60),
        confirm: 5,
        give_up_after: Duration::from_secs(60 * 60),
    };
    /// More often than this nobody can mean.
    pub const FASTEST: Duration = Duration::from_millis(100);

    /// Whether alerts outlast a round that fails, and rounds are apart.
    pub(crate) fn holds(&self) -> bool {
        self.every >= Self::FASTEST && self.ends_after >= self.every.saturating_mul(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_to_outlast_a_round_that_fails() {
        let (pace, millis) = (Pace::default(), Duration::from_millis);
        assert!(pace.holds());
        for (every, ends_after, holds) in
            [(100, 200, true), (99, 1_000, false), (100, 199, false), (0, 0, false), (60_000, 120_000, true)]
        {
            let pace = Pace { every: millis(every), ends_after: millis(ends_after), ..pace };
            assert_eq!(pace.holds(), holds, "{pace:?}");
        }
        assert!(!Pace { every: Duration::MAX, ends_after: Duration::from_secs(1), ..pace }.holds());
    }
}
