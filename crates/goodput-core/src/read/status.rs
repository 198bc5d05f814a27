//! The status: everything the process knows about its SLOs at one moment, as one owned value.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{
    Adaptation, AlarmState, Budget, BudgetBands, Budgeting, BurnRate, CalendarUnit, Counts, Evaluation, Exhaustion,
    Frozen, Indicator, MinBad, Objective, Observation, Period, Position, Rate, Reason, Row, Severity, Signal, Verdict,
    Window,
};

use super::bands::BandStatus;
use super::flags::Flag;
use super::latency::Latencies;
use super::signals::SignalDetail;
use crate::alert::Mute;
use crate::classify::Outcome;
use crate::clock::StopwatchKind;
use crate::guard::{FeatureStatus, GuardStatus, ShedStatus};
use crate::looks_at::is_own;

/// What one process knows about itself, from a single pass over its counters.
///
/// Every ratio, window and budget in it comes from the same counts. Under load, counts of different SLOs, reasons and
/// latencies differ by what happened during the pass: less than a millisecond, as a rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The service's name.
    pub service: String,
    /// What was released last, as the service was [told](crate::GoodputBuilder::deploy).
    pub deploy: Option<Arc<str>>,
    /// Whose numbers these are.
    pub scope: Scope,
    /// How long this instance has lived, on its timeline.
    pub age: Duration,
    /// How long ago history was last kept. Windows are as wrong as this is late.
    pub since_last_tick: Duration,
    /// How often that is done.
    pub tick_every: Duration,
    /// Ticks taken.
    pub ticks: u64,
    /// What requests are timed by.
    pub stopwatch: StopwatchKind,
    /// Events begun and not finished, on all routes of the service's own. Calls to dependencies are not among them.
    pub in_flight: u64,
    /// Of these, how many are older than their routes' limits. See [`RouteStatus::overdue`].
    pub overdue: u64,
    /// Requests on their way from an outer layer to the service: no route is known of them yet, and they are in flight nowhere
    /// else.
    pub queued: u64,
    /// How often a layered service failed before it was ready for a request. No request was accepted then, and no event
    /// counted.
    pub unready: u64,
    /// How often a process went on from what an earlier one knew within the last hour; none where this one does not
    /// [remember](crate::GoodputBuilder::remember).
    pub restarts_1h: Option<u64>,
    /// Whether the definition declares that there is no other instance of the service.
    pub single_instance: bool,
    /// What is permitted at what rest of a budget.
    pub bands: BudgetBands,
    /// The SLOs, in the order of the definition.
    pub slos: Vec<SloStatus>,
    /// SLOs that the process had before and [reloads](crate::Goodput::reload) have removed.
    pub removed: Vec<RemovedSlo>,
    /// The routes that saw an event, busiest first.
    pub routes: Vec<RouteStatus>,
    /// For what time nobody is told of alerts.
    pub mutes: Vec<Mute>,
    /// The guards, in the order they were built.
    pub guards: Vec<GuardStatus>,
    /// The guarded features, likewise.
    pub features: Vec<FeatureStatus>,
    /// What to know before trusting the numbers.
    pub flags: Vec<Flag>,
}

/// Whose numbers a status holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// This process alone, since it started. Other replicas of the service know other numbers.
    Instance,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance => f.write_str("instance"),
        }
    }
}

/// One SLO at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SloStatus {
    /// The SLO's name.
    pub name: String,
    /// What makes an event good.
    pub indicator: Indicator,
    /// The dependency whose calls it judges, in place of requests.
    pub dependency: Option<String>,
    /// The request classes it judges; empty for all.
    pub classes: Vec<String>,
    /// What share has to be.
    pub objective: Objective,
    /// What it is judged over.
    pub period: Period,
    /// What its error budget is a share of.
    pub budgeting: Budgeting,
    /// What its error budget is a share of, since the process started: events, or slices of time that are over, and in the case of
    /// [`Budgeting::RatioTimeslices`] millionths of those. Each as it was judged when it began, whatever was
    /// [reloaded](crate::Goodput::reload) since.
    pub counts: Counts,
    /// The bad and excluded ones by reason, most first.
    pub reasons: Vec<ReasonCount>,
    /// What guards have shed of its events, and what there is without them; nothing where they have shed none.
    pub sheds: Option<ShedStatus>,
    /// Its slices, if those are what it judges.
    pub slices: Option<SliceStatus>,
    /// Events in flight for longer than its threshold, or than their routes' limits if it has none: too late to be good, or
    /// soon to be.
    pub overdue: u64,
    /// Shortest first, and then the period: the last so many days, or what has gone by of the present month or quarter.
    pub windows: Vec<WindowStatus>,
    /// The error budget of the period, as far as this instance has seen it.
    pub budget: Budget,
    /// The budget band it stands in; none before there was data.
    pub band: Option<BandStatus>,
    /// When the budget runs out at the burn of the last hour. In a calendar period never, where it is known
    /// to last until the next one begins.
    pub exhaustion: Exhaustion,
    /// The least number of bad events that its conditions go by.
    pub min_bad: MinBad,
    /// The alert rows, each with its state.
    pub conditions: Vec<ConditionStatus>,
    /// What no error ratio shows, as far as it holds or has held just now.
    pub signals: Vec<SignalStatus>,
    /// How the default rows were adapted to this objective and period.
    pub adaptations: Vec<Adaptation>,
    /// What its windows are cut from: on the scale of the monitor's history.
    pub(crate) live: Counts,
    /// The traffic that is usual, as declared.
    pub(crate) traffic: Option<Rate>,
}

