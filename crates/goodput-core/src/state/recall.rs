//! How a memory fits the present: where the timeline goes on, and which past is whose.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use goodput_model::{AlarmState, Period};

use super::memory::{Memory, RememberedSlo};
use super::mute::SavedMute;
use super::standing::SavedStanding;
use crate::clock::{Moment, Timeline};
use crate::read::{Flag, InForce, Monitor};

/// Two clocks on the wall, or one that was set, may differ by so much.
const LENIENCE: Duration = Duration::from_secs(5 * 60);

/// What becomes of a memory when an instance is built.
#[derive(Debug)]
pub(crate) struct Recall {
    memory: Option<Memory>,
    shift: Shift,
    /// Where the timeline stands at the beginning.
    stands_at: Moment,
    flags: Vec<Flag>,
}

/// How far the moments of a memory lie from where a clock on the wall would have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shift {
    None,
    Later(Duration),
    Earlier(Duration),
}

impl Recall {
    /// Whether the service's memory is of use now, by a clock on the wall.
    pub(crate) fn new(memory: Option<Memory>, service: &str, wall: SystemTime, longest: Period) -> Self {
        let wall = since_epoch(wall);
        let nothing = |flags| Self { memory: None, shift: Shift::None, stands_at: Moment::at(wall), flags };
        let Some(memory) = memory else { return nothing(Vec::new()) };
        if memory.service() != service {
            return nothing(vec![Flag::StateForeign { service: Some(memory.service().to_owned()) }]);
        }
        // The timeline that wrote it went on by itself while somebody set the clock on the wall: of these two the latter is what
        // tells how long ago it was written. What they drift apart in an honest way is left, so that marks stay where they were.
        let shift = Shift::between(memory.last().since_origin(), memory.written_since_epoch());
        let last = shift.of(memory.last());
        let ahead = last.since_origin().saturating_sub(wall);
        if ahead > LENIENCE {
            return nothing(vec![Flag::StateFromTheFuture { by: ahead }]);
        }
        let gone = wall.saturating_sub(last.since_origin());
        if gone > longest.longest().duration() {
            return nothing(Vec::new());
        }
        Self { stands_at: last.later_by(gone, Duration::ZERO), memory: Some(memory), shift, flags: Vec::new() }
    }

    /// The timeline, counted from 1970 on: history then lies on the same slots in every process, and goes on in this one.
    pub(crate) fn timeline(&self, timeline: Timeline) -> Timeline {
        timeline.standing_at(self.stands_at)
    }

    /// Gives the monitor its past. Returns what a reader should know about that, and when it was last added to.
    pub(crate) fn restore(self, monitor: &mut Monitor, in_force: &InForce) -> (Vec<Flag>, Option<Moment>) {
        let Self { memory, shift, stands_at, mut flags } = self;
        let Some(memory) = memory else { return (flags, None) };
        let gone = stands_at.since_origin().saturating_sub(shift.of(memory.last()).since_origin());
        let past = Remembered { memory: &memory, shift, gone, now: stands_at };
        let times = monitor.recall(&past, in_force);
        flags.extend((times > 0).then_some(Flag::Discontinuity { times }));
        (flags, Some(shift.of(memory.last())))
    }
}

/// The time since 1970; none before.
pub(crate) fn since_epoch(wall: SystemTime) -> Duration {
    wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

impl Shift {
    fn between(timeline: Duration, wall: Duration) -> Self {
        match (wall.saturating_sub(timeline), timeline.saturating_sub(wall)) {
            (later, _) if later > LENIENCE => Self::Later(later),
            (_, earlier) if earlier > LENIENCE => Self::Earlier(earlier),
            _ => Self::None,
        }
    }

    fn of(self, moment: Moment) -> Moment {
        Moment::with_awake(self.of_time(moment.since_origin()), self.of_time(moment.awake()))
    }

    fn of_time(self, time: Duration) -> Duration {
        match self {
            Self::None => time,
            Self::Later(by) => time.saturating_add(by),
            Self::Earlier(by) => time.saturating_sub(by),
        }
    }
}

/// A memory in the time of the process that remembers it.
#[derive(Debug)]
pub(crate) struct Remembered<'a> {
    memory: &'a Memory,
    shift: Shift,
    /// How long nobody was there.
    gone: Duration,
    now: Moment,
}

impl<'a> Remembered<'a> {
    /// When the oldest of it began.
    pub(crate) fn origin(&self) -> Moment {
        self.shift.of(self.memory.origin())
    }

    /// The marks, none earlier than the one before, and when the counters were read last.
    pub(crate) fn moments(&self) -> impl Iterator<Item = Moment> {
        self.memory.moments().map(|moment| self.shift.of(moment))
    }

    /// Since when an SLO was counted as it is now.
    pub(crate) fn beginning(&self, slo: &RememberedSlo<'_>) -> Moment {
        self.shift.of(slo.beginning())
    }

    /// Where the alerts of an SLO stood. Of those that wait for their conditions to hold for long enough, the time in which nobody was
    /// there to see whether they do is not part of that.
    pub(crate) fn standings(&self, slo: &RememberedSlo<'_>) -> impl Iterator<Item = SavedStanding> {
        slo.standings().map(|standing| {
            let mut standing = standing.moved(|since| self.by_now(since));
            if let AlarmState::Waiting { since } = &mut standing.state {
                *since = since.saturating_add(self.gone).min(self.now.since_origin());
            }
            standing
        })
    }

    /// When it was written, by the wall of then, and for how long nobody was there since.
    pub(crate) fn written(&self) -> (SystemTime, Duration) {
        (self.memory.written(), self.gone)
    }

    /// When it is remembered.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }

    /// What the bands permitted that SLOs stood in, see `read/bands.rs`.
    pub(crate) fn bands(&self) -> &'a str {
        self.memory.bands()
    }

    /// In which band an SLO stood, the fullest being 0, and since when.
    pub(crate) fn band(&self, slo: &RememberedSlo<'_>) -> Option<(u64, Duration)> {
        slo.band().map(|(position, since)| (position, self.by_now(since)))
    }

    /// When processes were restarted.
    pub(crate) fn restarts(&self) -> impl Iterator<Item = Duration> {
        self.memory.restarts().map(|at| self.by_now(at))
    }

    /// When it was looked at what is excluded: within an hour, and within a day.
    pub(crate) fn looks(&self) -> [Vec<Duration>; 2] {
        self.memory.looks().map(|looks| looks.into_iter().map(|at| self.by_now(at)).collect())
    }

    /// What has happened is not yet to come, whatever the file says: an alert would never resolve, nor be looked for again.
    fn by_now(&self, at: Duration) -> Duration {
        self.shift.of_time(at).min(self.now.since_origin())
    }

    /// The mutes that were in force.
    pub(crate) fn mutes(&self) -> impl Iterator<Item = SavedMute> {
        self.memory.mutes().map(|mute| SavedMute { until: self.shift.of_time(mute.until), ..mute })
    }

    /// What there is of SLOs of these keys, with their positions among them.
    pub(crate) fn columns(&self, keys: &[Arc<str>]) -> Vec<(usize, RememberedSlo<'a>)> {
        let mut positions: HashMap<&str, usize> = keys.iter().enumerate().map(|(index, key)| (&**key, index)).collect();
        self.memory.slos().filter_map(|slo| Some((positions.remove(slo.key())?, slo))).collect()
    }
}
