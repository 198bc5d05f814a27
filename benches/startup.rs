//! What building an instance costs, from code and from a file: `cargo bench --bench startup`.

use std::sync::Arc;

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use common::instances::{built, slos_on};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use goodput::spec::{Source, print, read};
use goodput::{Goodput, Ticker};

#[expect(clippy::expect_used, reason = "a bench stops where what it measures fails")]
fn startup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("startup");
    group.sample_size(10);
    for (slos, routes) in [(100, 1_000), (1_000, 1_000), (10_000, 10_000)] {
        group.bench_function(format!("{slos} SLOs on {routes} routes"), |bench| {
            bench.iter_batched(|| slos_on(slos, routes), built, BatchSize::PerIteration);
        });
    }
    // What a service does with its file: to parse, to compile and to start.
    let source = Source::new("slo.yaml", print(&built(slos_on(1_000, 1_000)).definition()));
    group.bench_function("a file of 1,000 SLOs on 1,000 routes", |bench| {
        bench.iter_with_large_drop(|| {
            let definition = read(&source).map(|document| document.definition).expect("what is printed reads");
            let goodput = Arc::new(built(Goodput::builder("sized").definition(definition)));
            let ticker = Ticker::start(Arc::clone(&goodput)).expect("a thread starts");
            (ticker, goodput)
        });
    });
    group.finish();
}

criterion_group!(benches, startup);
criterion_main!(benches);
