//! Per request: two clock readings, and four SLOs of the route judged exactly once. goodput of this tree.

use goodput::{Goodput, JudgedAt, SliLayer, Stopwatch};
use goodput_bench::drive::Bare;
use goodput_bench::sli::slos;
use tower::Layer;

use crate::ledger::Ledger;
use crate::peer::Built;
use crate::router::{App, routes};

pub(super) fn default() -> Built {
    service(JudgedAt::Head, Stopwatch::system())
}

pub(super) fn fast() -> Built {
    service(JudgedAt::Head, Stopwatch::fast())
}

pub(super) fn end() -> Built {
    service(JudgedAt::End, Stopwatch::system())
}

pub(super) fn router_default() -> App {
    router(JudgedAt::Head, Stopwatch::system())
}

pub(super) fn router_fast() -> App {
    router(JudgedAt::Head, Stopwatch::fast())
}

pub(super) fn router_end() -> App {
    router(JudgedAt::End, Stopwatch::system())
}

fn service(at: JudgedAt, stopwatch: Stopwatch) -> Built {
    let (goodput, ledger) = instance(at, stopwatch);
    let layer = SliLayer::new(goodput).named_by(goodput::axum::Matched::default());
    Built::service(layer.layer(Bare::default()), ledger)
}

fn router(at: JudgedAt, stopwatch: Stopwatch) -> App {
    let (goodput, ledger) = instance(at, stopwatch);
    App { router: routes().layer(goodput::axum::SliLayer::new(goodput)), ledger }
}

/// An instance with its ticker, as a service has it.
fn instance(at: JudgedAt, stopwatch: Stopwatch) -> (&'static Goodput, Ledger) {
    let goodput = match slos(at).stopwatch(stopwatch).build() {
        Ok(goodput) => goodput.leak(),
        Err(error) => unreachable!("the definition holds: {error}"),
    };
    // It runs until the process ends.
    std::mem::forget(goodput.start_ticker());
    let events = |slo: &'static str| move || goodput.status().slo(slo).map_or(0, |slo| slo.counts.total());
    let ledger = Ledger::none()
        .and("events of the availability SLO", events("ok"))
        .and("events of the latency SLO", events("fastest"))
        .note(move || format!("timed by {}", goodput.status().stopwatch));
    (goodput, ledger)
}
