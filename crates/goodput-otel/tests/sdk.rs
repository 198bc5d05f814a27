//! The export against the real SDK: what its in-memory exporter collects is what the status says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::float_cmp, reason = "an exported number is the very number that was read")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use goodput_core::{
    Budgeting, Code, Counts, Definition, Ending, Goodput, Head, Moment, Period, Request, Slo, Stopwatch, Timeline,
    Verdict, Window, names,
};
use goodput_otel::{ExportError, Options, export};
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{
    InMemoryMetricExporter, InMemoryMetricExporterBuilder, PeriodicReader, SdkMeterProvider, Temporality,
};

/// Series by instrument name and attributes, `name{a=1,b=2}`.
type Series = BTreeMap<String, f64>;

struct Sdk {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Sdk {
    fn new() -> Self {
        Self::with(Temporality::Cumulative)
    }

    fn with(temporality: Temporality) -> Self {
        let exporter = InMemoryMetricExporterBuilder::new().with_temporality(temporality).build();
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3_600)).build();
        Self { exporter, provider: SdkMeterProvider::builder().with_reader(reader).build() }
    }

    fn meter(&self) -> Meter {
        self.provider.meter("goodput")
    }

    fn collect(&self) -> Series {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        self.read()
    }

    /// What the collections since the last one asked for here have given, the last of each series.
    fn read(&self) -> Series {
        let mut series = Series::new();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                let mut add = |attributes: Vec<String>, value: f64| {
                    series.insert(format!("{}{{{}}}", metric.name(), attributes.join(",")), value);
                };
                let text = |kv: &opentelemetry::KeyValue| format!("{}={}", kv.key, kv.value);
                match metric.data() {
                    AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                        assert!(sum.is_monotonic());
                        sum.data_points().for_each(|p| add(p.attributes().map(text).collect(), p.value() as f64));
                    }
                    AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                        gauge.data_points().for_each(|p| add(p.attributes().map(text).collect(), p.value()));
                    }
                    other => panic!("unexpected data {other:?}"),
                }
            }
        }
        series
    }
}

/// An instance on a manual stopwatch, whose statuses are never shared, so that each collection is new.
fn instance(service: &str, slos: usize) -> Arc<Goodput> {
    instance_with(service, slos, &["declined"])
}

fn instance_with(service: &str, slos: usize, reasons: &[&str]) -> Arc<Goodput> {
    let (stopwatch, _) = Stopwatch::manual();
    let (timeline, hand) = Timeline::manual();
    hand.advance(Duration::from_secs(600));
    let builder = Goodput::builder(service).stopwatch(stopwatch).timeline(timeline).reasons(reasons.iter().copied());
    Arc::new((0..slos).fold(builder, |b, n| b.slo(Slo::availability(format!("slo-{n}"), "99%"))).build().unwrap())
}

#[test]
fn every_counter_series_is_present_at_zero_from_the_first_collection() {
    let (sdk, goodput) = (Sdk::new(), instance("at-zero", 1));
    export(&goodput, &sdk.meter()).unwrap();
    let series = sdk.collect();
    for verdict in ["good", "bad", "excluded"] {
        assert_eq!(series[&format!("goodput.events{{service=at-zero,slo=slo-0,verdict={verdict}}}")], 0.0);
    }
    let reason = |reason: &str, verdict: &str| {
        series[&format!("goodput.events.reasons{{reason={reason},service=at-zero,slo=slo-0,verdict={verdict}}}")]
    };
    assert_eq!(reason("server_error", "bad"), 0.0);
    assert_eq!(reason("rate_limited", "excluded"), 0.0);
    assert_eq!(reason("declined", "bad"), 0.0);
    assert_eq!(reason("other", "excluded"), 0.0);
    assert!(!series.keys().any(|name| name.starts_with("goodput.instance.burn_rate")), "no events, no burn rate");
}

