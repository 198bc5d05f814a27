//! The routes of a service: found by template without a lock, created at first sight, bounded in number.

use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use foldhash::fast::FixedState;
use goodput_model::Verdict;
use parking_lot::Mutex;

use super::cells::Cells;
use super::histogram::{BUCKETS, Buckets, Carries};
use super::reasons::{ReasonCells, Reasons};
use super::shard;
use crate::classify::{Class, ClassIndex, Histogram, Table};

/// A route of one [`Goodput`](crate::Goodput): resolved once per request, valid as long as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(u32);

/// One route and everything counted on it.
#[derive(Debug)]
pub(crate) struct Route {
    template: Box<str>,
    table: Arc<Table>,
    /// The SLOs of `table`, as positions in the definition, in the table's order.
    slos: Arc<[usize]>,
    shards: Box<[OnceLock<Box<Shard>>]>,
    success_carries: Carries,
    error_carries: Carries,
}

/// What one shard counts on one route. Allocated when a thread of that shard first meets the route.
#[derive(Debug)]
struct Shard {
    cells: Cells,
    success: Buckets,
    error: Buckets,
    reasons: OnceLock<ReasonCells>,
}

impl Route {
    pub(crate) fn new(template: &str, table: Arc<Table>, slos: Arc<[usize]>, shards: usize) -> Self {
        Self {
            template: template.into(),
            table,
            slos,
            shards: (0..shards).map(|_| OnceLock::new()).collect(),
            success_carries: Carries::new(),
            error_carries: Carries::new(),
        }
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    #[inline]
    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn slos(&self) -> &[usize] {
        &self.slos
    }

    pub(crate) fn classes(&self) -> &[Class] {
        self.table.classes()
    }

    #[inline]
    fn shard(&self) -> Option<&Shard> {
        let slot = self.shards.get(shard::current(self.shards.len()))?;
        Some(match slot.get() {
            Some(shard) => shard,
            None => self.first_touch(slot),
        })
    }

    #[cold]
    fn first_touch<'a>(&self, slot: &'a OnceLock<Box<Shard>>) -> &'a Shard {
        slot.get_or_init(|| {
            Box::new(Shard {
                cells: Cells::new(self.table.classes().len()),
                success: Buckets::new(),
                error: Buckets::new(),
                reasons: OnceLock::new(),
            })
        })
    }

    #[inline]
    pub(super) fn begin(&self, count: u64) {
        if let Some(shard) = self.shard() {
            shard.cells.begin_relaxed(count);
        }
    }

    /// One event passed its head and goes on.
    #[inline]
    pub(super) fn pass_head(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some(shard) = self.shard() {
            if let Some(class) = class.get() {
                shard.cells.add_relaxed(class, 1);
            }
            self.time(shard, histogram, elapsed);
        }
    }

    /// One event is over, and was timed.
    #[inline]
    pub(super) fn finish_timed(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some(shard) = self.shard() {
            self.time(shard, histogram, elapsed);
            if let Some(class) = class.get() {
                shard.cells.end_release(class, 1);
            }
        }
    }

    /// `count` events are over.
    #[inline]
    pub(super) fn finish(&self, class: ClassIndex, count: u64) {
        if let (Some(shard), Some(class)) = (self.shard(), class.get()) {
            shard.cells.end_release(class, count);
        }
    }

    #[inline]
    fn time(&self, shard: &Shard, histogram: Histogram, elapsed: u64) {
        match histogram {
            Histogram::None => {}
            Histogram::Success => shard.success.add_relaxed(elapsed, &self.success_carries),
            Histogram::Error => shard.error.add_relaxed(elapsed, &self.error_carries),
        }
    }

    /// Counts the handler's reason.
    #[cold]
    pub(super) fn give_reason(&self, reasons: &Reasons, verdict: Verdict, count: u64) {
        if let (Some(reason), Some(shard)) = (verdict.reason(), self.shard()) {
            let cells = shard.reasons.get_or_init(ReasonCells::new);
            cells.add_relaxed(reasons.number(reason), matches!(verdict, Verdict::Excluded(_)), count);
        }
    }

    fn touched(&self) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter_map(|slot| slot.get().map(Box::as_ref))
    }

    /// Fills `classes` with the events per class, and returns how many began. Never more ends than beginnings.
    pub(crate) fn read(&self, classes: &mut Vec<u64>) -> u64 {
        classes.clear();
        classes.resize(self.table.classes().len(), 0);
        for shard in self.touched() {
            for (class, sum) in classes.iter_mut().enumerate() {
                *sum = sum.wrapping_add(shard.cells.class_acquire(class));
            }
        }
        // Ends first, beginnings after: an event that began in between is in flight, never finished before it began.
        self.touched().fold(0, |begun, shard| begun.wrapping_add(shard.cells.begun_relaxed()))
    }

    /// The latencies of successes and errors, by bucket.
    pub(crate) fn read_latencies(&self) -> ([u64; BUCKETS], [u64; BUCKETS]) {
        let (mut success, mut error) = ([0; BUCKETS], [0; BUCKETS]);
        for shard in self.touched() {
            shard.success.read_into(&mut success);
            shard.error.read_into(&mut error);
        }
        self.success_carries.read_into(&mut success);
        self.error_carries.read_into(&mut error);
        (success, error)
    }

    /// How often handlers gave the reason with this number: as bad, and as excluded.
    pub(crate) fn read_reason(&self, number: usize) -> (u64, u64) {
        let given = self.touched().filter_map(|shard| shard.reasons.get());
        given.fold((0, 0), |(bad, excluded), cells| {
            (bad + cells.read(number, false), excluded + cells.read(number, true))
        })
    }
}

