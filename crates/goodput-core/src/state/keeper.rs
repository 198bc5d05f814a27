//! A thread that writes the state file, owned by a guard.

use std::borrow::Borrow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::file::StateFile;
use super::storage::StateTrouble;
use crate::goodput::Goodput;

/// Keeps a [`StateFile`] until dropped: writes it at once, at its interval, and once more at the end.
///
/// Dropping it waits for the last write, at most five seconds; [`shutdown`](Self::shutdown) waits as long as it is told. What the
/// thread holds of the instance, and the lock on the file, are given back when it ends. A disk that never answers keeps both, and
/// nothing else. A forked child has no such thread: nothing is kept there.
#[derive(Debug)]
#[must_use = "dropping it writes the state once more, and never again"]
pub struct StateKeeper {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    /// Whether what the thread wrote last is on the disk, once it has ended.
    ended: Option<bool>,
}

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
        let signal = Arc::new(Signal::default());
        let seen_by_thread = Arc::clone(&signal);
        let every = self.every.max(FASTEST);
        let thread = thread::Builder::new().name("goodput-state".to_owned()).spawn(move || {
            let mut ended = Ended { signal: Arc::clone(&seen_by_thread), written: false };
            // Dropped before `ended` says so: whoever waits for the thread finds the file unlocked.
            let (mut file, goodput) = (self, goodput);
            // At once, so that a process that dies young is known to have been there.
            let mut stops = seen_by_thread.stops_within(Duration::ZERO);
            loop {
                let write = AssertUnwindSafe(|| file.write(goodput.borrow()));
                // No foreign code runs in there; a panic would be a fault of ours, and is no reason to stop.
                ended.written = catch_unwind(write).unwrap_or(false);
                if stops {
                    break;
                }
                stops = seen_by_thread.stops_within(every);
            }
        });
        if thread.is_err() {
            health.end(Err(StateTrouble::NoThread));
        }
        StateKeeper { signal, thread: thread.ok() }
    }
}

impl StateKeeper {
    /// Writes once more and ends. Whether that is on the disk by then; if not, it may yet come to be.
    pub fn shutdown(mut self, within: Duration) -> bool {
        self.end(within)
    }

    fn end(&mut self, within: Duration) -> bool {
        let mut state = self.signal.state.lock();
        state.stop = true;
        self.signal.changed.notify_all();
        let Some(thread) = self.thread.take() else { return false };
        if thread.thread().id() == thread::current().id() {
            return false;
        }
        self.signal.changed.wait_while_for(&mut state, |state| state.ended.is_none(), within);
        let ended = state.ended;
        drop(state);
        if ended.is_some() {
            // It has given back what it held, and is about to end.
            drop(thread.join());
        }
        ended == Some(true)
    }
}

impl Drop for StateKeeper {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.end(PATIENCE);
        }
    }
}

impl Signal {
    /// Waits for `time`, or until told to stop.
    fn stops_within(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.stop, time);
        state.stop
    }
}

/// Says that the thread has ended, however it did.
struct Ended {
    signal: Arc<Signal>,
    written: bool,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.signal.state.lock().ended = Some(self.written);
        self.signal.changed.notify_all();
    }
}
