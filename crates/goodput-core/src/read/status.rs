//! The status: everything the process knows about its SLOs at one moment, as one owned value.

use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

use goodput_model::{
    Adaptation, Budget, BurnRate, Counts, Evaluation, Exhaustion, Indicator, Objective, Observation, Period, Position,
    Row, Severity, Verdict, Window, time_to_exhaustion,
};

use super::flags::{self, Flag};
use super::latency::Latencies;
use super::monitor::{Monitor, WatchedSlo};
use super::snapshot::{Detail, RouteDetail};
use crate::classify::Outcome;
use crate::clock::Moment;

/// What one process knows about itself, from a single pass over its counters.
///
/// Every ratio, window and budget in it comes from the same counts. Under load, counts of different SLOs, reasons and
/// latencies differ by what happened during the pass: less than a millisecond, as a rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The service's name.
    pub service: String,
    /// Whose numbers these are.
    pub scope: Scope,
    /// How long this instance has lived, on its timeline.
    pub age: Duration,
    /// How long ago history was last kept. Windows are as wrong as this is late.
    pub since_last_tick: Duration,
    /// Ticks taken.
    pub ticks: u64,
    /// Events begun and not finished, on all routes.
    pub in_flight: u64,
    /// The SLOs, in the order of the definition.
    pub slos: Vec<SloStatus>,
    /// The routes that saw an event, busiest first.
    pub routes: Vec<RouteStatus>,
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
    /// What share has to be.
    pub objective: Objective,
    /// What it is judged over.
    pub period: Period,
    /// Events since the process started.
    pub counts: Counts,
    /// The bad and excluded ones by reason, most first.
    pub reasons: Vec<ReasonCount>,
    /// Shortest first; the last one is the period.
    pub windows: Vec<WindowStatus>,
    /// The error budget of the period, as far as this instance has seen it.
    pub budget: Budget,
    /// When the budget runs out at the burn of the last hour.
    pub exhaustion: Exhaustion,
    /// The alert rows, each with its state.
    pub conditions: Vec<ConditionStatus>,
    /// How the default rows were adapted to this objective and period.
    pub adaptations: Vec<Adaptation>,
}

/// One window of an SLO.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WindowStatus {
    /// What was seen of it, and how much of it that is.
    pub seen: Observation,
    /// The burn of the events seen: their error ratio over the error budget.
    pub burn: BurnRate,
    /// The same, scaled by coverage: what conditions compare. Unseen time adds nothing.
    pub scaled_burn: BurnRate,
    /// The burn in terms of the period's budget, which quiet hours hardly move.
    pub budget_burn: BurnRate,
}

/// One alert row of an SLO.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ConditionStatus {
    /// The row.
    pub row: Row,
    /// Where it stands, and the burns it compares.
    pub now: Evaluation,
}

/// One route since the process started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RouteStatus {
    /// Its template; `unmatched` and `other` stand for what has none of its own.
    pub template: String,
    /// Events begun.
    pub begun: u64,
    /// Events finished. Never more than begun.
    pub finished: u64,
    /// Events begun and not finished.
    pub in_flight: u64,
    /// Finished events by how they ended.
    pub outcomes: Vec<(Outcome, u64)>,
    /// Reasons that handlers gave.
    pub said: Vec<ReasonCount>,
    /// How long successes took, to the head. Refusals of the 4xx class are in neither distribution.
    pub success: Latencies,
    /// How long errors took to the head, or to the failure.
    pub error: Latencies,
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

impl Status {
    /// The SLO of this name.
    pub fn slo(&self, name: &str) -> Option<&SloStatus> {
        self.slos.iter().find(|slo| slo.name == name)
    }

    /// The route of this template, if it saw an event.
    pub fn route(&self, template: &str) -> Option<&RouteStatus> {
        self.routes.iter().find(|route| route.template == template)
    }
}

