//! Composes the status from what one pass over the counters has read.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use goodput_model::{
    Budget, BurnRate, CalendarUnit, Counts, Exhaustion, Frozen, Observation, Period, Reason, Verdict, Window,
    time_to_exhaustion,
};

use super::alarms::Episode;
use super::flags;
use super::in_force::InForce;
use super::monitor::{Monitor, WatchedSlo};
use super::snapshot::{Detail, RouteDetail};
use super::status::{
    ConditionStatus, ErrorCount, ReasonCount, RemovedSlo, RouteReason, RouteStatus, Scope, SignalStatus, SliceStatus,
    SloStatus, Status, WindowStatus, saturating_sum,
};
use super::waiting;
use crate::alert::Backlog;
use crate::clock::{Moment, StopwatchKind};
use crate::gauge::Gauges;
use crate::goodput::Mishaps;
use crate::record::Routes;

/// What a status is composed of.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) in_force: &'a InForce,
    pub(crate) monitor: &'a Monitor,
    pub(crate) detail: Detail,
    pub(crate) now: Moment,
    pub(crate) tick_every: Duration,
    pub(crate) routes: &'a Routes,
    pub(crate) mishaps: &'a Mishaps,
    pub(crate) gauges: &'a Gauges,
    /// What the wall clock shows now.
    pub(crate) wall: SystemTime,
    pub(crate) queued: u64,
    pub(crate) stopwatch: StopwatchKind,
    /// How often a callback did.
    pub(crate) panicked: u64,
    /// How far behind those are who tell of alerts.
    pub(crate) backlog: Backlog,
}

/// Composes a status. All of it but the ages of what is in flight is arithmetic on what was read.
pub(crate) fn compose(parts: Parts<'_>) -> Status {
    let Parts { in_force, monitor, mut detail, now, tick_every, routes, mishaps, gauges, wall, .. } = parts;
    let Parts { queued, stopwatch, panicked, backlog, .. } = parts;
    let (slos, definition) = (&in_force.slos, &in_force.definition);
    let mut slices = monitor.slices.status(now, &detail.counts);
    monitor.slices.replace(&mut detail.counts);
    monitor.rebase(&mut detail.counts);
    monitor.slices.replace(&mut detail.totals);
    waiting::look(&monitor.waiting, routes, &mut detail.routes, now);
    let mut flags = flags::raise(slos, monitor, &detail, now, tick_every, routes, mishaps);
    flags.extend(flags::of_gauges(gauges));
    flags.extend(flags::of_stopwatch(stopwatch));
    flags.extend(flags::of_callbacks(panicked, backlog));
    let observed = monitor.observe(now, &detail.counts, slos);
    let names: Vec<Arc<str>> = slos.iter().map(|slo| slo.name.as_str().into()).collect();
    let overdue = overdue_by_slo(in_force, &detail.routes);
    let mut reasons = detail.reasons;
    let of_removed = reasons.split_off(slos.len().min(reasons.len()));
    let is_stale = monitor.since_last_tick(now) > tick_every.saturating_mul(3);
    let removed = compose_removed(in_force, monitor, &detail.totals, of_removed);
    let slos = slos
        .iter()
        .zip(observed)
        .zip(detail.counts.iter().zip(&detail.totals).zip(reasons).zip(overdue))
        .enumerate()
        .map(|(index, ((slo, observed), (((live, counts), reasons), overdue)))| {
            let alarms = compose_alarms(monitor, index, slo, &observed, is_stale);
            let present = slo.calendar.as_ref().and_then(|calendar| calendar.present(wall));
            let calendar = present.map(|present| Calendared {
                unit: present.unit,
                length: present.length,
                seen: monitor.observe_one(now, present.gone, index, *live),
            });
            let slices = slices.remove(&index);
            let mut status = compose_slo(
                slo,
                &observed,
                calendar.as_ref(),
                alarms,
                Counted { live: *live, counts: *counts, reasons, slices },
                overdue,
            );
            status.band = monitor.bands.at(&definition.bands, index, status.budget.as_seen(), now);
            status
        })
        .collect();
    let routes = busiest_first(detail.routes).map(|route| compose_route(route, &names, &definition.classes));
    let routes: Vec<_> = routes.collect();
    let own = || routes.iter().filter(|route| route.is_own());
    Status {
        service: definition.service.clone(),
        deploy: None,
        scope: Scope::Instance,
        age: monitor.age(now),
        since_last_tick: monitor.since_last_tick(now),
        tick_every,
        ticks: monitor.ticks(),
        stopwatch,
        in_flight: saturating_sum(own().map(|route| route.in_flight)),
        overdue: saturating_sum(own().map(|route| route.overdue)),
        queued,
        unready: mishaps.unready.load(Ordering::Relaxed),
        restarts_1h: monitor.restarts(now).map(|restarts| restarts.len() as u64),
        single_instance: definition.single_instance,
        bands: definition.bands.clone(),
        slos,
        removed,
        routes,
        mutes: monitor.alarms.mutes.in_force(now),
        guards: Vec::new(),
        features: Vec::new(),
        flags,
    }
}

