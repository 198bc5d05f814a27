//! The handlers' own reasons: the first 64 words a process hears get a number, later ones are counted as `other`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use goodput_model::Reason;

/// How many words are told apart.
const WORDS: usize = 64;

/// The words and their numbers. Read without a lock; words are never removed.
#[derive(Debug)]
pub(crate) struct Reasons(Box<[OnceLock<Reason>]>);

impl Reasons {
    pub(crate) fn new() -> Self {
        Self((0..WORDS).map(|_| OnceLock::new()).collect())
    }

    /// The number of a word. At most 64 comparisons, a few in practice; a new word takes the first free number.
    pub(super) fn number(&self, reason: Reason) -> usize {
        self.0.iter().position(|slot| *slot.get_or_init(|| reason) == reason).unwrap_or(WORDS)
    }

    /// Every word by its number, `other` last.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, Reason)> {
        let known = self.0.iter().enumerate().map_while(|(number, slot)| Some((number, *slot.get()?)));
        known.chain([(WORDS, Reason::OTHER)])
    }
}

/// How often each reason was given on one route and shard: bad and excluded apart.
#[derive(Debug)]
pub(super) struct ReasonCells(Box<[[AtomicU64; 2]]>);

impl ReasonCells {
    pub(super) fn new() -> Self {
        Self((0..=WORDS).map(|_| [AtomicU64::new(0), AtomicU64::new(0)]).collect())
    }

    /// Relaxed: the cell stands for itself.
    pub(super) fn add_relaxed(&self, number: usize, excluded: bool, count: u64) {
        if let Some(cell) = self.0.get(number).and_then(|pair| pair.get(usize::from(excluded))) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(super) fn read(&self, number: usize, excluded: bool) -> u64 {
        let cell = self.0.get(number).and_then(|pair| pair.get(usize::from(excluded)));
        cell.map_or(0, |cell| cell.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sixty_four_words_are_told_apart_and_the_rest_is_other() {
        let reasons = Reasons::new();
        let words: Vec<&'static str> = (0..70).map(|n| &*Box::leak(format!("word-{n}").into_boxed_str())).collect();
        let numbers: Vec<_> = words.iter().map(|word| reasons.number(Reason::new(word))).collect();
        assert_eq!(numbers[..64], (0..64).collect::<Vec<_>>());
        assert_eq!(numbers[64..], [64; 6]);
        assert_eq!(reasons.number(Reason::new("word-3")), 3);
        assert_eq!(reasons.words().last(), Some((64, Reason::OTHER)));
    }
}
