//! Real clients around real services: a call to a dependency is one event of that dependency, however it ends, and none of the
//! server that makes it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "dependencies/calls.rs"]
mod calls;
#[path = "dependencies/clients.rs"]
mod clients;
#[path = "dependencies/counted.rs"]
mod counted;
#[path = "dependencies/exported.rs"]
mod exported;
#[path = "dependencies/grpc.rs"]
mod grpc;
#[path = "dependencies/plans.rs"]
mod plans;
#[path = "dependencies/shop.rs"]
mod shop;
#[path = "dependencies/upstreams.rs"]
mod upstreams;

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use goodput::{Dependency, Flag, Goodput, Outcome, Reason, SliLayer, Slo, SloStatus, Verdict};
use http_body_util::Full;
use tokio::time::timeout;
use tonic::Code;
use tower::retry::Retry;
use tower::{Layer, Service, ServiceExt};

use clients::{Again, Caller, Client, OneConnection, PATIENCE, ask, bare, boxed};
use counted::{built, check, quiet, settles, shop};
use exported::Exported;
use grpc::Asks;
use plans::{Expected, Plan};
use shop::Shop;
use upstreams::Upstream;

#[tokio::test]
async fn each_way_a_call_ends_is_counted_alike_around_every_client() {
    for client in Client::ALL {
        for way in calls::ways() {
            way.check(client).await;
        }
    }
}

#[tokio::test]
async fn a_grpc_call_counts_by_its_code_in_the_headers_and_in_the_trailers() {
    let upstream = Upstream::speaks_grpc().await;
    for asks in [Asks::Once, Asks::ForAStream] {
        for (code, outcome, verdict) in grpc::codes() {
            grpc::check_code(&upstream, asks, code, (outcome, verdict)).await;
        }
    }
}

#[tokio::test]
async fn a_grpc_call_without_a_status_is_bad() {
    let (failed, torn) = ((Outcome::ServiceError, "bad (service_error)"), (Outcome::BodyFailed, "bad (body_error)"));
    let rows = [
        (Upstream::refuses(), Asks::Once, failed),
        (Upstream::refuses(), Asks::ForAStream, failed),
        (Upstream::hangs_up().await, Asks::Once, failed),
        (Upstream::hangs_up().await, Asks::ForAStream, failed),
        (Upstream::serves().await, Asks::Once, (Outcome::NoStatus, "bad (no_grpc_status)")),
        (Upstream::serves().await, Asks::ForAStream, torn),
    ];
    for (upstream, asks, expected) in rows {
        let goodput = built(shop(&["payments"]));
        let seen = grpc::call(&upstream, &goodput, asks, Code::Ok).await;
        grpc::check_one(&goodput, &format!("{asks:?}, seen as {seen:?}"), expected);
    }
}

/// What the layer around a client is made with.
fn layer(goodput: &Arc<Goodput>, dependency: &str) -> SliLayer<Arc<Goodput>, Dependency> {
    SliLayer::new(Arc::clone(goodput)).dependency(dependency)
}

/// Counts calls outside of a retry and attempts inside of it.
fn retrying(goodput: &Arc<Goodput>, calls: &str, attempts: &str) -> Caller {
    let attempt = Client::Pool.calling(attempts, goodput, None);
    boxed(layer(goodput, calls).layer(Retry::new(Again(2), attempt)))
}

#[tokio::test]
async fn outside_of_a_retry_calls_are_counted_inside_attempts_and_under_two_names_both() {
    let upstream = Upstream::serves().await;
    let uri = upstream.uri("/plan/503,503,200");

    let goodput = built(shop(&["payments"]));
    let outside = boxed(layer(&goodput, "payments").layer(Retry::new(Again(2), bare())));
    assert_eq!(ask(&outside, uri.clone()).await.unwrap(), 200);
    check(&goodput, "outside", &[("dependency:payments: success", 1), ("payments-ok: good", 1)]);

    let goodput = built(shop(&["payments"]));
    let inside = boxed(Retry::new(Again(2), Client::Pool.calling("payments", &goodput, None)));
    assert_eq!(ask(&inside, uri.clone()).await.unwrap(), 200);
    let attempts = [
        // The retry does not read what failed; it is a failure all the same.
        ("dependency:payments: server_error", 2),
        ("dependency:payments: success", 1),
        ("payments-ok: bad (server_error)", 2),
        ("payments-ok: good", 1),
    ];
    check(&goodput, "inside", &attempts);

    let goodput = built(shop(&["payments", "attempts"]));
    assert_eq!(ask(&retrying(&goodput, "payments", "attempts"), uri).await.unwrap(), 200);
    let both = [
        ("dependency:payments: success", 1),
        ("payments-ok: good", 1),
        ("dependency:attempts: server_error", 2),
        ("dependency:attempts: success", 1),
        ("attempts-ok: bad (server_error)", 2),
        ("attempts-ok: good", 1),
    ];
    check(&goodput, "both", &both);
}

