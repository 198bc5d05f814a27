//! Goodput and its peers, one file each; the first line of a file says what is done per request, and by which version.

mod autometrics;
mod axum_prometheus;
mod goodput;
mod hand;
mod metrics;
mod nothing;
mod opentelemetry;
mod opentelemetry_instrumentation_tower;
mod prometheus;
mod prometheus_client;
mod recorder;
mod tower_otel;
mod trace_layer;

use crate::peer::{Build, Group, Peer};

/// The services that all others of their group are compared with.
pub const BARE: &str = "bare";
/// As [`BARE`], in a router.
pub const ROUTER: &str = "router";
/// The layer in a router that does nothing.
pub const ROUTER_NOTHING: &str = "router-nothing";

/// Every row, the bare one of each group before the others of it.
pub const ALL: &[Peer] = &[
    service(BARE, "bare service", "tower", nothing::bare),
    service("nothing", "layer that does nothing", "tower", nothing::layered),
    service("boxed", "boxing the future", "tower", nothing::boxed),
    service("goodput", "goodput", "goodput", goodput::default),
    service("goodput-fast", "goodput, fast clock", "goodput", goodput::fast),
    service("goodput-end", "goodput, judged at the end", "goodput", goodput::end),
    service("trace-layer", "tower-http TraceLayer, no subscriber", "tower-http", trace_layer::service),
    service("axum-prometheus", "axum-prometheus", "axum-prometheus", axum_prometheus::service),
    service(
        "otel-tower",
        "opentelemetry-instrumentation-tower, metrics only",
        "opentelemetry-instrumentation-tower",
        opentelemetry_instrumentation_tower::service,
    ),
    service("tower-otel", "tower-otel, metrics only", "tower-otel", tower_otel::service),
    service("autometrics", "autometrics", "autometrics", autometrics::plain),
    service("autometrics-objective", "autometrics with an objective", "autometrics", autometrics::objective),
    service("otel", "by hand: OpenTelemetry instruments", "opentelemetry_sdk", opentelemetry::unbound),
    service("otel-bound", "by hand: OpenTelemetry, bound (experimental)", "opentelemetry_sdk", opentelemetry::bound),
    service(
        "prometheus-client",
        "by hand: prometheus-client families",
        "prometheus-client",
        prometheus_client::service,
    ),
    service("metrics", "by hand: metrics macros", "metrics", metrics::service),
    service("prometheus", "by hand: prometheus vectors", "prometheus", prometheus::service),
    router(ROUTER, "router", "axum", nothing::router),
    router(ROUTER_NOTHING, "layer that does nothing", "tower", nothing::router_layered),
    router("router-goodput", "goodput", "goodput", goodput::router_default),
    router("router-goodput-fast", "goodput, fast clock", "goodput", goodput::router_fast),
    router("router-goodput-end", "goodput, judged at the end", "goodput", goodput::router_end),
    router("router-trace-layer", "tower-http TraceLayer, no subscriber", "tower-http", trace_layer::router),
    router("router-axum-prometheus", "axum-prometheus", "axum-prometheus", axum_prometheus::router),
    router(
        "router-otel-tower",
        "opentelemetry-instrumentation-tower, metrics only",
        "opentelemetry-instrumentation-tower",
        opentelemetry_instrumentation_tower::router,
    ),
    router("router-tower-otel", "tower-otel, metrics only", "tower-otel", tower_otel::router),
];

const fn service(
    id: &'static str,
    name: &'static str,
    package: &'static str,
    build: fn() -> crate::peer::Built,
) -> Peer {
    Peer { id, name, package, build: Build::Service(build) }
}

const fn router(
    id: &'static str,
    name: &'static str,
    package: &'static str,
    build: fn() -> crate::router::App,
) -> Peer {
    Peer { id, name, package, build: Build::Router(build) }
}

/// The peer of this id.
pub fn find(id: &str) -> anyhow::Result<&'static Peer> {
    let ids = || ALL.iter().map(|peer| peer.id).collect::<Vec<_>>().join(", ");
    ALL.iter().find(|peer| peer.id == id).ok_or_else(|| anyhow::anyhow!("no case is called {id}; there are {}", ids()))
}

/// The id of what a group is compared with.
pub fn bare_of(group: Group) -> &'static str {
    match group {
        Group::Service => BARE,
        Group::Router => ROUTER,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::machine::locked_version;

    #[test]
    fn every_peer_counts_what_it_is_sent() {
        for peer in ALL {
            let counting = peer.build().counting(peer.id);
            counting.case.runner()(300);
            assert_eq!(counting.discrepancies(), Vec::<String>::new(), "{}", peer.id);
            let counts_nothing = ["bare", "nothing", "boxed", "trace-layer", "router"].contains(&peer.id)
                || ["router-nothing", "router-trace-layer"].contains(&peer.id);
            assert_eq!(counting.ledger.counted(), (!counts_nothing).then_some(300), "{}", peer.id);
        }
    }

    #[test]
    fn first_lines_name_the_versions_of_the_lock_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/peers");
        for peer in ALL.iter().filter(|peer| !["tower", "axum", "goodput"].contains(&peer.package)) {
            let version = locked_version(peer.package).expect(peer.package);
            let names = |file: &str| {
                let text = std::fs::read_to_string(folder.join(file)).expect(file);
                text.lines().next().is_some_and(|line| line.contains(&format!("{} {version}", peer.package)))
            };
            let files =
                std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").file_name());
            assert!(files.into_iter().any(|file| names(&file.to_string_lossy())), "{} {version}", peer.package);
        }
    }
}
