//! One route and everything counted on it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::class::ClassId;
use super::histogram::{self, Carries};
use super::reasons::{Point, Said};
use super::shard::{self, Shard};
use super::share::{FIGURES, Figure, Share};
use super::slots::{Carried, Slot, SlotTimes};
use crate::classify::{ClassIndex, Histogram, Table};

/// What requests of one template and class have in common.
#[derive(Debug)]
pub(crate) struct Route {
    template: Box<str>,
    class: ClassId,
    rules: RouteRules,
    /// Whether successful responses are streams, whatever their content type.
    streams: AtomicBool,
    /// What each shard counts here; made when one of its threads first does.
    shares: Box<[OnceLock<Box<Share>>]>,
    /// Events that ended when their slot was no longer on the ring.
    ended_old: AtomicU64,
    carried: Mutex<Carried>,
    carries: [OnceLock<Box<Carries>>; FIGURES],
    streams_opened: AtomicU64,
    streams_closed: AtomicU64,
}

/// The SLOs of a route, compiled. Routes with the same SLOs share them.
#[derive(Clone, Debug)]
pub(crate) struct RouteRules {
    pub(crate) table: Arc<Table>,
    pub(crate) slos: Arc<[usize]>,
}

impl Route {
    pub(super) fn new(template: &str, class: ClassId, rules: RouteRules, streams: bool, shards: usize) -> Self {
        Self {
            template: template.into(),
            class,
            streams: AtomicBool::new(streams),
            shares: (0..shards).map(|_| OnceLock::new()).collect(),
            ended_old: AtomicU64::new(0),
            carried: Mutex::new(Carried::default()),
            carries: [const { OnceLock::new() }; FIGURES],
            streams_opened: AtomicU64::new(0),
            streams_closed: AtomicU64::new(0),
            rules,
        }
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// Whether it is the route of this template and class.
    #[inline]
    pub(crate) fn is(&self, template: &str, class: ClassId) -> bool {
        *self.template == *template && self.class == class
    }

    pub(crate) fn class(&self) -> ClassId {
        self.class
    }

    #[inline]
    pub(crate) fn table(&self) -> &Table {
        &self.rules.table
    }

    /// The SLOs of the table, as positions in the definition, in the table's order.
    pub(crate) fn slos(&self) -> &[usize] {
        &self.rules.slos
    }

    /// Whether its successful responses are streams. Relaxed: a mark made when routes are declared.
    #[inline]
    pub(crate) fn streams(&self) -> bool {
        self.streams.load(Ordering::Relaxed)
    }

    pub(crate) fn mark_streaming(&self) {
        self.streams.store(true, Ordering::Relaxed);
    }

    /// The current thread's shard and its share. `None` is not met: there is a place for every shard.
    #[inline]
    fn share(&self) -> Option<(Shard, &Share)> {
        let shard = shard::current();
        let slot = self.shares.get(shard.index())?;
        let share = match slot.get() {
            Some(share) => share,
            None => self.first_sight(slot),
        };
        Some((shard, share))
    }

    #[cold]
    fn first_sight<'a>(&self, slot: &'a OnceLock<Box<Share>>) -> &'a Share {
        slot.get_or_init(|| Box::new(Share::new(self.table().classes().len())))
    }

    /// The shares that are there. One that is made meanwhile is left out, as if read a moment earlier.
    fn shares(&self) -> impl Iterator<Item = &Share> + Clone {
        self.shares.iter().filter_map(|share| share.get().map(Box::as_ref))
    }

    /// `count` events began.
    #[inline]
    pub(crate) fn begin(&self, slot: Slot, count: u64) {
        if let Some((shard, share)) = self.share() {
            share.begin_relaxed(shard, slot, count);
        }
    }

    /// `count` events are in flight no longer. Comes before the class that finishes them.
    #[inline]
    pub(crate) fn leave(&self, began: Slot, now: Slot, count: u64) {
        if let Some((shard, share)) = self.share() {
            share.end_release(shard, (began, now), count, &self.ended_old);
        }
    }

    /// One event passed a decision point, and was timed there.
    #[inline]
    pub(crate) fn add_timed(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some((shard, share)) = self.share() {
            self.add_timed_on(shard, share, class, histogram, elapsed);
        }
    }

    /// One event passed its last decision point, was timed there, and is in flight no longer.
    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    pub(crate) fn finish_timed(&self, slots: (Slot, Slot), class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some((shard, share)) = self.share() {
            share.end_release(shard, slots, 1, &self.ended_old);
            self.add_timed_on(shard, share, class, histogram, elapsed);
        }
    }

    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    fn add_timed_on(&self, shard: Shard, share: &Share, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        match histogram {
            Histogram::Success => self.time_on(shard, share, Figure::Success, elapsed),
            Histogram::Error => self.time_on(shard, share, Figure::Error, elapsed),
            Histogram::None => {}
        }
        if let Some(class) = class.get() {
            share.add_release(shard, class, 1);
        }
    }

    #[inline]
    fn time_on(&self, shard: Shard, share: &Share, figure: Figure, elapsed: u64) {
        if let Some(carries) = self.carries.get(figure as usize) {
            share.time_relaxed(shard, figure, elapsed, carries);
        }
    }

    /// `count` events passed a decision point.
    #[inline]
    pub(crate) fn add(&self, class: ClassIndex, count: u64) {
        if let (Some(class), Some((shard, share))) = (class.get(), self.share()) {
            share.add_release(shard, class, count);
        }
    }

    /// Counts the handler's reason for the SLOs that decide at `point`. Comes before the event's class is added there.
    #[cold]
    pub(crate) fn give_reason(&self, said: Said, point: Point, count: u64) {
        if let Some((_, share)) = self.share() {
            share.words().add_relaxed(said, point, count);
        }
    }

    /// Counts what went wrong with finished events. Comes before their class is added.
    #[cold]
    pub(crate) fn give_error(&self, said: Said, count: u64) {
        if let Some((_, share)) = self.share() {
            share.words().add_error_relaxed(said, count);
        }
    }

    /// Something of an event took this long: its time in the queue, to the first byte of a successful response or to its end, or a
    /// stream's life.
    pub(crate) fn time(&self, figure: Figure, elapsed: u64) {
        if let Some((shard, share)) = self.share() {
            self.time_on(shard, share, figure, elapsed);
        }
    }

    /// A stream was established. Relaxed, as below: the two are numbers for people, and one is shown not to exceed the
    /// other.
    pub(crate) fn open_stream(&self) {
        self.streams_opened.fetch_add(1, Ordering::Relaxed);
    }

    /// A stream that lived this long is over.
    pub(crate) fn close_stream(&self, lifetime: u64) {
        self.time(Figure::Stream, lifetime);
        self.streams_closed.fetch_add(1, Ordering::Relaxed);
    }

    /// Fills `classes` with the events per class, and returns how many began. Never more ends than beginnings.
    pub(crate) fn read(&self, classes: &mut Vec<u64>) -> u64 {
        self.read_classes(classes);
        // Ends first, beginnings after: an event that began in between is in flight, never finished before it began.
        self.shares().fold(0, |sum, share| sum.wrapping_add(share.begun_relaxed()))
    }

    /// Fills `classes` with the events per class.
    pub(crate) fn read_classes(&self, classes: &mut Vec<u64>) {
        classes.clear();
        classes.resize(self.table().classes().len(), 0);
        self.shares().for_each(|share| share.classes_acquire(classes));
    }

    /// How long it took, by bucket.
    pub(crate) fn read_figure(&self, figure: Figure) -> Vec<(usize, u64)> {
        let carries = self.carries.get(figure as usize).and_then(|carries| carries.get()).map(Box::as_ref);
        histogram::sum(&self.shares().filter_map(|share| share.buckets(figure)), carries)
    }

    /// The streams that are open.
    pub(crate) fn read_open_streams(&self) -> u64 {
        let closed = self.streams_closed.load(Ordering::Relaxed);
        self.streams_opened.load(Ordering::Relaxed).saturating_sub(closed)
    }

    /// How often this was said, for the SLOs that decide at `point`. Read after the classes: no event is there without its
    /// reason.
    pub(crate) fn read_reason(&self, said: Said, point: Point) -> u64 {
        let cells = self.shares().filter_map(Share::words_if_any);
        cells.fold(0, |sum, cells| sum.wrapping_add(cells.read_relaxed(said, point)))
    }

    /// How often this was what went wrong.
    pub(crate) fn read_error(&self, said: Said) -> u64 {
        let cells = self.shares().filter_map(Share::words_if_any);
        cells.fold(0, |sum, cells| sum.wrapping_add(cells.read_error_relaxed(said)))
    }

    /// Whether a word was ever given here.
    pub(crate) fn has_words(&self) -> bool {
        self.shares().any(|share| share.words_if_any().is_some())
    }

    /// Carries what is left of a slot that leaves the ring, which ended at `ended_at`, to the old.
    pub(crate) fn carry(&self, place: usize, ended_at: Duration) {
        let ended_old = self.ended_old.load(Ordering::Acquire);
        let (begun, ended) = self.read_place(place);
        self.carried.lock().carry(place, ended_at, begun, ended, ended_old);
    }

    /// Remembers that so many events had finished by `now`.
    pub(crate) fn note_finished(&self, finished: u64, now: Duration) {
        self.carried.lock().note_finished(finished, now);
    }

    /// The events in flight, by how long ago at least they began, oldest first; and for how long at least nothing has
    /// finished, if so many have.
    pub(crate) fn waiting(&self, times: &SlotTimes, now: Duration, finished: u64) -> (Vec<(Duration, u64)>, Duration) {
        let carried = self.carried.lock();
        let ages = carried.ages(times, now, self.ended_old.load(Ordering::Acquire), |place| self.read_place(place));
        (ages, carried.idle(finished, now))
    }

    /// Ends first, as in `read`.
    fn read_place(&self, place: usize) -> (u64, u32) {
        let ended = self.shares().fold(0_u32, |sum, share| sum.wrapping_add(share.ended_in_acquire(place)));
        (self.shares().fold(0, |sum, share| sum.wrapping_add(share.begun_in_relaxed(place))), ended)
    }
}
