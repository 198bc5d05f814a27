//! Per request: a counter and a histogram, each found in its family by three static labels. prometheus-client 0.25.2.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::hand::{ByHand, Observe, status_label};
use crate::ledger::{Ledger, sum_in_text};
use crate::meters::DURATION_BOUNDARIES;
use crate::peer::Built;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: &'static str,
    status: &'static str,
}

#[derive(Debug)]
struct Families {
    total: Family<Labels, Counter>,
    duration: Family<Labels, Histogram>,
}

impl Observe for Families {
    #[inline]
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let labels = Labels { method, route, status: status_label(status) };
        self.total.get_or_create(&labels).inc();
        self.duration.get_or_create(&labels).observe(seconds);
    }
}

pub(super) fn service() -> Built {
    let families = Families {
        total: Family::default(),
        duration: Family::new_with_constructor(|| Histogram::new(DURATION_BOUNDARIES)),
    };
    let mut registry = Registry::default();
    registry.register("requests", "Requests", families.total.clone());
    registry.register("duration_seconds", "Their durations", families.duration.clone());
    let registry: &'static Registry = Box::leak(Box::new(registry));
    let read = |metric: &'static str| {
        move || {
            let mut text = String::new();
            if encode(&mut text, registry).is_ok() { sum_in_text(&text, metric, &[]) } else { 0 }
        }
    };
    let ledger =
        Ledger::none().and("requests", read("requests_total")).and("durations", read("duration_seconds_count"));
    Built::service(ByHand::around_bare(Box::leak(Box::new(families))), ledger)
}
