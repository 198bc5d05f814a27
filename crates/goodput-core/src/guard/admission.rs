//! What becomes of one request at the guards, and whose turn it is while there is not room for all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goodput_model::Verdict;

use super::control::ALL;

/// What becomes of one request. Exhaustive on purpose: whoever asks has to do each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a request that is shed is to be answered at once"]
pub enum Admission {
    /// Served as ever.
    Full,
    /// Served with less than its full quality.
    Degraded,
    /// Refused.
    Shed(Shed),
}

/// How a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shed {
    /// What it counts as: bad or excluded, for the reason `shed`. It belongs into the response's extensions.
    pub verdict: Verdict,
    /// When to come again, in whole seconds.
    pub retry_after: Duration,
}

/// Whose turn it is: spreads a share evenly over the requests of one route, the same way for whoever counts.
///
/// Of any `n` requests in a row, at share `s` the number of admitted ones is within one of `s * n`, from however many threads they
/// come. What alternates in step with the share is treated alike every time, which is why each route has a counter of its own.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicU64);

impl Turns {
    /// Whether the next request is admitted at `share`, in thousandths of a percent. Relaxed: every request has a number of its own,
    /// and nothing else is published by it.
    pub(super) fn take_relaxed(&self, share: u32) -> bool {
        is_admitted(self.0.fetch_add(1, Ordering::Relaxed), share)
    }
}

/// Request `number` is admitted where the admitted so far, as a whole number, grow with it.
fn is_admitted(number: u64, share: u32) -> bool {
    let admitted = |requests: u128| requests * u128::from(share) / u128::from(ALL);
    admitted(u128::from(number) + 1) > admitted(u128::from(number))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn of_any_requests_in_a_row_those_admitted_are_within_one_of_the_share(
            first in prop_oneof![0_u64..10_000, (u64::MAX - 20_000)..(u64::MAX - 10_000)],
            length in 0_u64..3_000,
            share in 0_u32..=ALL,
        ) {
            let admitted = (first..first + length).filter(|number| is_admitted(*number, share)).count() as u64;
            // Both sides times ALL.
            let (found, exact) = (admitted * u64::from(ALL), length * u64::from(share));
            prop_assert!(found.abs_diff(exact) < u64::from(ALL), "{admitted} of {length} at {share}");
        }
    }

    #[test]
    fn the_share_holds_from_several_threads_together() {
        const EACH: u64 = 25_000;
        for share in [1, 10_000, 33_333, 50_000, 99_999, ALL] {
            let turns = Turns::default();
            let admitted: u64 = thread::scope(|scope| {
                let count = || (0..EACH).filter(|_| turns.take_relaxed(share)).count() as u64;
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(admitted, 4 * EACH * u64::from(share) / u64::from(ALL), "{share}");
        }
    }
}