#[tokio::test]
async fn a_client_that_fails_before_it_is_ready_is_a_call_that_failed() {
    let (upstream, goodput) = (Upstream::hangs_up().await, built(shop(&["payments"])));
    let request = || http::Request::get(upstream.uri("/")).body(Full::default()).unwrap();
    let mut connection = layer(&goodput, "payments").layer(OneConnection::to(&request()).await);
    connection.ready().await.unwrap().call(request()).await.unwrap_err();
    assert!(timeout(PATIENCE, connection.ready()).await.unwrap().is_err());
    let expected = [("dependency:payments: service_error", 2), ("payments-ok: bad (service_error)", 2)];
    check(&goodput, "one call, and one that found no connection", &expected);
    assert_eq!(goodput.status().unready, 0);
}

#[tokio::test]
async fn a_call_made_while_serving_is_an_event_beside_the_request() {
    for client in Client::ALL {
        let (upstream, goodput) = (Upstream::serves().await, built(shop(&["payments"])));
        let shop = Shop::open(&goodput, &upstream, client.calling("payments", &goodput, None)).await;

        assert_eq!(ask(&bare(), shop.uri("/home")).await.unwrap(), 200);
        assert_eq!(ask(&bare(), shop.uri("/broken")).await.unwrap(), 500);
        assert_eq!(ask(&bare(), shop.uri("/buy/200")).await.unwrap(), 200);
        assert_eq!(ask(&bare(), shop.uri("/order/503")).await.unwrap(), 200);
        let expected = [
            ("/home: success", 1),
            ("/broken: server_error", 1),
            ("/buy/{plan}: success", 1),
            ("/order/{plan}: said_bad", 1),
            ("shop-ok: good", 2),
            ("shop-ok: bad (server_error)", 1),
            ("shop-ok: bad (dependency:payments)", 1),
            ("dependency:payments: success", 1),
            ("dependency:payments: server_error", 1),
            ("payments-ok: good", 1),
            ("payments-ok: bad (server_error)", 1),
        ];
        settles(&goodput, &format!("{client:?}"), &expected).await;
    }
}

#[tokio::test]
async fn the_same_dependency_twice_around_a_client_is_counted_once_and_flagged() {
    let (upstream, goodput) = (Upstream::serves().await, built(shop(&["payments"])));
    let twice = retrying(&goodput, "payments", "payments");
    assert_eq!(ask(&twice, upstream.uri("/plan/503,200")).await.unwrap(), 200);
    let expected = [("dependency:payments: success", 1), ("payments-ok: good", 1), ("flag: nested_layers", 1)];
    check(&goodput, "alone", &expected);

    let goodput = built(shop(&["payments"]));
    let shop = Shop::open(&goodput, &upstream, retrying(&goodput, "payments", "payments")).await;
    assert_eq!(ask(&bare(), shop.uri("/buy/200")).await.unwrap(), 200);
    let expected = [&expected[..], &[("/buy/{plan}: success", 1), ("shop-ok: good", 1)]].concat();
    settles(&goodput, "in a handler", &expected).await;
    assert!(goodput.status().flags.contains(&Flag::NestedLayers { calls: 1 }));
}

#[tokio::test]
async fn a_dependency_in_the_same_process_is_called_and_serves_and_each_is_an_event() {
    let (upstream, goodput) = (Upstream::serves().await, built(shop(&["payments"])));
    let server = upstreams::router(&upstream).layer(goodput::axum::SliLayer::new(Arc::clone(&goodput)));
    let server = server.into_service().map_request(|request: http::Request<Full<_>>| request);
    let within = boxed(layer(&goodput, "payments").layer(server));
    let shop = Shop::open(&goodput, &upstream, within).await;
    assert_eq!(ask(&bare(), shop.uri("/buy/404")).await.unwrap(), 200);
    let expected = [
        ("/buy/{plan}: success", 1),
        ("/plan/{statuses}: client_error", 1),
        ("shop-ok: good", 2),
        ("dependency:payments: client_error", 1),
        ("payments-ok: good", 1),
    ];
    settles(&goodput, "one process", &expected).await;
}

