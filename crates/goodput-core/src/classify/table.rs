//! The compiled classification table: every situation that can be told apart, with the class its events belong to.
//!
//! A *class* is one distinct pair of reported outcome and verdict of every SLO. Recording an event is adding one to its
//! class; an SLO's counts are sums over classes, exact by construction for any number of SLOs. Requests whose SLOs decide
//! both at the head and at the end add one to a class at each point.

use std::sync::Arc;
use std::time::Duration;

use goodput_model::{JudgedAt, Verdict};

use super::bands::Bands;
use super::code::Code;
use super::ending::{Ending, Outcome, Word};

/// The position of a class in its table. `NONE` where nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClassIndex(pub(super) u16);

impl ClassIndex {
    pub(crate) const NONE: Self = Self(u16::MAX);

    #[inline]
    pub(crate) fn get(self) -> Option<usize> {
        (self != Self::NONE).then_some(usize::from(self.0))
    }
}

/// Which latency histogram of the route an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Histogram {
    /// Cancelled events, the 4xx class, and what the handler excluded say little about how fast the service is: a quick
    /// refusal would flatter it.
    None,
    /// Successes.
    Success,
    /// Failures by the default rules.
    Error,
}

/// One distinct pair of reported outcome and verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    /// Set where the event is finished; a class of the head alone reports nothing yet.
    pub(crate) outcome: Option<Outcome>,
    /// One per SLO of the table, `None` for SLOs that decide at the other point.
    pub(crate) verdicts: Box<[Option<Verdict>]>,
}

/// What is known at the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtHead {
    pub(crate) class: ClassIndex,
    pub(crate) histogram: Histogram,
    /// Where the end's entries begin for this head; nothing if no SLO waits for the end.
    pub(crate) end_base: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) class: ClassIndex,
    pub(super) histogram: Histogram,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Table {
    /// Code to status class. Codes whose meaning is the same to every SLO share one.
    pub(super) status_class: Box<[u8; Code::COUNT]>,
    pub(super) statuses: usize,
    /// Thresholds and cancel limits of all SLOs, for events that never had a head.
    pub(super) early: Bands,
    pub(super) head: Bands,
    /// The thresholds of everything that is judged at the head of a stream, wherever it is measured otherwise.
    pub(super) stream: Bands,
    pub(super) first: Bands,
    pub(super) end: Bands,
    pub(super) early_entries: Box<[Entry]>,
    pub(super) untimed_entries: Box<[Entry]>,
    pub(super) head_entries: Box<[Entry]>,
    /// Empty where streams are judged as every response is.
    pub(super) stream_entries: Box<[Entry]>,
    pub(super) end_entries: Box<[ClassIndex]>,
    pub(super) end_looks_at_head: bool,
    pub(super) decides_at_end: bool,
    /// Whether some SLO waits for the end of streams.
    pub(super) follows_streams: bool,
    pub(super) classes: Box<[Arc<Class>]>,
    /// How each SLO takes part, in the table's order.
    pub(super) parts: Box<[Part]>,
    /// How long a request may go on before it is overdue.
    pub(super) limit: Duration,
}

/// How one SLO takes part in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) judged_at: JudgedAt,
    pub(crate) judges_streams_at: JudgedAt,
    /// Whether a handler's bad verdict is its own, with the handler's reason.
    pub(crate) hears_bad: bool,
    /// Likewise for excluded.
    pub(crate) hears_excluded: bool,
}

/// The ends without a head, in the order of their rows.
pub(super) const EARLY_ENDINGS: [Ending; 5] =
    [Ending::Failed, Ending::Panicked, Ending::Dropped, Ending::TimedOut, Ending::Refused];
/// The ends of a body, with and without its first byte seen, in the order of their rows. A complete body has always begun.
pub(super) const BODY_ENDINGS: [(Ending, bool); 7] = [
    (Ending::Completed, true),
    (Ending::Failed, false),
    (Ending::Failed, true),
    (Ending::Panicked, false),
    (Ending::Panicked, true),
    (Ending::Dropped, false),
    (Ending::Dropped, true),
];

const fn early_row(ending: Ending) -> usize {
    match ending {
        Ending::Failed | Ending::Completed => 0,
        Ending::Panicked => 1,
        Ending::Dropped => 2,
        Ending::TimedOut => 3,
        Ending::Refused => 4,
    }
}

const fn body_row(ending: Ending, begun: bool) -> usize {
    match ending {
        Ending::Completed => 0,
        Ending::Failed | Ending::TimedOut | Ending::Refused => 1 + begun as usize,
        Ending::Panicked => 3 + begun as usize,
        Ending::Dropped => 5 + begun as usize,
    }
}

