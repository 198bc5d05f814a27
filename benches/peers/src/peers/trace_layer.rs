//! Per request: a span that nobody wants and callbacks that log to nobody. tower-http 0.7.1, its defaults, no subscriber.

use goodput_bench::drive::Bare;
use tower::Layer;
use tower_http::trace::TraceLayer;

use crate::ledger::Ledger;
use crate::peer::Built;
use crate::router::{App, routes};

pub(super) fn service() -> Built {
    Built::service(TraceLayer::new_for_http().layer(Bare::default()), Ledger::none())
}

pub(super) fn router() -> App {
    App { router: routes().layer(TraceLayer::new_for_http()), ledger: Ledger::none() }
}
