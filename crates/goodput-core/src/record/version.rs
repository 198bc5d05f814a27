//! One version of a route: the rules its requests are judged by, and everything counted under them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;

use super::cells::{Cells, FIGURES, Figure};
use super::histogram::{self, Carries};
use super::reasons::{Point, Said};
use super::routes::RouteId;
use super::shard::{self, Shard};
use super::slots::{Carried, Slot, SlotTimes};
use crate::classify::{ClassIndex, Histogram, SloId, Table};

/// Where one version of one route is, as a request in flight remembers it: the number of the route, and above it that of the
/// version. The first version has the number of its route, so that finding it takes no more than finding that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VersionId(u32);

/// How many bits the number of a route has. There are fewer routes by far: 100,000 at most, four slots each, for nine classes.
const ROUTE_BITS: u32 = 27;
/// The most versions of a route: what is left of 32 bits.
pub(crate) const MAX_VERSIONS: usize = 1 << (u32::BITS - ROUTE_BITS);

impl VersionId {
    /// The route's version of this number, below [`MAX_VERSIONS`].
    #[inline]
    pub(crate) const fn new(route: RouteId, version: u32) -> Self {
        Self(version << ROUTE_BITS | route.number())
    }

    pub(crate) const fn numbered(number: u32) -> Self {
        Self(number)
    }

    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    #[inline]
    pub(crate) const fn route(self) -> RouteId {
        RouteId::numbered(self.0 & ((1 << ROUTE_BITS) - 1))
    }

    /// Which of the route's versions it is, from 0.
    pub(super) const fn version(self) -> u32 {
        self.0 >> ROUTE_BITS
    }
}

/// What requests of one route have in common that began under the same rules.
#[derive(Debug)]
pub(crate) struct Version {
    rules: RouteRules,
    /// As the definition has it; a mark may come later.
    declared_streams: bool,
    /// Whether successful responses are streams, whatever their content type.
    streams: AtomicBool,
    /// Those of each shard; made when one of its threads first counts here.
    cells: Box<[OnceLock<Box<Cells>>]>,
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
    /// In the table's order.
    pub(crate) slos: Arc<[SloId]>,
}

impl Version {
    pub(super) fn new(rules: RouteRules, streams: bool, shards: usize) -> Self {
        Self {
            declared_streams: streams,
            streams: AtomicBool::new(streams),
            cells: (0..shards).map(|_| OnceLock::new()).collect(),
            ended_old: AtomicU64::new(0),
            carried: Mutex::new(Carried::default()),
            carries: [const { OnceLock::new() }; FIGURES],
            streams_opened: AtomicU64::new(0),
            streams_closed: AtomicU64::new(0),
            rules,
        }
    }

    /// Whether a request would be judged here as by these rules. Equal rules share one table, so its address tells.
    pub(super) fn judges_by(&self, rules: &RouteRules, streams: bool) -> bool {
        Arc::ptr_eq(&self.rules.table, &rules.table) && self.declared_streams == streams
    }

    #[inline]
    pub(crate) fn table(&self) -> &Table {
        &self.rules.table
    }

    /// The SLOs of the table, in its order.
    pub(crate) fn slos(&self) -> &[SloId] {
        &self.rules.slos
    }

    /// Whether its successful responses are streams. Relaxed: a mark made when routes are declared.
    #[inline]
    pub(crate) fn streams(&self) -> bool {
        self.streams.load(Ordering::Relaxed)
    }

    pub(super) fn mark_streaming(&self) {
        self.streams.store(true, Ordering::Relaxed);
    }

    /// The current thread's shard and its cells. `None` is not met: there is a place for every shard.
    #[inline]
    fn own_cells(&self) -> Option<(Shard, &Cells)> {
        let shard = shard::current();
        let place = self.cells.get(shard.index())?;
        let cells = match place.get() {
            Some(cells) => cells,
            None => self.first_sight(place),
        };
        Some((shard, cells))
    }

