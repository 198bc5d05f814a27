//! A thread that writes the state file, owned by a guard.

use std::borrow::Borrow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::file::StateFile;
use super::storage::StateTrouble;
use crate::goodput::Goodput;
use crate::worker::{Signal, Worker};

/// Keeps a [`StateFile`] until dropped: writes it at once, at its interval, and once more at the end.
///
/// Dropping it waits for the last write, at most five seconds; [`shutdown`](Self::shutdown) waits as long as it is told. What the
/// thread holds of the instance, and the lock on the file, are given back when it ends. A disk that never answers keeps both, and
/// nothing else. A forked child has no such thread: nothing is kept there.
#[derive(Debug)]
#[must_use = "dropping it writes the state once more, and never again"]
pub struct StateKeeper(Option<Worker<bool>>);

/// The state is not written more often.
const FASTEST: Duration = Duration::from_millis(1);
/// How long a dropped keeper waits.
const PATIENCE: Duration = Duration::from_secs(5);

impl StateFile {
    /// Keeps what `goodput`, held by reference or by `Arc`, remembers in this file, from a thread of its own. Requests wait for
    /// nothing here; ticks and [`status`](Goodput::status) wait while the counters are read, and never for the disk.
    ///
    /// Build the instance with what [`open`](Self::open) has found, even if that was nothing: the file is overwritten with what it
    /// remembers.
    pub fn keep<H>(self, goodput: H) -> StateKeeper
    where
        H: Borrow<Goodput> + Send + 'static,
    {
        let health = Arc::clone(&self.health);
        goodput.borrow().watch_state(&health);
        let every = self.every.max(FASTEST);
        let worker = Worker::start("goodput-state", move |signal: &Signal<bool>| {
            let (mut file, goodput) = (self, goodput);
            // At once, so that a process that dies young is known to have been there.
            let mut stops = signal.stops_within(Duration::ZERO);
            loop {
                let write = AssertUnwindSafe(|| file.write(goodput.borrow()));
                // No foreign code runs in there; a panic would be a fault of ours, and is no reason to stop.
                let written = catch_unwind(write).unwrap_or(false);
                if stops {
                    return written;
                }
                stops = signal.stops_within(every);
            }
        });
        if worker.is_err() {
            health.end(Err(StateTrouble::NoThread));
        }
        StateKeeper(worker.ok())
    }
}

impl StateKeeper {
    /// Writes once more and ends. Whether that is on the disk by then; if not, it may yet come to be.
    pub fn shutdown(mut self, within: Duration) -> bool {
        self.0.as_mut().and_then(|worker| worker.end(within)) == Some(true)
    }
}

impl Drop for StateKeeper {
    fn drop(&mut self) {
        if let Some(worker) = &mut self.0 {
            worker.end(PATIENCE); // nothing, if it was ended before
        }
    }
}
