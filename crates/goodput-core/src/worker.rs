//! A thread that goes on until it is told to stop, and is waited for as long as somebody has patience.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// See the module. It ends with a `T`.
#[derive(Debug)]
pub(crate) struct Worker<T> {
    signal: Arc<Signal<T>>,
    thread: Option<JoinHandle<()>>,
}

/// What a worker and whoever ends it say to each other.
#[derive(Debug)]
pub(crate) struct Signal<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<T> {
    stop: bool,
    ended: Option<T>,
}

impl<T: Copy + Default + Send + 'static> Worker<T> {
    /// Starts a thread of this name. What `work` holds is given back before anybody hears that it has ended. If it panics, it has
    /// ended with what is usual for a `T`.
    pub(crate) fn start(name: &str, work: impl FnOnce(&Signal<T>) -> T + Send + 'static) -> io::Result<Self> {
        let signal =
            Arc::new(Signal { state: Mutex::new(State { stop: false, ended: None }), changed: Condvar::new() });
        let seen_by_thread = Arc::clone(&signal);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let mut ended = Ended { signal: &seen_by_thread, with: T::default() };
            ended.with = work(&seen_by_thread);
        })?;
        Ok(Self { signal, thread: Some(thread) })
    }

    /// Tells it to stop, and waits for so long at most. What it ended with; nothing if that takes longer, if it was told before, or on
    /// its own thread.
    pub(crate) fn end(&mut self, within: Duration) -> Option<T> {
        let mut state = self.signal.state.lock();
        state.stop = true;
        self.signal.changed.notify_all();
        let thread = self.thread.take()?;
        if thread.thread().id() == thread::current().id() {
            return None;
        }
        self.signal.changed.wait_while_for(&mut state, |state| state.ended.is_none(), within);
        let ended = state.ended;
        drop(state);
        if ended.is_some() {
            // It has given back what it held, and is about to end. Whatever it panicked with stays in there.
            drop(thread.join());
        }
        ended
    }
}

impl<T> Signal<T> {
    /// Waits for `time`, or until told to stop. Whether it was.
    pub(crate) fn stops_within(&self, time: Duration) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.stop, time);
        state.stop
    }
}

/// Says that the thread has ended, however it did.
struct Ended<'a, T: Copy> {
    signal: &'a Signal<T>,
    with: T,
}

impl<T: Copy> Drop for Ended<'_, T> {
    fn drop(&mut self) {
        self.signal.state.lock().ended = Some(self.with);
        self.signal.changed.notify_all();
    }
}
