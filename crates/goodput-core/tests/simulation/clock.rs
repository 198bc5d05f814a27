//! A clock on the wall that somebody sets while the service runs: its memory says when it was written by the new time.

use std::time::Duration;

use goodput_core::Memory;

/// What comes before the body: the mark, the version, the length, the sum.
const HEADER: usize = 18;

/// The same memory, written when a clock showed this.
pub(crate) fn written_at(memory: &Memory, wall: Duration) -> Memory {
    let mut bytes = memory.as_bytes().to_vec();
    let at = HEADER + 1 + memory.service().len() + 1 + memory.instance().len();
    let length = bytes[at..].iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
    let mut left = u64::try_from(wall.as_nanos()).unwrap();
    let mut written = Vec::new();
    while left >= 0x80 {
        written.push(u8::try_from(left & 0x7f).unwrap() | 0x80);
        left >>= 7;
    }
    written.push(u8::try_from(left).unwrap());
    bytes.splice(at..at + length, written);
    let length = u32::try_from(bytes.len() - HEADER).unwrap();
    bytes[10..14].copy_from_slice(&length.to_le_bytes());
    let mut sum = crc32fast::Hasher::new();
    sum.update(&bytes[..14]);
    sum.update(&bytes[HEADER..]);
    bytes.splice(14..HEADER, sum.finalize().to_le_bytes());
    Memory::decode(bytes).unwrap()
}
