//! Writes the document: what a status says, in the words of programs.

use std::time::{Duration, SystemTime};

use goodput_core::{
    AlarmState, Band, BandStatus, BurnRate, ConditionStatus, Counts, Exhaustion, FeatureStatus, GuardStatus, Latencies,
    MinBad, Moment, Mute, Observation, ReasonCount, RouteStatus, ShedStatus, SignalStatus, SliceStatus, SloStatus,
    Status, WindowStatus,
};
use serde::Serialize;

use super::decision::{known, nanos};
use super::guard::{FeatureDocument, GuardDocument, MuteDocument, ShedWindowDocument, ShedsDocument};
use super::slo::{
    AlarmDocument, BudgetDocument, ConditionDocument, CountsDocument, IndicatorDocument, PeriodDocument,
    ReasonDocument, SignalDocument, SlicesDocument, SloDocument, StandingDocument, WindowDocument,
};
use super::status::{
    BandDocument, ErrorDocument, FlagDocument, LatencyDocument, RemovedDocument, RouteDocument, StatusDocument, VERSION,
};

/// The most routes that are written. A definition may tell 100,000 apart.
const MOST_ROUTES: usize = 100;
/// The most kinds of errors that are written of a route.
const MOST_ERRORS: usize = 10;

/// The document of `status`, as JSON on one line.
pub(crate) fn render(status: &Status, written_by: &WrittenBy) -> Vec<u8> {
    to_json(&document(status, written_by))
}

/// Who writes a document, and when.
#[derive(Clone, Debug)]
pub(crate) struct WrittenBy {
    /// The name of the instance.
    pub(crate) instance: String,
    /// Now, on its timeline.
    pub(crate) now: Moment,
    /// What a clock on the wall shows.
    pub(crate) wall: SystemTime,
}

/// A document as JSON on one line.
pub(crate) fn to_json(document: &impl Serialize) -> Vec<u8> {
    // Only a map with keys that are no text fails, and no document has one.
    serde_json::to_vec(document).unwrap_or_default()
}

fn document(status: &Status, written_by: &WrittenBy) -> StatusDocument {
    let wall = written_by.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let flag = |flag: &goodput_core::Flag| FlagDocument { code: flag.label().to_owned(), message: flag.to_string() };
    let removed = |slo: &goodput_core::RemovedSlo| RemovedDocument {
        name: slo.name.clone(),
        counts: counts(slo.counts),
        reasons: reasons(&slo.reasons),
    };
    StatusDocument {
        goodput: "status".to_owned(),
        version: VERSION,
        instance: written_by.instance.clone(),
        service: status.service.clone(),
        deploy: status.deploy.as_deref().map(str::to_owned),
        scope: status.scope.to_string(),
        single_instance: status.single_instance,
        written_unix_ms: wall.as_millis().try_into().unwrap_or(u64::MAX),
        age_ns: nanos(status.age),
        since_last_tick_ns: nanos(status.since_last_tick),
        tick_every_ns: nanos(status.tick_every),
        ticks: status.ticks,
        in_flight: status.in_flight,
        overdue: status.overdue,
        queued: status.queued,
        unready: status.unready,
        restarts_1h: status.restarts_1h,
        flags: status.flags.iter().map(flag).collect(),
        bands: status.bands.bands.iter().map(band).collect(),
        hysteresis: status.bands.hysteresis.to_string(),
        slos: status.slos.iter().map(|status| slo(status, written_by.now)).collect(),
        mutes: status.mutes.iter().map(mute).collect(),
        guards: status.guards.iter().map(guard).collect(),
        features: status.features.iter().map(feature).collect(),
        removed: status.removed.iter().map(removed).collect(),
        routes: status.routes.iter().take(MOST_ROUTES).map(route).collect(),
        more_routes: status.routes.len().saturating_sub(MOST_ROUTES) as u64,
    }
}

fn band(band: &Band) -> BandDocument {
    let above = band.above.map(|above| above.to_string());
    BandDocument { name: band.name.clone(), above, action: band.action.label().to_owned() }
}