#[tokio::test]
async fn dependencies_are_judged_apart() {
    let (upstream, goodput) = (Upstream::serves().await, built(shop(&["payments", "cache"])));
    for (name, path) in [("payments", "/status/503"), ("payments", "/status/200"), ("cache", "/status/500")] {
        ask(&Client::Pool.calling(name, &goodput, None), upstream.uri(path)).await.unwrap();
    }
    let expected = [
        ("dependency:payments: success", 1),
        ("dependency:payments: server_error", 1),
        ("payments-ok: good", 1),
        ("payments-ok: bad (server_error)", 1),
        ("dependency:cache: server_error", 1),
        ("cache-ok: bad (server_error)", 1),
    ];
    check(&goodput, "two", &expected);
}

#[tokio::test]
async fn calls_under_way_are_in_flight_on_their_dependency_and_not_on_the_server() {
    let upstream = Upstream::serves().await;
    let goodput = built(shop(&["payments"]));
    let caller = Client::Pool.calling("payments", &goodput, None);
    let shop = Shop::open(&goodput, &upstream, caller.clone()).await;
    {
        let mut alone = pin!(ask(&caller, upstream.uri("/waits")));
        upstream.takes(alone.as_mut()).await;
        check(&goodput, "a call for no request", &[("dependency:payments: in flight", 1)]);

        let bare = bare();
        let mut request = pin!(ask(&bare, shop.uri("/wait")));
        upstream.takes(request.as_mut()).await;
        let expected = [("dependency:payments: in flight", 2), ("/wait: in flight", 1), ("in flight", 1)];
        check(&goodput, "and one for a request", &expected);
    }
    let expected = [
        ("dependency:payments: cancelled", 2),
        ("payments-ok: excluded (cancelled)", 2),
        ("/wait: cancelled", 1),
        ("shop-ok: excluded (cancelled)", 1),
    ];
    settles(&goodput, "both callers left", &expected).await;
}

#[tokio::test]
async fn a_handler_that_blames_a_dependency_shows_it_by_slo_by_route_and_among_the_errors() {
    let (upstream, goodput) = (Upstream::serves().await, built(shop(&["payments"])));
    let shop = Shop::open(&goodput, &upstream, Client::Pool.calling("payments", &goodput, None)).await;
    let blamed = Reason::dependency("payments");
    for (path, route, answer) in [("/buy/503", "/buy/{plan}", 502), ("/order/503", "/order/{plan}", 200)] {
        assert_eq!(ask(&bare(), shop.uri(path)).await.unwrap(), answer);
        quiet(&goodput).await;
        let status = goodput.status();
        let route = status.route(route).unwrap();
        let reason = route.reasons.first().unwrap();
        assert_eq!((&*reason.slo, reason.verdict, reason.count), ("shop-ok", Verdict::Bad(blamed), 1), "{path}");
        assert_eq!((route.said[0].verdict, route.said[0].count), (Verdict::Bad(blamed), 1), "{path}");
        assert_eq!((route.errors[0].error_type, route.errors[0].count), (blamed, 1), "{path}");
        assert_eq!((route.reasons.len(), route.said.len(), route.errors.len()), (1, 1, 1), "{path}");
        assert_eq!((route.failures(), blamed.to_string().as_str()), (1, "dependency:payments"), "{path}");
    }
    assert_eq!(reasons(goodput.status().slo("shop-ok").unwrap()), [("bad (dependency:payments)".to_owned(), 2)]);
}

fn reasons(slo: &SloStatus) -> Vec<(String, u64)> {
    slo.reasons.iter().map(|reason| (reason.verdict.to_string(), reason.count)).collect()
}

