//! How long to wait after a failure: longer each time, never longer than a round, and not the same for everybody.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// However long a server asks for, it is asked again after this.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// The wait after so many failures in a row, at least half of which is waited for and the rest by chance, so that replicas that
/// failed together do not come back together. `chance` is in [0, 1].
pub(crate) fn after(failures: u32, every: Duration, asked: Option<Duration>, chance: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = FIRST.saturating_mul(1 << doublings).min(every);
    let half = longest / 2;
    let wait = half.saturating_add(half.mul_f64(chance.clamp(0.0, 1.0)));
    // Who asks for time gets it, though a round goes by.
    wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_round_and_are_half_chance() {
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        for (failures, longest) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1_000, 60), (u32::MAX, 60)]
        {
            let longest = second * longest;
            assert_eq!(after(failures, minute, None, 1.0), longest, "{failures}");
            assert_eq!(after(failures, minute, None, 0.0), longest / 2, "{failures}");
        }
        assert_eq!(after(9, second / 10, None, 1.0), second / 10, "a round is never waited out");
    }

    #[test]
    fn what_a_server_asks_for_is_given_up_to_a_minute() {
        let minute = Duration::from_secs(60);
        for (asked, waited) in [(0, 1), (1, 1), (7, 7), (60, 60), (86_400, 60)] {
            let asked = Some(Duration::from_secs(asked));
            assert_eq!(after(1, minute, asked, 1.0), Duration::from_secs(waited), "{asked:?}");
        }
    }
}