fn slo(slo: &SloStatus, now: Moment) -> SloDocument {
    let concerns = slo.evidence().concerns;
    let threshold = slo.indicator.threshold().map(|(threshold, _)| threshold).or(match slo.indicator {
        goodput_core::Indicator::Freshness { threshold } => Some(threshold),
        _ => None,
    });
    SloDocument {
        name: slo.name.clone(),
        indicator: IndicatorDocument { kind: slo.indicator.label().to_owned(), threshold_ns: threshold.map(nanos) },
        dependency: slo.dependency.clone(),
        classes: slo.classes.clone(),
        objective_ppb: slo.objective.good_ppb(),
        objective: slo.objective.to_string(),
        period: PeriodDocument { name: slo.period.to_string(), seconds: slo.period.window().secs() },
        budgeting: slo.budgeting.label().to_owned(),
        counts: counts(slo.counts),
        reasons: reasons(&slo.reasons),
        sheds: slo.sheds.as_ref().map(sheds),
        slices: slo.slices.as_ref().map(slices),
        overdue: slo.overdue,
        windows: slo.windows.iter().map(window).collect(),
        budget: budget(slo),
        least_bad: match slo.min_bad {
            MinBad::AtLeast(count) => Some(count),
            _ => None,
        },
        concerns: concerns.iter().map(|concern| concern.label().to_owned()).collect(),
        band: slo.band.as_ref().and_then(|band| standing(band, now)),
        conditions: slo.conditions.iter().map(|status| condition(status, now)).collect(),
        signals: slo.signals.iter().map(|status| signal(status, now)).collect(),
    }
}

fn sheds(sheds: &ShedStatus) -> ShedsDocument {
    let window = |seen: &Observation| ShedWindowDocument {
        seconds: seen.window.secs(),
        counts: counts(seen.counts),
        seen_ns: nanos(seen.coverage.seen()),
    };
    let windows = sheds.windows.iter().map(window).collect();
    ShedsDocument { sheds: counts(sheds.sheds), counts: counts(sheds.counts), windows }
}

fn guard(guard: &GuardStatus) -> GuardDocument {
    GuardDocument {
        name: guard.name.clone(),
        slo: guard.slo.clone(),
        action: guard.action.label().to_owned(),
        admitted: guard.admitted.to_string(),
        floor: guard.floor.to_string(),
        held_back: guard.held_back,
        window_seconds: guard.window.secs(),
        burn: burn(guard.burn),
        above: guard.above,
    }
}

fn feature(feature: &FeatureStatus) -> FeatureDocument {
    FeatureDocument {
        name: feature.name.clone(),
        slo: feature.slo.clone(),
        allowed: feature.allowed,
        window_seconds: feature.window.secs(),
        burn: burn(feature.burn),
        above: feature.above,
    }
}

fn mute(mute: &Mute) -> MuteDocument {
    MuteDocument { slo: mute.slo.clone(), left_ns: nanos(mute.lasting), why: mute.why.clone() }
}

fn slices(slices: &SliceStatus) -> SlicesDocument {
    let (judged, unknown, events) = (slices.judged, slices.unknown, counts(slices.events));
    SlicesDocument { seconds: slices.length.secs(), judged, unknown, events }
}

fn window(window: &WindowStatus) -> WindowDocument {
    WindowDocument {
        name: window.label(),
        seconds: window.seen.window.secs(),
        calendar: window.calendar.is_some(),
        counts: counts(window.seen.counts),
        seen_ns: nanos(window.seen.coverage.seen()),
        edge_gap_ns: nanos(window.seen.edge_gap),
        burn: burn(window.burn),
        scaled_burn: burn(window.scaled_burn),
    }
}

fn budget(slo: &SloStatus) -> BudgetDocument {
    let (exhaustion, time) = match slo.exhaustion {
        Exhaustion::NoData => ("no_data", None),
        Exhaustion::Never => ("never", None),
        Exhaustion::Exhausted => ("exhausted", None),
        Exhaustion::In(time) => ("in", Some(time)),
        Exhaustion::Within(time) => ("within", Some(time)),
    };
    BudgetDocument {
        known: known(slo.budget.remaining()).to_owned(),
        remaining: slo.budget.remaining().value(),
        length_ns: nanos(slo.budget.length()),
        allowed_ns: nanos(slo.budget.allowed_time()),
        spent_ns: slo.budget.spent_time().map(nanos),
        allowed_events: slo.budget.allowed_events(),
        exhaustion: exhaustion.to_owned(),
        exhausted_in_ns: time.map(nanos),
    }
}

