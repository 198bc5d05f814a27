//! Request classes: who gives one to a request, which SLOs look at it, and that nothing is counted twice or lost over them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

#[path = "classes/scenes.rs"]
mod scenes;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use goodput::grpc::Methods;
use goodput::{Flag, Goodput, GoodputBuilder, RequestClass, SliLayer, Slo, Timeline};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tower::{Layer, service_fn};

const CLASSES: [&str; 3] = ["critical", "low", "synthetic"];

/// An instance with [`CLASSES`], where `/checkout` is critical, one SLO looks at everything, and one at each class.
fn shop() -> GoodputBuilder {
    let builder = Goodput::builder("shop")
        .timeline(Timeline::manual().0)
        .classes(CLASSES)
        .class_routes("critical", ["/checkout"])
        .slo(Slo::availability("all", "99%"));
    CLASSES.iter().fold(builder, |builder, class| builder.slo(Slo::availability(*class, "99%").classes([*class])))
}

/// Events by route and class, `<template> <class>`; `-` for none.
fn by_class(goodput: &Goodput) -> BTreeMap<String, u64> {
    let name = |class: &Option<String>| class.clone().unwrap_or_else(|| "-".to_owned());
    let routes = goodput.status().routes;
    routes.iter().map(|route| (format!("{} {}", route.template, name(&route.class)), route.finished)).collect()
}

/// Good, bad and excluded events by SLO.
fn by_slo(goodput: &Goodput) -> BTreeMap<String, [u64; 3]> {
    let slos = goodput.status().slos;
    slos.iter().map(|slo| (slo.name.clone(), [slo.counts.good, slo.counts.bad, slo.counts.excluded])).collect()
}

fn unknown_classes(goodput: &Goodput) -> u64 {
    let unknown = |flag: &Flag| if let Flag::UnknownClasses { times } = flag { Some(*times) } else { None };
    goodput.status().flags.iter().find_map(unknown).unwrap_or_default()
}

/// The layers that a class can be said to.
#[derive(Clone, Copy, Debug)]
enum Layered {
    Axum,
    Generic,
    Grpc,
}

impl Layered {
    const ALL: [Self; 3] = [Self::Axum, Self::Generic, Self::Grpc];

    /// A server whose layer is told this class, and around it one that knows its clients by their names.
    async fn serve(self, goodput: &Arc<Goodput>, class: Option<&str>) -> Server {
        let goodput = Arc::clone(goodput);
        let hello = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
        let router = Router::new();
        let router = match self {
            Self::Axum => {
                let layer = goodput::axum::SliLayer::new(goodput);
                router.fallback(as_asked).route("/checkout", get(as_asked)).route("/browse", get(as_asked)).layer(
                    match class {
                        Some(class) => layer.class(class),
                        None => layer,
                    },
                )
            }
            Self::Generic => {
                let layer = SliLayer::new(goodput).route_fn(|request: &Request<Body>| Some(request.uri().path()));
                let layer = match class {
                    Some(class) => layer.class(class),
                    None => layer,
                };
                router.fallback_service(layer.layer(hello))
            }
            Self::Grpc => {
                let methods = Methods::new().unary("/checkout").unary("/browse");
                let layer = goodput::grpc::SliLayer::new(goodput).methods(methods);
                let layer = match class {
                    Some(class) => layer.class(class),
                    None => layer,
                };
                router.fallback_service(layer.layer(hello))
            }
        };
        Server::open(router.layer(from_fn(recognise))).await
    }
}

/// Answers with the status the client asks for.
async fn as_asked(headers: HeaderMap) -> StatusCode {
    let asked = headers.get("answer").map_or("200", |status| status.to_str().unwrap());
    asked.parse().unwrap()
}

/// The header by which a client says who it is. What class that makes its requests is for the server to know.
const CLIENT: &str = "client";