#[test]
fn an_slo_that_judges_slices_exports_slices() {
    let (timeline, hand) = Timeline::manual();
    let target = Some("90%".parse().unwrap());
    let slo = Slo::availability("minutes", "99%").budgeting(Budgeting::Timeslices { slice: Window::M1, target });
    let builder = Goodput::builder("sliced").stopwatch(Stopwatch::manual().0).timeline(timeline);
    let (sdk, goodput) = (Sdk::new(), Arc::new(builder.slo(slo).build().unwrap()));
    export(&goodput, &sdk.meter()).unwrap();
    let minute = |good, bad| {
        goodput.work("job").add(Counts { good, bad, excluded: 5 });
        hand.advance(Duration::from_secs(60));
        goodput.tick(hand.now());
        let counters = sdk.collect().into_iter().filter(|(name, _)| name.starts_with("goodput.events"));
        let values = counters.map(|(name, value)| (name.replace("service=sliced,slo=minutes,", ""), value));
        values.collect::<Vec<_>>()
    };
    let expected = |good, bad| {
        vec![
            ("goodput.events.reasons{reason=too_few_good,verdict=bad}".to_owned(), bad),
            ("goodput.events{verdict=bad}".to_owned(), bad),
            ("goodput.events{verdict=excluded}".to_owned(), 0.0),
            ("goodput.events{verdict=good}".to_owned(), good),
        ]
    };
    assert_eq!(minute(90, 10), expected(1.0, 0.0));
    assert_eq!(minute(89, 11), expected(1.0, 1.0));
    assert_eq!(minute(0, 0), expected(1.0, 1.0));
}

#[test]
fn a_calendar_period_is_one_series_however_long_it_has_become() {
    let (timeline, hand) = Timeline::manual();
    let slo = Slo::availability("monthly", "99%").period(Period::MONTH);
    let builder = Goodput::builder("monthly").stopwatch(Stopwatch::manual().0).timeline(timeline);
    let (sdk, goodput) = (Sdk::new(), Arc::new(builder.slo(slo).build().unwrap()));
    export(&goodput, &sdk.meter()).unwrap();
    let windows = || sdk.collect().into_keys().filter(|name| name.contains(".coverage")).collect::<Vec<_>>();
    let before = windows();
    assert!(before.iter().any(|name| name.contains("window=month")), "{before:?}");
    hand.advance(Duration::from_secs(12_345));
    assert_eq!(windows(), before);
}

#[test]
fn the_collection_and_the_status_agree() {
    let (sdk, goodput) = (Sdk::new(), instance("agree", 3));
    export(&goodput, &sdk.meter()).unwrap();
    let work = goodput.work("job");
    (0..97).for_each(|_| work.good());
    (0..2).for_each(|_| work.bad("declined"));
    work.record(Verdict::bad("unheard_of"), Duration::from_millis(5));
    let waiting = work.start();
    let (series, status) = (sdk.collect(), goodput.status());
    for slo in &status.slos {
        let of = |verdict: &str| series[&format!("goodput.events{{service=agree,slo={},verdict={verdict}}}", slo.name)];
        assert_eq!((of("good"), of("bad"), of("excluded")), (97.0, 3.0, 0.0));
        assert_eq!((slo.counts.good, slo.counts.bad, slo.counts.excluded), (97, 3, 0));
        let reason = |reason: &str| {
            series[&format!("goodput.events.reasons{{reason={reason},service=agree,slo={},verdict=bad}}", slo.name)]
        };
        assert_eq!((reason("declined"), reason("other")), (2.0, 1.0));
        for window in &slo.windows {
            let name = |name: &str| format!("{name}{{service=agree,slo={},window={}}}", slo.name, window.seen.window);
            assert_eq!(Some(series[&name("goodput.instance.burn_rate")]), window.burn.value());
            assert_eq!(series[&name("goodput.instance.coverage")], window.seen.coverage.share());
        }
        let left =
            series[&format!("goodput.instance.budget.remaining{{known=at_most,service=agree,slo={}}}", slo.name)];
        assert_eq!(Some(left), slo.budget.remaining().value());
        assert_eq!(series[&format!("goodput.instance.objective{{service=agree,slo={}}}", slo.name)], 0.99);
    }
    assert_eq!(series["goodput.instance.in_flight{service=agree}"], 1.0);
    waiting.finish(Verdict::Good);
}

