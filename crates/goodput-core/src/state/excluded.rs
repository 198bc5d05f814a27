//! How often events of one SLO were excluded, by reason, as it is remembered: for whether that is more than usual.

use std::collections::BTreeSet;

use goodput_model::Reason;
use parking_lot::Mutex;

use super::column::{Column, column, put_column, skip_column};
use super::varint::{Cursor, put_number, put_text};

/// The most reasons of one SLO within a day, however many processes gave them: what is recalled of an SLO takes as much memory as
/// the definition allows, whatever a file says.
pub(crate) const MAX_REASONS: usize = 128;
/// The most looks of either kind, of which there are 14 within an hour and 26 within a day.
pub(crate) const MAX_LOOKS: usize = 32;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Excluded {
    pub(crate) reasons: Vec<SavedReason>,
    /// Which of the reasons surges, with its shares of an hour's events and of a day's.
    pub(crate) surging: Option<(usize, [f64; 2])>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedReason {
    /// As it is printed.
    pub(crate) reason: String,
    /// How often it was given by each look within an hour, by each within a day, and last.
    pub(crate) counts: Vec<u64>,
}

impl SavedReason {
    /// The reason; none if too many different ones were remembered in this process.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason.strip_prefix(Reason::DEPENDENCY) {
            Some(name) => Some(Reason::dependency(word(name)?)),
            None => Some(Reason::new(word(&self.reason)?)),
        }
    }
}

/// Words live as long as the process, as those of its source code do: no more of them than this, and none longer.
const MOST_WORDS: usize = 1_000;
const LONGEST_WORD: usize = 256;

fn word(text: &str) -> Option<&'static str> {
    static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut words = WORDS.lock();
    if let Some(known) = words.get(text) {
        return Some(known);
    }
    if words.len() >= MOST_WORDS || text.len() > LONGEST_WORD {
        return None;
    }
    let word: &'static str = String::from(text).leak();
    words.insert(word);
    Some(word)
}

impl Excluded {
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        put_number(bytes, self.reasons.len() as u64);
        let mut column = Vec::new();
        for SavedReason { reason, counts } in &self.reasons {
            put_text(bytes, reason);
            column.clear();
            put_column(&mut column, counts.iter().copied());
            put_number(bytes, column.len() as u64);
            bytes.extend_from_slice(&column);
        }
        put_number(bytes, self.surging.map_or(0, |(position, _)| position as u64 + 1));
        for share in self.surging.iter().flat_map(|(_, shares)| shares) {
            put_number(bytes, share.to_bits());
        }
    }

    /// Passes over one whose reasons have so many counts each; nothing if it is none.
    pub(super) fn skip(cursor: &mut Cursor<'_>, counts: u64) -> Option<()> {
        let reasons = cursor.number().filter(|reasons| *reasons <= MAX_REASONS as u64)?;
        for _ in 0..reasons {
            cursor.text()?;
            let mut column = column(cursor)?;
            skip_column(&mut column, counts)?;
            Some(column).filter(|column| column.is_empty())?;
        }
        surging(cursor, reasons).map(drop)
    }

    /// Reads one that was passed over before.
    pub(super) fn read(cursor: &mut Cursor<'_>, counts: u64) -> Option<Self> {
        let mut reasons = Vec::new();
        for _ in 0..cursor.number()? {
            let reason = cursor.text()?.to_owned();
            let mut column = Column::new(column(cursor)?);
            reasons.push(SavedReason { reason, counts: (0..counts).map(|_| column.next()).collect() });
        }
        let surging = surging(cursor, reasons.len() as u64)?;
        Some(Self { reasons, surging })
    }
}

#[expect(clippy::option_option, reason = "malformed, or none")]
fn surging(cursor: &mut Cursor<'_>, reasons: u64) -> Option<Option<(usize, [f64; 2])>> {
    let number = cursor.number().filter(|number| *number <= reasons)?;
    let Some(position) = number.checked_sub(1) else { return Some(None) };
    let mut share = || cursor.number().map(f64::from_bits).filter(|share| (0.0..=1.0).contains(share));
    Some(Some((usize::try_from(position).ok()?, [share()?, share()?])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_back_as_what_they_were_and_their_number_is_bounded() {
        let reason = |text: &str| SavedReason { reason: text.to_owned(), counts: Vec::new() }.reason();
        for known in [Reason::RATE_LIMITED, Reason::new("card_declined"), Reason::dependency("payments")] {
            assert_eq!(reason(&known.to_string()), Some(known));
            assert_eq!(reason(&known.to_string()), Some(known), "once more");
        }
        assert_eq!(reason(&"x".repeat(LONGEST_WORD + 1)), None);
    }
}