/// Where the alerts of an SLO stand. While nobody ticks, nothing is known of any.
fn compose_alarms(
    monitor: &Monitor,
    index: usize,
    slo: &WatchedSlo,
    observed: &[Observation],
    is_stale: bool,
) -> (Vec<ConditionStatus>, Vec<SignalStatus>) {
    let frozen = |episode: Option<&Episode>| {
        let own = episode.and_then(|episode| episode.alarm.frozen()).map(|(reason, _)| reason);
        if is_stale { Some(Frozen::StaleTick) } else { own }
    };
    let rows = slo.policy.rows();
    let judged = monitor.judge(index, slo, observed);
    let conditions = rows.iter().zip(judged).zip(monitor.alarms.of_rows(index, rows.len()));
    let conditions = conditions.map(|((row, now), episode)| ConditionStatus {
        row: *row,
        now,
        alarm: episode.map(|episode| episode.alarm.state()).unwrap_or_default(),
        frozen: frozen(episode),
        suppressed: episode.is_some_and(|episode| episode.suppressed),
        muted: episode.is_some_and(|episode| episode.muted),
    });
    let signals = monitor.alarms.of_signals(index).map(|(signal, episode)| SignalStatus {
        signal,
        detail: episode.detail,
        alarm: episode.alarm.state(),
        frozen: frozen(Some(episode)),
        suppressed: episode.suppressed,
        muted: episode.muted,
    });
    (conditions.collect(), signals.collect())
}

fn compose_removed(
    in_force: &InForce,
    monitor: &Monitor,
    totals: &[Counts],
    reasons: Vec<Vec<(Verdict, u64)>>,
) -> Vec<RemovedSlo> {
    let totals = totals.iter().skip(in_force.slos.len());
    let rows = in_force.removed().iter().zip(totals.zip(reasons));
    rows.map(|(name, (counts, reasons))| {
        let slices = monitor.slices.of_removed(name);
        let reasons = slices.map_or(reasons, |(counts, reason)| bad_slices(counts, reason));
        let counts = slices.map_or(*counts, |(counts, _)| counts);
        RemovedSlo { name: name.to_string(), counts, reasons: reason_counts(reasons) }
    })
    .collect()
}

/// Slices are bad for one reason.
fn bad_slices(counts: Counts, reason: Reason) -> Vec<(Verdict, u64)> {
    let bad = (Verdict::Bad(reason), counts.bad);
    Some(bad).filter(|(_, count)| *count > 0).into_iter().collect()
}

/// For each SLO, the events in flight that are older than the limit it had when they began.
fn overdue_by_slo(in_force: &InForce, routes: &[RouteDetail]) -> Vec<u64> {
    let mut overdue = vec![0_u64; in_force.slos.len()];
    for version in routes.iter().flat_map(|route| &route.versions).filter(|own| !own.waiting.ages.is_empty()) {
        for owner in version.slos.iter().filter_map(|id| in_force.owner(*id)) {
            if let Some(sum) = overdue.get_mut(owner.row) {
                *sum = sum.saturating_add(version.waiting.overdue(owner.threshold.unwrap_or(version.limit)));
            }
        }
    }
    overdue
}

/// What has gone by of a calendar period.
struct Calendared {
    unit: CalendarUnit,
    /// Of the whole period.
    length: Duration,
    seen: Observation,
}

impl Calendared {
    /// The budget begins anew with the next month or quarter: what would last longer than the present one is not exhausted. A bound
    /// stays one, as what was spent unseen may have it run out before.
    fn spare(&self, exhaustion: Exhaustion) -> Exhaustion {
        // What has gone by is known to the second.
        let rest = self.length.saturating_sub(self.seen.window.duration()).saturating_add(Duration::from_secs(1));
        match exhaustion {
            Exhaustion::In(time) if time > rest => Exhaustion::Never,
            exhaustion => exhaustion,
        }
    }
}

/// What was counted for one SLO since the process started.
struct Counted {
    /// On the scale of the monitor's history.
    live: Counts,
    counts: Counts,
    /// Of its events.
    reasons: Vec<(Verdict, u64)>,
    slices: Option<SliceStatus>,
}

impl Counted {
    /// The reasons of what the counts are of, and the slices with those of their events.
    fn reasons_and_slices(self) -> (Vec<ReasonCount>, Option<SliceStatus>) {
        let reasons = reason_counts(self.reasons);
        let Some(mut slices) = self.slices else { return (reasons, None) };
        slices.event_reasons = reasons;
        (reason_counts(bad_slices(self.counts, slices.bad_for)), Some(slices))
    }
}

