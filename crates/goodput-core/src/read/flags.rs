//! What a reader should know before trusting the numbers.

mod words;

use std::sync::atomic::Ordering;
use std::time::Duration;

use goodput_model::{Budgeting, Indicator, Reason};

use super::monitor::{Monitor, WatchedSlo};
use super::snapshot::Detail;
use super::status::saturating_sum;
use crate::alert::Backlog;
use crate::clock::{Distrust, Moment, StopwatchKind};
use crate::gauge::Gauges;
use crate::goodput::Mishaps;
use crate::looks_at::is_own;
use crate::record::{Routes, UNMATCHED, stands_for_others};
use crate::state::{MemoryError, StateTrouble};

/// Something about the measurement itself that is not as it should be. Flags never stop the counting.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Flag {
    /// Some events were counted together as `other`: their routes were beyond the bound, or their templates too long.
    RoutesFull {
        /// The bound.
        bound: usize,
        /// Events counted as `other`.
        counted_as_other: u64,
    },
    /// More than a fifth of all events, of at least 100, matched no route.
    ManyUnmatched {
        /// Events that matched no route.
        unmatched: u64,
        /// All events.
        all: u64,
    },
    /// Events came, 20 at least, and none of them matched a route: the layer probably sits where the router has not matched yet.
    NoMatchedPath {
        /// Events without a route.
        unmatched: u64,
    },
    /// No event was ever seen on the SLO's routes, though there were 100 elsewhere or five minutes went by: they may be
    /// misspelt.
    NoRouteSeen {
        /// The SLO.
        slo: String,
        /// The routes it names; empty for all.
        routes: Vec<String>,
    },
    /// The timeline was handed a moment before the last one. That tick was left out.
    TimelineWentBackwards {
        /// How often.
        times: u64,
    },
    /// Somebody set the clock on the wall. Windows do not look at it; calendar periods do, and so do state files when they are read.
    ClockJumped {
        /// How often.
        times: u64,
        /// By how much the last time.
        by: Duration,
        /// Whether that was ahead.
        ahead: bool,
    },
    /// A layer of this instance was called inside another one's request, on the same thread, and counted nothing: mounted
    /// twice, or around a service that a handler calls.
    NestedLayers {
        /// How often.
        calls: u64,
    },
    /// Requests or layers were given classes by names that the definition does not declare, as if none had been given.
    UnknownClasses {
        /// How often.
        times: u64,
    },
    /// Nobody has set some level, or refreshed some data, that the SLO looks at, though there were 100 events or five minutes went
    /// by: the names may be misspelt.
    NothingSet {
        /// The SLO.
        slo: String,
        /// The names of what nobody has set, of those it looks at.
        names: Vec<String>,
    },
    /// Levels, data or records were given under names that no SLO looks at, and counted nowhere.
    UnknownNames {
        /// The first such name.
        first: String,
        /// How often.
        times: u64,
    },
    /// Features were asked for by names that are not declared, and not allowed.
    UnknownFeatures {
        /// The first such name.
        first: String,
        /// How often.
        times: u64,
    },
    /// Levels were set to what is none, such as a share that is no number, and stayed as they were.
    LevelsRefused {
        /// How often.
        times: u64,
    },
    /// Requests are timed by the system's clock, though the [fast](crate::Stopwatch) one was asked for.
    CounterDistrusted {
        /// Why the fast one is not used.
        why: Distrust,
    },
    /// Callbacks that hear of alerts panicked. Whoever they were to tell may not know.
    CallbacksPanicked {
        /// How often.
        times: u64,
    },
    /// The callbacks that hear of alerts have not returned for more than a minute, and nobody hears of what came since.
    CallbacksHang {
        /// For how long.
        since: Duration,
        /// Transitions that are not told yet.
        waiting: usize,
    },
    /// So many transitions waited for slow callbacks that the oldest were lost. Whoever was to hear of them does not know.
    TransitionsLost {
        /// How many were.
        times: u64,
    },
    /// The state file cannot be written, or could not be read when the process began. It is tried again.
    StateFailing {
        /// Why.
        why: StateTrouble,
        /// For how long.
        since: Duration,
    },
    /// The state file was damaged when the process began: windows began anew.
    StateLost {
        /// What is wrong with it.
        why: MemoryError,
    },
    /// The state file was damaged when the process began, and the one that was written before it was not: windows went on from that.
    StatePrevious {
        /// What is wrong with the newer one.
        why: MemoryError,
    },
    /// The process has gone on from an earlier one five times or more within an hour: it may be crashing.
    RestartedOften {
        /// How often.
        times: u64,
    },
    /// The state file is of a later version, and left as it is: nothing is kept in its place.
    StateNewer {
        /// Its version.
        version: u16,
    },
    /// Another process has the state file: nothing of this one is kept.
    StateLocked,
    /// What was to be remembered is not used: it is from more than five minutes in the future.
    StateFromTheFuture {
        /// How far it is ahead of the clock on the wall.
        by: Duration,
    },
    /// What was to be remembered is no state of this service, and left as it is: nothing is kept in its place.
    StateForeign {
        /// Whose it is, if it is a state of goodput at all.
        service: Option<String>,
    },
    /// Counters had fallen in what was remembered, which they never do by themselves: what was before is forgotten there.
    Discontinuity {
        /// How often.
        times: u64,
    },
    /// History is not being kept: no ticker runs, or it has stopped.
    NoRecentTick {
        /// Since the last tick, or since the beginning.
        since: Duration,
        /// How often one is expected.
        expected: Duration,
    },
}

