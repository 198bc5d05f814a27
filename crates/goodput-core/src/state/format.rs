//! The state file's format, version 1: what comes before the body, and whether a file is whole.
//!
//! All of it is for machines of any kind: whole numbers of fixed width are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `goodput` and a byte of 0, which no text has |
//! | 2 | version: 1 |
//! | 4 | length of the body in bytes |
//! | 4 | CRC-32 (ISO-HDLC, that of zip and PNG) of the 14 bytes before it and of the body |
//! | the length | body |
//!
//! Nothing follows the body, and a file is at most 16 MiB. Later versions keep these four fields, so that one that cannot be
//! read is still known to be whole.
//!
//! # Body
//!
//! *Numbers* and *signed* numbers are those of `varint.rs`, *texts* too: a number in groups of seven bits, least first, with the
//! highest bit of all bytes but the last set; a signed one as 0, -1, 1, -2 .. written as 0, 1, 2, 3 ..; a text as its length in
//! bytes and its UTF-8. A *span* is two numbers of nanoseconds: how much time went by, and how much of that the machine was asleep
//! or nobody ran. A *moment* is the span since 1970 began in UTC, by a clock on the wall.
//!
//! | what | as |
//! |---|---|
//! | service | text |
//! | the name of the instance that wrote this, see `instance.rs` | text |
//! | when this was written, by the clock on the wall: nanoseconds since 1970 | number |
//! | origin: when the oldest history began | moment |
//! | how many marks, at most 2^20 | number |
//! | for each mark: the time since the one before it, or since the origin | span |
//! | *last*, when the counters were read: the time since the newest mark, or since the origin | span |
//! | the budget bands that the SLOs stand in, as a text that is equal as long as they permit the same | text |
//! | how many mutes there were, at most 100 | number |
//! | for each mute: when it is over, in nanoseconds since 1970 | number |
//! | .. whose alerts: an SLO's name, empty for all; then why | two texts |
//! | how many restarts there were in the last hour, at most 1,000 | number |
//! | for each of them, the oldest first: when it was, in nanoseconds since 1970 | number |
//! | how many looks at what is excluded there were within an hour, and within a day: at most 32 each | two numbers |
//! | for each of those, then of these: when it was, in nanoseconds since 1970 | number |
//! | how many SLOs; with marks, at most 2^26 counts of each kind in all | number |
//! | for each SLO: its key, see `classify/fingerprint/key.rs` | text |
//! | .. the length of what else there is of this SLO, in bytes | number |
//! | .. its beginning: the time from the origin until it was first counted as it is now, not after *last* | span |
//! | .. good, bad and excluded events: for each a column, after its length in bytes | numbers, columns |
//! | .. which of the bands it stands in, the fullest being 1, or 0; if not 0, since when: nanoseconds since 1970 | number, number |
//! | .. how many reasons exclude events, at most 128 | number |
//! | .. for each: the reason as it is printed; how often it was given by each look, and by *last*: a column, after its length in bytes | text, number, column |
//! | .. which of them surges, the first being 1, or 0; if not 0, its share of an hour's events and of a day's: the bits of each as IEEE 754 has them | number, two numbers |
//! | .. how many standings: alerts that fire, wait or hold | number |
//! | .. for each standing: of which alert, see `read/alarms/recall.rs` | text |
//! | .. .. the sum of 1 if its condition holds, 2 if it waits, 4 if it fires, 8 if it fires though the condition no longer holds, 16 if it is frozen, 32 if it was told, 64 if another one speaks for it, 128 if it has kept quiet since over a restart that took long | number |
//! | .. .. with 2 or 4, since when: nanoseconds since 1970 | number |
//! | .. .. with 8, since when that is so, and why: `Cleared::label` | number, text |
//! | .. .. with 16, since when, and why: `Frozen::label` | number, text |
//! | .. .. when it fired by the clock on the wall, or 0 | number |
//! | .. .. good, bad and excluded events where its episode begins | three numbers |
//!
//! A *column* is what one counter stood at: at the beginning of the SLO, at each mark and at *last*, that is so many counts as there
//! are marks and two. Each is written as the signed step from the one before, the first from 0, wrapping around at 2^64. A step of 0
//! is followed by a number: how many further steps of 0 come next, which are not written.

use std::fmt;

