//! Where it can be mounted, who may read it, and that its own requests are nobody's events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::routing::get as on_get;
use bytes::Bytes;
use goodput_core::{Goodput, Verdict};
use goodput_status::StatusService;
use http::StatusCode;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Service, ServiceExt};

use crate::client::{ask, checkout, get, serve, service};

#[tokio::test]
async fn axum_mounts_it_nested_and_as_a_route() {
    let goodput = checkout();
    let nested = Router::new().nest_service("/slo", service(&goodput));
    let route = Router::new().route_service("/internal/status", service(&goodput).under("/internal/"));
    for (router, path) in [(nested, "/slo/status"), (route, "/internal/status")] {
        let address = serve(router).await;
        assert_eq!(get(address, path).await.status, StatusCode::OK, "{path}");
        assert_eq!(get(address, "/status").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn hyper_serves_it_without_a_router_over_both_versions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let status = service(&checkout());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let status = TowerToHyperService::new(status.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                server.serve_connection(TokioIo::new(stream), status).await
            });
        }
    });
    assert_eq!(get(address, "/status").await.status, StatusCode::OK);
    for http2_only in [false, true] {
        let client =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).http2_only(http2_only).build_http();
        let request = http::Request::get(format!("http://{address}/metrics")).body(Empty::<Bytes>::new()).unwrap();
        assert_eq!(client.request(request).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_is_asked_for_whatever_is_asked() {
    let guarded = service(&checkout()).bearer_token("s3cret").unwrap();
    let address = serve(Router::new().fallback_service(guarded)).await;
    for (request, header, status) in [
        ("GET /status", "", 401),
        ("GET /nothing", "", 401),
        ("POST /status", "", 401),
        ("GET /metrics", "authorization: Bearer wrong\r\n", 401),
        ("GET /metrics", "authorization: Basic s3cret\r\n", 401),
        ("GET /metrics", "authorization: Bearer s3cret\r\nauthorization: Bearer s3cret\r\n", 401),
        ("GET /metrics", "authorization: Bearer s3cret\r\n", 200),
        ("HEAD /status", "authorization: bearer s3cret\r\n", 200),
        ("GET /nothing", "authorization: Bearer s3cret\r\n", 404),
    ] {
        let told = ask(address, &format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n")).await;
        assert_eq!(told.status, status, "{request} with {header:?}");
        let challenge = if status == 401 { "Bearer realm=\"goodput\"" } else { "" };
        assert_eq!(told.header("www-authenticate"), challenge);
        assert!(!told.body.contains("s3cret"));
    }
}

#[tokio::test]
async fn looking_at_the_service_spends_none_of_its_budget() {
    let goodput = checkout();
    let before = goodput.status().slos[0].counts;
    let layer = goodput_tower::axum::SliLayer::new(Arc::clone(&goodput));
    let ping = Router::new().route("/ping", on_get(|| async {}));
    let address = serve(ping.nest_service("/slo", service(&goodput)).layer(layer)).await;
    for path in ["/slo/status", "/slo/metrics", "/slo/nothing"] {
        get(address, path).await;
    }
    get(address, "/ping").await;
    let after = goodput.status().slos[0].counts.since(before);
    assert_eq!((after.good, after.bad, after.excluded), (1, 0, 3), "the ping alone is an event");
}

#[tokio::test]
async fn every_answer_carries_the_word_that_excludes_it() {
    for path in ["/status", "/nothing"] {
        let request = http::Request::get(path).body(()).unwrap();
        let response = service(&checkout()).oneshot(request).await.unwrap();
        assert!(matches!(response.extensions().get(), Some(Verdict::Excluded(_))), "{path}");
    }
}

#[test]
fn it_is_mounted_by_whoever_holds_an_instance_in_either_way() {
    fn mounts<S>(_: S)
    where
        S: Service<http::Request<axum::body::Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    {
    }
    mounts(StatusService::new(checkout()));
    let leaked: &'static Goodput = Goodput::builder("checkout").build().unwrap().leak();
    mounts(StatusService::new(leaked));
}
