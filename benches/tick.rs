//! What a tick over all windows costs, on 8 shards in use and with a month's history: `cargo bench --bench tick`.
//!
//! The goals are 150 µs for 1,000 SLOs and 1.5 ms for 10,000.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use std::cell::LazyCell;

use common::instances::{Ticks, built, named, slos_on, spread};
use criterion::{Criterion, criterion_group, criterion_main};

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick");
    for (slos, routes) in [(1_000, 100), (1_000, 1_000), (10_000, 1_000), (10_000, 10_000)] {
        // Made at its first use: a bench that is filtered out costs nothing.
        let mut ticks = LazyCell::new(|| {
            let goodput = built(slos_on(slos, routes));
            spread(&goodput, &named(&goodput), 8);
            let mut ticks = Ticks::of(goodput);
            if common::measures() {
                ticks.fill_history();
            }
            ticks
        });
        group.bench_function(format!("{slos} SLOs on {routes} routes"), |bench| bench.iter(|| ticks.next()));
    }
    group.finish();
}

criterion_group!(benches, tick);
criterion_main!(benches);