impl SloStatus {
    /// The most severe of the conditions that hold.
    pub fn firing(&self) -> Option<Severity> {
        self.conditions.iter().filter(|condition| condition.now.active).map(|condition| condition.row.severity()).max()
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

impl RouteStatus {
    /// Events that ended this way.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        saturating_sum(self.outcomes.iter().filter(|(known, _)| *known == outcome).map(|(_, count)| *count))
    }

    /// Events the service failed, as the default rules have it; an SLO may have rules of its own.
    pub fn failures(&self) -> u64 {
        saturating_sum(self.outcomes.iter().filter(|(outcome, _)| outcome.is_failure()).map(|(_, count)| *count))
    }
}

/// What a status is composed of.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) service: &'a str,
    pub(crate) slos: &'a [WatchedSlo],
    pub(crate) monitor: &'a Monitor,
    pub(crate) detail: Detail,
    pub(crate) now: Moment,
    pub(crate) tick_every: Duration,
    pub(crate) routes_full: Option<usize>,
    pub(crate) nested: u64,
}

/// Composes a status. Pure: all of it is arithmetic on what was read.
pub(crate) fn compose(parts: Parts<'_>) -> Status {
    let Parts { service, slos, monitor, detail, now, tick_every, routes_full, nested } = parts;
    let mut flags = flags::raise(slos, monitor, &detail, now, tick_every, routes_full);
    flags.extend((nested > 0).then_some(Flag::NestedLayers { calls: nested }));
    let observed = monitor.observe(now, &detail.counts, slos);
    let slos = slos
        .iter()
        .zip(observed)
        .zip(detail.counts.iter().zip(detail.reasons))
        .enumerate()
        .map(|(index, ((slo, observed), (counts, reasons)))| {
            let conditions = monitor.judge(index, slo, &observed);
            compose_slo(slo, &observed, conditions, *counts, reasons)
        })
        .collect();
    let mut routes: Vec<_> = detail.routes.into_iter().map(compose_route).collect();
    routes.sort_by(|a, b| b.begun.cmp(&a.begun).then_with(|| a.template.cmp(&b.template)));
    Status {
        service: service.to_owned(),
        scope: Scope::Instance,
        age: monitor.age(now),
        since_last_tick: monitor.since_last_tick(now),
        ticks: monitor.ticks(),
        in_flight: saturating_sum(routes.iter().map(|route| route.in_flight)),
        slos,
        routes,
        flags,
    }
}

fn compose_slo(
    slo: &WatchedSlo,
    observed: &[Observation],
    conditions: Vec<Evaluation>,
    counts: Counts,
    reasons: Vec<(Verdict, u64)>,
) -> SloStatus {
    let whole = slo.period.window();
    let of = |window: Window| observed.iter().find(|seen| seen.window == window).copied();
    let unseen = Observation::partial(whole, Counts::default(), Duration::ZERO);
    let period = of(whole).unwrap_or(unseen);
    let windows = observed.iter().map(|seen| WindowStatus {
        seen: *seen,
        burn: BurnRate::raw(slo.objective, seen.counts),
        scaled_burn: BurnRate::scaled(slo.objective, seen),
        budget_burn: BurnRate::of_period(slo.objective, seen, &period),
    });
    let budget = Budget::new(slo.objective, &period);
    let last_hour = of(Window::H1).map_or(BurnRate::NoData, |seen| BurnRate::raw(slo.objective, seen.counts));
    SloStatus {
        name: slo.name.clone(),
        indicator: slo.indicator,
        objective: slo.objective,
        period: slo.period,
        counts,
        reasons: reason_counts(reasons),
        windows: windows.collect(),
        exhaustion: time_to_exhaustion(budget.remaining(), last_hour, slo.period),
        budget,
        conditions: slo
            .policy
            .rows()
            .iter()
            .zip(conditions)
            .map(|(row, now)| ConditionStatus { row: *row, now })
            .collect(),
        adaptations: slo.policy.adaptations().to_vec(),
    }
}

fn compose_route(route: RouteDetail) -> RouteStatus {
    RouteStatus {
        template: route.template,
        begun: route.begun,
        finished: route.finished,
        in_flight: route.begun.saturating_sub(route.finished),
        outcomes: route.outcomes,
        said: reason_counts(route.reasons),
        success: route.success,
        error: route.error,
    }
}

fn reason_counts(mut reasons: Vec<(Verdict, u64)>) -> Vec<ReasonCount> {
    reasons.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.reason().cmp(&b.reason())));
    reasons.into_iter().map(|(verdict, count)| ReasonCount { verdict, count }).collect()
}

/// Counts of batches that somebody made up may be as large as a counter holds.
pub(super) fn saturating_sum(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
