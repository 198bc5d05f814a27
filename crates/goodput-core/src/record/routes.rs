//! The routes of a service: found by template without a lock, created at first sight, bounded in number.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use goodput_model::Definition;
use parking_lot::Mutex;

use super::cells::Cells;
use super::histogram::{self, Buckets, Carries};
use super::reasons::{Point, ReasonCells, Said};
use super::shard;
use crate::classify::{ClassIndex, Histogram, Table};

/// The route of events that matched none, and the one of events whose route has no place of its own.
pub(crate) const UNMATCHED: &str = Definition::UNMATCHED;
pub(crate) const OTHER: &str = Definition::OTHER;

/// A route of one [`Goodput`](crate::Goodput): resolved once per request, valid as long as it is. On another
/// instance it means another route or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(u32);

/// One route and everything counted on it.
#[derive(Debug)]
pub(crate) struct Route {
    template: Box<str>,
    rules: RouteRules,
    cells: Cells,
    /// By shard; what a shard has not needed is not there.
    details: Box<[OnceLock<Box<Details>>]>,
    success_carries: Carries,
    error_carries: Carries,
}

/// What one shard knows of one route beyond its cells. Allocated when a thread of that shard first times an event there.
#[derive(Debug)]
struct Details {
    success: Buckets,
    error: Buckets,
    /// Allocated when a handler first gives a reason there.
    reasons: OnceLock<ReasonCells>,
}

impl Route {
    pub(crate) fn new(template: &str, rules: RouteRules, shards: usize) -> Self {
        Self {
            template: template.into(),
            cells: Cells::new(shards, rules.table.classes().len()),
            rules,
            details: (0..shards).map(|_| OnceLock::new()).collect(),
            success_carries: Carries::new(),
            error_carries: Carries::new(),
        }
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    #[inline]
    pub(crate) fn table(&self) -> &Table {
        &self.rules.table
    }

    /// The SLOs of the table, as positions in the definition, in the table's order.
    pub(crate) fn slos(&self) -> &[usize] {
        &self.rules.slos
    }

    #[inline]
    fn shard(&self) -> usize {
        shard::current(self.details.len())
    }

    #[inline]
    fn details(&self, shard: usize) -> Option<&Details> {
        let slot = self.details.get(shard)?;
        Some(match slot.get() {
            Some(details) => details,
            None => Self::first_touch(slot),
        })
    }

    #[cold]
    fn first_touch(slot: &OnceLock<Box<Details>>) -> &Details {
        slot.get_or_init(|| {
            Box::new(Details { success: Buckets::new(), error: Buckets::new(), reasons: OnceLock::new() })
        })
    }

    /// `count` events began.
    #[inline]
    pub(crate) fn begin(&self, count: u64) {
        self.cells.begin_relaxed(self.shard(), count);
    }

    /// One event passed a decision point, and was timed there.
    #[inline]
    pub(crate) fn add_timed(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        let shard = self.shard();
        let details = if histogram == Histogram::None { None } else { self.details(shard) };
        match (histogram, details) {
            (Histogram::Success, Some(details)) => details.success.add_relaxed(elapsed, &self.success_carries),
            (Histogram::Error, Some(details)) => details.error.add_relaxed(elapsed, &self.error_carries),
            (Histogram::None, _) | (_, None) => {}
        }
        if let Some(class) = class.get() {
            self.cells.add_release(shard, class, 1);
        }
    }

    /// `count` events passed a decision point.
    #[inline]
    pub(crate) fn add(&self, class: ClassIndex, count: u64) {
        if let Some(class) = class.get() {
            self.cells.add_release(self.shard(), class, count);
        }
    }

    /// Counts the handler's reason for the SLOs that decide at `point`. Comes before the event's class is added there.
    #[cold]
    pub(crate) fn give_reason(&self, said: Said, point: Point, count: u64) {
        if let Some(details) = self.details(self.shard()) {
            details.reasons.get_or_init(ReasonCells::new).add_relaxed(said, point, count);
        }
    }

    fn touched(&self) -> impl Iterator<Item = &Details> + Clone {
        self.details.iter().filter_map(|slot| slot.get().map(Box::as_ref))
    }

    /// Fills `classes` with the events per class, and returns how many began. Never more ends than beginnings.
    pub(crate) fn read(&self, classes: &mut Vec<u64>) -> u64 {
        classes.clear();
        classes.resize(self.table().classes().len(), 0);
        // Ends first, beginnings after: an event that began in between is in flight, never finished before it began.
        self.cells.classes_acquire(classes);
        self.cells.begun_relaxed()
    }

    /// The latencies of successes, by bucket.
    pub(crate) fn read_successes(&self) -> Vec<(usize, u64)> {
        histogram::sum(&self.touched().map(|details| &details.success), &self.success_carries)
    }

    /// The latencies of errors, by bucket.
    pub(crate) fn read_errors(&self) -> Vec<(usize, u64)> {
        histogram::sum(&self.touched().map(|details| &details.error), &self.error_carries)
    }

    /// How often this was said, for the SLOs that decide at `point`. Read after the classes: no event is there without its
    /// reason.
    pub(crate) fn read_reason(&self, said: Said, point: Point) -> u64 {
        let cells = self.touched().filter_map(|details| details.reasons.get());
        cells.fold(0, |sum, cells| sum.wrapping_add(cells.read_relaxed(said, point)))
    }

    /// Whether a handler ever gave a reason here.
    pub(crate) fn has_reasons(&self) -> bool {
        self.touched().any(|details| details.reasons.get().is_some())
    }
}

/// The SLOs of a route, compiled. Routes with the same SLOs share them.
#[derive(Clone, Debug)]
pub(crate) struct RouteRules {
    pub(crate) table: Arc<Table>,
    pub(crate) slos: Arc<[usize]>,
}

/// All routes: a fixed, open-addressed hash table whose entries are only ever added.
#[derive(Debug)]
pub(crate) struct Routes {
    /// A power of two of slots by hash, then `unmatched`, then `other`.
    slots: Box<[OnceLock<Box<Route>>]>,
    mask: usize,
    shards: usize,
    bound: usize,
    /// What a route seen for the first time gets.
    newcomers: RouteRules,
    admitted: Mutex<usize>,
    /// Set once the bound is reached, so that misses skip the lock.
    full: AtomicBool,
    /// Set once an event was counted as `other`: a flag people see.
    overflowed: AtomicBool,
}

/// The most slots looked at for one template. At most a quarter of the slots is taken, so a search ends at the second on
/// average, and one of 32 that finds neither its route nor a free slot is not to be met: 4^-32.
const PROBES: usize = 32;
const SLOTS_PER_ROUTE: usize = 4;

impl Routes {
    /// The templates `known`, each with its rules, within `bound`.
    pub(crate) fn new<'a>(
        known: impl Iterator<Item = (&'a str, RouteRules)>,
        newcomers: RouteRules,
        unmatched: RouteRules,
        bound: usize,
        shards: usize,
    ) -> Self {
        // The bound is at most Definition::MAX_ROUTES.
        let capacity = (bound * SLOTS_PER_ROUTE).next_power_of_two().max(16);
        let routes = Self {
            slots: (0..capacity + 2).map(|_| OnceLock::new()).collect(),
            mask: capacity - 1,
            shards,
            bound,
            newcomers: newcomers.clone(),
            admitted: Mutex::new(0),
            full: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
        };
        for (template, rules) in known {
            routes.admit(template, rules);
        }
        routes.fill(routes.unmatched(), UNMATCHED, unmatched);
        routes.fill(routes.other(), OTHER, newcomers);
        routes
    }

