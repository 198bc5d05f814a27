//! What is yet to be told, in the order in which it happened: whoever happens to tell goes on until nothing is left, and whoever comes
//! meanwhile leaves it to them. So a resolution is never told before what it resolves, however ticks, reloads and slow listeners meet,
//! and a listener may itself tick or reload.
//!
//! A listener that does not return holds up all that comes after. That shows in the status, and what waits is bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

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
    /// How many events they hold.
    events: usize,
    /// When that happened which somebody tells at this moment.
    telling: Option<Moment>,
    lost: u64,
}

/// How far behind those are who tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// How long ago that happened which is being told; nothing while nobody tells.
    pub(crate) late: Option<Duration>,
    /// Transitions that wait for it.
    pub(crate) waiting: usize,
    /// Transitions that were never told, as too many waited.
    pub(crate) lost: u64,
}

/// The most transitions that wait, but for those of one tick.
const MOST: usize = 4_096;

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
    /// Beyond [`MOST`] the oldest are lost, and counted.
    pub(crate) fn put(&self, bulletin: Bulletin) {
        if bulletin.events.is_empty() {
            return;
        }
        let mut waiting = self.0.lock();
        waiting.events += bulletin.events.len();
        waiting.bulletins.push_back(bulletin);
        while waiting.events > MOST && waiting.bulletins.len() > 1 {
            let lost = waiting.pop().map_or(0, |oldest| oldest.events.len());
            waiting.lost = waiting.lost.saturating_add(lost as u64);
        }
    }

    /// How far behind those are who tell, as seen `now`.
    pub(crate) fn backlog(&self, now: Moment) -> Backlog {
        let waiting = self.0.lock();
        let late = waiting.telling.map(|at| now.since_origin().saturating_sub(at.since_origin()));
        Backlog { late, waiting: waiting.events, lost: waiting.lost }
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
        if waiting.telling.is_some() {
            return None;
        }
        let next = waiting.pop();
        waiting.telling = next.as_ref().map(|next| next.at);
        next
    }
}

impl Waiting {
    fn pop(&mut self) -> Option<Bulletin> {
        let oldest = self.bulletins.pop_front()?;
        self.events = self.events.saturating_sub(oldest.events.len());
        Some(oldest)
    }
}

/// Somebody tells one of them, until this is dropped.
struct Telling<'a>(&'a Outbox);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.0.0.lock().telling = None;
    }
}