/// The largest file that is read or written.
pub(super) const MAX_BYTES: usize = 16 << 20;
pub(super) const HEADER: usize = 18;
const MAGIC: [u8; 8] = *b"goodput\0";
const VERSION: u16 = 1;
/// So many marks are in one file at most: 90 days of one every 10 s.
pub(super) const MAX_MARKS: u64 = 1 << 20;
/// So many counts of each kind.
pub(super) const MAX_COUNTS: u64 = 1 << 26;
/// Where the checksum lies, which is of all the rest.
const SUM: std::ops::Range<usize> = 14..HEADER;

/// Why bytes are no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryError {
    /// Not what goodput writes.
    Foreign,
    /// Whole, and of a version that this one does not know.
    Newer {
        /// The version.
        version: u16,
    },
    /// More bytes than are read or written.
    TooLarge {
        /// How many.
        bytes: u64,
    },
    /// More marks, or more counts of all SLOs at all marks, than are read or written.
    TooLong {
        /// How many marks.
        marks: u64,
        /// How many counts.
        counts: u64,
    },
    /// Longer or shorter than it says.
    Length {
        /// How many bytes there should be; of a file that ends within its first 18 bytes, those.
        expected: u64,
        /// How many there are.
        bytes: u64,
    },
    /// Its checksum is not that of its bytes.
    Damaged,
    /// Whole, and not as the format says.
    Malformed,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("no state of goodput: expected it to begin with \"goodput\\0\""),
            Self::Newer { version } => write!(f, "state of version {version}: expected at most {VERSION}"),
            Self::TooLarge { bytes } => write!(f, "state of {bytes} bytes: expected at most {MAX_BYTES}"),
            Self::TooLong { marks, counts } => {
                write!(f, "state of {marks} marks and {counts} counts: expected at most {MAX_MARKS} and {MAX_COUNTS}")
            }
            Self::Length { expected, bytes } => write!(f, "state of {bytes} bytes: expected {expected}"),
            Self::Damaged => f.write_str("damaged state: expected its checksum to be that of its bytes"),
            Self::Malformed => f.write_str("malformed state: expected the body to be as its version says"),
        }
    }
}

impl std::error::Error for MemoryError {}

/// The front of a file whose body is yet to be written.
pub(super) fn unsealed() -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4_096);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.resize(HEADER, 0);
    bytes
}

/// Completes a file that [`unsealed`] has begun.
pub(super) fn seal(mut bytes: Vec<u8>) -> Result<Vec<u8>, MemoryError> {
    if bytes.len() > MAX_BYTES {
        return Err(MemoryError::TooLarge { bytes: bytes.len() as u64 });
    }
    let length = (bytes.len().saturating_sub(HEADER) as u32).to_le_bytes(); // at most MAX_BYTES
    bytes.splice(10..SUM.start, length);
    let sum = checksum(&bytes).to_le_bytes();
    bytes.splice(SUM, sum);
    Ok(bytes)
}

/// Whether a file is whole and of this version.
pub(super) fn check(bytes: &[u8]) -> Result<(), MemoryError> {
    if !MAGIC.starts_with(bytes.get(..MAGIC.len()).unwrap_or(bytes)) {
        return Err(MemoryError::Foreign);
    }
    let there = bytes.len() as u64;
    if bytes.len() > MAX_BYTES {
        return Err(MemoryError::TooLarge { bytes: there });
    }
    let short = MemoryError::Length { expected: HEADER as u64, bytes: there };
    let field = |at: std::ops::Range<usize>| -> Result<&[u8], MemoryError> { bytes.get(at).ok_or(short) };
    let version = field(8..10)?.iter().rev().fold(0, |number, byte| number << 8 | u16::from(*byte));
    let of_four = |field: &[u8]| field.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
    let (length, sum) = (of_four(field(10..SUM.start)?), of_four(field(SUM)?));
    let expected = u64::from(length) + HEADER as u64;
    if expected != there {
        return Err(MemoryError::Length { expected, bytes: there });
    }
    if sum != checksum(bytes) {
        return Err(MemoryError::Damaged);
    }
    match version {
        VERSION => Ok(()),
        0 => Err(MemoryError::Malformed),
        version => Err(MemoryError::Newer { version }),
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..SUM.start).unwrap_or_default());
    hasher.update(bytes.get(SUM.end..).unwrap_or_default());
    hasher.finalize()
}
