//! Whole numbers and texts as bytes: small ones take few.
//!
//! A number is written in groups of seven bits, least first; every byte but the last has its highest bit set. There is one way to
//! write each. A text is its length in bytes, then itself in UTF-8.

/// What is read from the front of some bytes. Everything in it is total: nothing stands for bytes that are none of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The bytes that are left.
    pub(super) const fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        match self.0.split_first() {
            Some((first, rest)) if *first < 0x80 => {
                self.0 = rest;
                Some(u64::from(*first))
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let group = u64::from(byte & 0x7f);
            // The tenth group holds one bit, and a last group of nothing is another way to write the number.
            if group << shift >> shift != group || (shift > 0 && byte == 0) {
                return None;
            }
            number |= group << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number that may be below zero: 0, -1, 1, -2 and so on are written as 0, 1, 2, 3.
    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        str::from_utf8(self.bytes(length)?).ok()
    }
}

/// Writes a number.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80); // the lowest eight bits, of which seven count
        number >>= 7;
    }
    bytes.push(number as u8); // below 0x80
}

/// Writes a number that may be below zero.
pub(super) fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put_number(bytes, (number << 1 ^ number >> 63).cast_unsigned());
}

/// Writes a text.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_written_as_documented() {
        for (number, bytes) in [
            (0_u64, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x80, 1]),
            (300, &[0xac, 2]),
            (u64::MAX, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
        ] {
            let mut written = Vec::new();
            put_number(&mut written, number);
            assert_eq!(written, bytes, "{number}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        let too_long = [0x80; 11];
        for bytes in [&[][..], &[0x80], &[0x80, 0], &too_large, &too_long] {
            assert_eq!(Cursor::new(bytes).number(), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(number in any::<u64>(), shift in 0..64_u32, signed in any::<i64>(), text in ".{0,20}") {
            let (number, signed) = (number >> shift, signed >> shift);
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            put_signed(&mut bytes, signed);
            put_text(&mut bytes, &text);
            let mut cursor = Cursor::new(&bytes);
            prop_assert_eq!(cursor.number(), Some(number));
            prop_assert_eq!(cursor.signed(), Some(signed));
            prop_assert_eq!(cursor.text(), Some(text.as_str()));
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn a_number_is_written_in_one_way(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut cursor = Cursor::new(&bytes);
            if let Some(number) = cursor.number() {
                let mut again = Vec::new();
                put_number(&mut again, number);
                prop_assert_eq!(again.as_slice(), &bytes[..bytes.len() - cursor.rest().len()]);
            }
        }
    }
}