/// The SLOs of a route, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Judges {
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
    newcomers: Judges,
    known: Mutex<usize>,
    /// Set once the bound is reached, so that misses skip the lock. Also a flag people see.
    full: AtomicBool,
}

/// The most slots looked at for one template. With four slots to a route, a route that needs a ninth is one in several
/// thousand full tables; it is counted under `other`, which is flagged.
const PROBES: usize = 8;
const SLOTS_PER_ROUTE: usize = 4;

impl Routes {
    /// The templates `known`, each with its judges, within `bound`.
    pub(crate) fn new<'a>(
        known: impl Iterator<Item = (&'a str, Judges)>,
        newcomers: Judges,
        unmatched: Judges,
        bound: usize,
        shards: usize,
    ) -> Self {
        let capacity = (bound * SLOTS_PER_ROUTE).next_power_of_two().max(16);
        let routes = Self {
            slots: (0..capacity + 2).map(|_| OnceLock::new()).collect(),
            mask: capacity - 1,
            shards,
            bound,
            newcomers: newcomers.clone(),
            known: Mutex::new(0),
            full: AtomicBool::new(false),
        };
        for (template, judges) in known {
            routes.admit(template, judges);
        }
        routes.fill(routes.unmatched(), "unmatched", unmatched);
        routes.fill(routes.other(), "other", newcomers);
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

    /// Whether routes had to be counted as `other`. Relaxed: a flag for people.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    #[cold]
    fn first_sight(&self, template: &str) -> RouteId {
        // Relaxed: a stale `false` only costs the lock once more.
        if self.full.load(Ordering::Relaxed) || template.len() > goodput_model::Definition::MAX_ROUTE {
            return self.other();
        }
        self.admit(template, self.newcomers.clone())
    }

    fn admit(&self, template: &str, judges: Judges) -> RouteId {
        let mut known = self.known.lock();
        for slot in self.probes(template) {
            match self.slots.get(slot as usize).and_then(OnceLock::get) {
                Some(route) if *route.template == *template => return RouteId(slot),
                Some(_) => {}
                None if *known < self.bound => {
                    *known += 1;
                    self.fill(RouteId(slot), template, judges);
                    return RouteId(slot);
                }
                None => break,
            }
        }
        if *known >= self.bound {
            self.full.store(true, Ordering::Relaxed);
        }
        self.other()
    }

    fn fill(&self, id: RouteId, template: &str, judges: Judges) {
        if let Some(slot) = self.slots.get(id.0 as usize) {
            slot.get_or_init(|| Box::new(Route::new(template, judges.table, judges.slos, self.shards)));
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
