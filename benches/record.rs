//! What recording an event costs a core while 1 to 16 threads record, beside the simplest counters: `cargo bench --bench
//! record`.
//!
//! The simple ones count an event and know no SLO, no route and no time; OpenTelemetry has a counter and a histogram with four
//! attributes, which are looked up at each event, or were beforehand: bound, an experimental feature.

#[expect(dead_code, reason = "each bench needs a part of it")]
mod common;

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::instances::built;
use common::threads::per_core;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use goodput::{Code, Ending, Goodput, JudgedAt, Request, RouteId, Stopwatch};
use goodput_bench::drive::TEMPLATE;
use goodput_bench::sli::slos;
use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use parking_lot::Mutex;

/// Every event on as many threads as there are columns.
fn bench(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, event: impl Fn() + Sync) {
    for threads in [1, 2, 4, 16] {
        let id = format!("{name}, {threads} threads");
        group.bench_function(id, |bench| bench.iter_custom(|times| per_core(threads, times, &event)));
    }
}

fn head(goodput: &Goodput, route: RouteId) {
    let mut request = Request::begin(goodput, route);
    black_box(request.respond(goodput, black_box(Code::http(200))));
}

fn end(goodput: &Goodput, route: RouteId) {
    let mut request = Request::begin(goodput, route);
    request.respond(goodput, black_box(Code::http(200)));
    request.first_byte(goodput);
    request.end(goodput, black_box(Ending::Completed));
}

fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    let built_at = |at| built(slos(at));

    let goodput = built_at(JudgedAt::Head);
    let route = goodput.route(Some(TEMPLATE));
    bench(&mut group, "request, judged at its head", || head(&goodput, route));
    bench(&mut group, "the same, route by its template", || head(&goodput, goodput.route(black_box(Some(TEMPLATE)))));
    let fast = built(slos(JudgedAt::Head).stopwatch(Stopwatch::fast()));
    let fast_route = fast.route(Some(TEMPLATE));
    bench(&mut group, "request, judged at its head, fast stopwatch", || head(&fast, fast_route));
    let goodput = built_at(JudgedAt::End);
    let route = goodput.route(Some(TEMPLATE));
    bench(&mut group, "request, judged at its end", || end(&goodput, route));

    let shared = AtomicU64::new(0);
    bench(&mut group, "one shared atomic", || {
        black_box(shared.fetch_add(1, Ordering::Relaxed));
    });
    let guarded = Mutex::new([0_u64; 4]);
    bench(&mut group, "counters behind a mutex", || {
        let mut counters = guarded.lock();
        counters.iter_mut().for_each(|counter| *counter = black_box(*counter + 1));
    });
    open_telemetry(&mut group);
    group.finish();
}

fn open_telemetry(group: &mut BenchmarkGroup<'_, WallTime>) {
    // Without a reader the SDK would count nothing; this one reads once an hour.
    let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).with_interval(Duration::from_secs(3_600));
    let provider = SdkMeterProvider::builder().with_reader(reader.build()).build();
    let meter = provider.meter("bench");
    let counter = meter.u64_counter("requests").build();
    let histogram = meter.f64_histogram("duration").build();
    let attributes = || {
        [
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("http.route", TEMPLATE),
            KeyValue::new("http.response.status_code", 200),
            KeyValue::new("verdict", "good"),
        ]
    };
    bench(group, "OpenTelemetry, counter and histogram", || {
        let attributes = attributes();
        counter.add(1, &attributes);
        histogram.record(black_box(0.003), &attributes);
    });
    let attributes = attributes();
    let (counter, histogram) = (counter.bind(&attributes), histogram.bind(&attributes));
    bench(group, "OpenTelemetry, bound", || {
        counter.add(1);
        histogram.record(black_box(0.003));
    });
}

criterion_group!(benches, record);
criterion_main!(benches);
