//! How many requests are on their way from the outside of a stack of layers to the service.

use std::sync::atomic::{AtomicU64, Ordering};

use super::shard;

/// Arrivals, and those that are on their way no longer, a line for each shard.
#[derive(Debug)]
pub(crate) struct Queue(Box<[Line]>);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Line {
    arrived: AtomicU64,
    left: AtomicU64,
}

impl Queue {
    pub(crate) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Line::default()).collect())
    }

    fn line(&self) -> Option<&Line> {
        self.0.get(shard::current().index())
    }

    /// Relaxed: whoever hands the request on synchronizes, and its leaving publishes it.
    pub(crate) fn arrive(&self) {
        if let Some(line) = self.line() {
            line.arrived.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Release: pairs with the reader's Acquire, so that whoever sees a request leave has seen it arrive.
    pub(crate) fn leave(&self) {
        if let Some(line) = self.line() {
            line.left.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn len(&self) -> u64 {
        let left = self.0.iter().fold(0_u64, |sum, line| sum.wrapping_add(line.left.load(Ordering::Acquire)));
        let arrived = self.0.iter().fold(0_u64, |sum, line| sum.wrapping_add(line.arrived.load(Ordering::Relaxed)));
        arrived.saturating_sub(left)
    }
}
