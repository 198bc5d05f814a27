//! The cells of one route: on each shard, how many events began in each slot of time, and how many ended in each class.

use std::sync::atomic::{AtomicU64, Ordering};

use super::shard::Shard;
use super::slots::{SLOTS, Slot};

/// A cache line of counters. 64 bytes is the line of x86-64 and of most ARM cores; where it is 128, neighbouring shards of
/// a route share one, which costs time and no count.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; PER_LINE]);

const PER_LINE: usize = 8;

/// Counters that only go up; nobody resets them, every reader subtracts two of its own readings.
///
/// One shard's lines follow another's, so that a reader walks through memory in order. Additions wrap after 2^64 events: at
/// a million a second, in 585,000 years.
///
/// Cells are touched by [`Shard::add`] alone, so a reader that acquires a value acquires every event counted in it.
#[derive(Debug)]
pub(super) struct Cells {
    lines: Box<[Line]>,
    /// Lines of one shard: its events begun, by slot, then its events by class.
    stride: usize,
    /// A bit for each shard that holds anything, so that readers skip the others: a route's threads lie in a few. There are 64
    /// shards at most.
    touched: AtomicU64,
}

/// The lines before the classes.
const BEGUN: usize = SLOTS / PER_LINE;

impl Cells {
    pub(super) fn new(shards: usize, classes: usize) -> Self {
        let stride = BEGUN + classes.div_ceil(PER_LINE);
        let lines = (0..shards * stride).map(|_| Line::default()).collect();
        Self { lines, stride, touched: AtomicU64::new(0) }
    }

    /// Says that the shard is about to hold something. Relaxed: an event's thread has seen the bit before it adds to the shard,
    /// so whoever acquires the event's end sees the bit as well, by coherence of this one cell. Whoever finds its cell at 0 could
    /// say so after adding, but then another thread of the shard might end its event before that.
    #[inline]
    fn touch_relaxed(&self, shard: Shard) {
        let bit = 1 << shard.index();
        if self.touched.load(Ordering::Relaxed) & bit == 0 {
            self.touched.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// The lines of the shards that hold anything. A shard that is touched meanwhile is left out, as if read a moment earlier.
    fn shards_relaxed(&self) -> impl Iterator<Item = &[Line]> {
        let touched = self.touched.load(Ordering::Relaxed);
        let shards = self.lines.chunks(self.stride).enumerate();
        shards.filter(move |(shard, _)| touched >> shard & 1 == 1).map(|(_, lines)| lines)
    }

    #[inline]
    fn cell(&self, shard: Shard, index: usize) -> Option<&AtomicU64> {
        self.lines.get(shard.index() * self.stride + index / PER_LINE).and_then(|line| line.0.get(index % PER_LINE))
    }

    /// `count` events began. Relaxed: an event's beginning happens before its end, as whoever hands an event from one thread
    /// to another synchronizes them, and the end is what publishes it.
    #[inline]
    pub(super) fn begin_relaxed(&self, shard: Shard, slot: Slot, count: u64) {
        self.touch_relaxed(shard);
        if let Some(cell) = self.cell(shard, slot.place()) {
            shard.add(cell, count, Ordering::Relaxed);
        }
    }

    /// `count` events belong to `class`. Release: pairs with `classes_acquire`, so that a reader that sees the event there
    /// sees its beginning and its reason as well, on whichever shards those were.
    #[inline]
    pub(super) fn add_release(&self, shard: Shard, class: usize, count: u64) {
        self.touch_relaxed(shard);
        if let Some(cell) = self.cell(shard, SLOTS + class) {
            shard.add(cell, count, Ordering::Release);
        }
    }

    /// Adds the events by class to `sums`. Acquire: pairs with `add_release`; read before `begun_relaxed`.
    pub(super) fn classes_acquire(&self, sums: &mut [u64]) {
        for shard in self.shards_relaxed() {
            let classes = shard.iter().skip(BEGUN).flat_map(|line| &line.0);
            for (sum, cell) in sums.iter_mut().zip(classes) {
                *sum = sum.wrapping_add(cell.load(Ordering::Acquire));
            }
        }
    }

    /// The events that began. Relaxed: ordered after the classes by their Acquire loads, and so are the bits of their shards.
    pub(super) fn begun_relaxed(&self) -> u64 {
        let begun = self.shards_relaxed().flat_map(|shard| shard.iter().take(BEGUN)).flat_map(|line| &line.0);
        begun.fold(0, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
    }

    /// The events that began in one slot, in all the time it stood for. Relaxed: ordered after the ends by their Acquire
    /// loads.
    pub(super) fn begun_in_relaxed(&self, place: usize) -> u64 {
        let cells = self.shards_relaxed().filter_map(|shard| shard.get(place / PER_LINE)?.0.get(place % PER_LINE));
        cells.fold(0, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
    }
}
