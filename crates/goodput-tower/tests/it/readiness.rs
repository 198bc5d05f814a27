//! Readiness is the inner service's own, and no request.

use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Empty;
use tower::{Layer, Service};

use crate::house::{House, request};

/// Pending, then broken, then ready; panics when called before it was ready.
#[derive(Clone)]
struct Moody {
    polled: usize,
}

impl Service<Request<()>> for Moody {
    type Response = Response<Empty<Bytes>>;
    type Error = &'static str;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.polled += 1;
        match self.polled {
            1 => Poll::Pending,
            2 => Poll::Ready(Err("broken")),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert_eq!(self.polled, 3, "the service that was ready is the one that is called");
        ready(Ok(Response::new(Empty::new())))
    }
}

#[test]
fn readiness_and_its_errors_pass_through_and_record_nothing() {
    let house = House::new();
    let mut service = house.layer().layer(Moody { polled: 0 });
    let mut readiness = || service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert_eq!(readiness(), Poll::Pending);
    assert_eq!(readiness(), Poll::Ready(Err("broken")));
    assert_eq!(readiness(), Poll::Ready(Ok(())));
    let status = house.goodput.status();
    assert!(status.routes.is_empty(), "{:?}", status.routes);

    drop(service.call(request(Method::GET)));
    assert_eq!(house.goodput.status().routes[0].begun, 1);
}
