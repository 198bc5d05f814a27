//! An OpenTelemetry meter provider as services have it, exporting every minute, that can be asked what it counted.

use std::sync::Arc;

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, MetricData, ResourceMetrics, ScopeMetrics, SumDataPoint,
};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};

/// The bucket boundaries that the semantic conventions give `http.server.request.duration`.
pub const DURATION_BOUNDARIES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// A provider, and where it exports to.
#[derive(Clone, Debug)]
pub struct Meters {
    provider: SdkMeterProvider,
    exporter: Arc<InMemoryMetricExporter>,
}

impl Default for Meters {
    fn default() -> Self {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        Self { provider: SdkMeterProvider::builder().with_reader(reader).build(), exporter: Arc::new(exporter) }
    }
}

impl Meters {
    /// A meter of this provider.
    pub fn meter(&self) -> Meter {
        self.provider.meter("goodput-peers")
    }

    /// Makes this the provider of whoever asks the global one from here on.
    pub fn make_global(&self) {
        opentelemetry::global::set_meter_provider(self.provider.clone());
    }

    /// The sum of a counter, or the number of records of a histogram, over all attributes; 0 if it cannot be read.
    pub fn count(&self, instrument: &str) -> u64 {
        self.exporter.reset();
        if self.provider.force_flush().is_err() {
            return 0;
        }
        let Ok(exported) = self.exporter.get_finished_metrics() else { return 0 };
        let scopes = exported.iter().flat_map(ResourceMetrics::scope_metrics);
        let metrics = scopes.flat_map(ScopeMetrics::metrics).filter(|metric| metric.name() == instrument);
        metrics.map(|metric| count_in(metric.data())).sum()
    }
}

fn count_in(data: &AggregatedMetrics) -> u64 {
    match data {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum.data_points().map(SumDataPoint::value).sum(),
        AggregatedMetrics::F64(MetricData::Histogram(histogram)) => {
            histogram.data_points().map(HistogramDataPoint::count).sum()
        }
        _ => 0,
    }
}
