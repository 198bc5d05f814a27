//! What a decision about this instance is made on.

use std::time::Duration;

use goodput_core::{
    Case, Concern, Evidence, Freshness, Goodput, MinBad, Observation, PageRow, Severity, SloStatus, Status, Window,
};

/// The case of one status.
pub(crate) fn case_of(status: &Status, goodput: &Goodput) -> Case {
    let definition = goodput.definition();
    let stalled = status.routes.iter().any(|route| route.stalled);
    let slos = status.slos.iter().map(|slo| evidence(slo, MinBad::Auto, stalled));
    let freshness = Freshness::new(status.since_last_tick, Duration::from_secs(10));
    let case = Case::of_instance(&status.service, freshness, definition.bands.clone(), slos.collect());
    if definition.single_instance { case.clone().expecting(1).unwrap_or(case) } else { case }
}

fn evidence(slo: &SloStatus, min_bad: MinBad, stalled: bool) -> Evidence {
    let of = |length: Window| -> Observation {
        slo.window(length)
            .map_or(Observation::partial(length, Default::default(), Duration::ZERO), |window| window.seen)
    };
    let period = slo.period.window();
    let calendar = slo.windows.iter().find(|window| window.calendar.is_some());
    let seen = calendar.map_or_else(|| of(period), |window| window.seen);
    let mut evidence = Evidence::new(
        &slo.name,
        slo.objective,
        slo.period,
        seen,
        of(Window::H1.min(period)),
        of(Window::H6.min(period)),
    );
    evidence.length = calendar.map(|_| slo.budget.length());
    evidence.min_bad = min_bad;
    let pages = slo.conditions.iter().filter(|condition| condition.row.severity() == Severity::Page);
    evidence.pages = pages.map(|page| PageRow { row: page.row, long: of(page.row.long()) }).collect();
    evidence.concerns = stalled.then_some(Concern::Stalled).into_iter().collect();
    evidence
}
