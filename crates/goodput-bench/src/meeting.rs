//! Where threads wait for one another before each turn.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::{hint, thread};

/// Some tens of milliseconds: longer than a thread is kept waiting by another on its core, unless there are more threads than
/// cores.
const PATIENCE: u32 = 1 << 20;

/// A barrier for a fixed number of threads.
#[derive(Debug)]
pub(crate) struct Meeting {
    threads: usize,
    waiting: AtomicUsize,
    opened: AtomicU64,
}

impl Meeting {
    /// Of so many threads.
    pub(crate) fn of(threads: usize) -> Self {
        Self { threads, waiting: AtomicUsize::new(0), opened: AtomicU64::new(0) }
    }

    /// Returns when all threads are here. What one of them wrote before, all of them see after.
    pub(crate) fn pass(&self) {
        // Acquire and Release: whoever comes last has seen what the others wrote, and passes it on by opening.
        let opened = self.opened.load(Ordering::Acquire);
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            // Relaxed: published by the store that opens.
            self.waiting.store(0, Ordering::Relaxed);
            self.opened.store(opened + 1, Ordering::Release);
        } else {
            let mut spins = 0_u32;
            while self.opened.load(Ordering::Acquire) == opened {
                // Whoever sleeps begins late; and whoever yields to something else that wants the core is gone for as long as
                // that may have it, so that beside a build no two threads would ever run at once.
                if spins < PATIENCE {
                    spins += 1;
                    hint::spin_loop();
                } else {
                    thread::yield_now();
                }
            }
        }
    }
}
