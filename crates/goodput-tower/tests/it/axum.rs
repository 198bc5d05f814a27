//! The layer on axum routers.

use axum::Extension;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use goodput_core::{Goodput, Outcome, Slo, Verdict};
use goodput_tower::axum::SliLayer;
use http_body::Body as _;
use http_body_util::BodyExt;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::house::{Bad, Excluded, Good, House, Judged, frames, now};
use crate::script::Script;
use crate::script::Step::{Data, Error};

fn shop(house: &House) -> Router {
    let api = Router::new()
        .route("/users/{id}", get(|| async { "a user" }))
        .route("/broken", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/orders", post(|| async { StatusCode::CREATED }))
        .route("/health", get(|| async { "fine" }))
        .route("/declined", get(|| async { (Extension(Verdict::excluded("card")), "declined") }))
        .route("/torn", get(|| async { Body::new(Script::new([Data(2), Error])) }))
        .nest("/api", api)
        .nest_service(
            "/files",
            service_fn(|_: Request<Body>| async { Ok::<_, std::convert::Infallible>("a file".into_response()) }),
        )
        .layer(SliLayer::new(house.handle()))
}

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

fn get_from(app: Router, path: &str) -> Response {
    now(app.oneshot(request(Method::GET, path))).unwrap()
}

#[test]
fn a_request_is_counted_on_the_template_the_router_matched() {
    let (success, client_error) = (Outcome::Success, Outcome::ClientError);
    let rows: [(Method, &str, &str, Outcome, Judged); 12] = [
        (Method::GET, "/", "/", success, Good),
        (Method::POST, "/orders", "/orders", success, Good),
        (Method::GET, "/orders", "/orders", client_error, Excluded),
        (Method::GET, "/health", "/health", success, Excluded),
        (Method::GET, "/api/users/7", "/api/users/{id}", success, Good),
        (Method::GET, "/api/broken", "/api/broken", Outcome::ServerError, Bad),
        (Method::GET, "/api/none", "unmatched", client_error, Excluded),
        (Method::GET, "/wp-login.php", "unmatched", client_error, Excluded),
        (Method::GET, "/files/report.pdf", "unmatched", success, Good),
        (Method::GET, "/declined", "/declined", Outcome::SaidExcluded, Excluded),
        (Method::HEAD, "/", "/", success, Good),
        (Method::HEAD, "/api/users/7", "/api/users/{id}", success, Good),
    ];
    for (method, path, route, outcome, judged) in rows {
        let what = format!("{method} {path}");
        let house = House::new();
        let response = now(shop(&house).oneshot(request(method, path))).unwrap();
        now(response.into_body().collect()).unwrap();
        house.check_on(&what, route, outcome, judged);
    }
}

#[test]
fn a_fallback_of_ones_own_is_judged_as_unmatched() {
    let rows = [(StatusCode::OK, Outcome::Success, Good), (StatusCode::BAD_GATEWAY, Outcome::ServerError, Bad)];
    for (status, outcome, judged) in rows {
        let house = House::new();
        let app = Router::new().fallback(move || async move { status }).layer(SliLayer::new(house.handle()));
        now(get_from(app, "/anything").into_body().collect()).unwrap();
        house.check_on(status.as_str(), "unmatched", outcome, judged);
    }
}

#[test]
fn a_response_to_head_is_over_although_axum_replaces_its_body_outside_the_layer() {
    let house = House::new();
    let response = now(shop(&house).oneshot(request(Method::HEAD, "/"))).unwrap();
    assert_eq!(response.headers()["content-length"], "5");
    house.check_on("unread", "/", Outcome::Success, Good);
}

#[test]
fn a_body_is_followed_to_its_end_under_axums_own_type() {
    let house = House::new();
    let mut response = get_from(shop(&house), "/");
    house.check_in_flight("unread");
    assert_eq!(response.body().size_hint().exact(), Some(5));
    assert_eq!(response.headers()["content-length"], "5");
    frames(response.body_mut(), 1);
    assert!(response.body().is_end_stream());
    house.check_on("read and kept", "/", Outcome::Success, Good);

    let house = House::new();
    drop(get_from(shop(&house), "/"));
    house.check_on("dropped", "/", Outcome::BodyDropped, Good);

    let house = House::new();
    let error = now(get_from(shop(&house), "/torn").into_body().collect()).unwrap_err();
    assert_eq!(error.to_string(), "torn");
    house.check_on("failed", "/torn", Outcome::BodyFailed, Bad);
}

#[test]
fn the_response_body_is_axums_whatever_the_inner_one_is() {
    fn is_axums<S: Service<Request<()>, Response = Response<Body>>>(_: &S) {}
    for (house, waits) in [(House::new(), true), (House::judging_heads(), false)] {
        let script = service_fn(|_: Request<()>| async {
            Ok::<_, std::convert::Infallible>(Response::new(Script::new([Data(2)]).knowing_its_end()))
        });
        let mut service = SliLayer::new(house.handle()).layer(script);
        is_axums(&service);
        let mut response = now(service.call(Request::new(()))).unwrap();
        assert_eq!(house.goodput.status().in_flight, u64::from(waits));
        frames(response.body_mut(), 1);
        house.check_on("read", "unmatched", Outcome::Success, Good);
    }
}

#[test]
fn a_cancelled_handler_is_recorded() {
    let house = House::new();
    let app = Router::new().route("/slow", get(std::future::pending::<()>)).layer(SliLayer::new(house.handle()));
    let mut future = Box::pin(app.oneshot(request(Method::GET, "/slow")));
    assert!(crate::house::poll(future.as_mut()).is_pending());
    house.check_in_flight("waiting");
    drop(future);
    house.check_on("dropped", "/slow", Outcome::Cancelled, Excluded);
}

#[test]
fn a_panicking_handler_is_recorded() {
    async fn broken() -> StatusCode {
        assert!(std::hint::black_box(false), "in the handler");
        StatusCode::OK
    }
    let house = House::new();
    let app = Router::new().route("/broken", get(broken)).layer(SliLayer::new(house.handle()));
    crate::house::panics(|| drop(get_from(app, "/broken")));
    house.check_on("panicked", "/broken", Outcome::Panicked, Bad);
}

#[test]
fn a_layer_on_the_router_and_one_on_a_nested_router_count_once() {
    let house = House::new();
    let api = Router::new().route("/users/{id}", get(|| async { "a user" })).layer(SliLayer::new(house.handle()));
    let app = Router::new().nest("/api", api).layer(SliLayer::new(house.handle()));
    now(get_from(app, "/api/users/7").into_body().collect()).unwrap();
    house.check_on("nested", "/api/users/{id}", Outcome::Success, Good);
}

#[test]
fn a_leaked_handle_does_as_well() {
    let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99%")).build().unwrap().leak();
    let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(SliLayer::new(goodput));
    now(get_from(app, "/").into_body().collect()).unwrap();
    assert_eq!(goodput.status().slo("ok").unwrap().counts.good, 1);
}

#[test]
fn a_handle_that_is_counted_is_given_back_with_the_router_and_the_responses() {
    let house = House::new();
    let kept = get_from(shop(&house), "/");
    assert_eq!(std::sync::Arc::strong_count(&house.goodput), 2, "the body awaits its end");
    drop(kept);
    assert_eq!(std::sync::Arc::strong_count(&house.goodput), 1);
}
