//! An axum router with one route, and the layers that can be put on it.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use goodput_bench::drive::Payload;
use goodput_bench::interleave::{Case, Runner};
use http::{Request, Uri};
use http_body::Body;
use tower::Service;

use crate::ledger::Ledger;

/// The route. Another one than that of the services without a router, so that peers that count globally count them apart.
pub const TEMPLATE: &str = "/shops/{id}/orders";
/// A path that matches.
pub const PATH: &str = "/shops/7/orders";
/// What the handler answers.
pub const ANSWER: &str = "hello";

/// A router to be served, and what was counted by the layer on it.
#[derive(Debug)]
pub struct App {
    /// The router with its layer.
    pub router: Router,
    /// The layer's counts.
    pub ledger: Ledger,
}

/// The router alone.
pub fn routes() -> Router {
    Router::new().route(TEMPLATE, get(async || ANSWER))
}

/// Requests without headers, through a clone of the router for each thread, made ready as for a connection.
pub fn case(router: Router) -> Case {
    let router = Mutex::new(router);
    Case::new("", move || {
        let mut router: Router = router.lock().unwrap_or_else(PoisonError::into_inner).clone().with_state(());
        let uri = Uri::from_static(PATH);
        Box::new(move |times: u64| (0..times).for_each(|_| send(&mut router, &uri))) as Runner
    })
}

/// As for a service without a router: ready, called, one poll, the body to its end.
#[inline(never)]
fn send(router: &mut Router, uri: &Uri) {
    let mut context = Context::from_waker(Waker::noop());
    let mut request = Request::new(Payload::new(Bytes::from_static(b"hello")));
    *request.uri_mut() = uri.clone();
    let _ = black_box(Service::<Request<Payload>>::poll_ready(router, &mut context).is_ready());
    let future = pin!(router.call(black_box(request)));
    let Poll::Ready(Ok(response)) = future.poll(&mut context) else { unreachable!("the handler does not wait") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = Pin::as_mut(&mut body).poll_frame(&mut context) {
        black_box(frame.is_ok());
    }
}
