//! One pass over the cells: what every SLO and every route stands at now.
//!
//! Cells are read one by one while others write. Each count lies between the truth at the beginning and at the end of the
//! pass, never falls from one pass to the next, and no event is seen to end before it is seen to begin. Counts of different
//! SLOs, reasons and latencies are read one after the other: under load they differ by what happens meanwhile.
//!
//! Sums saturate: they are of counters that would take 585,000 years to wrap, or of batches somebody made up.

use std::time::Duration;

use goodput_model::{Counts, JudgedAt, Reason, Verdict};

use super::latency::Latencies;
use super::status::saturating_sum;
use super::waiting::RouteWaiting;
use crate::classify::{Outcome, Part};
use crate::record::{ClassId, Figure, Point, Reasons, Route, RouteId, Routes};

/// The counts of every SLO, by position in the definition, and how many events have finished on each route.
pub(crate) fn read_counts(routes: &Routes, slos: usize) -> (Vec<Counts>, Vec<(&Route, u64)>) {
    let mut counts = vec![Counts::default(); slos];
    let mut finished = Vec::new();
    let mut classes = Vec::new();
    for route in routes.iter() {
        route.read_classes(&mut classes);
        add_counts(route, &classes, &mut counts);
        // Most classes are empty, and looking at one means going to where it is described.
        let used = route.table().classes().iter().zip(&classes).filter(|(_, events)| **events > 0);
        let ends = used.filter(|(class, _)| class.outcome.is_some());
        finished.push((route, saturating_sum(ends.map(|(_, events)| *events))));
    }
    (counts, finished)
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
    pub(crate) id: RouteId,
    pub(crate) template: String,
    pub(crate) class: ClassId,
    /// How long a request may go on before it is overdue.
    pub(crate) limit: Duration,
    /// The SLOs that judge it, as positions in the definition.
    pub(crate) slos: Vec<usize>,
    pub(crate) begun: u64,
    pub(crate) finished: u64,
    pub(crate) outcomes: Vec<(Outcome, u64)>,
    /// Of each SLO's bad and excluded events on this route.
    pub(crate) reasons: Vec<(usize, Verdict, u64)>,
    /// What handlers said, as it was given at the heads.
    pub(crate) said: Vec<(Verdict, u64)>,
    /// What went wrong with the events that failed.
    pub(crate) errors: Vec<(Reason, u64)>,
    pub(crate) success: Latencies,
    pub(crate) error: Latencies,
    pub(crate) queue: Latencies,
    pub(crate) first_byte: Latencies,
    pub(crate) end: Latencies,
    pub(crate) streams: Latencies,
    pub(crate) open_streams: u64,
    /// Filled in under the monitor's lock.
    pub(crate) waiting: RouteWaiting,
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
    for (id, route) in routes.with_ids() {
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
        let own = reasons_on(route, &classes, reasons);
        for (slo, verdict, events) in &own {
            if let Some(sums) = detail.reasons.get_mut(*slo) {
                add(sums, *verdict, *events);
            }
        }
        detail.routes.push(route_detail(id, route, begun, &classes, own, reasons));
    }
    detail
}

/// The handlers' own reasons on this route, as they were given at the heads.
fn said_by_handlers(route: &Route, reasons: &Reasons) -> Vec<(Verdict, u64)> {
    if !route.has_words() {
        return Vec::new();
    }
    let mut sums = Vec::new();
    for (said, verdict) in reasons.words() {
        add(&mut sums, verdict, route.read_reason(said, Point::Head));
    }
    sums
}

