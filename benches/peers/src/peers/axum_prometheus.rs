//! Per request: a gauge up and down, a counter, a sample of a histogram, and its part of the upkeep. axum-prometheus 0.10.1.

use axum_prometheus::utils::{requests_duration_name, requests_total_name};
use axum_prometheus::{PrometheusMetricLayer, PrometheusMetricLayerBuilder};
use goodput_bench::drive::{Bare, TEMPLATE};
use tower::Layer;

use super::recorder;
use crate::ledger::{Ledger, sum_in_text};
use crate::peer::Built;
use crate::router::{self, App, routes};

pub(super) fn service() -> Built {
    Built::service(layer().layer(Bare::default()), ledger(TEMPLATE))
}

pub(super) fn router() -> App {
    App { router: routes().layer(layer()), ledger: ledger(router::TEMPLATE) }
}

/// As `PrometheusMetricLayer::pair()` makes it, which needs a runtime for the upkeep; here whoever drives it does that.
fn layer() -> PrometheusMetricLayer<'static> {
    let (layer, _) = PrometheusMetricLayerBuilder::new().with_metrics_from_fn(recorder::installed).build_pair();
    layer
}

fn ledger(endpoint: &'static str) -> Ledger {
    let read = move |metric: String| {
        move || sum_in_text(&recorder::installed().render(), &metric, &[&format!("endpoint=\"{endpoint}\"")])
    };
    Ledger::none()
        .and("requests", read(requests_total_name().to_owned()))
        .and_nearly("durations", read(format!("{}_count", requests_duration_name())))
        .upkeep(|| recorder::installed().run_upkeep())
}
