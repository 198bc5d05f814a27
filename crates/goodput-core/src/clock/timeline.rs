//! The timeline: the time that ticks, windows and ages are measured on, and its manual twin.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "one of the files that ask the operating system"
)]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

/// A reading of a [`Timeline`]: the time since its origin, and how much of it the machine was awake.
///
/// The two differ by the time the machine was suspended. Windows age by all of it; nobody was there to see that part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    since_origin: Duration,
    awake: Duration,
}

impl Moment {
    /// A moment on a timeline that was never suspended.
    pub const fn at(since_origin: Duration) -> Self {
        Self { since_origin, awake: since_origin }
    }

    /// A moment with `awake` of `since_origin` spent awake. More than all of it counts as all of it.
    pub fn with_awake(since_origin: Duration, awake: Duration) -> Self {
        Self { since_origin, awake: awake.min(since_origin) }
    }

    /// The time since the timeline's origin.
    pub const fn since_origin(self) -> Duration {
        self.since_origin
    }

    /// The part of it the machine was awake.
    pub const fn awake(self) -> Duration {
        self.awake
    }

    /// The moment so much later, of which so much was spent awake. Saturates.
    pub(crate) fn later_by(self, gone: Duration, awake: Duration) -> Self {
        Self::with_awake(self.since_origin.saturating_add(gone), self.awake.saturating_add(awake))
    }
}

/// What windows are measured on: monotonic, and free to run faster than real time in demonstrations.
///
/// Wall time plays no part in windows, so that stepping the wall clock changes nothing there; only calendar periods ask for it. On
/// Linux the system timeline goes on while the
/// machine is suspended (`CLOCK_BOOTTIME`), and the suspended time is known not to have been seen. Elsewhere it is
/// [`std::time::Instant`], which may or may not stand still while suspended.
#[derive(Clone, Debug)]
pub struct Timeline {
    source: Source,
    wall: Wall,
    /// What every reading is later by.
    base: Moment,
}

/// Where the time comes from that a clock on the wall shows.
#[derive(Clone, Copy, Debug)]
enum Wall {
    System,
    /// It showed this at the timeline's origin, and goes on with it.
    Anchored(SystemTime),
}

#[derive(Clone, Debug)]
enum Source {
    System { origin: Readings, speed: u32 },
    Manual(Arc<Mutex<Moment>>),
}

impl Timeline {
    /// Real time.
    pub fn system() -> Self {
        Self {
            source: Source::System { origin: Readings::now(), speed: 1 },
            wall: Wall::System,
            base: Moment::default(),
        }
    }

    /// `speed` seconds of timeline for each real second, for demonstrations: windows fill while one watches. A speed of 0
    /// is taken as 1. Request latency is never scaled, so rates per second of timeline are lower than real ones.
    pub fn accelerated(speed: u32) -> Self {
        let source = Source::System { origin: Readings::now(), speed: speed.max(1) };
        Self { source, wall: Wall::Anchored(SystemTime::now()), base: Moment::default() }
    }

    /// A timeline that stands still until its twin moves it. Its calendar begins with the year 1970 in UTC, unless
    /// [told otherwise](Self::beginning_at).
    pub fn manual() -> (Self, ManualTimeline) {
        let moment = Arc::new(Mutex::new(Moment::default()));
        let source = Source::Manual(Arc::clone(&moment));
        let wall = Wall::Anchored(SystemTime::UNIX_EPOCH);
        (Self { source, wall, base: Moment::default() }, ManualTimeline(moment))
    }

    /// Has calendar periods believe that a clock on the wall showed this at the timeline's origin, and went on with it since: for
    /// tests and demonstrations. Without this call, real time asks the system.
    pub fn beginning_at(mut self, wall: SystemTime) -> Self {
        self.wall = Wall::Anchored(wall);
        self
    }

    /// A timeline that says `now` at this moment, and goes on from there. A clock on the wall shows what it showed.
    pub(crate) fn standing_at(mut self, now: Moment) -> Self {
        let own = self.own();
        self.base = Moment {
            since_origin: now.since_origin.saturating_sub(own.since_origin),
            awake: now.awake.saturating_sub(own.awake),
        };
        self
    }

    /// Whether it counts from when it was made.
    pub(crate) fn has_own_origin(&self) -> bool {
        self.base == Moment::default()
    }

    /// Now.
    pub fn now(&self) -> Moment {
        let own = self.own();
        self.base.later_by(own.since_origin, own.awake)
    }

    /// Now, before anything is added to it.
    fn own(&self) -> Moment {
        match &self.source {
            Source::System { origin, speed } => {
                let now = Readings::now();
                let since_origin = now.elapsed.saturating_sub(origin.elapsed).saturating_mul(*speed);
                let awake = now.awake.saturating_duration_since(origin.awake).saturating_mul(*speed);
                let suspended = since_origin.saturating_sub(awake);
                let seen = if suspended < READ_APART.saturating_mul(*speed) { since_origin } else { awake };
                Moment::with_awake(since_origin, seen)
            }
            Source::Manual(moment) => *moment.lock(),
        }
    }

