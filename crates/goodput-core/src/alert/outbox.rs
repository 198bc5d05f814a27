//! What is yet to be told, in the order in which it happened: whoever happens to tell goes on until nothing is left, and whoever comes
//! meanwhile leaves it to them. So a resolution is never told before what it resolves, however ticks, reloads and slow listeners meet,
//! and a listener may itself tick or reload.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::Mutex;

use super::Baseline;
use crate::clock::Moment;
use crate::read::Event;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    bulletins: VecDeque<Bulletin>,
    /// Whether somebody tells one of them at this moment.
    telling: bool,
}

/// What happened at one tick, or in one reload.
#[derive(Debug)]
pub(crate) struct Bulletin {
    pub(crate) at: Moment,
    pub(crate) wall: SystemTime,
    pub(crate) events: Vec<Event>,
    pub(crate) baseline: Arc<Baseline>,
}

impl Outbox {
    /// Puts in what happened. Called with the lock held under which it did, which is what makes it the order.
    pub(crate) fn put(&self, bulletin: Bulletin) {
        if !bulletin.events.is_empty() {
            self.0.lock().bulletins.push_back(bulletin);
        }
    }

    /// Tells all there is, unless somebody is at it. No lock is held while `tell` runs.
    pub(crate) fn tell_all(&self, mut tell: impl FnMut(Bulletin)) {
        while let Some(bulletin) = self.next() {
            let _telling = Telling(self);
            tell(bulletin);
        }
    }

    fn next(&self) -> Option<Bulletin> {
        let mut waiting = self.0.lock();
        if waiting.telling {
            return None;
        }
        let next = waiting.bulletins.pop_front();
        waiting.telling = next.is_some();
        next
    }
}

/// Somebody tells one of them, until this is dropped.
struct Telling<'a>(&'a Outbox);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.0.lock().telling = false;
    }
}
