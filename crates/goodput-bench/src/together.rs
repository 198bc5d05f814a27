//! One batch on some threads at once, and whether they were undisturbed and really at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Reading;
use crate::interruptions;
use crate::meeting::Meeting;

/// How often a disturbed batch is run again before it is given up. Beside a build on both of two cores, a batch on both takes
/// two or three tries.
const TRIES: usize = 40;

/// What the threads of a measurement know of each other.
#[derive(Debug)]
pub(crate) struct Together {
    meeting: Meeting,
    origin: Reading,
    spans: Vec<Span>,
    /// The last turn that was disturbed.
    disturbed: AtomicU64,
}

/// When a thread began its batch and ended it, in nanoseconds. Each has its own cache line: it is written between batches, but
/// read right before one.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Span {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Together {
    /// So many threads.
    pub(crate) fn of(threads: usize) -> Self {
        Self {
            meeting: Meeting::of(threads),
            origin: Reading::now(),
            spans: (0..threads).map(|_| Span::default()).collect(),
            disturbed: AtomicU64::new(0),
        }
    }

    /// The place of one of the threads.
    pub(crate) fn place(&self, thread: usize) -> Place<'_> {
        Place { together: self, thread, turn: 0 }
    }

    /// Whether the batches of the first `threads` lay over each other for four fifths of the longest.
    fn overlapped(&self, threads: usize) -> bool {
        let spans = || {
            // Relaxed: the meeting after the batches has published them.
            let load = |span: &Span| (span.begun.load(Ordering::Relaxed), span.ended.load(Ordering::Relaxed));
            self.spans.iter().take(threads).map(load)
        };
        let (begun, ended) = (spans().map(|(begun, _)| begun).max(), spans().map(|(_, ended)| ended).min());
        let longest = spans().map(|(begun, ended)| ended.saturating_sub(begun)).max();
        let common = ended.unwrap_or(0).saturating_sub(begun.unwrap_or(0));
        common * 5 >= longest.unwrap_or(0) * 4
    }
}

/// One thread among those that measure together.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    together: &'a Together,
    thread: usize,
    turn: u64, // as every other thread counts it
}

impl Place<'_> {
    /// Runs a batch on the first `threads` threads, and again while any of them is disturbed. Every thread must come here for
    /// every batch, and all get the same answer, but for the time, which each gets of its own batch.
    pub(crate) fn run(&mut self, threads: usize, mut batch: impl FnMut()) -> Turn {
        let Self { together, thread, .. } = *self;
        for _ in 0..TRIES {
            let mut took = None;
            self.turn += 1;
            together.meeting.pass();
            if thread < threads {
                let interruptions = interruptions::count();
                let begun = Reading::now();
                batch();
                let ended = Reading::now();
                if interruptions::count() != interruptions {
                    // Relaxed, here and below: the meeting publishes it. Nobody writes for a later turn before all have read.
                    together.disturbed.store(self.turn, Ordering::Relaxed);
                }
                if let Some(span) = together.spans.get(thread) {
                    let nanos = |reading: Reading| reading.since(together.origin).as_nanos() as u64; // 584 years
                    span.begun.store(nanos(begun), Ordering::Relaxed);
                    span.ended.store(nanos(ended), Ordering::Relaxed);
                }
                took = Some(ended.since(begun));
            }
            together.meeting.pass();
            if together.disturbed.load(Ordering::Relaxed) != self.turn && together.overlapped(threads) {
                return Turn::Took(took);
            }
        }
        Turn::Disturbed
    }
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The time on this thread, if it had a part.
    Took(Option<Duration>),
    /// It was disturbed every time: what it took says nothing.
    Disturbed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_ran_one_after_the_other_did_not_run_together() {
        let rows: &[([(u64, u64); 2], bool)] = &[
            ([(0, 100), (0, 100)], true),
            ([(0, 100), (20, 100)], true),
            ([(0, 100), (30, 130)], false),
            ([(0, 100), (0, 200)], false),
            ([(0, 100), (100, 200)], false),
            ([(500, 600), (0, 100)], false),
        ];
        for (spans, expected) in rows {
            let together = Together::of(2);
            for (span, (begun, ended)) in together.spans.iter().zip(spans) {
                span.begun.store(*begun, Ordering::Relaxed);
                span.ended.store(*ended, Ordering::Relaxed);
            }
            assert_eq!(together.overlapped(2), *expected, "{spans:?}");
            assert!(together.overlapped(1), "one thread is always at one with itself");
        }
    }

    #[test]
    fn threads_without_a_part_wait_for_the_others() {
        let together = Together::of(2);
        let runs = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (together, runs) = (&together, &runs);
                scope.spawn(move || {
                    let mut place = together.place(thread);
                    let turn = place.run(1, || {
                        runs.fetch_add(1, Ordering::Relaxed);
                    });
                    assert!(matches!(turn, Turn::Took(took) if took.is_some() == (thread == 0)), "{turn:?}");
                });
            }
        });
        assert!(runs.into_inner() > 0);
    }
}
