//! Chance that is the same for the same seed, on every machine and with every version of every library.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `least` up to and without `end`.
    pub(crate) fn within(&mut self, least: u64, end: u64) -> u64 {
        least + self.next() % (end - least)
    }

    /// One time in so many.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.within(0, many) == 0
    }

    pub(crate) fn secs(&mut self, least: u64, end: u64) -> Duration {
        Duration::from_secs(self.within(least, end))
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        let place = self.within(0, of.len() as u64);
        of[usize::try_from(place).unwrap()]
    }
}
