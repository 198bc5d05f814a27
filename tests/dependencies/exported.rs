//! What OpenTelemetry collects of an instance: its counters, by name and attributes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use goodput::Goodput;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

pub(crate) struct Exported {
    exporter: InMemoryMetricExporter,
    provider: SdkMeterProvider,
}

impl Exported {
    pub(crate) fn of(goodput: &Arc<Goodput>) -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3_600)).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        goodput_otel::export(goodput, &provider.meter("goodput")).unwrap();
        Self { exporter, provider }
    }

    /// Every counter as `name{a=1,b=2}`.
    pub(crate) fn collect(&self) -> BTreeMap<String, u64> {
        self.exporter.reset();
        self.provider.force_flush().unwrap();
        let mut counters = BTreeMap::new();
        for resource in self.exporter.get_finished_metrics().unwrap() {
            for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
                let AggregatedMetrics::U64(MetricData::Sum(sum)) = metric.data() else { continue };
                for point in sum.data_points() {
                    let attributes: Vec<_> = point.attributes().map(|kv| format!("{}={}", kv.key, kv.value)).collect();
                    counters.insert(format!("{}{{{}}}", metric.name(), attributes.join(",")), point.value());
                }
            }
        }
        counters
    }
}