    /// The route of a template; `unmatched` for requests that matched none.
    #[inline]
    pub(crate) fn resolve(&self, template: Option<&str>) -> RouteId {
        let Some(template) = template else {
            return self.unmatched();
        };
        for slot in self.probes(template) {
            match self.slots.get(slot as usize).and_then(OnceLock::get) {
                Some(route) if *route.template == *template => return RouteId(slot),
                Some(_) => {}
                None => break,
            }
        }
        self.first_sight(template)
    }

    #[inline]
    pub(crate) fn get(&self, id: RouteId) -> Option<&Route> {
        // The OnceLock's Acquire load pairs with the Release of whoever created the route.
        self.slots.get(id.0 as usize)?.get().map(Box::as_ref)
    }

    /// Every route, in no particular order but with `unmatched` and `other` last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.slots.iter().filter_map(|slot| slot.get().map(Box::as_ref))
    }

    pub(crate) fn unmatched(&self) -> RouteId {
        RouteId(self.mask as u32 + 1) // the bound on routes is far below 2^32
    }

    pub(crate) fn other(&self) -> RouteId {
        RouteId(self.mask as u32 + 2)
    }

    /// Whether events had to be counted as `other`. Relaxed: a flag for people.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    #[cold]
    fn first_sight(&self, template: &str) -> RouteId {
        match template {
            UNMATCHED => return self.unmatched(),
            OTHER => return self.other(),
            _ => {}
        }
        // Relaxed: a stale `false` only costs the lock once more. Beside a stale miss, `true` counts an event of a route that
        // another thread is just creating as `other`.
        if self.full.load(Ordering::Relaxed) || template.len() > Definition::MAX_ROUTE {
            return self.overflow();
        }
        self.admit(template, self.newcomers.clone())
    }

    /// A route that has no place of its own, which is flagged. Looks before it writes: requests beyond the bound keep coming,
    /// and a line that all cores write would slow them down.
    fn overflow(&self) -> RouteId {
        if !self.has_overflowed() {
            self.overflowed.store(true, Ordering::Relaxed);
        }
        self.other()
    }

    /// Slots are never emptied and the order of probes is fixed, so under the lock no template gets a second slot.
    fn admit(&self, template: &str, rules: RouteRules) -> RouteId {
        let mut admitted = self.admitted.lock();
        for slot in self.probes(template) {
            match self.slots.get(slot as usize).and_then(OnceLock::get) {
                Some(route) if *route.template == *template => return RouteId(slot),
                Some(_) => {}
                None if *admitted < self.bound => {
                    *admitted += 1;
                    self.fill(RouteId(slot), template, rules);
                    return RouteId(slot);
                }
                None => break,
            }
        }
        if *admitted >= self.bound {
            self.full.store(true, Ordering::Relaxed);
        }
        self.overflow()
    }

    /// The lock that admits new routes, held.
    #[cfg(test)]
    pub(crate) fn lock_admission(&self) -> parking_lot::MutexGuard<'_, usize> {
        self.admitted.lock()
    }

    fn fill(&self, id: RouteId, template: &str, rules: RouteRules) {
        if let Some(slot) = self.slots.get(id.0 as usize) {
            slot.get_or_init(|| Box::new(Route::new(template, rules, self.shards)));
        }
    }

    /// Double hashing with a fixed seed: the table never grows, and templates come from the service's own source code.
    #[inline]
    fn probes(&self, template: &str) -> impl Iterator<Item = u32> {
        let hash = FixedState::default().hash_one(template);
        let (start, step) = (hash as usize, (hash >> 32) as usize | 1);
        let mask = self.mask;
        (0..PROBES).map(move |probe| (start.wrapping_add(step.wrapping_mul(probe)) & mask) as u32)
    }
}
