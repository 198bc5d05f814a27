//! What building an instance costs: `cargo bench --bench startup`.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use common::instances::{built, slos_on};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn startup(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("startup");
    group.sample_size(10);
    for (slos, routes) in [(100, 1_000), (1_000, 1_000), (10_000, 10_000)] {
        group.bench_function(format!("{slos} SLOs on {routes} routes"), |bench| {
            bench.iter_batched(|| slos_on(slos, routes), built, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, startup);
criterion_main!(benches);
