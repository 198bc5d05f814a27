//! What one counter stood at, at one moment after another: the steps between them, with runs of no step as one.
//!
//! Each step is a signed number, the first one from 0. A step of 0 is followed by how many further steps of 0 come after it. Steps
//! wrap around at 2^64, so that every sequence of counts is written exactly, those that fall as well.

use super::varint::{Cursor, put_number, put_signed};

/// Writes the counts.
pub(super) fn put_column(bytes: &mut Vec<u8>, counts: impl Iterator<Item = u64>) {
    let (mut stood_at, mut still) = (0_u64, 0_u64);
    for count in counts {
        let step = count.wrapping_sub(stood_at).cast_signed();
        stood_at = count;
        if step == 0 {
            still += 1;
            continue;
        }
        put_still(bytes, still);
        still = 0;
        put_signed(bytes, step);
    }
    put_still(bytes, still);
}

fn put_still(bytes: &mut Vec<u8>, still: u64) {
    if let Some(further) = still.checked_sub(1) {
        put_signed(bytes, 0);
        put_number(bytes, further);
    }
}

/// The bytes of a column, which its length comes before.
pub(super) fn column<'a>(cursor: &mut Cursor<'a>) -> Option<Cursor<'a>> {
    let length = usize::try_from(cursor.number()?).ok()?;
    cursor.bytes(length).map(Cursor::new)
}

/// Passes over a column of so many counts; nothing if it is none. Takes as long as it has bytes, however many counts those are.
pub(super) fn skip_column(cursor: &mut Cursor<'_>, length: u64) -> Option<()> {
    let mut left = length;
    while left > 0 {
        let step = cursor.signed()?;
        let further = if step == 0 { cursor.number()? } else { 0 };
        left = left.checked_sub(1)?.checked_sub(further)?;
    }
    Some(())
}

/// The counts of a column that [`skip_column`] has passed over; endless, and what follows the last one means nothing.
#[derive(Clone, Debug)]
pub(super) struct Column<'a> {
    cursor: Cursor<'a>,
    stood_at: u64,
    still: u64,
}

impl<'a> Column<'a> {
    pub(super) const fn new(cursor: Cursor<'a>) -> Self {
        Self { cursor, stood_at: 0, still: 0 }
    }

    pub(super) fn next(&mut self) -> u64 {
        if self.still > 0 {
            self.still -= 1;
            return self.stood_at;
        }
        match self.cursor.signed().unwrap_or_default() {
            0 => self.still = self.cursor.number().unwrap_or_default(),
            step => self.stood_at = self.stood_at.wrapping_add(step.cast_unsigned()),
        }
        self.stood_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(counts: &[u64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_column(&mut bytes, counts.iter().copied());
        bytes
    }

    #[test]
    fn columns_are_written_as_documented() {
        for (counts, bytes) in [
            (&[][..], &[][..]),
            (&[0], &[0, 0]),
            (&[0, 0, 0], &[0, 2]),
            (&[5, 6, 6, 6, 7], &[10, 2, 0, 1, 2]),
            (&[5, 4], &[10, 1]),
            (&[u64::MAX, 0], &[1, 2]),
        ] {
            assert_eq!(written(counts), bytes, "{counts:?}");
        }
    }

    #[test]
    fn a_run_that_is_longer_than_its_column_is_none() {
        for (bytes, length, holds) in
            [(&[0, 2][..], 3, true), (&[0, 3], 3, false), (&[0, 1], 3, false), (&[2, 2], 3, false)]
        {
            assert_eq!(skip_column(&mut Cursor::new(bytes), length).is_some(), holds, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn a_column_reads_back(counts in prop::collection::vec(prop_oneof![Just(7), any::<u64>()], 0..40)) {
            let bytes = written(&counts);
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(skip_column(&mut cursor, counts.len() as u64), Some(()));
            prop_assert!(cursor.is_empty());
            let mut column = Column::new(Cursor::new(&bytes));
            for count in counts {
                prop_assert_eq!(column.next(), count);
            }
        }
    }
}
