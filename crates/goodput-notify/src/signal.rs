//! How a guard tells its threads to end, and learns that they have.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Shared by a guard and its threads.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stop: bool,
    running: usize,
}

impl Signal {
    /// One more thread runs, until what is returned is dropped.
    pub(crate) fn runs(self: &Arc<Self>) -> Runs {
        self.state.lock().running += 1;
        Runs(Arc::clone(self))
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.state.lock().stop
    }

    /// Waits for `time`, or until told to stop.
    pub(crate) fn stops_within(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.stop, time);
        state.stop
    }

    pub(crate) fn stop(&self) {
        self.state.lock().stop = true;
        self.changed.notify_all();
    }

    /// Waits until no thread runs but so many, at most for `time`. Returns whether that is so.
    pub(crate) fn ends_within(&self, time: Duration, but: usize) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| state.running > but, time);
        state.running <= but
    }
}

/// Says that a thread has ended, however it did.
#[derive(Debug)]
pub(crate) struct Runs(Arc<Signal>);

impl Drop for Runs {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.running = state.running.saturating_sub(1);
        self.0.changed.notify_all();
    }
}