/// The server's own book of its clients.
async fn recognise(mut request: axum::extract::Request, next: Next) -> axum::response::Response {
    let class = match request.headers().get(CLIENT).map(|client| client.to_str().unwrap()) {
        Some("a till") => Some("critical"),
        Some("a crawler") => Some("low"),
        Some("a probe") => Some("synthetic"),
        Some("a new tenant") => Some("premium"), // nobody declared it
        _ => None,
    };
    if let Some(class) = class {
        request.extensions_mut().insert(RequestClass(class));
    }
    next.run(request).await
}

/// A router on a port of its own, until it is dropped.
struct Server {
    origin: String,
    serving: tokio::task::AbortHandle,
    client: Client<HttpConnector, Empty<bytes::Bytes>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    async fn open(router: Router) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async { axum::serve(listener, router).await }).abort_handle();
        Self { origin, serving, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Sends a request with these headers and reads the answer.
    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> StatusCode {
        let mut request = Request::get(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Empty::new()).unwrap();
        let answer = timeout(Duration::from_secs(30), self.client.request(request)).await.unwrap().unwrap();
        let status = answer.status();
        answer.into_body().collect().await.unwrap();
        status
    }
}

/// Waits until nothing is in flight: what a client has seen the end of may still be ending on the server.
async fn quiet(goodput: &Goodput) {
    let settle = async {
        while goodput.status().in_flight > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(30), settle).await.unwrap();
}

#[tokio::test]
async fn a_requests_extension_goes_before_the_layer_and_the_layer_before_the_route() {
    let rows = [
        // The path, the layer's class, the client, and the class its request is counted in.
        ("/browse", None, "", "-"),
        ("/browse", None, "a probe", "synthetic"),
        ("/browse", Some("low"), "", "low"),
        ("/browse", Some("low"), "a probe", "synthetic"),
        ("/checkout", None, "", "critical"),
        ("/checkout", None, "a probe", "synthetic"),
        ("/checkout", Some("low"), "", "low"),
        ("/checkout", Some("low"), "a probe", "synthetic"),
        ("/checkout", Some("critical"), "a till", "critical"),
    ];
    for layered in Layered::ALL {
        for (path, class, client, expected) in rows {
            let goodput = Arc::new(shop().build().unwrap());
            let server = layered.serve(&goodput, class).await;
            server.ask(path, &[(CLIENT, client)]).await;
            quiet(&goodput).await;
            let (what, counted) = (format!("{path} of {client:?}, {layered:?} {class:?}"), by_class(&goodput));
            assert_eq!(counted, BTreeMap::from([(format!("{path} {expected}"), 1)]), "{what}");
            for (slo, counts) in by_slo(&goodput) {
                let looks = u64::from(slo == "all" || slo == expected);
                assert_eq!(counts, [looks, 0, 0], "{slo} on {what}");
            }
            assert_eq!(unknown_classes(&goodput), 0, "{what}");
        }
    }
}

#[tokio::test]
async fn nothing_a_client_says_gives_its_request_a_class() {
    const HEADERS: [&str; 6] =
        ["class", "request-class", "requestclass", "x-request-class", "goodput-class", "x-goodput-request-class"];
    for layered in Layered::ALL {
        let goodput = Arc::new(shop().build().unwrap());
        let server = layered.serve(&goodput, None).await;
        let headers = HEADERS.map(|header| (header, "critical"));
        server.ask("/browse", &headers).await;
        server.ask("/browse?class=critical&request_class=critical", &[]).await;
        quiet(&goodput).await;
        assert_eq!(by_class(&goodput), BTreeMap::from([("/browse -".to_owned(), 2)]), "{layered:?}");
    }
}