impl Flag {
    /// One word for machines: `routes_full`, `many_unmatched`, `no_matched_path`, `no_route_seen`,
    /// `timeline_went_backwards`, `clock_jumped`, `nested_layers`, `unknown_classes`, `nothing_set`, `unknown_names`,
    /// `unknown_features`, `levels_refused`, `counter_distrusted`, `callbacks_panicked`, `callbacks_hang`, `transitions_lost`,
    /// `state_failing`, `state_lost`, `state_previous`, `restarted_often`, `state_newer`, `state_locked`, `state_from_the_future`,
    /// `state_foreign`, `discontinuity`, `no_recent_tick`.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::RoutesFull { .. } => "routes_full",
            Self::ManyUnmatched { .. } => "many_unmatched",
            Self::NoMatchedPath { .. } => "no_matched_path",
            Self::NoRouteSeen { .. } => "no_route_seen",
            Self::TimelineWentBackwards { .. } => "timeline_went_backwards",
            Self::ClockJumped { .. } => "clock_jumped",
            Self::NestedLayers { .. } => "nested_layers",
            Self::UnknownClasses { .. } => "unknown_classes",
            Self::NothingSet { .. } => "nothing_set",
            Self::UnknownNames { .. } => "unknown_names",
            Self::UnknownFeatures { .. } => "unknown_features",
            Self::LevelsRefused { .. } => "levels_refused",
            Self::CounterDistrusted { .. } => "counter_distrusted",
            Self::CallbacksPanicked { .. } => "callbacks_panicked",
            Self::CallbacksHang { .. } => "callbacks_hang",
            Self::TransitionsLost { .. } => "transitions_lost",
            Self::StateFailing { .. } => "state_failing",
            Self::StateLost { .. } => "state_lost",
            Self::StatePrevious { .. } => "state_previous",
            Self::RestartedOften { .. } => "restarted_often",
            Self::StateNewer { .. } => "state_newer",
            Self::StateLocked => "state_locked",
            Self::StateFromTheFuture { .. } => "state_from_the_future",
            Self::StateForeign { .. } => "state_foreign",
            Self::Discontinuity { .. } => "discontinuity",
            Self::NoRecentTick { .. } => "no_recent_tick",
        }
    }
}

/// Before so many events, one stray request is no sign of anything.
const SOME_EVENTS: u64 = 20;
const MANY_EVENTS: u64 = 100;
/// A callback that takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);
/// So many restarts within an hour are more than a release takes.
const OFTEN: u64 = 5;
/// Until this age, a route without a request is no sign of anything either, unless others had many.
const SETTLED: Duration = Duration::from_secs(5 * 60);

