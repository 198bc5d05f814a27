//! One latency distribution of a route: a histogram on each shard that times an event, and what their buckets carried.

use std::sync::OnceLock;

use super::histogram::{self, Buckets, Carries};
use super::shard::Shard;

/// Allocated piece by piece: 1 KB for each shard whose threads time an event.
#[derive(Debug)]
pub(super) struct Figure {
    shards: Box<[OnceLock<Box<Buckets>>]>,
    carries: Box<Carries>,
}

impl Figure {
    pub(super) fn new(shards: usize) -> Self {
        Self { shards: (0..shards).map(|_| OnceLock::new()).collect(), carries: Box::new(Carries::new()) }
    }

    #[inline]
    pub(super) fn add_relaxed(&self, shard: Shard, nanos: u64) {
        let Some(slot) = self.shards.get(shard.index()) else { return };
        let buckets = match slot.get() {
            Some(buckets) => buckets,
            None => first_touch(slot),
        };
        buckets.add_relaxed(shard, nanos, &self.carries);
    }

    /// The latencies, by bucket.
    pub(super) fn read(&self) -> Vec<(usize, u64)> {
        let touched = self.shards.iter().filter_map(|slot| slot.get().map(Box::as_ref));
        histogram::sum(&touched, &self.carries)
    }
}

#[cold]
fn first_touch(slot: &OnceLock<Box<Buckets>>) -> &Buckets {
    slot.get_or_init(|| Box::new(Buckets::new()))
}
