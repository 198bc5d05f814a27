//! What a status of 100 SLOs on 1,000 routes costs, by shards in use: `cargo bench --bench status`.
//!
//! The goal is 2 ms.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use std::cell::LazyCell;
use std::time::Duration;

use common::instances::{Ticks, built, named, slos_on, spread};
use criterion::{Criterion, criterion_group, criterion_main};

fn status(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("status");
    for shards in [1, 2, 16] {
        let ticks = LazyCell::new(|| {
            let goodput = built(slos_on(100, 1_000));
            spread(&goodput, &named(&goodput), shards);
            let mut ticks = Ticks::of(goodput);
            if common::measures() {
                ticks.fill_history();
            }
            ticks
        });
        group.bench_function(format!("100 SLOs on 1,000 routes, {shards} shards"), |bench| {
            bench.iter(|| ticks.goodput().status());
        });
    }
    let shared = LazyCell::new(|| built(slos_on(100, 1_000)));
    group.bench_function("one that is shared", |bench| {
        let goodput = &shared;
        bench.iter(|| goodput.status_within(Duration::from_secs(3_600)));
    });
    group.finish();
}

criterion_group!(benches, status);
criterion_main!(benches);
