//! Who hears of transitions: callbacks on the thread that tells, and channels for everybody else.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::transition::Transition;

pub(crate) type Callback = Arc<dyn Fn(&Transition) + Send + Sync>;

/// See the module.
#[derive(Default)]
pub(crate) struct News {
    callbacks: Vec<Callback>,
    channels: Mutex<Vec<Weak<Channel>>>,
    panics: AtomicU64,
}

/// Transitions on their way to one subscriber, the oldest first.
#[derive(Debug)]
struct Channel {
    capacity: usize,
    queue: Mutex<VecDeque<Arc<Transition>>>,
    closed: AtomicBool,
    arrived: Condvar,
    lost: AtomicU64,
}

/// The transitions from when it was [made](crate::Goodput::subscribe) on, until it is dropped. No tick waits for it: beyond its
/// capacity the oldest are lost, and counted.
#[derive(Debug)]
pub struct Subscription(Arc<Channel>);

impl Subscription {
    /// The next transition, if there is one.
    pub fn try_recv(&self) -> Option<Arc<Transition>> {
        self.0.queue.lock().pop_front()
    }

    /// The next transition; nothing if none comes within `patience`.
    pub fn recv_timeout(&self, patience: Duration) -> Option<Arc<Transition>> {
        let mut queue = self.0.queue.lock();
        let waits = |queue: &mut VecDeque<_>| queue.is_empty() && !self.0.closed.load(Ordering::Relaxed);
        self.0.arrived.wait_while_for(&mut queue, waits, patience);
        queue.pop_front()
    }

    /// From here on nobody waits for a transition, and whoever does goes on: for a thread that ends another one, with which it shares
    /// the subscription.
    pub fn close(&self) {
        let _queue = self.0.queue.lock(); // whoever is about to wait holds it, which is why relaxed is enough
        self.0.closed.store(true, Ordering::Relaxed);
        self.0.arrived.notify_all();
    }

    /// How many were lost, as they came faster than they were taken. Those that were lost while a callback did not return, and went to
    /// nobody, are in [`Flag::TransitionsLost`](crate::Flag::TransitionsLost).
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed) // a number for people
    }
}

impl News {
    pub(crate) fn new(callbacks: Vec<Callback>) -> Self {
        Self { callbacks, ..Self::default() }
    }

    pub(crate) fn subscribe(&self, capacity: usize) -> Subscription {
        let channel = Arc::new(Channel {
            capacity: capacity.max(1),
            queue: Mutex::default(),
            closed: AtomicBool::new(false),
            arrived: Condvar::new(),
            lost: AtomicU64::new(0),
        });
        let mut channels = self.channels.lock();
        channels.retain(|channel| channel.strong_count() > 0);
        channels.push(Arc::downgrade(&channel));
        Subscription(channel)
    }

    /// Hands a transition to everybody. No lock of ours is held while a callback runs; a panic in one is caught, and counted.
    pub(crate) fn tell(&self, transition: Transition) {
        for callback in &self.callbacks {
            // What it panicked with may panic again when dropped, so it is forgotten.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| callback(&transition))) {
                std::mem::forget(payload);
                self.panics.fetch_add(1, Ordering::Relaxed); // a number for people
            }
        }
        let transition = Arc::new(transition);
        let channels = self.channels.lock();
        channels.iter().filter_map(Weak::upgrade).for_each(|channel| channel.push(&transition));
    }

    /// How many callbacks panicked.
    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }
}

impl Channel {
    fn push(&self, transition: &Arc<Transition>) {
        let mut queue = self.queue.lock();
        if queue.len() >= self.capacity {
            queue.pop_front();
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        queue.push_back(Arc::clone(transition));
        self.arrived.notify_one();
    }
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("News").field("callbacks", &self.callbacks.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::clock::Timeline;

    #[test]
    fn whoever_waits_goes_on_when_a_subscription_is_closed() {
        let (minute, clock) = (Duration::from_secs(60), Timeline::system());
        let subscription = Arc::new(News::default().subscribe(1));
        let shared = Arc::clone(&subscription);
        let waits = thread::spawn(move || shared.recv_timeout(minute).is_none());
        subscription.close();
        assert!(waits.join().unwrap());
        assert!(subscription.recv_timeout(minute).is_none());
        assert!(clock.now().since_origin() < minute);
    }
}
