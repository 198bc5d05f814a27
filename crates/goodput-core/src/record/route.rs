//! One route and everything counted on it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::cells::Cells;
use super::class::ClassId;
use super::figure::Figure;
use super::reasons::{Point, ReasonCells, Said};
use super::shard::{self, Shard};
use super::slots::{Carried, Ended, Slot, SlotTimes};
use crate::classify::{ClassIndex, Histogram, Table};

/// What requests of one template and class have in common.
#[derive(Debug)]
pub(crate) struct Route {
    template: Box<str>,
    class: ClassId,
    rules: RouteRules,
    /// Whether successful responses are streams, whatever their content type.
    streams: AtomicBool,
    cells: Cells,
    ended: Ended,
    carried: Mutex<Carried>,
    success: Figure,
    error: Figure,
    /// Allocated when something beyond the head is first timed.
    later: OnceLock<Box<Later>>,
    /// By shard; allocated when a word is first given there.
    words: Box<[OnceLock<ReasonCells>]>,
}

/// What is timed beyond the head.
#[derive(Debug)]
struct Later {
    queue: Figure,
    first_byte: Figure,
    end: Figure,
    streams: Figure,
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
            cells: Cells::new(shards, rules.table.classes().len()),
            ended: Ended::new(shards),
            carried: Mutex::new(Carried::default()),
            success: Figure::new(shards),
            error: Figure::new(shards),
            later: OnceLock::new(),
            words: (0..shards).map(|_| OnceLock::new()).collect(),
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

    #[inline]
    fn word_cells(&self) -> Option<&ReasonCells> {
        self.words.get(shard::current().index()).map(|words| words.get_or_init(ReasonCells::new))
    }

    /// `count` events began.
    #[inline]
    pub(crate) fn begin(&self, slot: Slot, count: u64) {
        self.cells.begin_relaxed(shard::current(), slot, count);
    }

    /// `count` events are in flight no longer. Comes before the class that finishes them.
    #[inline]
    pub(crate) fn leave(&self, began: Slot, now: Slot, count: u64) {
        self.ended.end_release(shard::current(), began, now, count);
    }

    /// One event passed a decision point, and was timed there.
    #[inline]
    pub(crate) fn add_timed(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        self.add_timed_on(shard::current(), class, histogram, elapsed);
    }

    /// One event passed its last decision point, was timed there, and is in flight no longer.
    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    pub(crate) fn finish_timed(
        &self,
        (began, now): (Slot, Slot),
        class: ClassIndex,
        histogram: Histogram,
        elapsed: u64,
    ) {
        let shard = shard::current();
        self.ended.end_release(shard, began, now, 1);
        self.add_timed_on(shard, class, histogram, elapsed);
    }

    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    fn add_timed_on(&self, shard: Shard, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        match histogram {
            Histogram::Success => self.success.add_relaxed(shard, elapsed),
            Histogram::Error => self.error.add_relaxed(shard, elapsed),
            Histogram::None => {}
        }
        if let Some(class) = class.get() {
            self.cells.add_release(shard, class, 1);
        }
    }

    /// `count` events passed a decision point.
    #[inline]
    pub(crate) fn add(&self, class: ClassIndex, count: u64) {
        if let Some(class) = class.get() {
            self.cells.add_release(shard::current(), class, count);
        }
    }

    /// Counts the handler's reason for the SLOs that decide at `point`. Comes before the event's class is added there.
    #[cold]
    pub(crate) fn give_reason(&self, said: Said, point: Point, count: u64) {
        if let Some(cells) = self.word_cells() {
            cells.add_relaxed(said, point, count);
        }
    }

    /// Counts what went wrong with finished events. Comes before their class is added.
    #[cold]
    pub(crate) fn give_error(&self, said: Said, count: u64) {
        if let Some(cells) = self.word_cells() {
            cells.add_error_relaxed(said, count);
        }
    }

    fn later(&self) -> &Later {
        self.later.get_or_init(|| {
            let figure = || Figure::new(self.words.len());
            Box::new(Later {
                queue: figure(),
                first_byte: figure(),
                end: figure(),
                streams: figure(),
                streams_opened: AtomicU64::new(0),
                streams_closed: AtomicU64::new(0),
            })
        })
    }

