//! One pass over the cells: what every SLO and every route stands at now.
//!
//! Cells are read one by one while others write. Each count lies between the truth at the beginning and at the end of the
//! pass, never falls from one pass to the next, and no event is seen to end before it is seen to begin. Counts of different
//! SLOs, reasons and latencies are read one after the other: under load they differ by what happens meanwhile.
//!
//! Sums saturate: they are of counters that would take 585,000 years to wrap, or of batches somebody made up.

use std::time::Duration;

use goodput_model::{Counts, JudgedAt, Reason, Verdict};

use super::in_force::InForce;
use super::latency::Latencies;
use super::status::saturating_sum;
use super::waiting::RouteWaiting;
use crate::classify::{Outcome, Part, SloId};
use crate::record::{ClassId, Figure, Point, Reasons, Route, Routes, Version, VersionId};

/// The counts of so many fingerprints, by their numbers, and how many events have finished under each version of a route.
pub(crate) fn read_counts(routes: &Routes, fingerprints: usize) -> (Vec<Counts>, Vec<(&Version, u64)>) {
    let mut counts = vec![Counts::default(); fingerprints];
    let mut finished = Vec::new();
    let mut classes = Vec::new();
    for route in routes.versions() {
        route.read_classes(&mut classes);
        add_counts(route, &classes, &mut counts);
        // Most classes are empty, and looking at one means going to where it is described.
        let used = route.table().classes().iter().zip(&classes).filter(|(_, events)| **events > 0);
        let ends = used.filter(|(class, _)| class.outcome.is_some());
        finished.push((route, saturating_sum(ends.map(|(_, events)| *events))));
    }
    (counts, finished)
}

fn add_counts(route: &Version, classes: &[u64], counts: &mut [Counts]) {
    for (class, &events) in route.table().classes().iter().zip(classes) {
        if events == 0 {
            continue;
        }
        for (&slo, verdict) in route.slos().iter().zip(&class.verdicts) {
            let Some(sum) = counts.get_mut(slo.number()) else { continue };
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
    /// What the windows of each SLO are cut from.
    pub(crate) counts: Vec<Counts>,
    /// Everything counted under each name; those of removed SLOs come last.
    pub(crate) totals: Vec<Counts>,
    /// Likewise.
    pub(crate) reasons: Vec<Vec<(Verdict, u64)>>,
    /// Whether any event was seen on the routes of the SLO, as it is now.
    pub(crate) seen: Vec<bool>,
    pub(crate) routes: Vec<RouteDetail>,
}

#[derive(Debug)]
pub(crate) struct RouteDetail {
    pub(crate) template: String,
    pub(crate) class: ClassId,
    /// How long a request that begins now may go on before it is overdue.
    pub(crate) limit: Duration,
    /// Those under which anything began.
    pub(crate) versions: Vec<VersionDetail>,
    pub(crate) begun: u64,
    pub(crate) finished: u64,
    pub(crate) outcomes: Vec<(Outcome, u64)>,
    /// Of each SLO's bad and excluded events on this route, by position in the definition.
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
}

/// What is in flight of one version of a route, and by what it is overdue.
#[derive(Debug)]
pub(crate) struct VersionDetail {
    pub(crate) id: VersionId,
    pub(crate) slos: Vec<SloId>,
    pub(crate) limit: Duration,
    pub(crate) finished: u64,
    /// Filled in under the monitor's lock.
    pub(crate) waiting: RouteWaiting,
}

/// As [`read_counts`], with reasons, routes and latencies, and for the SLOs in force.
pub(crate) fn read_detail(routes: &Routes, reasons: &Reasons, in_force: &InForce) -> Detail {
    let mut by_id = vec![Counts::default(); in_force.fingerprints()];
    let mut of_slos =
        OfSlos { in_force, reasons: vec![Vec::new(); in_force.rows()], seen: vec![false; in_force.slos.len()] };
    let (mut details, mut classes) = (Vec::new(), Vec::new());
    for (id, route) in routes.with_ids() {
        let mut detail = None;
        for (number, version) in route.versions() {
            let begun = version.read(&mut classes);
            add_counts(version, &classes, &mut by_id);
            if begun > 0 {
                let detail = detail.get_or_insert_with(|| RouteDetail::new(route));
                let own = reasons_on(version, &classes, reasons);
                of_slos.see(version, &own, &mut detail.reasons);
                detail.add(VersionId::new(id, number), version, begun, &classes, reasons);
            }
        }
        if let Some(mut detail) = detail {
            detail.outcomes.sort_unstable();
            detail.name_errors();
            details.push(detail);
        }
    }
    Detail {
        counts: in_force.live(&by_id),
        totals: in_force.totals(&by_id),
        reasons: of_slos.reasons,
        seen: of_slos.seen,
        routes: details,
    }
}

/// What is read for SLOs beside their counts.
struct OfSlos<'a> {
    in_force: &'a InForce,
    reasons: Vec<Vec<(Verdict, u64)>>,
    seen: Vec<bool>,
}

impl OfSlos<'_> {
    /// Adds the reasons given under one version of a route to their SLOs', and to the route's for those there still are.
    fn see(&mut self, version: &Version, own: &[(SloId, Verdict, u64)], on_route: &mut Vec<(usize, Verdict, u64)>) {
        let current = version.slos().iter().filter_map(|id| self.in_force.owner(*id)).filter(|owner| owner.is_current);
        for owner in current {
            if let Some(seen) = self.seen.get_mut(owner.row) {
                *seen = true;
            }
        }
        for &(id, verdict, events) in own {
            let Some(owner) = self.in_force.owner(id) else { continue };
            if let Some(sums) = self.reasons.get_mut(owner.row) {
                add(sums, verdict, events);
            }
            if owner.row < self.in_force.slos.len() {
                add_to(on_route, owner.row, verdict, events);
            }
        }
    }
}

