//! Requests that nobody honest sends, and more clients than anybody has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use goodput_status::StatusService;
use http::Method;
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tower::ServiceExt;

use crate::client::{ask, checkout, get, serve, service};

#[tokio::test]
async fn a_long_query_and_odd_methods_are_refused_without_being_repeated() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    let long = "q".repeat(257);
    for (request, status) in [
        (format!("GET /status?{long}"), 414),
        (format!("GET /metrics?{long}"), 414),
        (format!("GET /status?{}", &long[1..]), 200),
        (format!("{} /status", "M".repeat(1_000)), 405),
        ("PROPFIND /status".to_owned(), 405),
        ("CONNECT /status".to_owned(), 405),
        ("GET /status?<script>alert(1)</script>".to_owned(), 400), // no URI: refused by the server
        ("GET /<script>alert(1)</script>".to_owned(), 400),
        (format!("GET /{}", "p".repeat(10_000)), 404),
    ] {
        let told = ask(address, &format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(told.status, status, "{request}");
        assert!(!told.body.contains("script") && !told.body.contains("qqq") && !told.body.contains("MMM"), "{request}");
    }
}

#[tokio::test]
async fn a_body_is_not_read() {
    let address = serve(Router::new().fallback_service(service(&checkout()))).await;
    let request = "GET /status HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000000000\r\n\r\n";
    let told = tokio::time::timeout(Duration::from_secs(10), ask(address, request)).await.unwrap();
    assert_eq!(told.status, 200);
}

/// 10,000 requests in 200 connections at a time, on a runtime of one thread: all are answered, from pages of which there are few.
#[tokio::test]
async fn ten_thousand_requests_share_a_few_pages() {
    let goodput = checkout();
    let status = StatusService::new(Arc::clone(&goodput)).max_age(Duration::from_secs(600));
    let address = serve(Router::new().fallback_service(status)).await;
    let written = get(address, "/status").await.json()["written_unix_ms"].clone();
    let answered = Arc::new(AtomicU64::new(0));
    let clients = (0..200).map(|_| {
        let (answered, written) = (Arc::clone(&answered), written.clone());
        tokio::spawn(async move {
            for _ in 0..50 {
                let told = get(address, "/status").await;
                assert_eq!((told.status.as_u16(), &told.json()["written_unix_ms"]), (200, &written));
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    assert_eq!(answered.load(Ordering::Relaxed), 10_000);
}

/// Whatever is asked for, the answer is one of a few, and holds nothing of it.
#[test]
fn nothing_that_is_asked_comes_back() {
    let status = StatusService::new(checkout());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let asked = (
        "[A-Z]{1,12}",
        "/(status|metrics|gate|[a-z0-9._~!$&'()*+,;=:@%/-]{0,40})",
        "[a-z0-9._~!$&'()*+,;=:@%/?-]{8,300}",
    );
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let check = |(method, path, query): (String, String, String)| {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = http::Request::builder().method(method).uri(format!("{path}?zq{query}zq")).body(());
        let Ok(request) = request else { return Ok(()) };
        let response = runtime.block_on(status.clone().oneshot(request)).unwrap();
        prop_assert!([200, 400, 404, 405, 414].contains(&response.status().as_u16()));
        let body = runtime.block_on(response.into_body().collect()).unwrap().to_bytes();
        let asked = format!("zq{query}zq");
        prop_assert!(!String::from_utf8_lossy(&body).contains(&asked));
        Ok(())
    };
    TestRunner::new(config).run(&asked, check).unwrap();
}
