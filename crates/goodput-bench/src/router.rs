//! An axum router as a case: the route is found, the service boxed and the body converted, as in a server.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::{Request, Uri};
use http_body::Body;
use http_body_util::Full;
use tower::Service;

use crate::drive::{PATH, TEMPLATE};
use crate::interleave::Case;

/// A router whose one handler says hello.
pub fn router() -> Router {
    Router::new().route(TEMPLATE, get(|| async { "hello" }))
}

/// Requests without headers through clones of a router, with one poll each.
pub fn case(name: &str, router: Router) -> Case {
    // As `axum::serve` does, it makes the router's services beforehand; otherwise every request clones every layer into a box.
    let router: Router = router.with_state(());
    Case::new(name, move || {
        let mut router = router.clone();
        let uri = Uri::from_static(PATH);
        Box::new(move |times| (0..times).for_each(|_| send(&mut router, &uri)))
    })
}

/// One request: called, answered at the first poll, and its body read to the end.
#[inline(never)]
pub fn send(router: &mut Router, uri: &Uri) {
    let mut context = Context::from_waker(Waker::noop());
    let mut request = Request::new(Full::new(Bytes::from_static(b"hello")));
    *request.uri_mut() = uri.clone();
    let future = pin!(router.call(black_box(request)));
    let Poll::Ready(Ok(response)) = future.poll(&mut context) else { unreachable!("the handler does not wait") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        black_box(frame.is_ok());
    }
}
