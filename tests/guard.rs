//! Guards before real servers: what clients got, what the guard held back and what the SLOs counted are the same numbers.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use bytes::Bytes;
use goodput::{Goodput, Guard, GuardLayer, Reason, SliLayer, Slo, Status, Timeline, Verdict};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::{Layer, service_fn};

const SPARE: &str = "/spare/{id}";
const TASKS: u64 = 8;
const EACH: u64 = 125;
const SENT: u64 = TASKS * EACH;

/// A shop with two SLOs that look at what is spare, one that waits for the end and one that does not, and a guard at its floor of 10 %.
fn shop(guard: Guard) -> Arc<Goodput> {
    let (timeline, calendar) = Timeline::manual();
    let goodput = Goodput::builder("shop")
        .timeline(timeline)
        .slo(Slo::availability("checkout-ok", "99%").routes(["/checkout"]))
        .slo(Slo::availability("ok", "99%"))
        .slo(Slo::availability("ok-at-the-head", "99%").judged_at(goodput::JudgedAt::Head).routes([SPARE]))
        .guard(guard)
        .build()
        .unwrap();
    for _ in 0..10 {
        (0..50).for_each(|_| goodput.work("/checkout").bad("down"));
        calendar.advance(Duration::from_secs(10));
        goodput.tick(calendar.now());
    }
    assert_eq!(goodput.status().guards[0].admitted.to_string(), "10%");
    Arc::new(goodput)
}

fn guard() -> Guard {
    Guard::shed("spare", "checkout-ok").routes([SPARE]).above("10").retry_after(Duration::from_secs(9))
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn serve_axum(goodput: Arc<Goodput>) -> SocketAddr {
    let app = Router::new()
        .route(SPARE, get(|Path(id): Path<String>| async move { id }))
        .route("/checkout", get(|| async { "thank you" }))
        .layer(goodput::axum::GuardLayer::new(Arc::clone(&goodput)))
        .layer(goodput::axum::SliLayer::new(goodput));
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

fn route_of(request: &Request<Incoming>) -> Option<&str> {
    match request.uri().path() {
        "/checkout" => Some("/checkout"),
        path if path.starts_with("/spare/") => Some(SPARE),
        _ => None,
    }
}

async fn serve_hyper(goodput: Arc<Goodput>) -> SocketAddr {
    let stack = (SliLayer::new(Arc::clone(&goodput)).route_fn(route_of), GuardLayer::new(goodput).route_fn(route_of));
    let service = stack.layer(service_fn(async |request: Request<Incoming>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(request.uri().path().to_owned())))
    }));
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            let server = async move {
                auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await
            };
            tokio::spawn(server);
        }
    });
    address
}

/// Sends to what is spare from several tasks at once, and to the checkout in between. Returns how many of the former were served and
/// how many were shed.
async fn send(address: SocketAddr, http2: bool) -> (u64, u64) {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(async move {
            let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
            let ask = async |path: String| {
                let request = Request::get(format!("http://{address}{path}")).body(Empty::<Bytes>::new()).unwrap();
                let response = client.request(request).await.unwrap();
                let (status, after) = (response.status().as_u16(), response.headers().get("retry-after").cloned());
                let body = response.into_body().collect().await.unwrap().to_bytes();
                (status, after.map(|after| after.to_str().unwrap().to_owned()), body)
            };
            let (mut served, mut shed) = (0, 0);
            for number in 0..EACH {
                match ask(format!("/spare/{task}-{number}")).await {
                    (200, None, body) => {
                        assert!(body.ends_with(format!("{task}-{number}").as_bytes()));
                        served += 1;
                    }
                    (503, Some(after), body) => {
                        assert_eq!(after, "9");
                        assert!(body.starts_with(b"busy"));
                        shed += 1;
                    }
                    other => panic!("{other:?}"),
                }
                assert_eq!(ask("/checkout".to_owned()).await.0, 200);
            }
            (served, shed)
        });
    }
    let counts = tasks.join_all().await;
    counts.into_iter().fold((0, 0), |(served, shed), one| (served + one.0, shed + one.1))
}

/// What was counted is what clients saw.
fn check(what: &str, status: &Status, served: u64, shed: u64, excludes: bool) {
    assert_eq!(served + shed, SENT, "{what}");
    assert_eq!(served, SENT / 10, "{what}: the floor, to the request");
    assert_eq!(status.guards[0].held_back, shed, "{what}");
    assert_eq!(status.route(SPARE).unwrap().finished, SENT, "{what}");
    assert_eq!((status.in_flight, status.route("/checkout").unwrap().finished), (0, SENT + 500), "{what}");
    let (counted_bad, shut_out) = if excludes { (0, shed) } else { (shed, 0) };
    let verdict = if excludes { Verdict::Excluded(Reason::SHED) } else { Verdict::Bad(Reason::SHED) };
    // The one looks at the checkouts as well, of which 500 were bad before.
    for (slo, good, more_bad) in [("ok", served + SENT, 500), ("ok-at-the-head", served, 0)] {
        let slo = status.slo(slo).unwrap();
        let counts = (slo.counts.good, slo.counts.bad, slo.counts.excluded);
        assert_eq!(counts, (good, counted_bad + more_bad, shut_out), "{what}: {}", slo.name);
        let counted = slo.reasons.iter().find(|of| of.verdict == verdict).unwrap();
        assert_eq!(counted.count, shed, "{what}: {}", slo.name);
        let sheds = slo.sheds.as_ref().unwrap();
        assert_eq!((sheds.sheds.bad, sheds.sheds.excluded), (counted_bad, shut_out), "{what}: {}", slo.name);
        let without = (sheds.counts.good, sheds.counts.bad, sheds.counts.excluded);
        assert_eq!(without, (good, more_bad, 0), "{what}: {}", slo.name);
    }
    assert!(status.slo("checkout-ok").unwrap().sheds.is_none(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_axum_admits_and_sheds_is_what_clients_get_and_slos_count() {
    for (what, guard, excludes) in [("bad", guard(), false), ("excluded", guard().exclude_sheds(), true)] {
        for http2 in [false, true] {
            let goodput = shop(guard.clone());
            let address = serve_axum(Arc::clone(&goodput)).await;
            let (served, shed) = send(address, http2).await;
            until_over(&goodput).await;
            check(&format!("{what}, HTTP/2: {http2}"), &goodput.status(), served, shed, excludes);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_hyper_admits_and_sheds_is_what_clients_get_and_slos_count() {
    for http2 in [false, true] {
        let goodput = shop(guard());
        let address = serve_hyper(Arc::clone(&goodput)).await;
        let (served, shed) = send(address, http2).await;
        until_over(&goodput).await;
        check(&format!("HTTP/2: {http2}"), &goodput.status(), served, shed, false);
    }
}

/// A client has its answer a moment before the server has let go of it.
async fn until_over(goodput: &Goodput) {
    while goodput.status().in_flight > 0 {
        tokio::task::yield_now().await;
    }
}
