//! What the layer costs a request on one thread, over the bare service and over a bare router: `cargo bench --bench layer`.
//!
//! Figures of one run are compared, best with nothing beside it; `cargo run --release -p goodput-bench` interleaves its cases
//! and is not disturbed as easily.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use common::instances::built;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use goodput::axum::Matched;
use goodput::{Goodput, GoodputBuilder, JudgedAt, SliLayer, Slo, Stopwatch};
use goodput_bench::drive::{Bare, Driver, PATH, Payload, TEMPLATE};
use goodput_bench::router::send;
use goodput_bench::sli::slos;
use http::{Request, Response, Uri};
use http_body::Body;
use tower::layer::util::Identity;
use tower::{Layer, Service};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn leaked(builder: GoodputBuilder) -> &'static Goodput {
    built(builder).leak()
}

/// The four SLOs of every measurement, on the stopwatch that is to be.
fn four(at: JudgedAt, stopwatch: Stopwatch) -> &'static Goodput {
    leaked(slos(at).stopwatch(stopwatch))
}

/// One availability SLO, and latency SLOs of three thresholds in turn.
fn many(count: usize) -> &'static Goodput {
    let builder = Goodput::builder("bench").slo(Slo::availability("ok", "99.9%").judged_at(JudgedAt::Head));
    let latency = |n: usize| Slo::latency(format!("fast-{n}"), "99%", Duration::from_millis(10 << (n % 3)));
    leaked((1..count).fold(builder, |builder, n| builder.slo(latency(n))))
}

fn service<S, B>(group: &mut Group<'_>, name: &str, mut service: S)
where
    S: Service<Request<Payload>, Response = Response<B>>,
    B: Body + Unpin,
{
    let mut driver = Driver::default();
    group.bench_function(name, |bench| bench.iter(|| driver.send(&mut service)));
}

fn on_a_service(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("layer on a service");
    let group = &mut group;
    let named = |goodput| SliLayer::new(goodput).named_by(Matched::default()).layer(Bare::default());
    service(group, "bare", Bare::default());
    service(group, "pass-through layer", Identity::new().layer(Bare::default()));
    service(group, "judged at the head", named(four(JudgedAt::Head, Stopwatch::system())));
    service(group, "judged at the head, fast stopwatch", named(four(JudgedAt::Head, Stopwatch::fast())));
    service(group, "judged at the end", named(four(JudgedAt::End, Stopwatch::system())));
    service(group, "judged at the end, fast stopwatch", named(four(JudgedAt::End, Stopwatch::fast())));
    for slos in [1, 3, 10] {
        service(group, &format!("judged at the head, {slos} SLOs"), named(many(slos)));
    }
    let fixed = SliLayer::new(four(JudgedAt::Head, Stopwatch::system())).route(TEMPLATE);
    service(group, "one fixed route", fixed.layer(Bare::default()));
    let shared = SliLayer::new(Arc::new(built(slos(JudgedAt::Head)))).named_by(Matched::default());
    service(group, "through an Arc", shared.layer(Bare::default()));
}

fn router(group: &mut Group<'_>, name: &str, layered: impl FnOnce(Router) -> Router) {
    // As `axum::serve` does: its services are made beforehand.
    let mut router = layered(goodput_bench::router::router()).with_state(());
    let uri = Uri::from_static(PATH);
    group.bench_function(name, |bench| bench.iter(|| send(&mut router, &uri)));
}

fn in_a_router(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("layer in an axum router");
    let group = &mut group;
    let sli = |at, stopwatch| move |router: Router| router.layer(goodput::axum::SliLayer::new(four(at, stopwatch)));
    router(group, "bare", |router| router);
    router(group, "pass-through layer", |router| router.layer(Identity::new()));
    router(group, "judged at the head", sli(JudgedAt::Head, Stopwatch::system()));
    router(group, "judged at the head, fast stopwatch", sli(JudgedAt::Head, Stopwatch::fast()));
    router(group, "judged at the end", sli(JudgedAt::End, Stopwatch::system()));
    let shared = goodput::axum::SliLayer::new(Arc::new(built(slos(JudgedAt::Head))));
    router(group, "through an Arc", |router| router.layer(shared));
}

criterion_group!(benches, on_a_service, in_a_router);
criterion_main!(benches);
