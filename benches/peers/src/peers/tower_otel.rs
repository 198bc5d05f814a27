//! Per request: attributes in a vector, 2 adds, up to 3 records. tower-otel 0.12.0, its metrics layer alone.

use goodput_bench::drive::Bare;
use tower::Layer;
use tower_otel::metrics::HttpLayer;

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

fn layer() -> (HttpLayer, Ledger) {
    let meters = Meters::default();
    let layer = HttpLayer::server(&meters.meter());
    let ledger = Ledger::none().and("durations", move || meters.count("http.server.request.duration"));
    (layer, ledger)
}