/// What was counted for an SLO that is no longer there. What was in flight when it was removed still ends here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RemovedSlo {
    /// Its name.
    pub name: String,
    /// Events since the process started.
    pub counts: Counts,
    /// The bad and excluded ones by reason, most first.
    pub reasons: Vec<ReasonCount>,
}

/// One window of an SLO.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WindowStatus {
    /// What was seen of it, and how much of it that is.
    pub seen: Observation,
    /// The calendar period of which it is what has gone by.
    pub calendar: Option<CalendarUnit>,
    /// The burn of the events seen: their error ratio over the error budget.
    pub burn: BurnRate,
    /// The same, scaled by coverage: what conditions compare. Unseen time adds nothing.
    pub scaled_burn: BurnRate,
    /// The burn in terms of the period's budget, which quiet hours hardly move.
    pub budget_burn: BurnRate,
}

/// The slices of time of an SLO that judges those. How many were good and bad is in [`SloStatus::counts`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SliceStatus {
    /// How long each is.
    pub length: Window,
    /// Slices that were judged.
    pub judged: u64,
    /// Slices that were not, and are in no total: nothing happened in them that could be good or bad, or less than nine tenths of
    /// them were seen, or a tick came late by more than a tenth.
    pub unknown: u64,
    /// Why those that are bad are.
    pub bad_for: Reason,
    /// The events they are judged by, since the process started. None where levels or the age of data are what is looked at.
    pub events: Counts,
    /// The bad and excluded ones of these by reason, most first.
    pub event_reasons: Vec<ReasonCount>,
    /// The slice that is not over yet.
    pub running: RunningSlice,
}

/// A slice that is not over yet.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RunningSlice {
    /// How much of it has gone by.
    pub so_far: Duration,
    /// The events in it.
    pub events: Counts,
    /// The highest level in it, where 1 is all there is; of several, the highest one's. None before one was set.
    pub level: Option<f64>,
    /// How old the data is now; of several, the oldest. None before some was refreshed.
    pub age: Option<Duration>,
    /// What it would be if it ended now: good, bad, or unknown.
    pub verdict: Option<Verdict>,
}

/// One alert row of an SLO.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConditionStatus {
    /// The row.
    pub row: Row,
    /// Where it stands, and the burns it compares.
    pub now: Evaluation,
    /// Whether it fires, as the last tick left it. Moments are those of the instance's timeline.
    pub alarm: AlarmState,
    /// Why its condition cannot be judged, so that it stands as it stood.
    pub frozen: Option<Frozen>,
    /// A more severe alert of the SLO fires: nobody is told of this one meanwhile.
    pub suppressed: bool,
    /// Nobody is told of it, as somebody has [muted](crate::Goodput::mute) it.
    pub muted: bool,
}

/// One signal of an SLO that holds, or has held just now.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SignalStatus {
    /// Which.
    pub signal: Signal,
    /// Its numbers, when it last held.
    pub detail: Option<SignalDetail>,
    /// Whether it fires, as the last tick left it. Moments are those of the instance's timeline.
    pub alarm: AlarmState,
    /// Why it cannot be told whether it holds, so that the alert stands as it stood; none where it can.
    pub frozen: Option<Frozen>,
    /// Another alert of the SLO fires that is more severe or says the same: nobody is told of this one meanwhile.
    pub suppressed: bool,
    /// Nobody is told of it, as somebody has [muted](crate::Goodput::mute) it.
    pub muted: bool,
}

impl ConditionStatus {
    /// Whether the alert fires: since a tick, or from the next one on.
    pub fn fires(&self) -> bool {
        matches!(self.alarm, AlarmState::Firing { .. }) || (self.now.active && self.row.timing().wait.is_zero())
    }
}

impl SignalStatus {
    /// Whether the alert fires.
    pub fn fires(&self) -> bool {
        matches!(self.alarm, AlarmState::Firing { .. })
    }
}

