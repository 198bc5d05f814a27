//! Clients: each takes a connection, keeps it for a moment, gives it back, and remembers how long it waited.

use std::thread;
use std::time::Duration;

use goodput::{Goodput, Moment, Verdict};

use crate::connections::Pool;
use crate::{FAST, SPEED};

/// More in use than this is too many.
const MANY: u64 = 6;

/// What clients have seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) fast: u64,
    pub(crate) slow: u64,
    /// From when to when too many connections were in use, on the timeline.
    pub(crate) full: Option<(Duration, Duration)>,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        self.fast += other.fast;
        self.slow += other.slow;
        if let Some((from, to)) = other.full {
            self.was_full(from, to);
        }
    }

    fn was_full(&mut self, from: Duration, to: Duration) {
        let (first, last) = self.full.unwrap_or((from, to));
        self.full = Some((first.min(from), last.max(to)));
    }
}

/// So many clients come, and leave after so long.
pub(crate) fn come(goodput: &Goodput, pool: &Pool, clients: usize, stay: Duration) -> Seen {
    let mut seen = Seen::default();
    let begun = goodput.now();
    thread::scope(|scope| {
        let all: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = Seen::default();
                    while real_time(begun, goodput.now()) < stay {
                        connect(goodput, pool, &mut seen);
                    }
                    seen
                })
            })
            .collect();
        for client in all {
            seen.add(&client.join().unwrap_or_default()); // one that panicked shows as a difference
        }
    });
    seen
}

fn connect(goodput: &Goodput, pool: &Pool, seen: &mut Seen) {
    let asked = goodput.now();
    let connection = pool.connect();
    let waited = real_time(asked, goodput.now());
    goodput.work("connect").record(Verdict::Good, waited);
    let count = if waited <= FAST { &mut seen.fast } else { &mut seen.slow };
    *count += 1;
    let since = goodput.now().since_origin();
    thread::sleep(Duration::from_millis(10));
    if connection.in_use > MANY {
        seen.was_full(since, goodput.now().since_origin());
    }
}

/// The real time between two moments of the timeline.
fn real_time(from: Moment, to: Moment) -> Duration {
    to.since_origin().saturating_sub(from.since_origin()) / SPEED
}
