//! The one file here that asks the operating system for the time: to measure with it, and to measure it.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "times are what is measured here; nothing that a service runs depends on them"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::interleave::Case;

/// A reading of the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(Instant);

impl Reading {
    /// The clock as it stands.
    #[inline]
    pub(crate) fn now() -> Self {
        Self(Instant::now())
    }

    /// From this reading to now.
    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// From an earlier reading to this one; nothing if it is not earlier.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Two readings of the system's clock: what no request can do without.
pub(crate) fn system(name: &str) -> Case {
    Case::new(name, || {
        Box::new(|times| {
            for _ in 0..times {
                black_box(Instant::now());
                black_box(Instant::now());
            }
        })
    })
}

/// Two readings of the counter behind the fast stopwatch.
pub(crate) fn counter(name: &str) -> Case {
    Case::new(name, || {
        let clock = quanta::Clock::new();
        Box::new(move |times| {
            for _ in 0..times {
                black_box(clock.raw());
                black_box(clock.raw());
            }
        })
    })
}
