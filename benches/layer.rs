//! What the layer costs a request, over the bare service: head-decided, end-decided, and with an `Arc` handle.
//!
//! `cargo bench --bench layer`. The driver is an `http::Request` with a `MatchedPath`-like route name that goes through
//! `call`, one poll and the body's end, on one thread; see `examples` for whole servers.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has nothing to measure")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use goodput::{Goodput, GoodputBuilder, JudgedAt, SliLayer, Slo};
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{Layer, Service};

type Payload = Full<Bytes>;

/// Answers 200 with an empty box of bytes, at once.
#[derive(Clone, Copy)]
struct Bare;

impl Service<Request<Payload>> for Bare {
    type Response = Response<Payload>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Payload>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Payload>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let mut response = Response::new(body);
        *response.headers_mut() = parts.headers;
        ready(Ok(response))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the shape the layer asks for")]
fn route_of(request: &Request<Payload>) -> Option<&str> {
    Some(request.uri().path())
}

fn drive<S, B>(service: &mut S)
where
    S: Service<Request<Payload>, Response = Response<B>, Error = Infallible>,
    B: Body<Error = Infallible>,
{
    let mut context = Context::from_waker(Waker::noop());
    let request = Request::builder().uri("/users/{id}/orders").body(Payload::from("hello")).expect("a request");
    let future = pin!(service.call(black_box(request)));
    let Poll::Ready(Ok(response)) = future.poll(&mut context) else { unreachable!("the service answers at once") };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(_)) = Pin::as_mut(&mut body).poll_frame(&mut context) {}
}

fn slos(at: JudgedAt) -> GoodputBuilder {
    Goodput::builder("bench")
        .slo(Slo::availability("ok", "99.9%").judged_at(at))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(100)))
        .slo(Slo::latency("faster", "95%", Duration::from_millis(30)))
        .slo(Slo::latency("fastest", "90%", Duration::from_millis(10)))
}

fn layer(criterion: &mut Criterion) {
    let build = |at: JudgedAt| slos(at).build().expect("a definition that holds");
    let mut group = criterion.benchmark_group("layer");
    group.bench_function("bare", |bench| bench.iter(|| drive(&mut Bare)));
    let mut head = SliLayer::new(build(JudgedAt::Head).leak()).route_fn(route_of).layer(Bare);
    group.bench_function("judged at the head", |bench| bench.iter(|| drive(&mut head)));
    let mut end = SliLayer::new(build(JudgedAt::End).leak()).route_fn(route_of).layer(Bare);
    group.bench_function("judged at the end", |bench| bench.iter(|| drive(&mut end)));
    let mut fixed = SliLayer::new(build(JudgedAt::Head).leak()).route("/users/{id}/orders").layer(Bare);
    group.bench_function("one fixed route", |bench| bench.iter(|| drive(&mut fixed)));
    let mut arc = SliLayer::new(Arc::new(build(JudgedAt::Head))).route_fn(route_of).layer(Bare);
    group.bench_function("through an Arc", |bench| bench.iter(|| drive(&mut arc)));
    group.finish();
}

criterion_group!(benches, layer);
criterion_main!(benches);