#[tokio::test]
async fn a_class_that_is_not_declared_is_passed_over_and_flagged_for_each_request_or_layer_that_names_it() {
    let rows = [
        // The path, the layer's class, the client, the class its request is counted in, and how often the flag was raised.
        ("/browse", None, "a new tenant", "-", 1),
        ("/browse", Some("low"), "a new tenant", "low", 1),
        ("/browse", Some("lwo"), "", "-", 1),
        ("/browse", Some("lwo"), "a new tenant", "-", 2),
        ("/browse", Some("lwo"), "a probe", "synthetic", 1),
        // With none from the layer or the request, the route's own holds.
        ("/checkout", None, "a new tenant", "critical", 1),
        ("/checkout", Some("lwo"), "", "critical", 1),
    ];
    for layered in Layered::ALL {
        for (path, class, client, expected, times) in rows {
            let goodput = Arc::new(shop().build().unwrap());
            let server = layered.serve(&goodput, class).await;
            server.ask(path, &[(CLIENT, client)]).await;
            quiet(&goodput).await;
            let (what, counted) = (format!("{path} of {client:?}, {layered:?} {class:?}"), by_class(&goodput));
            assert_eq!(counted, BTreeMap::from([(format!("{path} {expected}"), 1)]), "{what}");
            assert_eq!(unknown_classes(&goodput), times, "{what}");
        }
    }
}

#[tokio::test]
async fn requests_without_a_route_and_beyond_the_bound_on_routes_have_classes_too() {
    let goodput = Arc::new(shop().max_routes(2).build().unwrap());
    let unmatched = Layered::Axum.serve(&goodput, None).await;
    unmatched.ask("/nowhere", &[(CLIENT, "a crawler")]).await;
    unmatched.ask("/nowhere", &[(CLIENT, "a crawler"), ("answer", "404")]).await;
    unmatched.ask("/nowhere", &[(CLIENT, "a probe"), ("answer", "500")]).await;
    unmatched.ask("/nowhere", &[]).await;
    // One route is named, one more has a place.
    let named_by_path = Layered::Generic.serve(&goodput, None).await;
    for (path, client) in [("/a", ""), ("/b", "a crawler"), ("/c", ""), ("/d", "a probe"), ("/checkout", "")] {
        named_by_path.ask(path, &[(CLIENT, client)]).await;
    }
    quiet(&goodput).await;
    let expected = [
        ("/a -", 1),
        ("/checkout critical", 1),
        ("other -", 1),
        ("other low", 1),
        ("other synthetic", 1),
        ("unmatched -", 1),
        ("unmatched low", 2),
        ("unmatched synthetic", 1),
    ];
    assert_eq!(by_class(&goodput), expected.map(|(name, count)| (name.to_owned(), count)).into());
    let expected = [("all", [7, 1, 1]), ("critical", [1, 0, 0]), ("low", [2, 0, 1]), ("synthetic", [1, 1, 0])];
    assert_eq!(by_slo(&goodput), expected.map(|(name, counts)| (name.to_owned(), counts)).into());
    let flags = goodput.status().flags;
    assert!(flags.contains(&Flag::RoutesFull { bound: 2, counted_as_other: 3 }), "{flags:?}");
}

#[test]
fn a_definition_whose_classes_do_not_hold_says_why() {
    let nine = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let plain = || Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
    let slo = |classes: &[&str]| Slo::availability("vip", "99%").classes(classes.iter().copied());
    let rows: [(GoodputBuilder, &[&str]); 10] = [
        (plain().classes(nine.into_iter().take(8)), &[]),
        (plain().classes(nine), &["9 classes are declared: expected at most 8"]),
        (plain().classes(["low", "low"]), &["class \"low\" is declared twice: expected every name once"]),
        (
            plain().classes(["a class"]),
            &["class name \"a class\": expected 1 to 100 bytes of letters, digits and - _ . :"],
        ),
        (
            shop().slo(slo(&["low", "hgih"])),
            &["SLO \"vip\": class \"hgih\" is not declared: expected one of the definition's classes"],
        ),
        (
            plain().slo(slo(&["low"])),
            &["SLO \"vip\": class \"low\" is not declared: expected one of the definition's classes"],
        ),
        (
            shop().slo(slo(&[])),
            &["SLO \"vip\": an empty list of classes: expected at least one, or no list for every class"],
        ),
        (
            shop().class_routes("hgih", ["/vip"]).class_routes("low", ["/checkout"]),
            &[
                "route \"/vip\": class \"hgih\" is not declared: expected one of the definition's classes",
                "route \"/checkout\" is given a class twice: expected one",
            ],
        ),
        (
            shop().class_routes("low", ["unmatched", "dependency:payments"]),
            &["route \"unmatched\": expected a template", "route \"dependency:payments\": expected a template"],
        ),
        (
            shop().slo(slo(&["low"]).of_dependency("payments")),
            &["SLO \"vip\": looks at dependency \"payments\" and at routes or classes: expected one or the other"],
        ),
    ];
    for (builder, expected) in rows {
        let said = builder.build().map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(said.is_empty(), expected.is_empty(), "{said}");
        let mut rest = said.as_str();
        for problem in expected {
            let found = rest.split_once(problem).unwrap_or_else(|| panic!("{problem:?} is not in {said:?}"));
            rest = found.1;
        }
    }
}