fn compose_slo(
    slo: &WatchedSlo,
    observed: &[Observation],
    calendar: Option<&Calendared>,
    (conditions, signals): (Vec<ConditionStatus>, Vec<SignalStatus>),
    counted: Counted,
    overdue: u64,
) -> SloStatus {
    let whole = slo.period.window();
    let of = |window: Window| observed.iter().find(|seen| seen.window == window).copied();
    let unseen = Observation::partial(whole, Counts::default(), Duration::ZERO);
    let period = calendar.map(|calendar| calendar.seen).or_else(|| of(whole)).unwrap_or(unseen);
    let window = |seen: &Observation, calendar| WindowStatus {
        seen: *seen,
        calendar,
        burn: BurnRate::raw(slo.objective, seen.counts),
        scaled_burn: BurnRate::scaled(slo.objective, seen),
        budget_burn: BurnRate::of_period(slo.objective, seen, &period),
    };
    let gone = calendar.map(|calendar| window(&calendar.seen, Some(calendar.unit)));
    let windows = observed.iter().map(|seen| window(seen, None)).chain(gone);
    let length = calendar.and_then(|calendar| Window::from_secs(calendar.length.as_secs().try_into().ok()?).ok());
    let length = length.map_or(slo.period, Period::Rolling);
    let budget = match calendar {
        Some(calendar) => Budget::of_calendar(slo.objective, &period, calendar.length),
        None => Budget::new(slo.objective, &period),
    };
    let last_hour = of(Window::H1).map_or(BurnRate::NoData, |seen| BurnRate::raw(slo.objective, seen.counts));
    let exhaustion = time_to_exhaustion(budget.remaining(), last_hour, length);
    let (live, counts) = (counted.live, counted.counts);
    let (reasons, slices) = counted.reasons_and_slices();
    SloStatus {
        name: slo.name.clone(),
        indicator: slo.indicator,
        dependency: slo.dependency.clone(),
        classes: slo.classes.clone(),
        objective: slo.objective,
        period: slo.period,
        budgeting: slo.budgeting,
        counts,
        reasons,
        sheds: None,
        slices,
        overdue,
        windows: windows.collect(),
        exhaustion: calendar.map_or(exhaustion, |calendar| calendar.spare(exhaustion)),
        budget,
        band: None,
        min_bad: slo.min_bad,
        conditions,
        signals,
        adaptations: slo.policy.adaptations().to_vec(),
        live,
        traffic: slo.traffic,
    }
}

fn compose_route(route: RouteDetail, slos: &[Arc<str>], classes: &[String]) -> RouteStatus {
    let in_flight = route.begun.saturating_sub(route.finished);
    // Read a moment later than what began.
    let (overdue, oldest, stalled) = (route.overdue().min(in_flight), route.oldest(), route.is_stalled());
    let reasons = route.reasons.into_iter();
    let mut reasons: Vec<_> = reasons
        .filter_map(|(slo, verdict, count)| Some(RouteReason { slo: Arc::clone(slos.get(slo)?), verdict, count }))
        .collect();
    reasons.sort_by(|a, b| {
        b.count.cmp(&a.count).then_with(|| (&a.slo, a.verdict.reason()).cmp(&(&b.slo, b.verdict.reason())))
    });
    let errors = route.errors.into_iter();
    let mut errors: Vec<_> = errors.map(|(error_type, count)| ErrorCount { error_type, count }).collect();
    errors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.error_type.cmp(&b.error_type)));
    RouteStatus {
        template: route.template,
        class: route.class.name(classes),
        begun: route.begun,
        finished: route.finished,
        in_flight,
        overdue,
        limit: route.limit,
        oldest,
        stalled,
        outcomes: route.outcomes,
        reasons,
        errors,
        said: reason_counts(route.said),
        success: route.success,
        error: route.error,
        queue: route.queue,
        first_byte: route.first_byte,
        end: route.end,
        streams: route.streams,
        open_streams: route.open_streams,
    }
}

/// Sorts positions and takes the routes in their order: a route is too large to be moved about while sorting.
fn busiest_first(routes: Vec<RouteDetail>) -> impl Iterator<Item = RouteDetail> {
    let mut order: Vec<_> = routes.iter().enumerate().map(|(position, route)| (route.begun, position)).collect();
    let name = |position: usize| routes.get(position).map(|route| (&route.template, route.class.number()));
    order.sort_unstable_by(|(a, here), (b, there)| b.cmp(a).then_with(|| name(*here).cmp(&name(*there))));
    let mut routes: Vec<_> = routes.into_iter().map(Some).collect();
    order.into_iter().filter_map(move |(_, position)| routes.get_mut(position)?.take())
}

fn reason_counts(mut reasons: Vec<(Verdict, u64)>) -> Vec<ReasonCount> {
    reasons.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.reason().cmp(&b.reason())));
    reasons.into_iter().map(|(verdict, count)| ReasonCount { verdict, count }).collect()
}
