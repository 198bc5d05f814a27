//! The words beside the classes: handlers' own reasons, and the codes of failures. The first 64 words an instance hears get
//! a number, later ones are counted as `other`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use goodput_model::{Reason, Verdict};

use crate::classify::Code;

/// How many words are told apart.
const WORDS: usize = 64;
/// The error types of codes, numbered after the words and `other`.
const CODES: [Reason; 19] = Code::ERROR_TYPES;

/// The words and their numbers. A known word is found without a lock; words are never removed.
#[derive(Debug)]
pub(crate) struct Reasons(Box<[OnceLock<Reason>]>);

/// A handler's bad or excluded verdict with the number of its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    number: u8, // at most WORDS and the CODES
    excluded: bool,
}

/// The decision point a reason is counted for: an SLO's reasons are those at its own point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    Head,
    End,
    /// The head of a stream, where SLOs decide that decide other responses at their end.
    StreamHead,
    /// The end of a stream that some SLO waits for.
    StreamEnd,
}

impl Reasons {
    pub(crate) fn new() -> Self {
        Self((0..WORDS).map(|_| OnceLock::new()).collect())
    }

    /// What is said by a verdict that has a reason. At most 64 comparisons, a few in practice; a new word takes the first
    /// free number.
    #[inline]
    pub(crate) fn said(&self, verdict: Option<Verdict>) -> Option<Said> {
        match verdict? {
            Verdict::Good => None,
            Verdict::Bad(reason) => Some(Said { number: self.number(reason), excluded: false }),
            Verdict::Excluded(reason) => Some(Said { number: self.number(reason), excluded: true }),
        }
    }

    /// What went wrong with an event that failed by its code. Codes have places of their own: they take none from the words.
    pub(crate) fn error(code: Code) -> Said {
        let word = code.error_type();
        let position = CODES.iter().position(|code| *code == word);
        Said { number: position.map_or(WORDS, |position| WORDS + 1 + position) as u8, excluded: false }
    }

    /// Every word for what went wrong: those of handlers, and the codes.
    pub(crate) fn errors(&self) -> impl Iterator<Item = (Said, Reason)> {
        let said = self.words().filter(|(said, _)| !said.excluded);
        let said = said.filter_map(|(said, verdict)| Some((said, verdict.reason()?)));
        said.chain(
            CODES
                .into_iter()
                .enumerate()
                .map(|(position, word)| (Said { number: (WORDS + 1 + position) as u8, excluded: false }, word)),
        )
    }

    #[cold]
    fn number(&self, reason: Reason) -> u8 {
        let found = self.0.iter().position(|slot| *slot.get_or_init(|| reason) == reason);
        found.unwrap_or(WORDS) as u8 // at most 64
    }

    /// Every word as bad and as excluded, `other` last.
    pub(crate) fn words(&self) -> impl Iterator<Item = (Said, Verdict)> {
        let known = self.0.iter().map_while(|slot| slot.get().copied());
        let words = (0_u8..).zip(known).chain([(WORDS as u8, Reason::OTHER)]);
        words.flat_map(|(number, reason)| {
            let bad = (Said { number, excluded: false }, Verdict::Bad(reason));
            [bad, (Said { number, excluded: true }, Verdict::Excluded(reason))]
        })
    }
}

/// How often each reason was given on one route and shard, at each decision point, and how often it was what went wrong.
///
/// A few rows at a time are made when one of them is first needed: most routes hear few words, and fail in few ways.
#[derive(Debug)]
pub(super) struct ReasonCells([OnceLock<Box<Rows>>; CHUNKS]);

type Rows = [[AtomicU64; COLUMNS]; CHUNK];

const CHUNK: usize = 8;
const CHUNKS: usize = (WORDS + 1 + CODES.len()).div_ceil(CHUNK);
/// Bad and excluded at each point, and what went wrong.
const COLUMNS: usize = 9;
const WRONG: usize = 8;

impl ReasonCells {
    pub(super) fn new() -> Self {
        Self([const { OnceLock::new() }; CHUNKS])
    }

    /// How much memory its rows take; it is itself a part of the cells.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().filter(|rows| rows.get().is_some()).count() * size_of::<Rows>()
    }

    /// Relaxed: published by the Release of the event's class, which is added after it.
    pub(super) fn add_relaxed(&self, said: Said, point: Point, count: u64) {
        self.add(said, column(said, point), count);
    }

    pub(super) fn read_relaxed(&self, said: Said, point: Point) -> u64 {
        self.cell(said, column(said, point)).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    /// `said` is what went wrong with a finished event. Relaxed: as above.
    pub(super) fn add_error_relaxed(&self, said: Said, count: u64) {
        self.add(said, WRONG, count);
    }

    pub(super) fn read_error_relaxed(&self, said: Said) -> u64 {
        self.cell(said, WRONG).map_or(0, |cell| cell.load(Ordering::Relaxed))
    }

    fn add(&self, said: Said, column: usize, count: u64) {
        let (chunk, row) = place(said);
        let rows = self.0.get(chunk).map(|rows| rows.get_or_init(Box::default));
        if let Some(cell) = rows.and_then(|rows| rows.get(row)?.get(column)) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn cell(&self, said: Said, column: usize) -> Option<&AtomicU64> {
        let (chunk, row) = place(said);
        self.0.get(chunk)?.get()?.get(row)?.get(column)
    }
}

fn place(said: Said) -> (usize, usize) {
    let number = usize::from(said.number);
    (number / CHUNK, number % CHUNK)
}

fn column(said: Said, point: Point) -> usize {
    usize::from(said.excluded) * 4 + point as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sixty_four_words_are_told_apart_and_the_rest_is_other() {
        let reasons = Reasons::new();
        let words: Vec<&'static str> = (0..70).map(|n| &*Box::leak(format!("word-{n}").into_boxed_str())).collect();
        let number = |word: &'static str| reasons.said(Some(Verdict::bad(word))).unwrap().number;
        let numbers: Vec<_> = words.iter().map(|word| number(word)).collect();
        assert_eq!(numbers[..64], (0..64).collect::<Vec<u8>>());
        assert_eq!(numbers[64..], [64; 6]);
        assert_eq!(number("word-3"), 3);
        assert_eq!(reasons.words().last().map(|(_, verdict)| verdict), Some(Verdict::Excluded(Reason::OTHER)));
    }
}
