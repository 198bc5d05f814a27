//! A thread that ticks, owned by a guard.

use std::borrow::Borrow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::Goodput;
use crate::clock::Moment;
use crate::worker::{Signal, Worker};

/// Ticks a [`Goodput`] from a thread of its own until dropped.
///
/// Dropping it tells the thread to stop and waits for it, at most a second; on the ticker's own thread it does not wait.
/// It never panics. What the thread holds of the instance is given back when it ends.
#[derive(Debug)]
#[must_use = "dropping the ticker stops it"]
pub struct Ticker(Worker<()>);

impl Ticker {
    /// Starts ticking `goodput`, held by reference or by `Arc`, at the multiples of
    /// [`tick_every`](crate::GoodputBuilder::tick_every) on its timeline.
    pub fn start<H>(goodput: H) -> Result<Self, TickerError>
    where
        H: Borrow<Goodput> + Send + 'static,
    {
        Self::start_with(goodput, |_| {})
    }

    /// Starts ticking, and calls `after_tick` on the ticker's thread after each tick. A panic in it is caught; the next tick
    /// comes all the same.
    pub fn start_with<H>(goodput: H, after_tick: impl Fn(&Goodput) + Send + 'static) -> Result<Self, TickerError>
    where
        H: Borrow<Goodput> + Send + 'static,
    {
        let speed = goodput.borrow().timeline.speed().ok_or(TickerError::ManualTimeline)?;
        let every = goodput.borrow().tick_every;
        let worker = Worker::start("goodput-ticker", move |signal: &Signal<()>| {
            let (goodput, after_tick) = (goodput, after_tick);
            while !signal.stops_within(until_next_tick(goodput.borrow().now(), every, speed)) {
                let tick = AssertUnwindSafe(|| {
                    goodput.borrow().tick_now();
                    after_tick(goodput.borrow());
                });
                // Only `after_tick` is foreign code; our locks are not poisoned by a panic in it. What it panicked with
                // may panic again when dropped, so it is forgotten.
                if let Err(payload) = catch_unwind(tick) {
                    std::mem::forget(payload);
                }
            }
        });
        Ok(Self(worker.map_err(|error| TickerError::Thread(error.kind()))?))
    }
}

/// The real time until the next multiple of the interval on the timeline: slices of time end there, and ticks do not drift away from
/// them.
fn until_next_tick(now: Moment, every: Duration, speed: u32) -> Duration {
    let every = every.as_nanos().max(1);
    let left = every - now.since_origin().as_nanos() % every;
    let real = left.div_ceil(u128::from(speed.max(1))); // rounded up: never a moment too early
    Duration::from_nanos(real.try_into().unwrap_or(u64::MAX)).max(FASTEST)
}

/// However fast the timeline runs, a tick is at least this much real time apart.
const FASTEST: Duration = Duration::from_millis(1);
/// How long a dropped ticker is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.end(PATIENCE);
    }
}

/// Why a ticker cannot be started.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TickerError {
    /// A manual timeline passes no time by itself: whoever moves it calls [`Goodput::tick`].
    ManualTimeline,
    /// The operating system gave no thread.
    Thread(std::io::ErrorKind),
}

impl fmt::Display for TickerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManualTimeline => {
                f.write_str("a manual timeline has no ticker: expected whoever moves it to call tick")
            }
            Self::Thread(kind) => write!(f, "no thread for the ticker: {kind}"),
        }
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for TickerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TickerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_fall_on_the_multiples_of_their_interval_however_late_the_last_one_was() {
        let millis = Duration::from_millis;
        for (now, speed, wait) in [
            (0, 1, 10_000),
            (1, 1, 9_999),
            (9_999, 1, 1),
            (10_000, 1, 10_000),
            (10_003, 1, 9_997),
            (27_000, 1, 3_000),
            (27_000, 100, 30),
            (29_999, 100, 1), // no faster than this
        ] {
            assert_eq!(
                until_next_tick(Moment::at(millis(now)), millis(10_000), speed),
                millis(wait),
                "{now} at {speed}"
            );
        }
        let thirds = until_next_tick(Moment::at(Duration::ZERO), Duration::from_secs(1), 3);
        assert_eq!(thirds, Duration::from_nanos(333_333_334), "never before it");
        assert_eq!(until_next_tick(Moment::at(Duration::MAX), Duration::ZERO, 0), FASTEST);
    }
}