/// Raises the flags that hold `now`.
pub(super) fn raise(
    slos: &[WatchedSlo],
    monitor: &Monitor,
    detail: &Detail,
    now: Moment,
    tick_every: Duration,
    routes: &Routes,
    mishaps: &Mishaps,
) -> Vec<Flag> {
    let begun = |such: fn(&str) -> bool| {
        saturating_sum(detail.routes.iter().filter(|route| such(&route.template)).map(|route| route.begun))
    };
    let own = detail.routes.iter().filter(|route| is_own(&route.template));
    let (unmatched, all) = (begun(|template| template == UNMATCHED), saturating_sum(own.map(|route| route.begun)));
    let mut flags = Vec::new();
    if routes.has_overflowed() {
        flags.push(Flag::RoutesFull { bound: routes.bound(), counted_as_other: begun(stands_for_others) });
    }
    if unmatched >= SOME_EVENTS && unmatched == all {
        flags.push(Flag::NoMatchedPath { unmatched });
    } else if all >= MANY_EVENTS && unmatched > all / 5 {
        flags.push(Flag::ManyUnmatched { unmatched, all });
    }
    for (index, (slo, seen)) in slos.iter().zip(&detail.seen).enumerate() {
        // What others had before an SLO came with a reload says nothing about it.
        let is_old = monitor.age_of(index, now) == monitor.age(now);
        let should_have_come = (is_old && all >= MANY_EVENTS) || monitor.age_of(index, now) >= SETTLED;
        if !should_have_come {
            continue;
        }
        if looks_at_values(slo) {
            // One that nobody sets is enough to make slices unknown, or bad.
            let names = slo.routes.iter().zip(monitor.slices.unset(index, now));
            let names: Vec<_> = names.filter(|(_, unset)| *unset).map(|(name, _)| name.clone()).collect();
            flags.extend((!names.is_empty()).then(|| Flag::NothingSet { slo: slo.name.clone(), names }));
        } else if !seen {
            let dependency = slo.dependency.iter().map(|name| format!("{}{name}", Reason::DEPENDENCY));
            let routes = slo.routes.iter().cloned().chain(dependency).collect();
            flags.push(Flag::NoRouteSeen { slo: slo.name.clone(), routes });
        }
    }
    if monitor.went_backwards() > 0 {
        flags.push(Flag::TimelineWentBackwards { times: monitor.went_backwards() });
    }
    flags.extend(monitor.wall.jumps().map(|(times, by, ahead)| Flag::ClockJumped { times, by, ahead }));
    // Relaxed: numbers for people.
    let (calls, times) =
        (mishaps.nested_layers.load(Ordering::Relaxed), mishaps.unknown_classes.load(Ordering::Relaxed));
    flags.extend((calls > 0).then_some(Flag::NestedLayers { calls }));
    flags.extend((times > 0).then_some(Flag::UnknownClasses { times }));
    let times = monitor.restarts(now).map_or(0, |restarts| restarts.len() as u64);
    flags.extend((times >= OFTEN).then_some(Flag::RestartedOften { times }));
    let since = monitor.since_last_tick(now);
    if since > tick_every.saturating_mul(3) {
        flags.push(Flag::NoRecentTick { since, expected: tick_every });
    }
    flags
}

/// Whether it looks at levels or data, and at no events.
fn looks_at_values(slo: &WatchedSlo) -> bool {
    slo.indicator.judges_slices()
        && !matches!((slo.indicator, slo.budgeting), (Indicator::Throughput { .. }, _) | (_, Budgeting::Occurrences))
}

/// Raises the flags of values that were given.
pub(super) fn of_gauges(gauges: &Gauges) -> impl Iterator<Item = Flag> {
    let unknown = gauges.unknown().map(|(first, times)| Flag::UnknownNames { first: first.to_owned(), times });
    let times = gauges.refused();
    unknown.into_iter().chain((times > 0).then_some(Flag::LevelsRefused { times }))
}

/// Raises the flag of a stopwatch that is not what it was asked to be.
pub(super) fn of_stopwatch(stopwatch: StopwatchKind) -> Option<Flag> {
    match stopwatch {
        StopwatchKind::SystemInstead(why) => Some(Flag::CounterDistrusted { why }),
        _ => None,
    }
}

/// Raises the flags of callbacks that panicked, and of those that do not return.
pub(super) fn of_callbacks(panicked: u64, backlog: Backlog) -> impl Iterator<Item = Flag> {
    let Backlog { since, waiting, lost } = backlog;
    let panicked = (panicked > 0).then_some(Flag::CallbacksPanicked { times: panicked });
    let hang = since.filter(|since| *since > HANGS).map(|since| Flag::CallbacksHang { since, waiting });
    let lost = (lost > 0).then_some(Flag::TransitionsLost { times: lost });
    panicked.into_iter().chain(hang).chain(lost)
}