#[test]
fn two_readers_and_delta_temporality_each_get_the_whole_truth() {
    let (cumulative, delta) = (Sdk::new(), Sdk::with(Temporality::Delta));
    let goodput = instance("readers", 1);
    export(&goodput, &cumulative.meter()).unwrap().stop();
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(cumulative.exporter.clone()).build())
        .with_reader(PeriodicReader::builder(delta.exporter.clone()).build())
        .build();
    export(&goodput, &provider.meter("goodput")).unwrap();
    let (cumulative, delta) =
        (Sdk { exporter: cumulative.exporter, provider: provider.clone() }, Sdk { exporter: delta.exporter, provider });
    let good = "goodput.events{service=readers,slo=slo-0,verdict=good}";
    goodput.work("job").good();
    assert_eq!((cumulative.collect()[good], delta.collect()[good]), (1.0, 0.0), "each flush collects both readers");
    (0..4).for_each(|_| goodput.work("job").good());
    assert_eq!(delta.collect()[good], 4.0);
    assert_eq!(cumulative.collect()[good], 5.0);
}

#[test]
fn the_series_collected_are_of_all_the_named_instruments_and_of_no_other() {
    // One that remembers, so that it knows how often it was restarted.
    let builder = Goodput::builder("named").stopwatch(Stopwatch::manual().0).timeline(Timeline::manual().0);
    let goodput = Arc::new(builder.slo(Slo::availability("slo-0", "99%")).remember(None).build().unwrap());
    let sdk = Sdk::new();
    export(&goodput, &sdk.meter()).unwrap();
    goodput.work("job").good();
    let series = sdk.collect();
    let collected: BTreeSet<&str> = series.keys().filter_map(|name| name.split('{').next()).collect();
    assert_eq!(collected, names::ALL.iter().map(|name| name.name).collect());
    let forgetful = Sdk::new();
    export(&instance("forgetful", 1), &forgetful.meter()).unwrap();
    assert!(!forgetful.collect().keys().any(|series| series.starts_with(names::RESTARTS.name)));
    for name in names::ALL {
        let one = series.keys().find(|series| series.starts_with(&format!("{}{{", name.name))).unwrap();
        let labels = one.split(['{', '}']).nth(1).unwrap().split(',').map(|pair| pair.split('=').next().unwrap());
        assert_eq!(labels.collect::<Vec<_>>(), name.labels, "{one}");
    }
}

#[test]
fn no_reason_falls_while_bodies_are_open() {
    let goodput = instance_with("reasons", 1, &["a", "b"]);
    let (cumulative, delta) = (Sdk::new(), Sdk::with(Temporality::Delta));
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(cumulative.exporter.clone()).build())
        .with_reader(PeriodicReader::builder(delta.exporter.clone()).build())
        .build();
    export(&goodput, &provider.meter("goodput")).unwrap();
    let cumulative = Sdk { exporter: cumulative.exporter, provider: provider.clone() };
    let delta = Sdk { exporter: delta.exporter, provider };
    let series = |word: &str| format!("goodput.events.reasons{{reason={word},service=reasons,slo=slo-0,verdict=bad}}");
    let of = |collected: &Series| (collected[&series("a")], collected[&series("b")]);

    goodput.work("job").bad("a");
    (0..5).for_each(|_| goodput.work("job").bad("b"));
    assert_eq!(of(&cumulative.collect()), (1.0, 5.0));

    let open = || {
        let mut request = Request::begin(&goodput, goodput.route(Some("/")));
        assert!(
            request.respond(&goodput, Head { verdict: Some(Verdict::bad("a")), ..Head::new(Code::http(200)) }),
            "the SLO waits for the end"
        );
        request
    };
    let requests = [open(), open(), open()];
    assert_eq!(of(&cumulative.collect()), (1.0, 5.0), "not decided yet");
    assert_eq!(of(&delta.collect()), (0.0, 0.0));

    for mut request in requests {
        request.end(&goodput, Ending::Dropped);
    }
    assert_eq!(of(&delta.collect()), (3.0, 0.0));
    assert_eq!(of(&cumulative.collect()), (4.0, 5.0));
}