/// One request of the crowd.
#[derive(Clone, Copy, Debug)]
struct Sent {
    path: &'static str,
    client: &'static str,
    answer: &'static str,
}

impl Sent {
    /// A different one for each number.
    fn numbered(number: u64) -> Self {
        // SplitMix64, whose bits are as good as random.
        let mut bits = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let mut pick = |all: [&'static str; 5]| {
            let picked = all[(bits % 5) as usize];
            bits /= 5;
            picked
        };
        Self {
            path: pick(["/checkout", "/browse", "/checkout", "/nowhere", "/elsewhere"]),
            client: pick(["", "a till", "a crawler", "a probe", "a new tenant"]),
            answer: pick(["200", "404", "500", "429", "200"]),
        }
    }

    fn route(self) -> &'static str {
        if ["/checkout", "/browse"].contains(&self.path) { self.path } else { "unmatched" }
    }

    fn class(self) -> &'static str {
        match self.client {
            "a till" => "critical",
            "a crawler" => "low",
            "a probe" => "synthetic",
            _ if self.path == "/checkout" => "critical",
            _ => "-",
        }
    }

    /// Good, bad or excluded.
    fn verdict(self) -> usize {
        match (self.answer, self.route()) {
            ("500", _) => 1,
            ("429", _) | ("404", "unmatched") => 2,
            _ => 0,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_requests_of_random_classes_and_routes_are_counted_as_a_naive_tally_has_them() {
    const REQUESTS: u64 = 10_000;
    const CLIENTS: u64 = 8;
    let goodput = Arc::new(shop().build().unwrap());
    let server = Arc::new(Layered::Axum.serve(&goodput, None).await);
    let clients = (0..CLIENTS).map(|client| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            for number in (client..REQUESTS).step_by(CLIENTS as usize) {
                let sent = Sent::numbered(number);
                let status = server.ask(sent.path, &[(CLIENT, sent.client), ("answer", sent.answer)]).await;
                assert_eq!(status.as_str(), sent.answer);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    quiet(&goodput).await;

    let mut routes: BTreeMap<String, u64> = BTreeMap::new();
    let mut slos = BTreeMap::from([("all".to_owned(), [0_u64; 3])]);
    slos.extend(CLASSES.map(|class| (class.to_owned(), [0; 3])));
    let mut unknown = 0;
    for sent in (0..REQUESTS).map(Sent::numbered) {
        *routes.entry(format!("{} {}", sent.route(), sent.class())).or_default() += 1;
        for slo in ["all", sent.class()] {
            slos.entry(slo.to_owned()).and_modify(|counts| counts[sent.verdict()] += 1);
        }
        unknown += u64::from(sent.client == "a new tenant");
    }
    assert_eq!(routes.len(), 11, "the crowd visits every route in every class: {routes:?}");
    assert_eq!(by_class(&goodput), routes);
    assert_eq!(by_slo(&goodput), slos);
    assert_eq!(unknown_classes(&goodput), unknown);
}
