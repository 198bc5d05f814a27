//! A log-linear latency histogram: eight buckets to the octave, so that a quantile is right within 6.25 %.
//!
//! | what | value |
//! |---|---|
//! | below 1.024 µs | one bucket |
//! | 1.024 µs to 137 s | 27 octaves of 8 buckets |
//! | above 137 s | one bucket |
//!
//! It shows distributions. SLOs do not need it: they are judged on the unrounded latency.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::shard::Shard;

const LOWEST_OCTAVE: u32 = 10; // 2^10 ns = 1.024 µs
const OCTAVES: usize = 27; // up to 2^37 ns = 137 s
const PER_OCTAVE_BITS: u32 = 3;
/// How many buckets there are: those below the octaves and those above fill an octave's place each.
pub(crate) const BUCKETS: usize = (OCTAVES + 2) << PER_OCTAVE_BITS;

/// One shard's buckets. 32 bits each, which halves what a route takes; the rare wrap is carried, see [`Carries`].
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Buckets {
    /// A bit for each octave that holds anything, so that readers skip the others: latencies of a route lie in a few.
    octaves: AtomicU32,
    counts: [AtomicU32; BUCKETS],
}

/// How often each bucket of any shard wrapped: one increment per 2^32 records, so that sharing it costs nothing. Made at the
/// first, which most routes never see.
#[derive(Debug)]
pub(super) struct Carries([AtomicU32; BUCKETS]);

impl Buckets {
    pub(super) fn new() -> Self {
        Self { octaves: AtomicU32::new(0), counts: [const { AtomicU32::new(0) }; BUCKETS] }
    }

    /// Relaxed: buckets stand for themselves, and a reader sees them one by one.
    #[inline]
    pub(super) fn add_relaxed(&self, shard: Shard, nanos: u64, carries: &OnceLock<Box<Carries>>) {
        let bucket = bucket(nanos);
        if let Some(cell) = self.counts.get(bucket) {
            let before = shard.add_small(cell, 1, Ordering::Relaxed);
            // The first one here, the one that wraps, or the first one after that.
            if before.wrapping_add(1) <= 1 {
                self.turn(bucket, before, carries);
            }
        }
    }

    #[cold]
    fn turn(&self, bucket: usize, before: u32, carries: &OnceLock<Box<Carries>>) {
        if before == u32::MAX {
            carries.get_or_init(Box::default).add_relaxed(bucket);
        }
        self.octaves.fetch_or(1 << (bucket >> PER_OCTAVE_BITS), Ordering::Relaxed);
    }
}

/// The buckets that hold anything on any shard, in order, with their sums.
///
/// Looks only at octaves in use. The sums cannot overflow: 64 shards of 32 bits, and the carries, are far below 64 bits.
pub(super) fn sum<'a>(
    shards: &(impl Iterator<Item = &'a Buckets> + Clone),
    carries: Option<&Carries>,
) -> Vec<(usize, u64)> {
    let used = shards.clone().fold(0, |used, shard| used | shard.octaves.load(Ordering::Relaxed));
    let mut sums = Vec::new();
    for octave in (0..u32::BITS).filter(|octave| used >> octave & 1 == 1) {
        let first = (octave as usize) << PER_OCTAVE_BITS;
        let mut counts = [0_u64; 1 << PER_OCTAVE_BITS];
        for shard in shards.clone() {
            let cells = shard.counts.iter().skip(first);
            counts.iter_mut().zip(cells).for_each(|(sum, cell)| *sum += u64::from(cell.load(Ordering::Relaxed)));
        }
        for (bucket, count) in (first..).zip(counts) {
            let count = count + carries.map_or(0, |carries| carries.read_relaxed(bucket));
            sums.extend((count > 0).then_some((bucket, count)));
        }
    }
    sums
}

impl Default for Carries {
    fn default() -> Self {
        Self([const { AtomicU32::new(0) }; BUCKETS])
    }
}