/// One route since the process started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RouteStatus {
    /// Its template; `unmatched` and `other` stand for what has none of its own, `dependency:<name>` for calls to a
    /// dependency, `dependency:other` for those whose names have none, `completeness:<name>` for records that were to come,
    /// `reads:<name>` for reads of data.
    pub template: String,
    /// The class of its requests, if they have one.
    pub class: Option<String>,
    /// Events begun.
    pub begun: u64,
    /// Events finished. Never more than begun.
    pub finished: u64,
    /// Events begun and not finished.
    pub in_flight: u64,
    /// Of these, how many are older than the limit. Exact but for their age, which is known to a slot: a tick, or a
    /// fourteenth of the longest limit of the definition. Streams count until their head.
    pub overdue: u64,
    /// How long an event may go on: the server's deadline, else four times the loosest threshold within 1 s to 10 s, else 5 s.
    pub limit: Duration,
    /// The age of the oldest event in flight, at least; as exact as in `overdue`.
    pub oldest: Option<Duration>,
    /// Whether three events or more are overdue and none has finished for as long as the limit. A hang shows here and in no
    /// error ratio.
    pub stalled: bool,
    /// Finished events by how they ended.
    pub outcomes: Vec<(Outcome, u64)>,
    /// The bad and excluded events of each SLO, by reason, most first.
    pub reasons: Vec<RouteReason>,
    /// What went wrong with the events that failed, most first: each failure has one.
    pub errors: Vec<ErrorCount>,
    /// Reasons that handlers gave, each once an event, whatever the SLOs make of it.
    pub said: Vec<ReasonCount>,
    /// How long successes took, to the head; for reads of data, how old that was. Refusals of the 4xx class are in neither distribution.
    pub success: Latencies,
    /// How long errors took to the head, or to the failure.
    pub error: Latencies,
    /// How long requests were on their way from an outer layer to the service. It is part of their latency.
    pub queue: Latencies,
    /// How long successes took to the first byte of the body. Known where some SLO of the route measures to there, as the clock
    /// is read for it alone.
    pub first_byte: Latencies,
    /// How long successes took to their end, likewise.
    pub end: Latencies,
    /// How long streams lived once they were established. No part of any request's latency.
    pub streams: Latencies,
    /// Streams that are open.
    pub open_streams: u64,
}

/// How often a reason was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReasonCount {
    /// Bad or excluded, with the reason.
    pub verdict: Verdict,
    /// How often.
    pub count: u64,
}

/// How often one SLO called events of a route bad or excluded for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouteReason {
    /// The SLO.
    pub slo: Arc<str>,
    /// Bad or excluded, with the reason.
    pub verdict: Verdict,
    /// How often.
    pub count: u64,
}

/// How often one thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCount {
    /// What: the `error.type` of the semantic conventions. A status, the name of a gRPC code, what became of the request, or the
    /// handler's own word.
    pub error_type: Reason,
    /// How often.
    pub count: u64,
}

impl Status {
    /// The SLO of this name.
    pub fn slo(&self, name: &str) -> Option<&SloStatus> {
        self.slos.iter().find(|slo| slo.name == name)
    }

    /// The route of this template, if it saw an event; with request classes, the busiest of its classes.
    pub fn route(&self, template: &str) -> Option<&RouteStatus> {
        self.routes.iter().find(|route| route.template == template)
    }
}

impl SloStatus {
    /// The most severe of the alerts that fire.
    pub fn firing(&self) -> Option<Severity> {
        let rows = self.conditions.iter().filter(|condition| condition.fires());
        let signals = self.signals.iter().filter(|status| status.fires());
        rows.map(|condition| condition.row.severity()).chain(signals.map(|status| status.signal.severity())).max()
    }

    /// The condition to look at first: one that holds before one that does not, then the more severe, then the faster.
    pub fn worst(&self) -> Option<&ConditionStatus> {
        self.conditions.iter().max_by_key(|condition| {
            let standing = match condition.now.position {
                Position::NoData => 0,
                Position::Acceptable => 1,
                Position::Increasing => 2,
                Position::Recovering => 3,
                Position::Firing => 4,
            };
            (standing, condition.row.severity(), Reverse(condition.row.long()))
        })
    }

    /// The burn over this window, which must be one of its [`windows`](Self::windows); no data for any other.
    pub fn burn(&self, window: Window) -> BurnRate {
        self.window(window).map_or(BurnRate::NoData, |window| window.burn)
    }

    /// The window of this length.
    pub fn window(&self, window: Window) -> Option<&WindowStatus> {
        self.windows.iter().find(|status| status.seen.window == window)
    }
}

impl WindowStatus {
    /// Its length, `5m`; for what has gone by of a calendar period, the name of that, as the length grows: `month`.
    pub fn label(&self) -> String {
        self.calendar.map_or_else(|| self.seen.window.to_string(), |unit| unit.label().to_owned())
    }
}

impl RouteStatus {
    /// Whether it stands for the calls to a dependency.
    pub fn is_dependency(&self) -> bool {
        self.template.starts_with(Reason::DEPENDENCY)
    }

    /// Whether it is for requests and work of the service's own: not for calls to a dependency, records that were to come, or reads
    /// of data.
    pub fn is_own(&self) -> bool {
        is_own(&self.template)
    }

    /// Events that ended this way.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        saturating_sum(self.outcomes.iter().filter(|(known, _)| *known == outcome).map(|(_, count)| *count))
    }

    /// Events the service failed, as the default rules have it; an SLO may have rules of its own.
    pub fn failures(&self) -> u64 {
        saturating_sum(self.outcomes.iter().filter(|(outcome, _)| outcome.is_failure()).map(|(_, count)| *count))
    }
}

/// Counts of batches that somebody made up may be as large as a counter holds.
pub(super) fn saturating_sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
