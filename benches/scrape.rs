//! What reading the cells of 1,000 routes costs, on 1 to 16 shards in use: `cargo bench --bench scrape`.
//!
//! Counts alone are what a tick reads, of four SLOs here; the goal is 200 µs on 16 shards. With reasons, latencies and all else
//! that is known of a route it is a status; the goal is 2 ms.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use std::cell::LazyCell;

use common::instances::{Ticks, built, four_slos_on_all, spread, templates};
use criterion::{Criterion, criterion_group, criterion_main};

const ROUTES: usize = 1_000;

fn scrape(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("scrape");
    for shards in [1, 2, 8, 16] {
        let mut ticks = LazyCell::new(|| {
            let goodput = built(four_slos_on_all(ROUTES));
            spread(&goodput, &templates(ROUTES), shards);
            Ticks::of(goodput)
        });
        group.bench_function(format!("counts, {shards} shards"), |bench| bench.iter(|| ticks.read()));
        group.bench_function(format!("with histograms, {shards} shards"), |bench| {
            bench.iter(|| ticks.goodput().status());
        });
    }
    group.finish();
}

criterion_group!(benches, scrape);
criterion_main!(benches);
