//! An outer layer around real stacks, on real sockets: what the layers in between do to requests is seen, and each request is
//! one event.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::convert::Infallible;
use std::future::{Pending, pending};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::routing::get;
use axum::{BoxError, Router};
use bytes::Bytes;
use goodput::axum::Matched;
use goodput::{Goodput, Outcome, OuterLayer, SliLayer, Slo, Status};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};
use tonic::server::NamedService;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// After how long the layer in between gives up.
const SOON: Duration = Duration::from_millis(400);
const NEVER: Duration = Duration::from_secs(600);

/// A server with one place for requests, and a handler that waits until it is let go on.
struct House {
    goodput: Arc<Goodput>,
    address: SocketAddr,
    release: Arc<Semaphore>,
    arrived: Arc<Notify>,
}

impl House {
    fn instance() -> Arc<Goodput> {
        Arc::new(Goodput::builder("house").slo(Slo::availability("ok", "99%")).build().unwrap())
    }

    async fn on_axum(patience: Duration) -> Self {
        let (goodput, release, arrived) = (Self::instance(), Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let handler = {
            let (release, arrived) = (Arc::clone(&release), Arc::clone(&arrived));
            async move || {
                arrived.notify_one();
                release.acquire().await.unwrap().forget();
                "hello"
            }
        };
        let app = Router::new()
            .route("/jobs/{id}", get(handler))
            .layer(goodput::axum::SliLayer::new(Arc::clone(&goodput)))
            .layer(
                ServiceBuilder::new()
                    .layer(OuterLayer::new(Arc::clone(&goodput)))
                    .layer(HandleErrorLayer::new(async |_: BoxError| StatusCode::SERVICE_UNAVAILABLE))
                    .load_shed()
                    .layer(GlobalConcurrencyLimitLayer::new(1)) // axum makes services anew, each with a limit of its own
                    .timeout(patience),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { goodput, address, release, arrived }
    }

    /// The same by hand. What is refused is refused before it is a response, and one is made of it outside.
    async fn on_hyper(patience: Duration) -> Self {
        let (goodput, release, arrived) = (Self::instance(), Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let handler = {
            let (release, arrived) = (Arc::clone(&release), Arc::clone(&arrived));
            move |_: Request<Incoming>| {
                let (release, arrived) = (Arc::clone(&release), Arc::clone(&arrived));
                async move {
                    arrived.notify_one();
                    release.acquire().await.unwrap().forget();
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello")))
                }
            }
        };
        let stack = ServiceBuilder::new()
            .layer(OuterLayer::new(Arc::clone(&goodput)))
            .load_shed()
            .concurrency_limit(1)
            .timeout(patience)
            .layer(SliLayer::new(Arc::clone(&goodput)).route("/jobs/{id}"))
            .service(service_fn(handler));
        let answering = service_fn(move |request: Request<Incoming>| {
            let stack = stack.clone();
            async move {
                let answer = stack.oneshot(request).await;
                Ok::<_, Infallible>(answer.map_or_else(
                    |_| Response::builder().status(503).body(Full::default().boxed()).unwrap(),
                    |response| response.map(BodyExt::boxed),
                ))
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service = TowerToHyperService::new(answering.clone());
                tokio::spawn(async move {
                    drop(
                        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await,
                    );
                });
            }
        });
        Self { goodput, address, release, arrived }
    }

    async fn both(patience: Duration) -> [Self; 2] {
        [Self::on_axum(patience).await, Self::on_hyper(patience).await]
    }

    /// A client's request, read to the end; over HTTP/1.1 or HTTP/2, on a connection of its own.
    fn ask(&self, http2: bool) -> impl Future<Output = u16> + use<> {
        let uri = format!("http://{}/jobs/7", self.address);
        async move {
            let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http::<Empty<Bytes>>();
            let answer = timeout(Duration::from_secs(20), client.get(uri.parse().unwrap())).await.unwrap().unwrap();
            let status = answer.status().as_u16();
            answer.into_body().collect().await.unwrap();
            status
        }
    }

    /// A gRPC call, whatever comes of it.
    fn call(&self, method: &str) -> impl Future<Output = ()> + use<> {
        let request =
            Request::post(format!("http://{}{method}", self.address)).header("content-type", "application/grpc");
        async move {
            let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http::<Empty<Bytes>>();
            drop(client.request(request.body(Empty::new()).unwrap()).await);
        }
    }

    /// Waits until this holds of the status.
    async fn until(&self, what: &str, holds: impl Fn(&Status) -> bool) {
        let waiting = async {
            while !holds(&self.goodput.status()) {
                sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "{what}: {:#?}", self.goodput.status().routes);
    }

    fn outcomes(&self, route: &str) -> Vec<(Outcome, u64)> {
        self.goodput.status().route(route).map(|route| route.outcomes.clone()).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_timeout_in_between_is_the_services_over_both_protocols() {
    for house in House::both(SOON).await {
        for (http2, counted) in [(false, 1), (true, 2)] {
            assert_eq!(house.ask(http2).await, 503);
            house.until("recorded", |status| status.in_flight == 0 && status.queued == 0).await;
            assert_eq!(house.outcomes("/jobs/{id}"), [(Outcome::TimedOut, counted)]);
            let status = house.goodput.status();
            assert_eq!(status.slo("ok").unwrap().counts.bad, counted);
            // The time to the answer, which no client's leaving could have told.
            let error = status.route("/jobs/{id}").unwrap().error.quantile(1.0).unwrap();
            assert!(error >= SOON.mul_f64(0.9), "{error:?}");
        }
        assert_eq!(house.outcomes("unmatched"), []);
    }
}

#[tokio::test]
async fn a_shed_request_is_counted_and_the_one_that_was_served_as_well() {
    for house in House::both(NEVER).await {
        let first = tokio::spawn(house.ask(false));
        house.arrived.notified().await;
        assert_eq!(house.ask(true).await, 503);
        house.release.add_permits(1);
        assert_eq!(first.await.unwrap(), 200);
        house.until("recorded", |status| status.in_flight == 0).await;
        assert_eq!(house.outcomes("unmatched"), [(Outcome::Refused, 1)]);
        assert_eq!(house.outcomes("/jobs/{id}"), [(Outcome::Success, 1)]);
        let status = house.goodput.status();
        let reasons: Vec<_> = status.slo("ok").unwrap().reasons.iter().map(|r| r.verdict.to_string()).collect();
        assert_eq!(reasons, ["bad (shed)"]);
        assert_eq!(status.route("/jobs/{id}").unwrap().queue.count(), 1);
    }
}

#[tokio::test]
async fn on_axum_a_shed_request_is_counted_on_the_route_that_the_router_matched_if_the_outer_layer_asks_for_it() {
    let slo = Slo::availability("ok", "99%").routes(["/jobs/{id}"]);
    let goodput = Arc::new(Goodput::builder("house").slo(slo).build().unwrap());
    let app = Router::new()
        .route("/jobs/{id}", get(async || "hello"))
        .layer(goodput::axum::SliLayer::new(Arc::clone(&goodput)))
        .layer(
            ServiceBuilder::new()
                .layer(OuterLayer::new(Arc::clone(&goodput)).named_by(Matched::default()))
                .layer(HandleErrorLayer::new(async |_: BoxError| StatusCode::SERVICE_UNAVAILABLE))
                .load_shed()
                .layer(GlobalConcurrencyLimitLayer::new(0)),
        );
    let answer = app.oneshot(Request::get("/jobs/7").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 503);
    let status = goodput.status();
    assert_eq!(status.route("/jobs/{id}").unwrap().outcomes, [(Outcome::Refused, 1)]);
    assert_eq!(status.slo("ok").unwrap().counts.bad, 1, "the SLO that names the route sees it");
}

#[tokio::test]
async fn a_client_that_leaves_is_cancelled_and_not_timed_out() {
    for house in House::both(NEVER).await {
        for (http2, counted) in [(false, 1), (true, 2)] {
            let client = tokio::spawn(house.ask(http2));
            house.arrived.notified().await;
            client.abort();
            house.until("recorded", |status| status.in_flight == 0 && status.queued == 0).await;
            assert_eq!(house.outcomes("/jobs/{id}"), [(Outcome::Cancelled, counted)]);
            assert_eq!(house.goodput.status().slo("ok").unwrap().counts.excluded, counted, "it left soon");
        }
    }
}

/// A gRPC service that never answers.
#[derive(Clone)]
struct Hangs(Arc<Notify>);

impl NamedService for Hangs {
    const NAME: &'static str = "test.Hangs";
}

impl Service<Request<tonic::body::Body>> for Hangs {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pending<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<tonic::body::Body>) -> Self::Future {
        self.0.notify_one();
        pending()
    }
}

#[tokio::test]
async fn around_a_tonic_service_deadlines_and_shed_calls_are_seen() {
    for (patience, outcome) in [(SOON, Outcome::TimedOut), (NEVER, Outcome::Cancelled)] {
        let (goodput, arrived) = (House::instance(), Arc::new(Notify::new()));
        let methods = goodput::grpc::Methods::new().unary("/test.Hangs/Go");
        let stack = ServiceBuilder::new()
            .layer(OuterLayer::new(Arc::clone(&goodput)))
            .load_shed()
            .layer(GlobalConcurrencyLimitLayer::new(1))
            .timeout(patience)
            .layer(goodput::grpc::SliLayer::new(Arc::clone(&goodput)).methods(methods));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let house = House {
            goodput,
            address: listener.local_addr().unwrap(),
            release: Arc::new(Semaphore::new(0)),
            arrived: Arc::clone(&arrived),
        };
        let server = tonic::transport::Server::builder().layer(stack).add_service(Hangs(arrived));
        tokio::spawn(server.serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener)));

        let first = tokio::spawn(house.call("/test.Hangs/Go"));
        house.arrived.notified().await;
        house.call("/test.Hangs/Go").await;
        if patience == NEVER {
            first.abort();
        }
        house.until("recorded", |status| status.in_flight == 0 && status.queued == 0).await;
        assert_eq!(house.outcomes("unmatched"), [(Outcome::Refused, 1)]);
        assert_eq!(house.outcomes("/test.Hangs/Go"), [(outcome, 1)]);
    }
}

#[tokio::test]
async fn a_thousand_requests_through_a_crowded_stack_are_each_one_event() {
    for house in House::both(SOON).await {
        let mut clients = Vec::new();
        for n in 0..1_000 {
            let ask = house.ask(n % 2 == 0);
            clients.push(tokio::spawn(async move {
                if n % 5 == 0 { timeout(Duration::from_millis(n % 50), ask).await.ok() } else { Some(ask.await) }
            }));
            if n % 3 == 0 {
                house.release.add_permits(1);
            }
            if n % 10 == 0 {
                sleep(Duration::from_millis(2)).await;
            }
        }
        house.release.add_permits(1_000);
        let mut seen = [0_u64; 3]; // served, refused or timed out, unknown
        for client in clients {
            match client.await.unwrap() {
                Some(200) => seen[0] += 1,
                Some(503) => seen[1] += 1,
                Some(other) => assert_eq!(other, 200),
                None => seen[2] += 1,
            }
        }
        house.until("recorded", |status| status.in_flight == 0 && status.queued == 0).await;
        let status = house.goodput.status();
        let sum = |outcomes: &[Outcome]| -> u64 {
            status.routes.iter().map(|route| outcomes.iter().map(|one| route.outcome(*one)).sum::<u64>()).sum()
        };
        let (served, refused) =
            (sum(&[Outcome::Success, Outcome::BodyDropped]), sum(&[Outcome::Refused, Outcome::TimedOut]));
        let all = served + refused + sum(&[Outcome::Cancelled]);
        assert_eq!(all, status.routes.iter().map(|route| route.finished).sum::<u64>(), "{:?}", status.routes);
        // A client that left may have been served, refused, or never seen.
        assert!(served >= seen[0] && refused >= seen[1], "{seen:?}: {served} served, {refused} refused");
        assert!(all <= 1_000 && all >= seen[0] + seen[1], "{all} of {seen:?}");
        let counts = status.slo("ok").unwrap().counts;
        assert_eq!(counts.good + counts.bad + counts.excluded, all);
        assert_eq!(status.flags.iter().filter(|flag| flag.label() == "nested_layers").count(), 0);
    }
}
