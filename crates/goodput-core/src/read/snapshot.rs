//! One pass over the cells: what every SLO and every route stands at now.
//!
//! Cells are read one by one while others write. Each SLO's counts lie between the truth at the beginning and at the end of
//! the pass, never fall from one pass to the next, and no event is seen to end before it is seen to begin.

use goodput_model::{Counts, Reason, Verdict};

use super::latency::Latencies;
use crate::classify::Outcome;
use crate::record::{Reasons, Route, Routes};

/// The counts of every SLO, by position in the definition.
pub(crate) fn read_counts(routes: &Routes, slos: usize) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); slos];
    let mut classes = Vec::new();
    for route in routes.iter() {
        route.read(&mut classes);
        add_counts(route, &classes, &mut counts);
    }
    counts
}

fn add_counts(route: &Route, classes: &[u64], counts: &mut [Counts]) {
    for (class, &events) in route.classes().iter().zip(classes) {
        if events == 0 {
            continue;
        }
        for (&slo, verdict) in route.slos().iter().zip(&class.verdicts) {
            let Some(sum) = counts.get_mut(slo) else { continue };
            match verdict {
                None => {}
                Some(Verdict::Good) => sum.good = sum.good.saturating_add(events),
                Some(Verdict::Bad(_)) => sum.bad = sum.bad.saturating_add(events),
                Some(Verdict::Excluded(_)) => sum.excluded = sum.excluded.saturating_add(events),
            }
        }
    }
}

/// Everything a status shows of one pass.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) counts: Vec<Counts>,
    pub(crate) reasons: Vec<Vec<(Verdict, u64)>>,
    /// Whether any event was seen on the SLO's routes.
    pub(crate) seen: Vec<bool>,
    pub(crate) routes: Vec<RouteDetail>,
}

#[derive(Debug)]
pub(crate) struct RouteDetail {
    pub(crate) template: String,
    pub(crate) begun: u64,
    pub(crate) finished: u64,
    pub(crate) outcomes: Vec<(Outcome, u64)>,
    pub(crate) reasons: Vec<(Verdict, u64)>,
    pub(crate) success: Latencies,
    pub(crate) error: Latencies,
}

/// As [`read_counts`], with reasons, routes and latencies.
pub(crate) fn read_detail(routes: &Routes, reasons: &Reasons, slos: usize) -> Detail {
    let mut detail = Detail {
        counts: vec![Counts::default(); slos],
        reasons: vec![Vec::new(); slos],
        seen: vec![false; slos],
        routes: Vec::new(),
    };
    let mut classes = Vec::new();
    for route in routes.iter() {
        let begun = route.read(&mut classes);
        add_counts(route, &classes, &mut detail.counts);
        if begun == 0 {
            continue;
        }
        for &slo in route.slos() {
            if let Some(seen) = detail.seen.get_mut(slo) {
                *seen = true;
            }
        }
        let said = said_by_handlers(route, reasons);
        add_reasons(route, &classes, &said, &mut detail.reasons);
        detail.routes.push(route_detail(route, begun, &classes, said));
    }
    detail
}

/// The handlers' own reasons on this route.
fn said_by_handlers(route: &Route, reasons: &Reasons) -> Vec<(Verdict, u64)> {
    let mut said = Vec::new();
    for (number, reason) in reasons.words() {
        let (bad, excluded) = route.read_reason(number);
        said.extend((bad > 0).then_some((Verdict::Bad(reason), bad)));
        said.extend((excluded > 0).then_some((Verdict::Excluded(reason), excluded)));
    }
    said
}

/// Sums the reasons of each SLO's verdicts. Where the reason is the handler's, its own words take the place of `handler`.
fn add_reasons(route: &Route, classes: &[u64], said: &[(Verdict, u64)], sums: &mut [Vec<(Verdict, u64)>]) {
    for (position, &slo) in route.slos().iter().enumerate() {
        let Some(sum) = sums.get_mut(slo) else { continue };
        let (mut said_bad, mut said_excluded) = (0, 0);
        for (class, &events) in route.classes().iter().zip(classes) {
            match class.verdicts.get(position).copied().flatten() {
                Some(Verdict::Bad(Reason::HANDLER)) => said_bad += events,
                Some(Verdict::Excluded(Reason::HANDLER)) => said_excluded += events,
                Some(verdict @ (Verdict::Bad(_) | Verdict::Excluded(_))) => add(sum, verdict, events),
                Some(Verdict::Good) | None => {}
            }
        }
        for &(verdict, events) in said {
            let left = if matches!(verdict, Verdict::Bad(_)) { &mut said_bad } else { &mut said_excluded };
            let shown = events.min(*left);
            *left -= shown;
            add(sum, verdict, shown);
        }
        add(sum, Verdict::Bad(Reason::HANDLER), said_bad);
        add(sum, Verdict::Excluded(Reason::HANDLER), said_excluded);
    }
}

fn add(sums: &mut Vec<(Verdict, u64)>, verdict: Verdict, events: u64) {
    if events == 0 {
        return;
    }
    match sums.iter_mut().find(|(known, _)| *known == verdict) {
        Some((_, sum)) => *sum = sum.saturating_add(events),
        None => sums.push((verdict, events)),
    }
}

fn route_detail(route: &Route, begun: u64, classes: &[u64], reasons: Vec<(Verdict, u64)>) -> RouteDetail {
    let mut outcomes: Vec<(Outcome, u64)> = Vec::new();
    let mut finished = 0_u64;
    for (class, &events) in route.classes().iter().zip(classes) {
        let Some(outcome) = class.outcome.filter(|_| events > 0) else {
            continue;
        };
        finished = finished.saturating_add(events);
        match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, sum)) => *sum = sum.saturating_add(events),
            None => outcomes.push((outcome, events)),
        }
    }
    outcomes.sort_unstable();
    let (success, error) = route.read_latencies();
    RouteDetail {
        template: route.template().to_owned(),
        begun,
        finished,
        outcomes,
        reasons,
        success: Latencies::new(&success),
        error: Latencies::new(&error),
    }
}