/// The reasons of each SLO's verdicts on this route.
///
/// Where an SLO hears the handler's verdict, the handler's words are shown as they were given for its own decision points.
/// They are read after the classes and may be ahead of them by events that are just finishing; none of them ever falls.
fn reasons_on(route: &Route, classes: &[u64], reasons: &Reasons) -> Vec<(usize, Verdict, u64)> {
    let table = route.table();
    let mut sums = Vec::new();
    for (class, &events) in table.classes().iter().zip(classes).filter(|(_, events)| **events > 0) {
        for (&slo, verdict) in route.slos().iter().zip(&class.verdicts) {
            match verdict {
                None | Some(Verdict::Good | Verdict::Bad(Reason::HANDLER) | Verdict::Excluded(Reason::HANDLER)) => {}
                Some(verdict) => add_to(&mut sums, slo, *verdict, events),
            }
        }
    }
    if !route.has_words() {
        return sums;
    }
    for (&slo, part) in route.slos().iter().zip(table.parts()) {
        for (said, verdict) in reasons.words() {
            let heard = match verdict {
                Verdict::Good => false,
                Verdict::Bad(_) => part.hears_bad,
                Verdict::Excluded(_) => part.hears_excluded,
            };
            if heard {
                let given = points(*part).iter().map(|point| route.read_reason(said, *point));
                add_to(&mut sums, slo, verdict, saturating_sum(given));
            }
        }
    }
    sums
}

/// Where a handler's words are given for an SLO.
fn points(part: Part) -> &'static [Point] {
    match (part.judged_at, part.judges_streams_at) {
        (JudgedAt::Head, _) => &[Point::Head],
        (JudgedAt::End, JudgedAt::Head) => &[Point::End, Point::StreamHead],
        (JudgedAt::End, JudgedAt::End) => &[Point::End, Point::StreamEnd],
    }
}

fn add_to(sums: &mut Vec<(usize, Verdict, u64)>, slo: usize, verdict: Verdict, events: u64) {
    if events == 0 {
        return;
    }
    match sums.iter_mut().find(|(of, known, _)| *of == slo && *known == verdict) {
        Some((_, _, sum)) => *sum = sum.saturating_add(events),
        None => sums.push((slo, verdict, events)),
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

fn route_detail(
    id: RouteId,
    route: &Route,
    begun: u64,
    classes: &[u64],
    own: Vec<(usize, Verdict, u64)>,
    words: &Reasons,
) -> RouteDetail {
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
    let figure = |figure| Latencies::new(route.read_figure(figure));
    RouteDetail {
        id,
        template: route.template().to_owned(),
        class: route.class(),
        limit: route.table().limit(),
        slos: route.slos().to_vec(),
        begun,
        finished,
        errors: errors(route, &outcomes, words),
        outcomes,
        reasons: own,
        said: said_by_handlers(route, words),
        success: figure(Figure::Success),
        error: figure(Figure::Error),
        queue: figure(Figure::Queue),
        first_byte: figure(Figure::FirstByte),
        end: figure(Figure::End),
        streams: figure(Figure::Stream),
        open_streams: route.read_open_streams(),
        waiting: RouteWaiting::default(),
    }
}

/// What went wrong with the events that failed: their outcome, where that says it, else the word given with it.
fn errors(route: &Route, outcomes: &[(Outcome, u64)], words: &Reasons) -> Vec<(Reason, u64)> {
    let by_outcome = outcomes.iter().filter_map(|(outcome, events)| Some((outcome.error_type()?, *events)));
    let mut errors: Vec<_> = by_outcome.collect();
    if route.has_words() {
        for (said, word) in words.errors() {
            let events = route.read_error(said);
            // A handler may say what an outcome or a code is called.
            match errors.iter_mut().find(|(known, _)| *known == word) {
                Some((_, sum)) => *sum = sum.saturating_add(events),
                None if events > 0 => errors.push((word, events)),
                None => {}
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use goodput_model::Slo;

    use crate::{Code, Ending, Goodput, Request};

    #[test]
    fn a_word_that_is_called_like_a_code_or_an_outcome_is_the_same_error() {
        let goodput = Goodput::builder("words").slo(Slo::availability("ok", "99%")).build().unwrap();
        let work = goodput.work("work");
        work.bad("500");
        work.bad("panic");
        let mut request = Request::begin(&goodput, goodput.route(Some("work")));
        request.respond(&goodput, Code::http(500));
        request.end(&goodput, Ending::Completed);
        Request::begin(&goodput, goodput.route(Some("work"))).end(&goodput, Ending::Panicked);
        let errors = &goodput.status().routes[0].errors;
        let errors: Vec<_> = errors.iter().map(|error| (error.error_type.to_string(), error.count)).collect();
        assert_eq!(errors, [("500".to_owned(), 2), ("panic".to_owned(), 2)]);
    }
}
