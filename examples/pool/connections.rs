//! The pool: so many connections, a level that says how many are in use, and a queue of those who wait.

use goodput::Level;
use parking_lot::{Condvar, Mutex};

/// A pool of connections.
#[derive(Debug)]
pub(crate) struct Pool {
    capacity: u64,
    in_use: Mutex<u64>,
    returned: Condvar,
    level: Level,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connection<'a> {
    pool: &'a Pool,
    /// How many were in use when this one was taken, it included.
    pub(crate) in_use: u64,
}

impl Pool {
    pub(crate) fn new(capacity: u64, level: Level) -> Self {
        level.set(0, capacity);
        Self { capacity, in_use: Mutex::new(0), returned: Condvar::new(), level }
    }

    /// Waits for a connection.
    pub(crate) fn connect(&self) -> Connection<'_> {
        let mut in_use = self.in_use.lock();
        self.returned.wait_while(&mut in_use, |in_use| *in_use == self.capacity);
        *in_use += 1;
        // Under the lock, so that the level is set in the order in which it changes.
        self.level.set(*in_use, self.capacity);
        Connection { pool: self, in_use: *in_use }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let mut in_use = self.pool.in_use.lock();
        *in_use -= 1;
        self.pool.level.set(*in_use, self.pool.capacity);
        self.pool.returned.notify_one();
    }
}
