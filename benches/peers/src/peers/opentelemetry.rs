//! Per request: a counter and a histogram with the same four static attributes, looked up or bound. opentelemetry_sdk 0.33.1.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, Counter, Histogram};

use super::hand::{ByHand, Observe};
use crate::ledger::Ledger;
use crate::meters::{DURATION_BOUNDARIES, Meters};
use crate::peer::Built;

const TOTAL: &str = "by_hand.requests";
const DURATION: &str = "http.server.request.duration";

#[derive(Debug)]
struct Unbound {
    total: Counter<u64>,
    duration: Histogram<f64>,
}

impl Unbound {
    fn new(meters: &Meters) -> Self {
        let meter = meters.meter();
        let duration = meter.f64_histogram(DURATION).with_unit("s").with_boundaries(DURATION_BOUNDARIES.to_vec());
        Self { total: meter.u64_counter(TOTAL).build(), duration: duration.build() }
    }
}

/// In one order for every call: the SDK sorts and allocates for a third order of the same attributes.
#[inline]
fn attributes(method: &'static str, route: &'static str, status: u16) -> [KeyValue; 4] {
    [
        KeyValue::new("http.request.method", method),
        KeyValue::new("http.response.status_code", i64::from(status)),
        KeyValue::new("http.route", route),
        KeyValue::new("url.scheme", "http"),
    ]
}

impl Observe for Unbound {
    #[inline]
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let attributes = attributes(method, route, status);
        self.total.add(1, &attributes);
        self.duration.record(seconds, &attributes);
    }
}

/// One pair of bound instruments for each status; the rest of the attributes is known when the service is made.
#[derive(Debug)]
struct Bound {
    unbound: Unbound,
    ok: (BoundCounter<u64>, BoundHistogram<f64>),
    unavailable: (BoundCounter<u64>, BoundHistogram<f64>),
}

impl Bound {
    fn new(meters: &Meters) -> Self {
        let unbound = Unbound::new(meters);
        let bind = |status| {
            let attributes = attributes("GET", goodput_bench::drive::TEMPLATE, status);
            (unbound.total.bind(&attributes), unbound.duration.bind(&attributes))
        };
        Self { ok: bind(200), unavailable: bind(503), unbound }
    }
}

impl Observe for Bound {
    #[inline]
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let (total, duration) = match (method, status) {
            ("GET", 200) => &self.ok,
            ("GET", 503) => &self.unavailable,
            _ => return self.unbound.observe(method, route, status, seconds),
        };
        total.add(1);
        duration.record(seconds);
    }
}

pub(super) fn unbound() -> Built {
    let meters = Meters::default();
    let observer: &'static Unbound = Box::leak(Box::new(Unbound::new(&meters)));
    Built::service(ByHand::around_bare(observer), ledger(&meters))
}

pub(super) fn bound() -> Built {
    let meters = Meters::default();
    let observer: &'static Bound = Box::leak(Box::new(Bound::new(&meters)));
    Built::service(ByHand::around_bare(observer), ledger(&meters))
}

fn ledger(meters: &Meters) -> Ledger {
    let (totals, durations) = (meters.clone(), meters.clone());
    Ledger::none().and("requests", move || totals.count(TOTAL)).and("durations", move || durations.count(DURATION))
}