/// The reasons of each SLO's verdicts under this version of a route.
///
/// Where an SLO hears the handler's verdict, the handler's words are shown as they were given for its own decision points.
/// They are read after the classes and may be ahead of them by events that are just finishing; none of them ever falls.
fn reasons_on(route: &Version, classes: &[u64], reasons: &Reasons) -> Vec<(SloId, Verdict, u64)> {
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
pub(super) fn points(part: Part) -> &'static [Point] {
    match (part.judged_at, part.judges_streams_at) {
        (JudgedAt::Head, _) => &[Point::Head],
        (JudgedAt::End, JudgedAt::Head) => &[Point::End, Point::StreamHead],
        (JudgedAt::End, JudgedAt::End) => &[Point::End, Point::StreamEnd],
    }
}

fn add_to<T: Copy + PartialEq>(sums: &mut Vec<(T, Verdict, u64)>, slo: T, verdict: Verdict, events: u64) {
    if events == 0 {
        return;
    }
    match sums.iter_mut().find(|(of, known, _)| *of == slo && *known == verdict) {
        Some((_, _, sum)) => *sum = sum.saturating_add(events),
        None => sums.push((slo, verdict, events)),
    }
}

fn add<T: PartialEq>(sums: &mut Vec<(T, u64)>, verdict: T, events: u64) {
    if events == 0 {
        return;
    }
    match sums.iter_mut().find(|(known, _)| *known == verdict) {
        Some((_, sum)) => *sum = sum.saturating_add(events),
        None => sums.push((verdict, events)),
    }
}

impl RouteDetail {
    fn new(route: &Route) -> Self {
        Self {
            template: route.template().to_owned(),
            class: route.class(),
            limit: route.current().table().limit(),
            versions: Vec::new(),
            begun: 0,
            finished: 0,
            outcomes: Vec::new(),
            reasons: Vec::new(),
            said: Vec::new(),
            errors: Vec::new(),
            success: Latencies::default(),
            error: Latencies::default(),
            queue: Latencies::default(),
            first_byte: Latencies::default(),
            end: Latencies::default(),
            streams: Latencies::default(),
            open_streams: 0,
        }
    }

    /// Adds what one version of the route has counted.
    fn add(&mut self, id: VersionId, version: &Version, begun: u64, classes: &[u64], words: &Reasons) {
        let mut finished = 0_u64;
        for (class, &events) in version.table().classes().iter().zip(classes) {
            if let Some(outcome) = class.outcome.filter(|_| events > 0) {
                finished = finished.saturating_add(events);
                add(&mut self.outcomes, outcome, events);
            }
        }
        self.begun = self.begun.saturating_add(begun);
        self.finished = self.finished.saturating_add(finished);
        self.open_streams = self.open_streams.saturating_add(version.read_open_streams());
        if version.has_words() {
            // The handlers' own reasons, as they were given at the heads.
            for (said, verdict) in words.words() {
                add(&mut self.said, verdict, version.read_reason(said, Point::Head));
            }
            for (said, word) in words.errors() {
                add(&mut self.errors, word, version.read_error(said));
            }
        }
        for (latencies, figure) in [
            (&mut self.success, Figure::Success),
            (&mut self.error, Figure::Error),
            (&mut self.queue, Figure::Queue),
            (&mut self.first_byte, Figure::FirstByte),
            (&mut self.end, Figure::End),
            (&mut self.streams, Figure::Stream),
        ] {
            latencies.take_in(version.read_figure(figure));
        }
        self.versions.push(VersionDetail {
            id,
            slos: version.slos().to_vec(),
            limit: version.table().limit(),
            finished,
            waiting: RouteWaiting::default(),
        });
    }

    /// What went wrong with the events that failed: their outcome, where that says it, beside the words given with them. A handler
    /// may say what an outcome or a code is called.
    fn name_errors(&mut self) {
        for (outcome, events) in &self.outcomes {
            if let Some(error) = outcome.error_type() {
                add(&mut self.errors, error, *events);
            }
        }
    }
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
