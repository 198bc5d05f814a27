//! Ninety days of a service that is stopped, killed, put to sleep, looked at too late, and whose clock and disk cannot be trusted: what
//! it says is held to a naive model of the same days, for as many seeds as there is time for (`GOODPUT_SEEDS`).
//!
//! What holds at every moment that is looked at:
//!
//! - I6: `C(t) - C(t-W) <= seen <= C(t) - C(t-W-g)` for the gap *g* that a window states, and it is the latter exactly.
//! - I7: the ratio of bad events is off by at most the share of events in the gap.
//! - I8, I13: an alert fires if both windows burn too fast in whole numbers with enough bad events, and begins to only then.
//! - I9: what instances say adds up the same in any order, and a ratio of the sum lies between theirs.
//! - I10: what is said to be covered was seen, and is less than what was by the gap at most; burns are scaled by it.
//! - I11: an instance that is stopped and started at a tick says what it would have said otherwise.
//! - I12: nothing begins to fire over a window without valid events.
//! - I14: what resolves does not hold, and did not for as long as it was to keep firing.
//! - I15: firing and resolving take turns, also across restarts. A crash takes back what was not yet written, and no more.
//! - I16: with more bad events nothing fires later for the first time and no gate passes; with more good ones nothing fires earlier.
//! - I17: the same seed is told the same.
//! - I18: what was spent of a budget is `bad / (e * n) * covered / period`.
//! - I19: what is restored stood at one tick, is never above the truth, and behind it by what was not yet written.
//! - I20: a memory is read as it was written, and never with a flipped bit or a part of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "simulation/beside.rs"]
mod beside;
#[path = "simulation/check.rs"]
mod check;
#[path = "simulation/clock.rs"]
mod clock;
#[path = "simulation/dice.rs"]
mod dice;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use world::{Story, live};

const DAYS: u64 = 90;

/// What happens in stories, how often it did in one, and how often it has to in all.
type Fault = (&'static str, fn(&Story) -> u64, u64);

#[test]
fn ninety_days_of_faults_leave_the_invariants_standing() {
    let seeds = std::env::var("GOODPUT_SEEDS").map_or(50, |seeds| seeds.parse().unwrap());
    let next = AtomicU64::new(0);
    // Of each fault there has to be enough: days in which nothing happens prove nothing.
    let faults: [Fault; 10] = [
        ("transitions", |story| story.told.len() as u64, 20 * seeds),
        ("restarts", |story| story.restarts, 3 * seeds),
        ("crashes", |story| story.crashes, 3 * seeds),
        ("sleeps", |story| story.sleeps, 5 * seeds),
        ("damaged memories", |story| story.damaged, seeds / 4),
        ("memories from the future", |story| story.from_the_future, seeds / 4),
        ("memories that are too old", |story| story.too_old, seeds / 4),
        ("instances that went on beside it", |story| story.restarted_beside, 5 * seeds),
        ("first alerts beside others", |story| story.first_alerts, seeds),
        ("checks", |story| story.checks, 30 * seeds),
    ];
    let lives = || {
        let mut sums = [0; 10];
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return sums;
            }
            let story = live(seed, DAYS);
            if seed.is_multiple_of(10) {
                assert_eq!(story, live(seed, DAYS), "I17 seed {seed}");
            }
            for (sum, (_, of, _)) in sums.iter_mut().zip(&faults) {
                *sum += of(&story);
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let sums: Vec<[u64; 10]> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(lives)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (index, (what, _, least)) in faults.into_iter().enumerate() {
        let many: u64 = sums.iter().map(|sums| sums[index]).sum();
        assert!(many >= least, "{many} {what}, where {least} are the least");
    }
}
