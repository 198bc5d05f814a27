//! The worker: takes batches in, says what was wrong with them, and reads what it has while none comes.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use goodput::{Goodput, Moment};

use crate::FRESH;
use crate::stream::Batch;

/// What the worker knows it did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken {
    /// Reads that found orders fresh, and stale.
    pub(crate) fresh: u64,
    pub(crate) stale: u64,
    /// For how long, on the timeline, the orders were stale.
    pub(crate) stale_for: Duration,
}

/// Takes in what comes, until nothing more can. Handles are asked for once.
pub(crate) fn work(goodput: &Goodput, batches: &Receiver<Batch>) -> Taken {
    let (orders, data) = (goodput.work("orders"), goodput.dataset("orders"));
    let (mut taken, mut newest) = (Taken::default(), None);
    loop {
        match batches.recv_timeout(Duration::from_millis(10)) {
            Ok(batch) => {
                taken.stale_for += staleness(goodput.now(), newest);
                data.refreshed(since(goodput.now(), batch.written));
                newest = Some(batch.written);
                orders.add_arrivals(batch.expected, batch.orders.len() as u64);
                for order in batch.orders {
                    if order.is_right() { orders.good() } else { orders.bad("checksum") }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return taken,
        }
        // Somebody reads the orders, however old they are.
        if let Some(newest) = newest {
            let age = since(goodput.now(), newest);
            orders.read_at_age(age);
            let found = if age <= FRESH { &mut taken.fresh } else { &mut taken.stale };
            *found += 1;
        }
    }
}

/// For how long the newest orders have been stale.
fn staleness(now: Moment, newest: Option<Moment>) -> Duration {
    newest.map_or(Duration::ZERO, |newest| since(now, newest).saturating_sub(FRESH))
}

fn since(now: Moment, then: Moment) -> Duration {
    now.since_origin().saturating_sub(then.since_origin())
}
