//! Layers inside layers and attempts inside requests: how often one request of a client is counted.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::routing::get;
use goodput::Outcome;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use tower::buffer::BufferLayer;
use tower::retry::{Policy, RetryLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::clients::{Line, Protocol};
use crate::house::{Ended, House, nested_calls};
use crate::script::Plan;
use crate::servers::{Place, ROUTE, on_axum, on_hyper, router, service};

async fn hello() -> &'static str {
    "hello"
}

#[tokio::test]
async fn layers_on_a_router_its_nested_router_and_its_route_count_once_and_raise_a_flag() {
    for protocol in Protocol::BOTH {
        let what = format!("{protocol:?}");
        let house = House::new();
        let users = Router::new().route("/users/{id}", get(hello).layer(house.layer())).route_layer(house.layer());
        let app = Router::new().nest("/api", users.layer(house.layer())).layer(house.layer());
        let running = on_axum(app).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(nested_calls(&house.goodput), 0);
        assert_eq!(line.get("/api/users/7").await, (200, "hello".to_owned()));
        // Three layers inside the outermost one, and the nearest has let the others be.
        assert_eq!(nested_calls(&house.goodput), 3, "{what}");
        house.ends_with(&what, &[("/api/users/{id}", Ended::SUCCESS)], (line, running)).await;
    }
}

#[tokio::test]
async fn a_layer_around_the_whole_app_counts_in_place_of_the_one_inside() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let app = Router::new().route("/users/{id}", get(hello)).layer(house.layer());
        let running = on_hyper(house.layer_on("everything").layer(app)).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/users/7").await, (200, "hello".to_owned()));
        assert_eq!(nested_calls(&house.goodput), 1);
        house.ends_with(&format!("{protocol:?}"), &[("everything", Ended::SUCCESS)], (line, running)).await;
    }
}

#[tokio::test]
async fn layers_of_two_instances_count_a_request_each() {
    for protocol in Protocol::BOTH {
        let what = format!("{protocol:?}");
        let (team, product) = (House::new(), House::new());
        let app = router(&Plan::text(200, "hello"), &team.scene).layer(team.layer()).layer(product.layer());
        let running = on_axum(app).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/way/of-it").await, (200, "hello".to_owned()));
        assert_eq!(nested_calls(&team.goodput) + nested_calls(&product.goodput), 0);
        team.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], (line, running)).await;
        product.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], ()).await;
    }
}

#[tokio::test]
async fn a_buffer_between_two_layers_hides_the_outer_from_the_inner_and_both_count() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let inner = house.layer_on("inner").layer(service(&Plan::text(200, "hello"), &house.scene));
        let running = on_hyper(house.layer_on("outer").layer(BufferLayer::new(8).layer(inner))).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/way/of-it").await, (200, "hello".to_owned()));
        assert_eq!(nested_calls(&house.goodput), 0);
        let ended = [("inner", Ended::SUCCESS), ("outer", Ended::SUCCESS)];
        house.ends_with(&format!("{protocol:?}"), &ended, (line, running)).await;
    }
}

#[tokio::test]
async fn a_handler_that_calls_its_own_router_makes_one_event_and_raises_a_flag() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let inner = Router::new().route("/inner", get(hello)).layer(house.layer());
        let call = async move || {
            inner.oneshot(axum::extract::Request::get("/inner").body(axum::body::Body::empty()).unwrap()).await
        };
        let running = on_axum(Router::new().route("/outer", get(call)).layer(house.layer())).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/outer").await, (200, "hello".to_owned()));
        assert_eq!(nested_calls(&house.goodput), 1);
        house.ends_with(&format!("{protocol:?}"), &[("/outer", Ended::SUCCESS)], (line, running)).await;
    }
}

#[tokio::test]
async fn a_handler_that_asks_its_own_server_makes_two_events() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let inner = on_axum(Router::new().route("/inner", get(hello)).layer(house.layer())).await;
        let address = inner.address;
        let ask = async move || Line::connect(address, protocol).await.get("/inner").await.1;
        let running = on_axum(Router::new().route("/outer", get(ask)).layer(house.layer())).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/outer").await, (200, "hello".to_owned()));
        assert_eq!(nested_calls(&house.goodput), 0);
        let ended = [("/inner", Ended::SUCCESS), ("/outer", Ended::SUCCESS)];
        house.ends_with(&format!("{protocol:?}"), &ended, (line, running, inner)).await;
    }
}

/// Asks again for as long as it is told to come back later.
#[derive(Clone, Debug)]
struct UntilServed;

type Answer = Response<Empty<bytes::Bytes>>;

impl<B, E> Policy<Request<()>, Response<B>, E> for UntilServed {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Request<()>, answer: &mut Result<Response<B>, E>) -> Option<Ready<()>> {
        let refused = answer.as_ref().is_ok_and(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE);
        refused.then(|| ready(()))
    }

    fn clone_request(&mut self, _: &Request<()>) -> Option<Request<()>> {
        Some(Request::new(()))
    }
}

/// Refuses twice, and serves the third attempt.
fn third_time_lucky()
-> impl Service<Request<()>, Response = Answer, Error = Infallible, Future: Send> + Clone + Send + Sync {
    let attempts = Arc::new(AtomicU32::new(0));
    service_fn(move |_: Request<()>| {
        let mut answer = Answer::default();
        if attempts.fetch_add(1, Ordering::Relaxed) < 2 {
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        ready(Ok(answer))
    })
}

#[tokio::test]
async fn attempts_are_one_event_under_the_layer_and_one_each_above_it() {
    let refused = Ended::failure(Outcome::ServerError, "bad (server_error)");
    let attempts = [refused, refused, Ended::SUCCESS].map(|ended| (ROUTE, ended));
    for (place, ended) in [(Place::Inside, vec![(ROUTE, Ended::SUCCESS)]), (Place::Outside, attempts.to_vec())] {
        for protocol in Protocol::BOTH {
            let what = format!("retried {place:?} over {protocol:?}");
            let house = House::new();
            let retry = RetryLayer::new(UntilServed);
            // A request of a server cannot be cloned, and what it carries is of no use here.
            let bare = |request: Request<Incoming>| request.map(drop);
            let running = match place {
                Place::Inside => {
                    on_hyper(house.layer_on(ROUTE).layer(retry.layer(third_time_lucky())).map_request(bare)).await
                }
                Place::Outside => {
                    on_hyper(retry.layer(house.layer_on(ROUTE).layer(third_time_lucky())).map_request(bare)).await
                }
            };
            let mut line = Line::connect(running.address, protocol).await;
            assert_eq!(line.get("/").await.0, 200, "{what}");
            house.ends_with(&what, &ended, (line, running)).await;
        }
    }
}
