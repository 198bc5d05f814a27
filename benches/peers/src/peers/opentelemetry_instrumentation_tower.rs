//! Per request: attributes, 2 adds, up to 3 records, and a span thrown away. opentelemetry-instrumentation-tower 0.19.0.

use goodput_bench::drive::Bare;
use opentelemetry_instrumentation_tower::http::server::{Layer as OtelLayer, LayerBuilder};
use tower::Layer;

use crate::ledger::Ledger;
use crate::meters::Meters;
use crate::peer::Built;
use crate::router::{App, routes};

pub(super) fn service() -> Built {
    let (layer, ledger) = layer();
    Built::service(layer.layer(Bare::default()), ledger)
}

pub(super) fn router() -> App {
    let (layer, ledger) = layer();
    App { router: routes().layer(layer), ledger }
}

/// It takes its meter from the global provider when it is built, and from nowhere else.
fn layer() -> (OtelLayer, Ledger) {
    let meters = Meters::default();
    meters.make_global();
    let layer = match LayerBuilder::builder().with_tracing(false).build() {
        Ok(layer) => layer,
        Err(error) => unreachable!("nothing about it is configured: {error}"),
    };
    let ledger = Ledger::none().and("durations", move || meters.count("http.server.request.duration"));
    (layer, ledger)
}