    #[cold]
    fn first_sight<'a>(&self, place: &'a OnceLock<Box<Cells>>) -> &'a Cells {
        place.get_or_init(|| Box::new(Cells::new(self.table().classes().len())))
    }

    /// The cells of every shard that has any. Those that are made meanwhile are left out, as if read a moment earlier.
    fn all_cells(&self) -> impl Iterator<Item = &Cells> + Clone {
        self.cells.iter().filter_map(|cells| cells.get().map(Box::as_ref))
    }

    /// `count` events began.
    #[inline]
    pub(crate) fn begin(&self, slot: Slot, count: u64) {
        if let Some((shard, cells)) = self.own_cells() {
            cells.begin_relaxed(shard, slot, count);
        }
    }

    /// `count` events are in flight no longer. Comes before the class that finishes them.
    #[inline]
    pub(crate) fn leave(&self, began: Slot, now: Slot, count: u64) {
        if let Some((shard, cells)) = self.own_cells() {
            cells.end_release(shard, (began, now), count, &self.ended_old);
        }
    }

    /// One event passed a decision point, and was timed there.
    #[inline]
    pub(crate) fn add_timed(&self, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some((shard, cells)) = self.own_cells() {
            self.add_timed_on(shard, cells, class, histogram, elapsed);
        }
    }

    /// One event passed its last decision point, was timed there, and is in flight no longer.
    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    pub(crate) fn finish_timed(&self, slots: (Slot, Slot), class: ClassIndex, histogram: Histogram, elapsed: u64) {
        if let Some((shard, cells)) = self.own_cells() {
            cells.end_release(shard, slots, 1, &self.ended_old);
            self.add_timed_on(shard, cells, class, histogram, elapsed);
        }
    }

    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    fn add_timed_on(&self, shard: Shard, cells: &Cells, class: ClassIndex, histogram: Histogram, elapsed: u64) {
        match histogram {
            Histogram::Success => self.time_on(shard, cells, Figure::Success, elapsed),
            Histogram::Error => self.time_on(shard, cells, Figure::Error, elapsed),
            Histogram::None => {}
        }
        if let Some(class) = class.get() {
            cells.add_release(shard, class, 1);
        }
    }

    #[inline]
    fn time_on(&self, shard: Shard, cells: &Cells, figure: Figure, elapsed: u64) {
        if let Some(carries) = self.carries.get(figure as usize) {
            cells.time_relaxed(shard, figure, elapsed, carries);
        }
    }

    /// `count` events passed a decision point.
    #[inline]
    pub(crate) fn add(&self, class: ClassIndex, count: u64) {
        if let (Some(class), Some((shard, cells))) = (class.get(), self.own_cells()) {
            cells.add_release(shard, class, count);
        }
    }

    /// Counts the handler's reason for the SLOs that decide at `point`. Comes before the event's class is added there.
    #[cold]
    pub(crate) fn give_reason(&self, said: Said, point: Point, count: u64) {
        if let Some((_, cells)) = self.own_cells() {
            cells.words().add_relaxed(said, point, count);
        }
    }

    /// Counts what went wrong with finished events. Comes before their class is added.
    #[cold]
    pub(crate) fn give_error(&self, said: Said, count: u64) {
        if let Some((_, cells)) = self.own_cells() {
            cells.words().add_error_relaxed(said, count);
        }
    }

    /// Something of an event took this long: its time in the queue, to the first byte of a successful response or to its end, or a
    /// stream's life.
    pub(crate) fn time(&self, figure: Figure, elapsed: u64) {
        if let Some((shard, cells)) = self.own_cells() {
            self.time_on(shard, cells, figure, elapsed);
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
        self.begun()
    }

    /// How many events began. Never fewer than have finished by an earlier reading.
    pub(crate) fn begun(&self) -> u64 {
        self.all_cells().fold(0, |sum, cells| sum.wrapping_add(cells.begun_relaxed()))
    }

    /// Fills `classes` with the events per class.
    pub(crate) fn read_classes(&self, classes: &mut Vec<u64>) {
        classes.clear();
        classes.resize(self.table().classes().len(), 0);
        self.all_cells().for_each(|cells| cells.classes_acquire(classes));
    }

    /// How long it took, by bucket.
    pub(crate) fn read_figure(&self, figure: Figure) -> Vec<(usize, u64)> {
        let carries = self.carries.get(figure as usize).and_then(|carries| carries.get()).map(Box::as_ref);
        histogram::sum(&self.all_cells().filter_map(|cells| cells.buckets(figure)), carries)
    }

    /// The streams that are open.
    pub(crate) fn read_open_streams(&self) -> u64 {
        let closed = self.streams_closed.load(Ordering::Relaxed);
        self.streams_opened.load(Ordering::Relaxed).saturating_sub(closed)
    }

    /// How often this was said, for the SLOs that decide at `point`. Read after the classes: no event is there without its
    /// reason.
    pub(crate) fn read_reason(&self, said: Said, point: Point) -> u64 {
        let words = self.all_cells().filter_map(Cells::words_if_any);
        words.fold(0, |sum, words| sum.wrapping_add(words.read_relaxed(said, point)))
    }

    /// How often this was what went wrong.
    pub(crate) fn read_error(&self, said: Said) -> u64 {
        let words = self.all_cells().filter_map(Cells::words_if_any);
        words.fold(0, |sum, words| sum.wrapping_add(words.read_error_relaxed(said)))
    }

    /// Whether a word was ever given here.
    pub(crate) fn has_words(&self) -> bool {
        self.all_cells().any(|cells| cells.words_if_any().is_some())
    }

    /// How much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let carries = self.carries.iter().filter(|carries| carries.get().is_some()).count() * size_of::<Carries>();
        self.bytes_without_cells() + carries + self.all_cells().map(Cells::bytes).sum::<usize>()
    }

    /// How much memory a version by `rules` will take in place of this one, if it is used as this one is.
    pub(super) fn bytes_by(&self, rules: &RouteRules) -> usize {
        let classes = rules.table.classes().len();
        self.bytes_without_cells() + self.all_cells().map(|cells| cells.bytes_with(classes)).sum::<usize>()
    }

    fn bytes_without_cells(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.cells)
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

    /// For how long at least nothing has finished, if so many have by `now`.
    pub(crate) fn idle(&self, finished: u64, now: Duration) -> Duration {
        self.carried.lock().idle(finished, now)
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
        let ended = self.all_cells().fold(0_u32, |sum, cells| sum.wrapping_add(cells.ended_in_acquire(place)));
        (self.all_cells().fold(0, |sum, cells| sum.wrapping_add(cells.begun_in_relaxed(place))), ended)
    }
}
