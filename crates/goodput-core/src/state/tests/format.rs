//! What is written reads back, and what is not a state is never taken for one.
//!
//! - A past reads back as it was written.
//! - Decoding any bytes ends, and those of a state that were changed are reported.
//! - Files of every version so far read as they did.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::super::format::{HEADER, MAX_BYTES, seal};
use super::*;
use crate::state::{Memory, MemoryError};

/// What a reader is to see of a past.
fn check(memory: &Memory, past: &Past) {
    assert_eq!((memory.service(), memory.written_since_epoch()), (past.service.as_str(), past.written));
    assert_eq!((memory.instance(), memory.bands()), (past.instance.as_str(), past.bands.as_str()));
    assert_eq!(memory.mutes().collect::<Vec<_>>(), past.mutes);
    assert_eq!((memory.restarts().collect::<Vec<_>>(), memory.looks()), (past.restarts.clone(), past.looks.clone()));
    assert_eq!(memory.written(), SystemTime::UNIX_EPOCH + past.written);
    assert_eq!((memory.origin(), memory.last()), (past.origin, past.last));
    let moments: Vec<_> = past.marks.iter().map(|(at, _)| *at).chain([past.last]).collect();
    assert_eq!(memory.moments().collect::<Vec<_>>(), moments);
    let slos: Vec<_> = memory.slos().collect();
    assert_eq!(slos.len(), past.slos.len());
    for (index, (read, slo)) in slos.iter().zip(&past.slos).enumerate() {
        assert_eq!((read.key(), read.beginning(), read.last()), (&*slo.key, slo.beginning, slo.last));
        let marks =
            past.marks.iter().map(|(at, counts)| if *at < slo.beginning { slo.began_with } else { counts[index] });
        let expected: Vec<_> = [slo.began_with].into_iter().chain(marks).chain([slo.last]).collect();
        assert_eq!(read.counts().collect::<Vec<_>>(), expected);
        assert_eq!((read.band(), read.excluded()), (slo.band, slo.excluded.clone()));
        assert_eq!(read.standings().collect::<Vec<_>>(), slo.standings);
    }
}

fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "state", name].iter().collect()
}

#[test]
fn files_of_version_1_read_and_are_written_as_they_were() {
    let empty = Past { marks: Vec::new(), slos: Vec::new(), last: small().origin, ..small() };
    for (name, past) in [("1-small.state", small()), ("1-empty.state", empty)] {
        let bytes = fs::read(golden(name)).unwrap();
        check(&Memory::decode(bytes.clone()).unwrap(), &past);
        assert!(past.write().unwrap().as_bytes() == bytes, "{name}");
    }
}

#[test]
fn every_flipped_bit_is_reported() {
    let whole = small().write().unwrap();
    for bit in 0..whole.as_bytes().len() * 8 {
        let mut bytes = whole.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(Memory::decode(bytes).is_err(), "bit {bit}");
    }
}

#[test]
fn a_file_that_is_shorter_or_longer_is_reported() {
    let whole = small().write().unwrap();
    let bytes = whole.as_bytes();
    for length in 0..bytes.len() {
        let error = Memory::decode(bytes[..length].to_vec()).unwrap_err();
        assert!(matches!(error, MemoryError::Length { .. }), "{length}: {error}");
    }
    let mut longer = bytes.to_vec();
    longer.push(0);
    let expected = bytes.len() as u64;
    assert_eq!(Memory::decode(longer), Err(MemoryError::Length { expected, bytes: expected + 1 }));
}

/// A body under a header that is right.
fn sealed(body: &[u8]) -> Result<Memory, MemoryError> {
    let mut bytes = super::super::format::unsealed();
    bytes.extend_from_slice(body);
    Memory::decode(seal(bytes)?)
}

#[test]
fn what_is_none_of_ours_is_told_from_what_is_newer_and_what_is_malformed() {
    let whole = small().write().unwrap();
    for (bytes, expected) in [
        (&b"GOODPUT\n"[..], MemoryError::Foreign),
        (b"\x7fELF", MemoryError::Foreign),
        (b"goodputs", MemoryError::Foreign),
        (b"goodput\nis what users get", MemoryError::Foreign),
        (b"good", MemoryError::Length { expected: HEADER as u64, bytes: 4 }),
    ] {
        assert_eq!(Memory::decode(bytes.to_vec()), Err(expected));
    }
    assert_eq!(sealed(&[]), Err(MemoryError::Malformed));
    let body = &whole.as_bytes()[HEADER..];
    assert_eq!(sealed(body).unwrap(), whole);
    assert_eq!(sealed(&[body, &[0]].concat()), Err(MemoryError::Malformed));
    let large = vec![0; MAX_BYTES];
    assert_eq!(sealed(&large), Err(MemoryError::TooLarge { bytes: (MAX_BYTES + HEADER) as u64 }));
}

