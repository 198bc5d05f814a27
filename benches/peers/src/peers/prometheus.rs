//! Per request: an `IntCounterVec` and a `HistogramVec`, each by three static label values. prometheus 0.14.0.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder};

use super::hand::{ByHand, Observe, status_label};
use crate::ledger::{Ledger, sum_in_text};
use crate::meters::DURATION_BOUNDARIES;
use crate::peer::Built;

#[derive(Debug)]
struct Vectors {
    total: IntCounterVec,
    duration: HistogramVec,
}

impl Observe for Vectors {
    #[inline]
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let labels = [method, route, status_label(status)];
        self.total.with_label_values(&labels).inc();
        self.duration.with_label_values(&labels).observe(seconds);
    }
}

pub(super) fn service() -> Built {
    let (vectors, registry) = match vectors() {
        Ok(vectors) => vectors,
        Err(error) => unreachable!("names and labels are valid: {error}"),
    };
    let read = |metric: &'static str| {
        let registry = registry.clone();
        move || {
            let text = TextEncoder::new().encode_to_string(&registry.gather());
            text.map_or(0, |text| sum_in_text(&text, metric, &[]))
        }
    };
    let ledger =
        Ledger::none().and("requests", read("requests_total")).and("durations", read("duration_seconds_count"));
    Built::service(ByHand::around_bare(Box::leak(Box::new(vectors))), ledger)
}

fn vectors() -> prometheus::Result<(Vectors, Registry)> {
    let labels = ["method", "route", "status"];
    let total = IntCounterVec::new(Opts::new("requests_total", "Requests"), &labels)?;
    let buckets = HistogramOpts::new("duration_seconds", "Their durations").buckets(DURATION_BOUNDARIES.to_vec());
    let duration = HistogramVec::new(buckets, &labels)?;
    let registry = Registry::new();
    registry.register(Box::new(total.clone()))?;
    registry.register(Box::new(duration.clone()))?;
    Ok((Vectors { total, duration }, registry))
}