    /// What a clock on the wall shows now: the system's, or the one that an accelerated or a manual timeline goes on with.
    pub fn wall(&self) -> SystemTime {
        self.wall_at(self.now())
    }

    /// What a clock on the wall shows at `now`, which is the present.
    pub fn wall_at(&self, now: Moment) -> SystemTime {
        match self.wall {
            Wall::System => SystemTime::now(),
            // Beyond what the system can say, time stands still.
            Wall::Anchored(origin) => {
                let own = now.since_origin.saturating_sub(self.base.since_origin);
                origin.checked_add(own).unwrap_or(origin)
            }
        }
    }

    /// How many seconds of timeline pass in a real second; nothing for a manual timeline.
    pub fn speed(&self) -> Option<u32> {
        match self.source {
            Source::System { speed, .. } => Some(speed),
            Source::Manual(_) => None,
        }
    }
}

/// The two clocks are read one after the other; less than this apart is no suspend.
const READ_APART: Duration = Duration::from_millis(100);

/// One reading of both of the system's clocks.
#[derive(Clone, Copy, Debug)]
struct Readings {
    elapsed: Duration,
    awake: Instant,
}

impl Readings {
    #[cfg(target_os = "linux")]
    fn now() -> Self {
        // It cannot fail for a clock that every Linux has had since 2.6.39; if it did, the timeline would stand still and
        // the missing ticks would be flagged.
        let elapsed = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).map_or(Duration::ZERO, Into::into);
        Self { elapsed, awake: Instant::now() }
    }

    #[cfg(not(target_os = "linux"))]
    fn now() -> Self {
        use std::sync::OnceLock;
        static ANCHOR: OnceLock<Instant> = OnceLock::new();
        let now = Instant::now();
        Self { elapsed: now.saturating_duration_since(*ANCHOR.get_or_init(|| now)), awake: now }
    }
}

/// Moves a manual [`Timeline`].
#[derive(Clone, Debug)]
pub struct ManualTimeline(Arc<Mutex<Moment>>);

impl ManualTimeline {
    /// Lets time pass. Saturates.
    pub fn advance(&self, by: Duration) {
        let mut moment = self.0.lock();
        moment.since_origin = moment.since_origin.saturating_add(by);
        moment.awake = moment.awake.saturating_add(by);
    }

    /// Lets time pass as if the machine had been suspended: windows age, nothing is seen.
    pub fn suspend(&self, by: Duration) {
        let mut moment = self.0.lock();
        moment.since_origin = moment.since_origin.saturating_add(by);
    }

    /// The moment the timeline stands at. An instance that [remembers](crate::GoodputBuilder::remember) counts its own moments from
    /// the year 1970: there, ask [`Goodput::now`](crate::Goodput::now).
    pub fn now(&self) -> Moment {
        *self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suspend_ages_but_is_not_awake() {
        let (timeline, hand) = Timeline::manual();
        hand.advance(Duration::from_secs(10));
        hand.suspend(Duration::from_secs(60));
        assert_eq!(timeline.now().since_origin(), Duration::from_secs(70));
        assert_eq!(timeline.now().awake(), Duration::from_secs(10));
    }

    #[test]
    fn the_wall_goes_on_with_a_timeline_that_is_moved_or_hurries_and_is_the_systems_with_real_time() {
        let (day, told) = (Duration::from_secs(86_400), SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
        let (timeline, hand) = Timeline::manual();
        let (from_epoch, from_told) = (timeline.clone(), timeline.beginning_at(told));
        hand.advance(day);
        hand.suspend(day);
        assert_eq!(from_epoch.wall_at(hand.now()), SystemTime::UNIX_EPOCH + 2 * day);
        assert_eq!(from_told.wall_at(hand.now()), told + 2 * day);
        assert_eq!(from_told.wall_at(Moment::at(Duration::MAX)), told);
        let hurried = Timeline::accelerated(1_000).beginning_at(told);
        assert_eq!(hurried.wall_at(Moment::at(day)), told + day);
        let (before, real, after) = (SystemTime::now(), Timeline::system().wall_at(Moment::at(day)), SystemTime::now());
        assert!(before <= real && real <= after);
    }

    #[test]
    fn the_system_timeline_moves_forward_and_is_awake() {
        let timeline = Timeline::accelerated(1_000_000);
        let (mut last, mut moved) = (timeline.now(), false);
        for _ in 0..10_000 {
            let now = timeline.now();
            assert!(now.since_origin() >= last.since_origin(), "{last:?} then {now:?}");
            moved |= now > last;
            last = now;
        }
        assert!(moved);
        assert_eq!(last.awake(), last.since_origin());
    }
}
