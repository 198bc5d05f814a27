//! The cells of one route on one shard: how many events began, and how many ended in each class.

use std::sync::atomic::{AtomicU64, Ordering};

/// A cache line of counters. Aligned, so that no line is shared with another shard or another allocation.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; PER_LINE]);

const PER_LINE: usize = 8;

/// Counters that only go up; nobody resets them, every reader subtracts two of its own readings.
///
/// Additions wrap after 2^64 events: at a million a second, in 585,000 years.
#[derive(Debug)]
pub(super) struct Cells(Box<[Line]>);

impl Cells {
    pub(super) fn new(classes: usize) -> Self {
        let lines = (classes + 1).div_ceil(PER_LINE);
        Self((0..lines).map(|_| Line::default()).collect())
    }

    #[inline]
    fn cell(&self, index: usize) -> Option<&AtomicU64> {
        self.0.get(index / PER_LINE).and_then(|line| line.0.get(index % PER_LINE))
    }

    /// `count` events began. Relaxed: made visible by the Release of the event's own end.
    #[inline]
    pub(super) fn begin_relaxed(&self, count: u64) {
        if let Some(cell) = self.cell(0) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// `count` events belong to `class` at a point where they go on. Relaxed: the cell stands for itself.
    #[inline]
    pub(super) fn add_relaxed(&self, class: usize, count: u64) {
        if let Some(cell) = self.cell(class + 1) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// `count` events ended in `class`. Release: pairs with `class_acquire`, so that a reader that sees the end of an
    /// event sees its beginning as well, on whichever shard that was.
    #[inline]
    pub(super) fn end_release(&self, class: usize, count: u64) {
        if let Some(cell) = self.cell(class + 1) {
            cell.fetch_add(count, Ordering::Release);
        }
    }

    /// The events in `class`. Acquire: pairs with `end_release`; read before `begun_relaxed`.
    pub(super) fn class_acquire(&self, class: usize) -> u64 {
        self.cell(class + 1).map_or(0, |cell| cell.load(Ordering::Acquire))
    }

    /// The events that began. Relaxed: ordered after the classes by their Acquire loads.
    pub(super) fn begun_relaxed(&self) -> u64 {
        self.cell(0).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}
