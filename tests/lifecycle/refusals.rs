//! Layers that answer, refuse, hold back or rewrite: what they do inside ours is counted, and what they do outside is not seen.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::middleware::{from_fn, map_response};
use axum::response::Response;
use goodput::Outcome;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use tower::buffer::BufferLayer;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::{Layer, Service, ServiceBuilder};

use crate::clients::{Client, Line, Protocol, nothing, one_request};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{Place, ROUTE, on_hyper, service};

const A_WHILE: Duration = Duration::from_secs(1);

/// One request at a time; who comes meanwhile is refused.
fn shed(router: Router) -> Router {
    let handled = HandleErrorLayer::new(async |_: BoxError| StatusCode::SERVICE_UNAVAILABLE);
    let layers = ServiceBuilder::new().layer(handled).layer(LoadShedLayer::new());
    router.layer(layers.layer(GlobalConcurrencyLimitLayer::new(1)))
}

/// One request at a time; who comes meanwhile waits.
fn queue(router: Router) -> Router {
    router.layer(GlobalConcurrencyLimitLayer::new(1))
}

#[tokio::test]
async fn a_request_shed_inside_the_layer_is_a_server_error_and_one_shed_outside_is_never_seen() {
    let refused = Ended::failure(Outcome::ServerError, "bad (server_error)");
    let plan = Plan::text(200, "hello").first([Step::Arrive, Step::Wait]);
    for (place, ended) in [
        (Place::Inside, vec![(ROUTE, Ended::SUCCESS), (ROUTE, refused)]),
        (Place::Outside, vec![(ROUTE, Ended::SUCCESS)]),
    ] {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let running = place.start(&house, &plan, shed).await;
            let mut first = Line::connect(running.address, protocol).await;
            let request = first.request(Method::GET, "/way/of-it", nothing());
            let answer = tokio::spawn(first.send(request).await);
            house.scene.arrived.notified().await;

            let mut second = Line::connect(running.address, protocol).await;
            assert_eq!(second.get("/way/of-it").await.0, 503, "{what}");

            house.scene.released.add_permits(1);
            answer.await.unwrap().unwrap().into_body().collect().await.unwrap();
            house.ends_with(&what, &ended, (first, second, running)).await;
        }
    }
}

#[tokio::test]
async fn waiting_for_ones_turn_is_latency_inside_the_layer_and_not_seen_outside() {
    let plan = Plan::text(200, "hello").first([Step::Arrive, Step::Wait]);
    let slow = Ended::slow_success(A_WHILE);
    for (place, ended) in [(Place::Inside, [slow, slow]), (Place::Outside, [slow, Ended::SUCCESS])] {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let running = place.start(&house, &plan, queue).await;
            let (mut lines, mut answers) = (Vec::new(), Vec::new());
            for _ in 0..2 {
                let mut line = Line::connect(running.address, protocol).await;
                let request = line.request(Method::GET, "/way/of-it", nothing());
                answers.push(tokio::spawn(line.send(request).await));
                lines.push(line);
                if lines.len() == 1 {
                    house.scene.arrived.notified().await;
                }
            }
            // Outside, the second one does not begin before the first is over.
            house.in_flight(&what, if place == Place::Inside { 2 } else { 1 }).await;
            house.scene.hand.advance(A_WHILE);
            house.scene.released.add_permits(2);
            for answer in answers {
                let read = answer.await.unwrap().unwrap().into_body().collect().await.unwrap();
                assert_eq!(read.to_bytes(), "hello", "{what}");
            }
            house.ends_with(&what, &ended.map(|ended| (ROUTE, ended)), (lines, running)).await;
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_for_its_turn_is_cancelled_inside_and_never_seen_outside() {
    let plan = Plan::text(200, "hello").first([Step::Arrive, Step::Wait]);
    for (place, seen) in [
        (Place::Inside, vec![(ROUTE, Ended::SUCCESS), (ROUTE, Ended::CANCELLED)]),
        (Place::Outside, vec![(ROUTE, Ended::SUCCESS)]),
    ] {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let running = place.start(&house, &plan, queue).await;
            let mut first = Line::connect(running.address, protocol).await;
            let request = first.request(Method::GET, "/way/of-it", nothing());
            let answer = tokio::spawn(first.send(request).await);
            house.scene.arrived.notified().await;

            let mut second = Line::connect(running.address, protocol).await;
            let request = second.request(Method::GET, "/way/of-it", nothing());
            let waiting = tokio::spawn(second.send(request).await);
            if place == Place::Inside {
                house.in_flight(&what, 2).await;
            }
            waiting.abort();
            drop(second);
            house.in_flight(&what, 1).await;

            house.scene.released.add_permits(1);
            answer.await.unwrap().unwrap().into_body().collect().await.unwrap();
            house.ends_with(&what, &seen, (first, running)).await;
        }
    }
}

/// Ready for nobody.
#[derive(Clone, Debug)]
struct Unready;

impl Service<Request<Incoming>> for Unready {
    type Response = http::Response<Empty<bytes::Bytes>>;
    type Error = io::Error;
    type Future = std::future::Ready<Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("not ready")))
    }

    fn call(&mut self, _: Request<Incoming>) -> Self::Future {
        panic!("called without being ready")
    }
}

