//! The stopwatch: how long a request took, in nanoseconds, and its manual twin.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "one of the two files that ask the operating system"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Times requests. Monotonic, real time, never scaled.
///
/// The system stopwatch is [`std::time::Instant`]: about 22 ns a reading. Cheaper counters exist, and have been wrong by
/// more than a second on machines whose cores disagree ([quanta#111](https://github.com/metrics-rs/quanta/issues/111)).
#[derive(Clone, Debug)]
pub struct Stopwatch(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicU64>),
}

impl Stopwatch {
    /// The operating system's monotonic clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A stopwatch that stands still until its twin moves it.
    pub fn manual() -> (Self, ManualStopwatch) {
        let nanos = Arc::new(AtomicU64::new(0));
        (Self(Source::Manual(Arc::clone(&nanos))), ManualStopwatch(nanos))
    }

    pub(crate) fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// Reads the clock. What it says is not looked at until [`nanos_since`](Self::nanos_since) subtracts it.
    #[inline]
    pub(crate) fn read(&self) -> Reading {
        match &self.0 {
            Source::System => Reading::System(Instant::now()),
            // Relaxed: the value stands for itself and publishes nothing.
            Source::Manual(nanos) => Reading::Manual(nanos.load(Ordering::Relaxed)),
        }
    }

    /// Nanoseconds since an earlier reading.
    #[inline]
    pub(crate) fn nanos_since(&self, earlier: Reading) -> u64 {
        earlier.nanos_until(self.read())
    }
}

/// What a stopwatch showed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading {
    System(Instant),
    Manual(u64),
}

impl Reading {
    /// Nanoseconds to a later reading. Saturating: a clock that went backwards shows 0, never a panic or 584 years.
    #[inline]
    pub(crate) fn nanos_until(self, later: Self) -> u64 {
        match (self, later) {
            (Self::System(earlier), Self::System(now)) => {
                let elapsed = now.saturating_duration_since(earlier);
                // A u64 of nanoseconds lasts 584 years.
                elapsed.as_secs().wrapping_mul(1_000_000_000).wrapping_add(u64::from(elapsed.subsec_nanos()))
            }
            (Self::Manual(earlier), Self::Manual(now)) => now.saturating_sub(earlier),
            // A reading of one stopwatch means nothing to another.
            (Self::System(_), Self::Manual(_)) | (Self::Manual(_), Self::System(_)) => 0,
        }
    }
}

/// Moves a manual [`Stopwatch`].
#[derive(Clone, Debug)]
pub struct ManualStopwatch(Arc<AtomicU64>);

impl ManualStopwatch {
    /// Moves the stopwatch forward. Saturates after 584 years.
    pub fn advance(&self, by: Duration) {
        let by = nanos(by);
        // Relaxed: as in `nanos`. `fetch_update` cannot fail since the closure always returns a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now.saturating_add(by)));
    }
}

/// A duration as whole nanoseconds, saturating after 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