#[tokio::test]
async fn a_declared_dependency_has_its_exported_series_from_zero() {
    let upstream = Upstream::serves().await;
    let goodput = built(shop(&["payments"]).dependencies(["cache"]).stopwatch(goodput::Stopwatch::manual().0));
    let shop = Shop::open(&goodput, &upstream, Client::Pool.calling("payments", &goodput, None)).await;
    let exported = Exported::of(&goodput);
    let series = |blamed: &str, slo: &str| {
        format!("goodput.events.reasons{{reason={blamed},service=shop,slo={slo},verdict=bad}}")
    };
    let [payments, cache, other] =
        ["dependency:payments", "dependency:cache", "other"].map(|reason| series(reason, "shop-ok"));
    let calls =
        ["good", "bad"].map(|verdict| format!("goodput.events{{service=shop,slo=payments-ok,verdict={verdict}}}"));
    let read = |names: [&String; 5]| {
        let collected: BTreeMap<String, u64> = exported.collect();
        names.map(|name| *collected.get(name).unwrap_or_else(|| panic!("{name} is not among {collected:#?}")))
    };
    let names = [&payments, &cache, &other, &calls[0], &calls[1]];
    assert_eq!(read(names), [0, 0, 0, 0, 0]);

    assert_eq!(ask(&bare(), shop.uri("/buy/503")).await.unwrap(), 502);
    assert_eq!(ask(&bare(), shop.uri("/buy/200")).await.unwrap(), 200);
    let work = goodput.work("restock");
    work.record(Verdict::Bad(Reason::dependency("cache")), Duration::from_millis(1));
    work.record(Verdict::Bad(Reason::dependency("nobody-declared")), Duration::from_millis(1));
    quiet(&goodput).await;
    assert_eq!(read(names), [1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn undeclared_dependencies_are_counted_judged_by_no_slo_and_bounded() {
    let upstream = Upstream::serves().await;
    let goodput = built(shop(&["payments"]).max_routes(3));
    let names = ["ledger", "mail", "stock", "tax", "weather"];
    for (name, times) in names.iter().zip(1_u64..) {
        for _ in 0..times {
            ask(&Client::Pool.calling(name, &goodput, None), upstream.uri("/status/503")).await.unwrap();
        }
    }
    let expected = [
        ("dependency:ledger: server_error", 1),
        ("dependency:mail: server_error", 2),
        ("dependency:stock: server_error", 3),
        ("dependency:other: server_error", 9),
        ("flag: routes_full", 1),
    ];
    check(&goodput, "five names", &expected);
    let flags = goodput.status().flags;
    assert!(flags.contains(&Flag::RoutesFull { bound: 4, counted_as_other: 9 }), "{flags:?}");

    // The declared one has its place all the same.
    ask(&Client::Pool.calling("payments", &goodput, None), upstream.uri("/status/503")).await.unwrap();
    let expected = [&expected[..], &[("dependency:payments: server_error", 1), ("payments-ok: bad (server_error)", 1)]];
    check(&goodput, "and a declared one", &expected.concat());
}

#[test]
fn a_definition_whose_dependencies_do_not_hold_says_why() {
    let names = (0..65).map(|number| format!("d{number}"));
    let rows = [
        (shop(&["payments"]).dependencies(["payments", "cache"]), ""),
        (
            shop(&[]).dependencies(["pay ments"]),
            "dependency name \"pay ments\": expected 1 to 100 bytes of letters, digits and - _ . :",
        ),
        (shop(&["payments"]).dependencies(["other"]), "dependency name \"other\": expected"),
        (shop(&[]).dependencies(names), "65 reasons and dependencies are declared: expected at most 64"),
        (
            shop(&[]).slo(Slo::dependency("ok", "99%", "payments").routes(["/buy"])),
            "SLO \"ok\": looks at dependency \"payments\" and at routes or classes: expected one or the other",
        ),
        (shop(&[]).exclude_routes(["dependency:payments"]), "route \"dependency:payments\": expected a template"),
    ];
    for (builder, expected) in rows {
        let said = builder.build().map_or_else(|error| error.to_string(), |_| String::new());
        assert!(said.starts_with(expected) && said.is_empty() == expected.is_empty(), "{expected:?}: {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thousands_of_requests_and_their_calls_and_attempts_add_up() {
    const CLIENTS: usize = 16;
    const EACH: usize = 150;
    let upstream = Upstream::serves().await;
    let goodput = built(shop(&["payments", "attempts"]));
    let shop = Arc::new(Shop::open(&goodput, &upstream, retrying(&goodput, "payments", "attempts")).await);
    let mut expected = Expected::default();
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        let plans: Vec<Plan> = (0..EACH).map(|turn| Plan::numbered(client * EACH + turn)).collect();
        for plan in &plans {
            expected.add(plan);
        }
        let shop = Arc::clone(&shop);
        clients.push(tokio::spawn(async move {
            let caller = bare();
            for plan in plans {
                assert_eq!(ask(&caller, shop.uri(&plan.path())).await.unwrap(), plan.answer(), "{plan:?}");
            }
        }));
    }
    for client in clients {
        timeout(PATIENCE, client).await.unwrap().unwrap();
    }
    let expected: Vec<(&str, u64)> = expected.lines().collect();
    settles(&goodput, "the crowd", &expected).await;
}
