//! The stopwatch: how long a request took, in nanoseconds, and its manual twin.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(feature = "fast-clock")]
use super::counter::Counter;
use super::system::system_nanos;

/// Times requests. Monotonic, real time, never scaled.
///
/// The system stopwatch is the operating system's monotonic clock, the one behind [`std::time::Instant`]: about 22 ns a
/// reading, and right on every machine.
#[cfg_attr(
    feature = "fast-clock",
    doc = "The [fast](Self::fast) one takes 10 ns, on machines whose kernel vouches for it."
)]
#[derive(Clone, Debug)]
pub struct Stopwatch(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    #[cfg(feature = "fast-clock")]
    Fast(Arc<Counter>),
    Manual(Arc<AtomicU64>),
}

impl Stopwatch {
    /// The operating system's monotonic clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The processor's time stamp counter: half the cost of the system's clock, where it can be trusted.
    ///
    /// Counters have disagreed between sockets by more than a second
    /// ([quanta#111](https://github.com/metrics-rs/quanta/issues/111)). So this is the system stopwatch unless all of these
    /// hold, and becomes it for good at the first tick that finds one that does not:
    ///
    /// - the processor says that its counter runs at one rate and never stops;
    /// - the kernel keeps its own time by the same counter. It compares the counters of all cores when it starts, watches them
    ///   against another clock from then on, and goes over to another one if they stray. Only Linux says so, in
    ///   `/sys/devices/system/clocksource`; in many virtual machines it keeps time by other means;
    /// - from tick to tick, the counter and the system's clock show the same time, to one part in a hundred.
    ///
    /// What it is now is in [`Status::stopwatch`](crate::Status::stopwatch). A request that is under way when the counter is
    /// given up is timed by both. Making one blocks for up to 200 ms, once per process, to learn the counter's rate.
    #[cfg(feature = "fast-clock")]
    pub fn fast() -> Self {
        Self(Source::Fast(Arc::new(Counter::new())))
    }

    /// A stopwatch that stands still until its twin moves it.
    pub fn manual() -> (Self, ManualStopwatch) {
        let nanos = Arc::new(AtomicU64::new(0));
        (Self(Source::Manual(Arc::clone(&nanos))), ManualStopwatch(nanos))
    }

    pub(crate) fn is_manual(&self) -> bool {
        matches!(self.0, Source::Manual(_))
    }

    /// Reads the clock. What it says is not looked at until [`nanos_between`](Self::nanos_between) subtracts it.
    #[inline]
    pub(crate) fn read(&self) -> Reading {
        match &self.0 {
            Source::System => Reading(system_nanos()),
            #[cfg(feature = "fast-clock")]
            Source::Fast(counter) => Reading(counter.read()),
            // Relaxed: the value stands for itself and publishes nothing.
            Source::Manual(nanos) => Reading(nanos.load(Ordering::Relaxed)),
        }
    }

    /// Nanoseconds from one of its readings to a later one. A clock that went backwards shows 0, never a panic or 584 years.
    #[inline]
    pub(crate) fn nanos_between(&self, earlier: Reading, later: Reading) -> u64 {
        match &self.0 {
            #[cfg(feature = "fast-clock")]
            Source::Fast(counter) => counter.nanos_between(earlier.0, later.0),
            _ => later.0.saturating_sub(earlier.0),
        }
    }

    /// Nanoseconds since an earlier reading.
    #[inline]
    pub(crate) fn nanos_since(&self, earlier: Reading) -> u64 {
        self.nanos_between(earlier, self.read())
    }

    /// Goes over to the system's clock if the counter can no longer be trusted. At each tick.
    pub(crate) fn check(&self) {
        match &self.0 {
            #[cfg(feature = "fast-clock")]
            Source::Fast(counter) => counter.check(),
            Source::System | Source::Manual(_) => {}
        }
    }

    /// What it reads now.
    pub fn kind(&self) -> StopwatchKind {
        match &self.0 {
            Source::System => StopwatchKind::System,
            #[cfg(feature = "fast-clock")]
            Source::Fast(counter) => counter.distrust().map_or(StopwatchKind::Counter, StopwatchKind::SystemInstead),
            Source::Manual(_) => StopwatchKind::Manual,
        }
    }
}

/// What a [`Stopwatch`] reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopwatchKind {
    /// The operating system's monotonic clock.
    #[default]
    System,
    /// The processor's time stamp counter.
    Counter,
    /// The operating system's clock, in place of a counter that is not to be trusted.
    SystemInstead(Distrust),
    /// Whatever its twin says.
    Manual,
}

impl fmt::Display for StopwatchKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("the system's clock"),
            Self::Counter => f.write_str("the time stamp counter"),
            Self::SystemInstead(distrust) => write!(f, "the system's clock, as {distrust}"),
            Self::Manual => f.write_str("a manual clock"),
        }
    }
}

/// Why the time stamp counter is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// The processor does not say that it runs at one rate and never stops.
    Processor,
    /// The kernel keeps its time by something else, or does not say by what.
    Kernel,
    /// It and the system's clock have come apart.
    Strayed,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Processor => "the processor has no time stamp counter that runs at one rate",
            Self::Kernel => "the kernel does not keep its time by the time stamp counter",
            Self::Strayed => "the time stamp counter has strayed from the system's clock",
        })
    }
}

/// What a stopwatch showed: nanoseconds or ticks, which only that stopwatch can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading(u64);

/// Moves a manual [`Stopwatch`].
#[derive(Clone, Debug)]
pub struct ManualStopwatch(Arc<AtomicU64>);

impl ManualStopwatch {
    /// Moves the stopwatch forward. Saturates after 584 years.
    pub fn advance(&self, by: Duration) {
        let by = nanos(by);
        // Relaxed: as in `read`. `fetch_update` cannot fail since the closure always returns a value.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(now.saturating_add(by)));
    }
}

/// A duration as whole nanoseconds, saturating after 584 years.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