#[test]
fn a_collection_right_after_another_misses_nothing() {
    let sdk = Sdk::new();
    let goodput = Arc::new(Goodput::builder("last").slo(Slo::availability("ok", "99%")).build().unwrap());
    export(&goodput, &sdk.meter()).unwrap();
    for bad in 1..=20 {
        goodput.work("job").bad("down");
        assert_eq!(sdk.collect()["goodput.events{service=last,slo=ok,verdict=bad}"], f64::from(bad));
    }
}

#[test]
fn as_many_series_as_the_limit_are_kept_apart_and_one_more_is_refused() {
    let sdk = Sdk::new();
    let most = instance_with("most", 80, &["declined", "stolen", "lost", "late", "odd"]); // 25 reason series each
    export(&most, &sdk.meter()).unwrap();
    (0..10).for_each(|_| most.work("job").bad("declined"));
    let series = sdk.collect();
    assert_eq!(series.keys().filter(|name| name.starts_with("goodput.events.reasons")).count(), 2_000);
    assert!(!series.keys().any(|name| name.contains("otel.metric.overflow")), "the SDK kept them apart");
    let many = instance("many", 143);
    let refused = export(&many, &sdk.meter()).unwrap_err();
    let ExportError::TooManySeries { instrument, series, limit } = &refused else { panic!("{refused}") };
    assert_eq!((*instrument, *limit), ("goodput.events.reasons", 2_000));
    assert!(*series > 2_000 && refused.to_string().contains(&series.to_string()), "{refused}");
    Options::default().series_limit(*series).export(&many, &sdk.meter()).unwrap();
}

#[test]
fn a_second_export_of_the_same_service_is_refused_until_the_first_is_stopped_or_gone() {
    let sdk = Sdk::new();
    let goodput = instance("twice", 1);
    let first = export(&goodput, &sdk.meter()).unwrap();
    let taken = ExportError::AlreadyExported { service: "twice".to_owned() };
    assert_eq!(export(&goodput, &sdk.meter()).unwrap_err(), taken);
    assert_eq!(export(&instance("twice", 1), &sdk.meter()).unwrap_err(), taken);
    first.stop();
    assert!(sdk.collect().is_empty());
    let second = export(&goodput, &sdk.meter()).unwrap();
    drop(goodput);
    assert!(sdk.collect().is_empty(), "an export does not keep an instance alive");
    let next = instance("twice", 1);
    export(&next, &sdk.meter()).unwrap();
    assert!(!sdk.collect().is_empty());
    second.stop();
    assert_eq!(export(&next, &sdk.meter()).unwrap_err(), taken, "a dead instance's exporter frees nobody else's name");
}

#[test]
fn a_leaked_instance_is_exported_by_reference() {
    let sdk = Sdk::new();
    let (timeline, _hand) = Timeline::manual();
    let goodput = Goodput::builder("leaked").timeline(timeline).build().unwrap().leak();
    goodput.tick(Moment::at(Duration::from_secs(10)));
    export(goodput, &sdk.meter()).unwrap();
    assert_eq!(sdk.collect()["goodput.instance.in_flight{service=leaked}"], 0.0);
}

/// A definition of these SLOs, each for everything, with these declared reasons.
fn definition(service: &str, slos: impl IntoIterator<Item = Slo>, reasons: &[&str]) -> Definition {
    let mut definition = Definition::new(service);
    definition.slos.extend(slos);
    definition.reasons.extend(reasons.iter().map(|reason| (*reason).to_owned()));
    definition
}

fn ok() -> Slo {
    Slo::availability("ok", "99%")
}

