//! The same instance as OpenTelemetry's SDK collects it, under the names that its translation gives them.

use std::time::Duration;

use goodput_core::{Goodput, names};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ScopeMetrics};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

use crate::parse::Sample;

/// One collection.
pub(crate) fn collected(goodput: &'static Goodput) -> Vec<Sample> {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).with_interval(Duration::from_secs(3_600)).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    goodput_otel::export(goodput, &provider.meter("goodput")).unwrap();
    provider.force_flush().unwrap();
    let mut samples = Vec::new();
    for resource in exporter.get_finished_metrics().unwrap() {
        for metric in resource.scope_metrics().flat_map(ScopeMetrics::metrics) {
            let name = translated(metric.name());
            let mut add = |attributes: Vec<(String, String)>, value: f64| {
                samples.push(Sample { name: name.clone(), labels: attributes.into_iter().collect(), value });
            };
            let text = |kv: &opentelemetry::KeyValue| (kv.key.to_string(), kv.value.to_string());
            match metric.data() {
                AggregatedMetrics::U64(MetricData::Sum(sum)) => {
                    sum.data_points().for_each(|p| add(p.attributes().map(text).collect(), p.value() as f64));
                }
                AggregatedMetrics::F64(MetricData::Gauge(gauge)) => {
                    gauge.data_points().for_each(|p| add(p.attributes().map(text).collect(), p.value()));
                }
                other => panic!("unexpected data {other:?}"),
            }
        }
    }
    samples
}

/// As the specification of OpenTelemetry says, in a few words of its own.
fn translated(name: &str) -> String {
    let known = names::ALL.iter().find(|known| known.name == name).unwrap();
    let unit = match (known.unit, known.kind) {
        ("s", _) => "_seconds",
        ("1", names::Kind::Gauge) => "_ratio",
        _ => "",
    };
    let total = if known.kind == names::Kind::Counter { "_total" } else { "" };
    name.replace('.', "_") + unit + total
}