#[tokio::test]
async fn a_service_that_does_not_get_ready_has_accepted_no_request() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let running = on_hyper(house.layer_on(ROUTE).layer(Unready)).await;
        let line = Line::connect(running.address, protocol).await;
        let request = line.request(Method::GET, "/", nothing());
        let what = format!("{protocol:?}");
        let line = Client::GetsNoAnswer.act(line, request, &house.scene, &what).await;
        house.ends_with(&what, &[], (line, running)).await;
    }
}

#[tokio::test]
async fn a_request_through_a_buffer_is_one_event_and_cancelled_when_its_client_leaves() {
    for (plan, client, ended) in [
        (Plan::text(200, "hello"), Client::Reads(200, "hello"), Ended::SUCCESS),
        (Plan::text(200, "").first([Step::Arrive, Step::Forever]), Client::LeavesBeforeTheHead, Ended::CANCELLED),
        (
            Plan::text(200, "").first([Step::Fail]),
            Client::GetsNoAnswer,
            Ended::failure(Outcome::ServiceError, "bad (service_error)"),
        ),
    ] {
        for place in Place::BOTH {
            for protocol in Protocol::BOTH {
                let house = House::new();
                let buffer = BufferLayer::new(8);
                let service = service(&plan, &house.scene);
                let running = match place {
                    Place::Inside => on_hyper(house.layer_on(ROUTE).layer(buffer.layer(service))).await,
                    Place::Outside => on_hyper(buffer.layer(house.layer_on(ROUTE).layer(service))).await,
                };
                one_request(&format!("{client:?} {place:?}"), house, running, protocol, client, ended).await;
            }
        }
    }
}

#[tokio::test]
async fn a_layer_that_answers_itself_is_counted_inside_and_never_seen_outside() {
    let plan = Plan::text(200, "hello").first([Step::Arrive]);
    for (place, ended) in [(Place::Inside, vec![(ROUTE, Ended::CLIENT_ERROR)]), (Place::Outside, vec![])] {
        for protocol in Protocol::BOTH {
            let what = format!("{place:?} over {protocol:?}");
            let house = House::new();
            let guard = from_fn(async |_: axum::extract::Request, _: axum::middleware::Next| StatusCode::UNAUTHORIZED);
            let running = place.start(&house, &plan, |router| router.layer(guard)).await;
            let mut line = Line::connect(running.address, protocol).await;
            assert_eq!(line.get("/way/of-it").await.0, 401, "{what}");
            house.ends_with(&what, &ended, (line, running)).await;
        }
    }
}

#[tokio::test]
async fn a_status_rewritten_inside_the_layer_is_the_one_that_counts() {
    let rewritten = Ended::failure(Outcome::ServerError, "bad (server_error)");
    for (place, ended) in [(Place::Inside, rewritten), (Place::Outside, Ended::SUCCESS)] {
        for protocol in Protocol::BOTH {
            let house = House::new();
            let rewrite = map_response(async |mut answer: Response| {
                *answer.status_mut() = StatusCode::BAD_GATEWAY;
                answer
            });
            let running = place.start(&house, &Plan::text(200, "hello"), |router| router.layer(rewrite)).await;
            let client = Client::Reads(502, "hello");
            one_request(&format!("{place:?}"), house, running, protocol, client, ended).await;
        }
    }
}