impl Carries {
    #[cold]
    fn add_relaxed(&self, bucket: usize) {
        if let Some(cell) = self.0.get(bucket) {
            cell.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What the wraps of all shards come to. A reader that comes between a wrap and its carry is 2^32 off in that bucket,
    /// either way, until it reads again.
    fn read_relaxed(&self, bucket: usize) -> u64 {
        self.0.get(bucket).map_or(0, |cell| u64::from(cell.load(Ordering::Relaxed)) << 32)
    }
}

/// The bucket of a latency.
#[inline]
pub(crate) fn bucket(nanos: u64) -> usize {
    // The last nanosecond below the octaves falls into the bucket for all of them, the first beyond into the one for those.
    let nanos = nanos.clamp((1 << LOWEST_OCTAVE) - 1, 1 << (LOWEST_OCTAVE as usize + OCTAVES));
    let octave = nanos.ilog2();
    // From 8 to 15: the octave's leading bit and the ones that tell its buckets apart.
    let within = (nanos >> (octave - PER_OCTAVE_BITS)) as usize;
    (((octave + 1 - LOWEST_OCTAVE) as usize) << PER_OCTAVE_BITS) + within - (1 << PER_OCTAVE_BITS)
}

/// The nanoseconds a bucket begins at, and the ones the next begins at.
pub(crate) fn bucket_bounds(bucket: usize) -> (u64, u64) {
    let lower = |bucket: usize| {
        let Some(octave) = (bucket >> PER_OCTAVE_BITS).checked_sub(1) else { return 0 };
        let octave = LOWEST_OCTAVE + octave as u32; // at most 37
        let within = (bucket & ((1 << PER_OCTAVE_BITS) - 1)) as u64;
        (1_u64 << octave) + (within << (octave - PER_OCTAVE_BITS))
    };
    (lower(bucket), lower(bucket + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The one bucket used above the octaves.
    const HIGHEST: usize = (OCTAVES + 1) << PER_OCTAVE_BITS;

    #[test]
    fn every_latency_lies_within_the_bounds_of_its_bucket() {
        let edges = (10..37).flat_map(|octave| (0..16).map(move |part| (1_u64 << octave) + (part << octave) / 16));
        for nanos in edges.flat_map(|nanos| [nanos - 1, nanos, nanos + 1]).chain([0, 1, 1_023]) {
            let (lower, upper) = bucket_bounds(bucket(nanos));
            assert!(lower <= nanos && nanos < upper, "{nanos} ns in {lower}..{upper}");
            assert!(lower < 1_024 || upper - lower <= lower.div_ceil(8), "{lower}..{upper} is wider than an eighth");
        }
    }

    #[test]
    fn latencies_beyond_the_last_octave_share_the_last_bucket() {
        assert_eq!([(1 << 37) - 1, 1 << 37, u64::MAX].map(bucket), [HIGHEST - 1, HIGHEST, HIGHEST]);
    }

    #[test]
    fn a_reader_that_skips_empty_octaves_finds_every_latency() {
        let (buckets, carries) = (Buckets::new(), OnceLock::new());
        let nanos: Vec<u64> = (0..63).flat_map(|octave| [1 << octave, (1 << octave) + (1 << octave) / 2]).collect();
        for nanos in &nanos {
            buckets.add_relaxed(Shard::FIRST, *nanos, &carries);
        }
        let sums = sum(&[&buckets].into_iter(), carries.get().map(Box::as_ref));
        assert_eq!(sums.iter().map(|(_, count)| count).sum::<u64>(), nanos.len() as u64);
        for nanos in nanos {
            assert!(sums.iter().any(|(found, _)| *found == bucket(nanos)), "{nanos} ns");
        }
    }

    #[test]
    fn a_bucket_that_wraps_loses_nothing() {
        let (buckets, carries) = (Buckets::new(), OnceLock::new());
        buckets.add_relaxed(Shard::FIRST, 5_000, &carries);
        buckets.counts[bucket(5_000)].store(u32::MAX, Ordering::Relaxed);
        buckets.add_relaxed(Shard::FIRST, 5_000, &carries);
        buckets.add_relaxed(Shard::FIRST, 5_000, &carries);
        assert_eq!(
            sum(&[&buckets].into_iter(), carries.get().map(Box::as_ref)),
            [(bucket(5_000), u64::from(u32::MAX) + 2)]
        );
    }
}
