//! Chance for the shop and its shoppers: numbers that are evenly spread and the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Dice that may be shared. Made with the same seed, they fall the same way.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number from 0 to `sides - 1`.
    pub(crate) fn roll(&self, sides: u64) -> u64 {
        // SplitMix64: a counter whose bits are stirred. Relaxed: each throw stands for itself.
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let count = self.0.fetch_add(STEP, Ordering::Relaxed);
        let stirred = (count ^ (count >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let stirred = (stirred ^ (stirred >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (stirred ^ (stirred >> 31)) % sides
    }

    /// True once in `times`, on average.
    pub(crate) fn once_in(&self, times: u64) -> bool {
        self.roll(times) == 0
    }

    /// A time of at least `from` milliseconds and less than `to`.
    pub(crate) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.roll(to - from))
    }
}
