//! The cells of one route: how many events began, and how many ended in each class, on each shard.

use std::sync::atomic::{AtomicU64, Ordering};

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
/// Only read-modify-writes touch a cell. They continue one another's release sequences, so a reader that acquires a value
/// acquires every event counted in it.
#[derive(Debug)]
pub(super) struct Cells {
    lines: Box<[Line]>,
    /// Lines of one shard: its events begun, then its events by class.
    stride: usize,
}

impl Cells {
    pub(super) fn new(shards: usize, classes: usize) -> Self {
        let stride = (classes + 1).div_ceil(PER_LINE);
        Self { lines: (0..shards * stride).map(|_| Line::default()).collect(), stride }
    }

    #[inline]
    fn cell(&self, shard: usize, index: usize) -> Option<&AtomicU64> {
        self.lines.get(shard * self.stride + index / PER_LINE).and_then(|line| line.0.get(index % PER_LINE))
    }

    /// `count` events began. Relaxed: an event's beginning happens before its end, as whoever hands an event from one thread
    /// to another synchronizes them, and the end is what publishes it.
    #[inline]
    pub(super) fn begin_relaxed(&self, shard: usize, count: u64) {
        if let Some(cell) = self.cell(shard, 0) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// `count` events belong to `class`. Release: pairs with `classes_acquire`, so that a reader that sees the event there
    /// sees its beginning and its reason as well, on whichever shards those were.
    #[inline]
    pub(super) fn add_release(&self, shard: usize, class: usize, count: u64) {
        if let Some(cell) = self.cell(shard, class + 1) {
            cell.fetch_add(count, Ordering::Release);
        }
    }

    /// Adds the events by class to `sums`. Acquire: pairs with `add_release`; read before `begun_relaxed`.
    pub(super) fn classes_acquire(&self, sums: &mut [u64]) {
        for shard in self.lines.chunks(self.stride) {
            let classes = shard.iter().flat_map(|line| &line.0).skip(1);
            for (sum, cell) in sums.iter_mut().zip(classes) {
                *sum = sum.wrapping_add(cell.load(Ordering::Acquire));
            }
        }
    }

    /// The events that began. Relaxed: ordered after the classes by their Acquire loads.
    pub(super) fn begun_relaxed(&self) -> u64 {
        let firsts = self.lines.iter().step_by(self.stride).filter_map(|line| line.0.first());
        firsts.fold(0, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
    }
}
