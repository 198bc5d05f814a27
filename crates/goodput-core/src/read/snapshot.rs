//! One pass over the cells: what every SLO and every route stands at now.
//!
//! Cells are read one by one while others write. Each count lies between the truth at the beginning and at the end of the
//! pass, never falls from one pass to the next, and no event is seen to end before it is seen to begin. Counts of different
//! SLOs, reasons and latencies are read one after the other: under load they differ by what happens meanwhile.
//!
//! Sums saturate: they are of counters that would take 585,000 years to wrap, or of batches somebody made up.

use goodput_model::{Counts, JudgedAt, Reason, Verdict};

use super::latency::Latencies;
use crate::classify::Outcome;
use crate::record::{Point, Reasons, Route, Routes};

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
    for (class, &events) in route.table().classes().iter().zip(classes) {
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
        add_reasons(route, &classes, reasons, &mut detail.reasons);
        detail.routes.push(route_detail(route, begun, &classes, said_by_handlers(route, reasons)));
    }
    detail
}

/// The handlers' own reasons on this route, as they were given at the heads.
fn said_by_handlers(route: &Route, reasons: &Reasons) -> Vec<(Verdict, u64)> {
    if !route.has_reasons() {
        return Vec::new();
    }
    let mut sums = Vec::new();
    for (said, verdict) in reasons.words() {
        add(&mut sums, verdict, route.read_reason(said, Point::Head));
    }
    sums
}

/// Sums the reasons of each SLO's verdicts.
///
/// Where an SLO hears the handler's verdict, the handler's words are shown as they were given for its own decision point.
/// They are read after the classes and may be ahead of them by events that are just finishing; none of them ever falls.
fn add_reasons(route: &Route, classes: &[u64], reasons: &Reasons, sums: &mut [Vec<(Verdict, u64)>]) {
    let table = route.table();
    for (class, &events) in table.classes().iter().zip(classes).filter(|(_, events)| **events > 0) {
        for (&slo, verdict) in route.slos().iter().zip(&class.verdicts) {
            let own = match verdict {
                None | Some(Verdict::Good | Verdict::Bad(Reason::HANDLER) | Verdict::Excluded(Reason::HANDLER)) => {
                    continue;
                }
                Some(verdict) => *verdict,
            };
            if let Some(sum) = sums.get_mut(slo) {
                add(sum, own, events);
            }
        }
    }
    if !route.has_reasons() {
        return;
    }
    for (&slo, part) in route.slos().iter().zip(table.parts()) {
        let Some(sum) = sums.get_mut(slo) else { continue };
        let point = match part.judged_at {
            JudgedAt::Head => Point::Head,
            JudgedAt::End => Point::End,
        };
        for (said, verdict) in reasons.words() {
            let heard = match verdict {
                Verdict::Good => false,
                Verdict::Bad(_) => part.hears_bad,
                Verdict::Excluded(_) => part.hears_excluded,
            };
            if heard {
                add(sum, verdict, route.read_reason(said, point));
            }
        }
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
    for (class, &events) in route.table().classes().iter().zip(classes) {
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
    RouteDetail {
        template: route.template().to_owned(),
        begun,
        finished,
        outcomes,
        reasons,
        success: Latencies::new(route.read_successes()),
        error: Latencies::new(route.read_errors()),
    }
}
