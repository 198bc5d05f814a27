//! What is in flight, by age: which requests are overdue, and where nothing comes to an end any more.
//!
//! Ages are told by the slots of `record/slots.rs`, in real time spent awake: a machine's sleep is nobody's fault, and
//! limits are latencies, which a fast timeline does not scale. They are lower bounds: at most a slot below the truth up to 15
//! slots, and after that by as much as others that are as old end out of order.

use std::time::Duration;

use super::in_force::InForce;
use super::snapshot::RouteDetail;
use crate::clock::Moment;
use crate::record::{Present, Routes, SlotTimes, Version};

/// So many requests have to be overdue, with none finishing, for a route to be called stalled.
const STALLED: u64 = 3;

/// The ring's times, and how to tell time.
#[derive(Debug)]
pub(crate) struct Waiting {
    times: SlotTimes,
    speed: u32,
    tick: Duration,
}

/// What is in flight of one version of a route.
#[derive(Clone, Debug, Default)]
pub(crate) struct RouteWaiting {
    /// Events by how long ago at least they began, oldest first.
    pub(crate) ages: Vec<(Duration, u64)>,
    /// For how long at least none has finished.
    pub(crate) idle: Duration,
}

impl Waiting {
    /// Slots wide enough for the longest limit, and a tick at least.
    pub(crate) fn new(origin: Moment, tick_every: Duration, longest_limit: Duration, speed: Option<u32>) -> Self {
        // A manual timeline has no speed: its time is real to whoever moves it.
        let speed = speed.unwrap_or(1).max(1);
        let tick = tick_every / speed;
        Self { times: SlotTimes::new(origin.awake() / speed, width(tick, longest_limit)), speed, tick }
    }

    /// The longest limit is another from here on: slots become as wide as that takes, one by one.
    pub(crate) fn set_longest_limit(&mut self, longest_limit: Duration) {
        self.times.set_width(width(self.tick, longest_limit));
    }

    /// Goes on to the next slot if the present one is full, and looks where something has finished.
    pub(crate) fn tick(&mut self, now: Moment, routes: &Routes, present: &Present, finished: &[(&Version, u64)]) {
        let now = now.awake() / self.speed;
        if self.times.is_over(now) {
            let (place, ended_at) = self.times.next_place();
            routes.versions().for_each(|version| version.carry(place, ended_at));
            self.times.advance(now);
            present.advance();
        }
        for (version, finished) in finished {
            version.note_finished(*finished, now);
        }
    }

    /// What is in flight of `version`, of which so many have finished.
    fn on(&self, version: &Version, finished: u64, now: Moment) -> RouteWaiting {
        let (ages, idle) = version.waiting(&self.times, now.awake() / self.speed, finished);
        RouteWaiting { ages, idle }
    }
}

/// A tick that comes a little before its time does not make the slot last until the one after.
fn width(tick: Duration, longest_limit: Duration) -> Duration {
    tick.saturating_sub(tick / 8).max(longest_limit / 14)
}

impl RouteWaiting {
    /// Events in flight for more than `limit`: they began before the slot ended that tells their age.
    pub(crate) fn overdue(&self, limit: Duration) -> u64 {
        self.ages.iter().filter(|(age, _)| *age >= limit).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How long ago at least the oldest began.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.ages.first().map(|(age, _)| *age)
    }
}

impl RouteDetail {
    /// Events in flight for longer than the limit that they began under.
    pub(crate) fn overdue(&self) -> u64 {
        self.versions.iter().fold(0, |sum, own| sum.saturating_add(own.waiting.overdue(own.limit)))
    }

    /// How long ago at least the oldest began.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        self.versions.iter().filter_map(|own| own.waiting.oldest()).max()
    }

    /// Whether requests pile up and none finishes, whatever they began under.
    pub(crate) fn is_stalled(&self) -> bool {
        let idle = self.versions.iter().map(|own| own.waiting.idle).min().unwrap_or_default();
        self.overdue() >= STALLED && idle >= self.limit
    }
}

/// For each SLO, whether some route that it looks at is stalled; empty where none is. `finished` has every version of every route,
/// in their order.
///
/// Most routes have finished something just now, or have nothing in flight: only the others are looked at closely.
pub(crate) fn stalled(
    waiting: &Waiting,
    routes: &Routes,
    finished: &[(&Version, u64)],
    in_force: &InForce,
    now: Moment,
) -> Vec<bool> {
    let awake = now.awake() / waiting.speed;
    let mut stalled = Vec::new();
    let mut rest = finished;
    for (_, route) in routes.with_ids() {
        let (own, others) = rest.split_at(route.versions().count().min(rest.len()));
        rest = others;
        let limit = route.current().table().limit();
        let is_idle = own.iter().all(|(version, finished)| version.idle(*finished, awake) >= limit);
        let in_flight = |(version, finished): &(&Version, u64)| version.begun().saturating_sub(*finished);
        if !is_idle || own.iter().map(in_flight).fold(0, u64::saturating_add) < STALLED {
            continue;
        }
        let overdue =
            own.iter().map(|(version, finished)| waiting.on(version, *finished, now).overdue(version.table().limit()));
        if overdue.fold(0, u64::saturating_add) < STALLED {
            continue;
        }
        stalled.resize(in_force.slos.len(), false);
        for owner in own.iter().flat_map(|(version, _)| version.slos()).filter_map(|id| in_force.owner(*id)) {
            if let Some(stalled) = stalled.get_mut(owner.row) {
                *stalled = true;
            }
        }
    }
    stalled
}

/// What is in flight where something is.
pub(crate) fn look(waiting: &Waiting, routes: &Routes, details: &mut [RouteDetail], now: Moment) {
    for detail in details.iter_mut().filter(|detail| detail.begun > detail.finished) {
        for own in &mut detail.versions {
            if let Some(version) = routes.version(own.id) {
                own.waiting = waiting.on(version, own.finished, now);
            }
        }
    }
}
