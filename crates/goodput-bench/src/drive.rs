//! One request through a service, and the bare service that all others are compared with.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::extract::MatchedPath;
use axum::routing::get;
use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use tower::Service;

/// The bodies of requests and responses.
pub type Payload = Full<Bytes>;

/// The route of every request.
pub const TEMPLATE: &str = "/users/{id}/orders";
/// A path of that route.
pub const PATH: &str = "/users/7/orders";

thread_local! {
    /// The extensions of the request that is being answered.
    static ASIDE: Cell<Extensions> = Cell::default();
}

/// Sends the same request again and again: with `host`, `user-agent`, and what axum's router says it matched. Headers come back
/// with the response and extensions beside it, as responses have none as a rule, and are sent again: neither the driver nor the
/// bare service allocates.
#[derive(Debug)]
#[repr(align(128))] // two of them in one allocation share no line, which would be taken for one that recording shares
pub struct Driver {
    headers: HeaderMap,
    extensions: Extensions,
}

impl Default for Driver {
    fn default() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::HOST, HeaderValue::from_static("localhost:8080"));
        headers.insert(http::header::USER_AGENT, HeaderValue::from_static("goodput-bench"));
        let mut extensions = Extensions::new();
        extensions.insert(matched_path());
        Self { headers, extensions }
    }
}

impl Driver {
    /// One request: the service is ready, is called, answers at the first poll, and its body is read to the end.
    #[inline(never)]
    pub fn send<S, B>(&mut self, service: &mut S)
    where
        S: Service<Request<Payload>, Response = Response<B>>,
        B: Body + Unpin,
    {
        let mut context = Context::from_waker(Waker::noop());
        let mut request = Request::new(Full::new(Bytes::from_static(b"hello")));
        *request.method_mut() = Method::GET;
        *request.headers_mut() = std::mem::take(&mut self.headers);
        *request.extensions_mut() = std::mem::take(&mut self.extensions);
        let _ = black_box(service.poll_ready(&mut context).is_ready());
        let future = pin!(service.call(black_box(request)));
        // Looked at where it is: the driver's own moves are no cost of a layer.
        let mut answer = future.poll(&mut context);
        let Poll::Ready(Ok(response)) = &mut answer else { unreachable!("the bare service answers at once") };
        while matches!(Pin::new(response.body_mut()).poll_frame(&mut context), Poll::Ready(Some(_))) {}
        std::mem::swap(&mut self.headers, response.headers_mut());
        self.extensions = ASIDE.take();
    }
}

/// Answers at once with what it was sent: 200, and 503 every 64th time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bare {
    served: u32,
}

impl Service<Request<Payload>> for Bare {
    type Response = Response<Payload>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Payload>, Infallible>>;

    #[inline]
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    #[inline(never)]
    fn call(&mut self, request: Request<Payload>) -> Self::Future {
        self.served = self.served.wrapping_add(1);
        let (parts, body) = request.into_parts();
        let mut response = Response::new(body);
        if self.served.is_multiple_of(64) {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        *response.headers_mut() = parts.headers;
        ASIDE.set(parts.extensions);
        ready(Ok(response))
    }
}

/// What axum's router puts into a request to the route; only a router can make one.
fn matched_path() -> MatchedPath {
    let handler = |path: MatchedPath| async { axum::Extension(path) };
    let mut router: Router = Router::new().route(TEMPLATE, get(handler));
    let request = Request::builder().uri(PATH).body(axum::body::Body::empty());
    let Ok(request) = request else { unreachable!("the path is one") };
    let mut context = Context::from_waker(Waker::noop());
    let future = pin!(Service::<Request<axum::body::Body>>::call(&mut router, request));
    let Poll::Ready(Ok(mut response)) = future.poll(&mut context) else { unreachable!("the handler does not wait") };
    let Some(path) = response.extensions_mut().remove() else { unreachable!("the handler has put it there") };
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_the_route_that_the_router_matched() {
        struct Asked;
        impl Service<Request<Payload>> for Asked {
            type Response = Response<Payload>;
            type Error = Infallible;
            type Future = Ready<Result<Response<Payload>, Infallible>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: Request<Payload>) -> Self::Future {
                let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
                assert_eq!((path, request.headers().len()), (Some(TEMPLATE), 2));
                Bare::default().call(request)
            }
        }
        let mut driver = Driver::default();
        (0..3).for_each(|_| driver.send(&mut Asked));
    }
}
