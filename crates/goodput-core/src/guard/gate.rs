//! One guard at work: which requests are its own, and which of them it holds back.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::admission::Turns;
use super::control::{ALL, Sight, next_share};
use super::rule::Guard;
use crate::record::{ClassId, RouteId};

/// See the module.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) rule: Guard,
    floor: u32, // in thousandths of a percent, as the share
    share: AtomicU32,
    held_back: AtomicU64,
    /// By the number of a route; by that of a class, where it chooses no routes. In their order.
    lanes: Box<[(u32, Turns)]>,
    chooses_routes: bool,
    /// Empty for all.
    classes: Box<[ClassId]>,
}

impl Gate {
    /// A guard that holds nothing back so far.
    pub(super) fn new(rule: Guard, floor: u32, routes: &[RouteId], classes: Vec<ClassId>) -> Self {
        let mut keys: Vec<u32> = match routes {
            [] => classes.iter().map(|class| class.number() as u32).collect(), // at most 8
            routes => routes.iter().map(|route| route.number()).collect(),
        };
        keys.sort_unstable();
        keys.dedup();
        Self {
            rule,
            floor,
            share: AtomicU32::new(ALL),
            held_back: AtomicU64::new(0),
            lanes: keys.into_iter().map(|key| (key, Turns::default())).collect(),
            chooses_routes: !routes.is_empty(),
            classes: classes.into(),
        }
    }

    /// Whether it holds this request back. Takes the request's turn if it is one of its own.
    pub(super) fn holds_back(&self, route: RouteId, class: ClassId, is_excluded: impl Fn() -> bool) -> bool {
        // Relaxed: a request that misses the newest share is treated as one that came a moment earlier.
        let share = self.share.load(Ordering::Relaxed);
        if share >= ALL || !(self.classes.is_empty() || self.classes.contains(&class)) {
            return false;
        }
        let key = if self.chooses_routes { route.number() } else { class.number() as u32 };
        let lane = self.lanes.binary_search_by_key(&key, |(key, _)| *key);
        let Some((_, turns)) = lane.ok().and_then(|position| self.lanes.get(position)) else { return false };
        if !self.chooses_routes && is_excluded() {
            return false;
        }
        let held_back = !turns.take_relaxed(share);
        if held_back {
            // Relaxed: a number for people.
            self.held_back.fetch_add(1, Ordering::Relaxed);
        }
        held_back
    }

    /// Moves the share as a tick has it. Returns whether anything is held back from here on.
    pub(super) fn move_share(&self, sight: Sight) -> bool {
        // Relaxed: ticks are the only writers, one at a time.
        let share = next_share(self.share.load(Ordering::Relaxed), self.floor, sight);
        self.share.store(share, Ordering::Relaxed);
        share < ALL
    }

    /// The admitted share in thousandths of a percent.
    pub(super) fn share(&self) -> u32 {
        self.share.load(Ordering::Relaxed)
    }

    /// How many requests it has held back.
    pub(super) fn held_back(&self) -> u64 {
        self.held_back.load(Ordering::Relaxed)
    }

    pub(super) fn floor(&self) -> u32 {
        self.floor
    }
}