    /// A request came to the service this long after it arrived.
    pub(crate) fn time_queue(&self, waited: u64) {
        self.later().queue.add_relaxed(shard::current(), waited);
    }

    /// A successful response's first byte came this long after its request.
    pub(crate) fn time_first_byte(&self, elapsed: u64) {
        self.later().first_byte.add_relaxed(shard::current(), elapsed);
    }

    /// A successful response was complete this long after its request.
    pub(crate) fn time_end(&self, elapsed: u64) {
        self.later().end.add_relaxed(shard::current(), elapsed);
    }

    /// A stream was established. Relaxed, as below: the two are numbers for people, and one is shown not to exceed the
    /// other.
    pub(crate) fn open_stream(&self) {
        self.later().streams_opened.fetch_add(1, Ordering::Relaxed);
    }

    /// A stream that lived this long is over.
    pub(crate) fn close_stream(&self, lifetime: u64) {
        let later = self.later();
        later.streams.add_relaxed(shard::current(), lifetime);
        later.streams_closed.fetch_add(1, Ordering::Relaxed);
    }

    /// Fills `classes` with the events per class, and returns how many began. Never more ends than beginnings.
    pub(crate) fn read(&self, classes: &mut Vec<u64>) -> u64 {
        self.read_classes(classes);
        // Ends first, beginnings after: an event that began in between is in flight, never finished before it began.
        self.cells.begun_relaxed()
    }

    /// Fills `classes` with the events per class.
    pub(crate) fn read_classes(&self, classes: &mut Vec<u64>) {
        classes.clear();
        classes.resize(self.table().classes().len(), 0);
        self.cells.classes_acquire(classes);
    }

    /// The latencies of successes, by bucket.
    pub(crate) fn read_successes(&self) -> Vec<(usize, u64)> {
        self.success.read()
    }

    /// The latencies of errors, by bucket.
    pub(crate) fn read_errors(&self) -> Vec<(usize, u64)> {
        self.error.read()
    }

    /// The times in the queue, to the first byte and to the end, and the lifetimes of streams.
    pub(crate) fn read_later(&self) -> [Vec<(usize, u64)>; 4] {
        let later = self.later.get();
        let figures = later.map(|later| [&later.queue, &later.first_byte, &later.end, &later.streams]);
        figures.map_or_else(Default::default, |figures| figures.map(Figure::read))
    }

    /// The streams that are open.
    pub(crate) fn read_open_streams(&self) -> u64 {
        self.later.get().map_or(0, |later| {
            let closed = later.streams_closed.load(Ordering::Relaxed);
            later.streams_opened.load(Ordering::Relaxed).saturating_sub(closed)
        })
    }

    /// How often this was said, for the SLOs that decide at `point`. Read after the classes: no event is there without its
    /// reason.
    pub(crate) fn read_reason(&self, said: Said, point: Point) -> u64 {
        let cells = self.words.iter().filter_map(OnceLock::get);
        cells.fold(0, |sum, cells| sum.wrapping_add(cells.read_relaxed(said, point)))
    }

    /// How often this was what went wrong.
    pub(crate) fn read_error(&self, said: Said) -> u64 {
        let cells = self.words.iter().filter_map(OnceLock::get);
        cells.fold(0, |sum, cells| sum.wrapping_add(cells.read_error_relaxed(said)))
    }

    /// Whether a word was ever given here.
    pub(crate) fn has_words(&self) -> bool {
        self.words.iter().any(|words| words.get().is_some())
    }

    /// Carries what is left of a slot that leaves the ring, which ended at `ended_at`, to the old.
    pub(crate) fn carry(&self, place: usize, ended_at: Duration) {
        let ended_old = self.ended.old_acquire();
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
        let ages = carried.ages(times, now, self.ended.old_acquire(), |place| self.read_place(place));
        (ages, carried.idle(finished, now))
    }

    /// Ends first, as in `read`.
    fn read_place(&self, place: usize) -> (u64, u32) {
        let ended = self.ended.in_acquire(place);
        (self.cells.begun_in_relaxed(place), ended)
    }
}
