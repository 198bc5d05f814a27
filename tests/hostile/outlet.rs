//! What leaves the process: the exported series, the routes of the status, and the memory it holds.

use std::collections::BTreeSet;
use std::time::Duration;

use goodput::Goodput;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

/// An exporter on the real SDK that keeps what it is given.
pub(crate) struct Outlet {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Outlet {
    pub(crate) fn of(goodput: &'static Goodput) -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3_600)).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        goodput_otel::export(goodput, &provider.meter("goodput")).unwrap();
        Self { exporter, provider }
    }

    /// Every series by its name and all of its labels.
    pub(crate) fn series(&self) -> BTreeSet<String> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut series = BTreeSet::new();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                let mut add = |labels: Vec<String>| {
                    series.insert(format!("{}{labels:?}", metric.name()));
                };
                let text = |label: &opentelemetry::KeyValue| format!("{}={}", label.key, label.value);
                match metric.data() {
                    AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                        sum.data_points().for_each(|point| add(point.attributes().map(text).collect()));
                    }
                    AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                        gauge.data_points().for_each(|point| add(point.attributes().map(text).collect()));
                    }
                    other => panic!("unexpected data {other:?}"),
                }
            }
        }
        self.exporter.reset();
        series
    }
}

/// The routes of the status, sorted.
pub(crate) fn routes(goodput: &Goodput) -> BTreeSet<String> {
    goodput.status().routes.into_iter().map(|route| route.template).collect()
}

/// What this process holds in memory.
pub(crate) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Whether this is a process of its own for the test of this name; if not, one has now been run. Other tests use memory too.
pub(crate) fn is_alone(name: &str) -> bool {
    if std::env::var_os("GOODPUT_ALONE").is_some() {
        return true;
    }
    let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
    let output = alone.args(["--exact", name, "--nocapture"]).env("GOODPUT_ALONE", "1").output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    false
}