impl Table {
    pub(super) fn head_bands_at_end(&self) -> usize {
        if self.end_looks_at_head { self.head.len() } else { 1 }
    }

    pub(super) fn ends_per_head(&self) -> usize {
        BODY_ENDINGS.len() * self.first.len() * self.end.len()
    }

    /// Whether some SLO measures the end, so that a clock has to be read there.
    #[inline]
    pub(crate) fn times_the_end(&self) -> bool {
        self.decides_at_end && (self.end.has_thresholds() || self.first.has_thresholds())
    }

    /// Whether some SLO measures latency to the end of the response.
    #[inline]
    pub(crate) fn measures_the_end(&self) -> bool {
        self.decides_at_end && self.end.has_thresholds()
    }

    /// Whether some SLO measures the first byte, so that a clock has to be read there.
    #[inline]
    pub(crate) fn times_the_first_byte(&self) -> bool {
        self.decides_at_end && self.first.has_thresholds()
    }

    /// The class of an event that ended before it had a head.
    #[inline]
    pub(crate) fn early(&self, ending: Ending, elapsed: u64) -> (ClassIndex, Histogram) {
        let index = early_row(ending) * self.early.len() + self.early.of(elapsed);
        self.early_entries
            .get(index)
            .map_or((ClassIndex::NONE, Histogram::None), |entry| (entry.class, entry.histogram))
    }

    /// The class of an event without a duration.
    #[inline]
    pub(crate) fn untimed(&self, word: Word) -> ClassIndex {
        self.untimed_entries.get(word.index()).map_or(ClassIndex::NONE, |entry| entry.class)
    }

    /// What the head decides.
    #[inline]
    pub(crate) fn at_head(&self, code: Code, word: Word, stream: bool, elapsed: u64) -> AtHead {
        let (entries, bands) = if stream && self.decides_at_end {
            (&self.stream_entries, &self.stream)
        } else {
            (&self.head_entries, &self.head)
        };
        let entry = entries.get(self.situation(code, word) * bands.len() + bands.of(elapsed));
        let (class, histogram) =
            entry.map_or((ClassIndex::NONE, Histogram::None), |entry| (entry.class, entry.histogram));
        let waits = self.decides_at_end && (!stream || self.follows_streams);
        AtHead { class, histogram, end_base: waits.then(|| self.end_base(code, word, stream, elapsed)) }
    }

    /// Where the end's entries begin, for what the head said; or for the code that came with the end in its place.
    #[inline]
    pub(crate) fn end_base(&self, code: Code, word: Word, stream: bool, head: u64) -> u32 {
        let band = if self.end_looks_at_head { self.head.of(head) } else { 0 };
        let kind = if stream { self.statuses * Word::ALL.len() } else { 0 };
        let situation = kind + self.situation(code, word);
        ((situation * self.head_bands_at_end() + band) * self.ends_per_head()) as u32 // below MAX_SITUATIONS
    }

    #[inline]
    fn situation(&self, code: Code, word: Word) -> usize {
        let class = self.status_class.get(usize::from(code.number())).copied().unwrap_or(0);
        usize::from(class) * Word::ALL.len() + word.index()
    }

    /// What the end decides, for a head that said `end_base`.
    #[inline]
    pub(crate) fn at_end(&self, end_base: u32, ending: Ending, begun: bool, first: u64, end: u64) -> ClassIndex {
        let row = body_row(ending, begun);
        let within = (row * self.first.len() + self.first.of(first)) * self.end.len() + self.end.of(end);
        self.end_entries.get(end_base as usize + within).copied().unwrap_or(ClassIndex::NONE)
    }

    /// How long a request may go on before it is overdue: the cancel grace of its SLOs.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// How much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let class = |class: &Arc<Class>| size_of::<Class>() + size_of_val(&*class.verdicts) + 2 * size_of::<usize>();
        let heads = self.early_entries.len() + self.untimed_entries.len() + self.head_entries.len();
        size_of::<Self>()
            + size_of_val(&*self.status_class)
            + (heads + self.stream_entries.len()) * size_of::<Entry>()
            + size_of_val(&*self.end_entries)
            + size_of_val(&*self.parts)
            + self.classes.iter().map(class).sum::<usize>()
            + size_of_val(&*self.classes)
    }

    /// How each SLO takes part, in the table's order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn classes(&self) -> &[Arc<Class>] {
        &self.classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_finds_its_row() {
        for (row, ending) in EARLY_ENDINGS.into_iter().enumerate() {
            assert_eq!(early_row(ending), row);
        }
        for (row, (ending, begun)) in BODY_ENDINGS.into_iter().enumerate() {
            assert_eq!(body_row(ending, begun), row);
        }
    }
}
