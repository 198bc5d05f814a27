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
    /// What somebody tells at this moment.
    telling: Option<InHand>,
    lost: u64,
}

/// A bulletin that is being told.
#[derive(Clone, Copy, Debug)]
struct InHand {
    /// Since when its next event is.
    since: Moment,
    /// How many are not told yet.
    left: usize,
}

/// How far behind those are who tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// For how long one of them is being told; nothing while nobody tells.
    pub(crate) since: Option<Duration>,
    /// Transitions that are not told yet, that one among them.
    pub(crate) waiting: usize,
    /// Transitions that were never told, as too many waited.
    pub(crate) lost: u64,
}

/// The most transitions that wait, beside those of the tick that is being told.
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
    /// Puts in what happened. Called with the lock held under which it did, which is what makes it the order. Beyond [`MOST`] the oldest are lost, and counted.
    pub(crate) fn put(&self, bulletin: Bulletin) {
        if bulletin.events.is_empty() {
            return;
        }
        let mut waiting = self.0.lock();
        waiting.events += bulletin.events.len();
        waiting.bulletins.push_back(bulletin);
        // Nobody tells yet, and what happened at one tick goes together.
        if waiting.telling.is_none() && waiting.bulletins.len() == 1 {
            return;
        }
        while let Some(excess) = waiting.events.checked_sub(MOST).filter(|excess| *excess > 0) {
            let Some(oldest) = waiting.bulletins.front_mut() else { break };
            let lost = excess.min(oldest.events.len());
            oldest.events.drain(..lost);
            if oldest.events.is_empty() {
                waiting.bulletins.pop_front();
            }
            waiting.events -= lost;
            waiting.lost = waiting.lost.saturating_add(lost as u64);
        }
    }

    /// How far behind those are who tell, as seen `now`.
    pub(crate) fn backlog(&self, now: Moment) -> Backlog {
        let waiting = self.0.lock();
        let since = waiting.telling.map(|in_hand| now.since_origin().saturating_sub(in_hand.since.since_origin()));
        let left = waiting.telling.map_or(0, |in_hand| in_hand.left);
        Backlog { since, waiting: waiting.events.saturating_add(left), lost: waiting.lost }
    }

    /// Tells all there is, unless somebody is at it. No lock is held while `tell` runs, which says of each event that it has
    /// [told](Self::told) it.
    pub(crate) fn tell_all(&self, now: impl Fn() -> Moment, mut tell: impl FnMut(Bulletin)) {
        while let Some(bulletin) = self.next(&now) {
            let _telling = Telling(self);
            tell(bulletin);
        }
    }

    /// One more is told of what is being told.
    pub(crate) fn told(&self, now: Moment) {
        if let Some(in_hand) = &mut self.0.lock().telling {
            *in_hand = InHand { since: now, left: in_hand.left.saturating_sub(1) };
        }
    }

    fn next(&self, now: impl Fn() -> Moment) -> Option<Bulletin> {
        let mut waiting = self.0.lock();
        if waiting.telling.is_some() {
            return None;
        }
        let oldest = waiting.bulletins.pop_front()?;
        let left = oldest.events.len();
        waiting.events = waiting.events.saturating_sub(left);
        waiting.telling = Some(InHand { since: now(), left });
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