fn standing(band: &BandStatus, now: Moment) -> Option<StandingDocument> {
    let position = band.standing.position()?.try_into().ok()?;
    let for_ns = since(band.since.since_origin(), now);
    Some(StandingDocument { position, name: band.name.clone(), action: band.action.label().to_owned(), for_ns })
}

fn alarm(alarm: AlarmState, now: Moment) -> AlarmDocument {
    let (state, since_when, quiet) = match alarm {
        AlarmState::Quiet => ("quiet", None, None),
        AlarmState::Waiting { since } => ("waiting", Some(since), None),
        AlarmState::Firing { since, quiet } => ("firing", Some(since), quiet),
    };
    AlarmDocument {
        state: state.to_owned(),
        for_ns: since_when.map(|when| since(when, now)),
        quiet_for_ns: quiet.map(|(when, _)| since(when, now)),
        quiet_because: quiet.map(|(_, cleared)| cleared.label().to_owned()),
    }
}

fn signal(status: &SignalStatus, now: Moment) -> SignalDocument {
    SignalDocument {
        signal: status.signal.label().to_owned(),
        severity: status.signal.severity().to_string(),
        message: status.detail.map(|detail| detail.to_string()),
        alarm: alarm(status.alarm, now),
        frozen: status.frozen.map(|frozen| frozen.label().to_owned()),
        suppressed: status.suppressed,
        muted: status.muted,
    }
}

/// From then until now, in nanoseconds.
fn since(then: Duration, now: Moment) -> u64 {
    nanos(now.since_origin().saturating_sub(then))
}

fn condition(condition: &ConditionStatus, at: Moment) -> ConditionDocument {
    let (row, now) = (&condition.row, &condition.now);
    ConditionDocument {
        severity: row.severity().to_string(),
        long_seconds: row.long().secs(),
        short_seconds: row.short().secs(),
        factor: row.factor(),
        threshold_attos: row.full_outage_attos().to_string(),
        position: now.position.to_string(),
        active: now.active,
        long_burn: burn(now.long),
        short_burn: burn(now.short),
        effective_factor: now.effective_factor,
        min_bad: now.min_bad,
        bad_long: now.bad_long,
        alarm: alarm(condition.alarm, at),
        frozen: condition.frozen.map(|frozen| frozen.label().to_owned()),
        suppressed: condition.suppressed,
        muted: condition.muted,
    }
}

fn route(route: &RouteStatus) -> RouteDocument {
    let error = |error: &goodput_core::ErrorCount| ErrorDocument {
        error_type: error.error_type.to_string(),
        count: error.count,
    };
    RouteDocument {
        template: route.template.clone(),
        class: route.class.clone(),
        begun: route.begun,
        finished: route.finished,
        in_flight: route.in_flight,
        overdue: route.overdue,
        limit_ns: nanos(route.limit),
        stalled: route.stalled,
        failures: route.failures(),
        errors: route.errors.iter().take(MOST_ERRORS).map(error).collect(),
        success: latency(&route.success),
        error: latency(&route.error),
    }
}

fn latency(latencies: &Latencies) -> Option<LatencyDocument> {
    let summary = latencies.summary()?;
    Some(LatencyDocument {
        count: latencies.count(),
        p50_ns: nanos(summary.p50),
        p95_ns: nanos(summary.p95),
        p99_ns: nanos(summary.p99),
    })
}

fn reasons(counted: &[ReasonCount]) -> Vec<ReasonDocument> {
    let row = |count: &ReasonCount| {
        let reason = count.verdict.reason()?.to_string();
        Some(ReasonDocument { verdict: count.verdict.label().to_owned(), reason, count: count.count })
    };
    counted.iter().filter_map(row).collect()
}

fn counts(counts: Counts) -> CountsDocument {
    CountsDocument { good: counts.good, bad: counts.bad, excluded: counts.excluded }
}

fn burn(burn: BurnRate) -> Option<f64> {
    burn.value()
}
