//! The cells of one route on one shard: how many events began in each slot of time, how many ended in each class, and how long
//! they took.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::histogram::{Buckets, Carries};
use super::reasons::ReasonCells;
use super::shard::Shard;
use super::slots::{Ended, SLOTS, Slot};

/// See the module. They are made when a thread of the shard first sees the route, so that a route takes no more memory than its
/// threads need, and a reader looks only at what is there.
///
/// Counters only go up; nobody resets them, every reader subtracts two of its own readings. Additions wrap after 2^64 events: at
/// a million a second, in 585,000 years. What began and what ended is changed by [`Shard::add`] and [`Shard::add_small`] alone, so
/// a reader that acquires a value acquires every event counted in it. Whoever acquires an event's end finds the cells of its
/// beginning as well: they were there before.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Cells {
    begun: [AtomicU64; SLOTS],
    ended: Ended,
    classes: Box<[Line]>,
    /// A bit for each line of classes that holds anything, so that readers skip the others: few classes are ever met.
    used: AtomicU64,
    figures: [OnceLock<Box<Buckets>>; FIGURES],
    words: OnceLock<ReasonCells>,
}

/// A cache line of counters. 64 bytes is the line of x86-64 and of most ARM cores; where it is 128, neighbours share one, which
/// costs time and no count.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Line([AtomicU64; PER_LINE]);

const PER_LINE: usize = 8;

/// What is timed on a route: a latency distribution each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    Success,
    Error,
    Queue,
    FirstByte,
    End,
    Stream,
}

/// How many there are, by the last.
pub(super) const FIGURES: usize = Figure::Stream as usize + 1;

impl Cells {
    pub(super) fn new(classes: usize) -> Self {
        Self {
            begun: [const { AtomicU64::new(0) }; SLOTS],
            ended: Ended::new(),
            classes: (0..classes.div_ceil(PER_LINE)).map(|_| Line::default()).collect(),
            used: AtomicU64::new(0),
            figures: [const { OnceLock::new() }; FIGURES],
            words: OnceLock::new(),
        }
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes_beside_classes() + size_of_val(&*self.classes)
    }

    /// How much they would take with so many classes.
    pub(super) fn bytes_with(&self, classes: usize) -> usize {
        self.bytes_beside_classes() + classes.div_ceil(PER_LINE) * size_of::<Line>()
    }

    fn bytes_beside_classes(&self) -> usize {
        let figures = self.figures.iter().filter(|figure| figure.get().is_some()).count() * size_of::<Buckets>();
        size_of::<Self>() + figures + self.words_if_any().map_or(0, ReasonCells::bytes)
    }

    /// `count` events began. Relaxed: an event's beginning happens before its end, as whoever hands an event from one thread
    /// to another synchronizes them, and the end is what publishes it.
    #[inline]
    pub(super) fn begin_relaxed(&self, shard: Shard, slot: Slot, count: u64) {
        if let Some(cell) = self.begun.get(slot.place()) {
            shard.add(cell, count, Ordering::Relaxed);
        }
    }

    /// `count` events that began in slot `began` end in slot `now`, or among the old.
    #[inline]
    pub(super) fn end_release(&self, shard: Shard, (began, now): (Slot, Slot), count: u64, old: &AtomicU64) {
        self.ended.end_release(shard, (began, now), count, old);
    }

    /// `count` events belong to `class`. Release: pairs with `classes_acquire`, so that a reader that sees the event there
    /// sees its beginning and its reason as well, on whichever shards those were.
    #[inline]
    pub(super) fn add_release(&self, shard: Shard, class: usize, count: u64) {
        let (line, place) = (class / PER_LINE, class % PER_LINE);
        if let Some(cell) = self.classes.get(line).and_then(|line| line.0.get(place)) {
            self.use_relaxed(line);
            shard.add(cell, count, Ordering::Release);
        }
    }

    /// Says that the line is about to hold something. Relaxed: whoever adds to it has seen the bit before, so whoever acquires
    /// the event sees it as well. If it were said after adding, another thread of the shard might end its event before that.
    #[inline]
    fn use_relaxed(&self, line: usize) {
        let bit = line_bit(line);
        if self.used.load(Ordering::Relaxed) & bit == 0 {
            self.used.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// An event took so long. Relaxed: buckets stand for themselves.
    #[inline]
    pub(super) fn time_relaxed(&self, shard: Shard, figure: Figure, nanos: u64, carries: &OnceLock<Box<Carries>>) {
        let Some(place) = self.figures.get(figure as usize) else { return };
        let buckets = match place.get() {
            Some(buckets) => buckets,
            None => first_time(place),
        };
        buckets.add_relaxed(shard, nanos, carries);
    }

    /// The reasons, made when one is first given here.
    pub(super) fn words(&self) -> &ReasonCells {
        self.words.get_or_init(ReasonCells::new)
    }

    pub(super) fn words_if_any(&self) -> Option<&ReasonCells> {
        self.words.get()
    }

    pub(super) fn buckets(&self, figure: Figure) -> Option<&Buckets> {
        self.figures.get(figure as usize)?.get().map(Box::as_ref)
    }

    /// Adds the events by class to `sums`. Acquire: pairs with `add_release`; read before `begun_relaxed`.
    pub(super) fn classes_acquire(&self, sums: &mut [u64]) {
        let used = self.used.load(Ordering::Relaxed);
        let lines = sums.chunks_mut(PER_LINE).zip(&self.classes).enumerate();
        for (_, (sums, line)) in lines.filter(|(line, _)| used & line_bit(*line) != 0) {
            for (sum, cell) in sums.iter_mut().zip(&line.0) {
                *sum = sum.wrapping_add(cell.load(Ordering::Acquire));
            }
        }
    }

    /// The events that began. Relaxed: ordered after the classes by their Acquire loads.
    pub(super) fn begun_relaxed(&self) -> u64 {
        self.begun.iter().fold(0, |sum, cell| sum.wrapping_add(cell.load(Ordering::Relaxed)))
    }

    /// The events that began in one slot, in all the time it stood for. Relaxed: ordered after the ends by their Acquire loads.
    pub(super) fn begun_in_relaxed(&self, place: usize) -> u64 {
        self.begun.get(place).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// The events of that slot that ended in time.
    pub(super) fn ended_in_acquire(&self, place: usize) -> u32 {
        self.ended.in_acquire(place)
    }
}

/// The bit of a line of classes; the last one stands for all beyond.
#[inline]
fn line_bit(line: usize) -> u64 {
    1 << line.min(63)
}

#[cold]
fn first_time(place: &OnceLock<Box<Buckets>>) -> &Buckets {
    place.get_or_init(|| Box::new(Buckets::new()))
}
