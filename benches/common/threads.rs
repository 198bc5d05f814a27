//! One thing done on several threads at once, timed on each of them.

#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "measures real time")]

use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// How many cores there are.
pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Shorter batches would measure how threads are started.
const LEAST: u64 = 20_000;

/// The time that `times` events cost a core, when so many threads do them at once: from the first beginning to the last end,
/// for as many cores as there are, shared among all events.
pub(crate) fn per_core(threads: usize, times: u64, event: &(impl Fn() + Sync)) -> Duration {
    let batch = if super::measures() { times.max(LEAST) } else { times };
    let start = Barrier::new(threads);
    let work = || {
        start.wait();
        let begun = Instant::now();
        (0..batch).for_each(|_| event());
        (begun, Instant::now())
    };
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    let begun = spans.iter().map(|(begun, _)| *begun).min();
    let ended = spans.iter().map(|(_, ended)| *ended).max();
    let span = ended.zip(begun).map_or(Duration::ZERO, |(ended, begun)| ended.saturating_duration_since(begun));
    span.mul_f64(threads.min(cores()) as f64 / threads as f64 * times as f64 / batch as f64)
}