#[test]
fn a_short_file_that_stands_for_very_much_is_refused() {
    // Numbers as they are written, of up to two bytes and of nine.
    let (short, huge) = (
        |number: u16| match number {
            0..0x80 => vec![number as u8],
            _ => vec![number as u8 | 0x80, (number >> 7) as u8],
        },
        [0x80; 8],
    );
    // No names, written and begun at 0.
    let begun = [0; 5];
    let body = |marks: &[u8], mutes: &[u8], restarts: &[u8], looks: &[u8], slos: &[u8]| {
        sealed(&[&begun[..], marks, &[0, 0, 0], mutes, restarts, looks, slos].concat())
    };
    let (none, no_looks) = (&[0][..], &[0, 0][..]);
    assert!(body(none, none, none, no_looks, none).is_ok());
    let malformed = Err(MemoryError::Malformed);
    assert_eq!(body(none, none, none, no_looks, &[&huge[..], &[0x40]].concat()), malformed);
    assert_eq!(body(&[0x80, 0x80, 0x80, 0x80, 0x80, 1], none, none, no_looks, none), malformed);
    for (mutes, holds) in [(100_u8, true), (101, false)] {
        let mutes = [vec![mutes], [0; 3].repeat(mutes.into())].concat();
        assert_eq!(body(none, &mutes, none, no_looks, none).is_ok(), holds);
    }
    for (restarts, holds) in [(1_000_u16, true), (1_001, false)] {
        let restarts = [short(restarts), [0].repeat(restarts.into())].concat();
        assert_eq!(body(none, none, &restarts, no_looks, none).is_ok(), holds);
    }
    for (fine, coarse, holds) in [(32_u8, 32_u8, true), (33, 0, false), (0, 33, false)] {
        let looks = [vec![fine, coarse], [0].repeat(usize::from(fine) + usize::from(coarse))].concat();
        assert_eq!(body(none, none, none, &looks, none).is_ok(), holds);
    }
    // One SLO without a name or a past, and with these reasons.
    let slo = |column: &[u8], reasons: &[u8]| {
        let own = [&[0, 0], column, &[2, 0, 1, 2, 0, 1, 0], reasons, &[0]].concat();
        body(none, none, none, no_looks, &[&[1, 0][..], &short(own.len() as u16), &own].concat())
    };
    assert_eq!(slo(&[2, 0, 0x7f], &[0, 0]), malformed, "a run of more counts than there are");
    assert_eq!(slo(&[2, 0, 1], &[0, 0]).unwrap().slos().count(), 1);
    // A reason without a name that was given 3 times.
    let reason = [0, 1, 6];
    assert!(slo(&[2, 0, 1], &[&[1][..], &reason, &[0]].concat()).is_ok());
    assert!(slo(&[2, 0, 1], &[&[1][..], &reason, &[1, 0, 0]].concat()).is_ok());
    assert_eq!(slo(&[2, 0, 1], &[&[1][..], &reason, &[2, 0, 0]].concat()), malformed, "there is no second");
    let above_one = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]; // 2.0
    assert_eq!(slo(&[2, 0, 1], &[&[1][..], &reason, &[1], &above_one, &[0]].concat()), malformed);
    assert_eq!(slo(&[2, 0, 1], &[&[1, 0, 2, 6, 6][..], &[0]].concat()), malformed, "a count more than looks");
    for (reasons, holds) in [(128_u16, true), (129, false)] {
        let all = [&short(reasons)[..], &reason.repeat(reasons.into()), &[0]].concat();
        assert_eq!(slo(&[2, 0, 1], &all).is_ok(), holds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// I20.
    #[test]
    fn a_past_reads_back(past in any_past()) {
        check(&past.write().unwrap(), &past);
    }

    #[test]
    fn any_bytes_are_a_state_or_are_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Memory::decode(bytes.clone()).is_err());
        // The same as a body under a header that is right: nearly all of them do not hold.
        if let Ok(memory) = sealed(&bytes) {
            prop_assert!(memory.slos().all(|slo| slo.counts().count() >= 2));
        }
    }

    #[test]
    fn a_changed_body_is_read_or_refused_and_never_more(
        past in any_past(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let memory = past.write().unwrap();
        let mut body = memory.as_bytes()[HEADER..].to_vec();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if let Ok(memory) = sealed(&body) {
            let read: usize = memory.slos().map(|slo| slo.counts().count() + slo.standings().count()).sum();
            prop_assert!(read >= memory.slos().count());
            prop_assert!(memory.moments().all(|moment| moment <= memory.last() || moment.awake() <= memory.last().awake()));
        }
    }
}