#[test]
fn no_counter_falls_and_no_difference_is_counted_twice_whatever_is_reloaded() {
    let (cumulative, delta) = (Sdk::new(), Sdk::with(Temporality::Delta));
    let (stopwatch, _) = Stopwatch::manual();
    let builder = Goodput::builder("").definition(definition("moving", [ok()], &[])).stopwatch(stopwatch);
    let goodput = Arc::new(builder.build().unwrap());
    let provider = SdkMeterProvider::builder()
        .with_reader(PeriodicReader::builder(cumulative.exporter.clone()).build())
        .with_reader(PeriodicReader::builder(delta.exporter.clone()).build())
        .build();
    export(&goodput, &provider.meter("goodput")).unwrap();
    let cumulative = Sdk { exporter: cumulative.exporter, provider: provider.clone() };
    let delta = Sdk { exporter: delta.exporter, provider };
    let fast = |millis| Slo::latency("fast", "99%", Duration::from_millis(millis));
    let reloads = [
        definition("moving", [ok(), fast(100)], &[]),
        definition("moving", [fast(200), ok().bad_statuses([404])], &["a"]),
        definition("moving", [fast(100)], &["b"]),
        definition("moving", [], &[]),
        definition("moving", [ok(), Slo::quality("fast", "90%")], &["a", "b"]),
    ];
    let counters = |series: Series| -> Series {
        series.into_iter().filter(|(name, _)| name.starts_with("goodput.events")).collect()
    };
    let (mut highest, mut sums) = (Series::new(), Series::new());
    for next in [None].into_iter().chain(reloads.into_iter().map(Some)) {
        if let Some(next) = next {
            goodput.reload(next).unwrap();
        }
        for _ in 0..3 {
            goodput.work("job").record(Verdict::Good, Duration::from_millis(150));
            goodput.work("job").bad("a");
            goodput.work("job").bad("b");
            // A flush collects both readers.
            delta.exporter.reset();
            let totals = counters(cumulative.collect());
            for (name, before) in &highest {
                assert!(totals.get(name).is_some_and(|now| now >= before), "{name} after {before}: {totals:?}");
            }
            for (name, difference) in counters(delta.read()) {
                assert!(difference >= 0.0, "{name}");
                *sums.entry(name).or_default() += difference;
            }
            highest = totals;
        }
    }
    assert_eq!(sums, highest);
    let events =
        |slo: &str, verdict: &str| highest[&format!("goodput.events{{service=moving,slo={slo},verdict={verdict}}}")];
    // Of "ok" in 4 of 6 definitions, of "fast" in 3 and as a quality SLO in one.
    assert_eq!((events("ok", "good"), events("ok", "bad")), (12.0, 24.0));
    assert_eq!((events("fast", "good"), events("fast", "bad")), (6.0, 6.0));
    let reason =
        |word: &str| highest[&format!("goodput.events.reasons{{reason={word},service=moving,slo=ok,verdict=bad}}")];
    assert_eq!(reason("a") + reason("b") + reason("other"), 24.0);
    // What was counted as `other` stays there. A word has its own series from the first collection after it was declared: that
    // is one of three events later, in the two definitions that declare "a" for "ok" and the one that declares "b".
    assert_eq!((reason("a"), reason("b")), (5.0, 2.0));
}

#[test]
fn an_slo_for_which_a_reload_leaves_no_place_is_left_out_whole_and_named() {
    let sdk = Sdk::new();
    let slos = |count: usize| (0..count).map(|n| Slo::availability(format!("slo-{n:03}"), "99%"));
    let goodput = Arc::new(Goodput::builder("").definition(definition("growing", slos(1), &[])).build().unwrap());
    let exporter = export(&goodput, &sdk.meter()).unwrap();
    let each = sdk.collect().keys().filter(|name| name.starts_with("goodput.events.reasons")).count();
    let most = 2_000 / each;
    goodput.reload(definition("growing", slos(most + 2), &[])).unwrap();
    goodput.work("job").bad("declined");
    let series = sdk.collect();
    assert!(!series.keys().any(|name| name.contains("otel.metric.overflow")));
    let of = |n: usize| series.keys().filter(|name| name.contains(&format!("slo=slo-{n:03},"))).count();
    assert_eq!((of(most), of(most + 1), of(0)), (0, 0, of(most - 1)));
    assert!(of(0) > each);
    assert_eq!(exporter.left_out(), [format!("slo-{most:03}"), format!("slo-{:03}", most + 1)]);
    // A removed one keeps its counters, and so its place.
    goodput.reload(definition("growing", slos(most + 2).skip(1), &[])).unwrap();
    let series = sdk.collect();
    assert_eq!(series["goodput.events{service=growing,slo=slo-000,verdict=bad}"], 1.0);
    assert!(!series.keys().any(|name| name.contains("burn_rate") && name.contains("slo=slo-000,")), "its gauges end");
    assert_eq!(exporter.left_out().len(), 2);
}
