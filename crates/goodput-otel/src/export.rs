//! The export: observable instruments whose callbacks read one shared status.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use goodput_core::names::{self, Name};
use goodput_core::{Reason, ReasonCount, Remaining, SloStatus, Status};
use opentelemetry::metrics::{AsyncInstrument, Meter};
use opentelemetry::{KeyValue, StringValue};

use crate::attributes::{SloAttributes, text};
use crate::claim;
use crate::held::Held;
use crate::series;

/// Lets `meter` read `goodput`: a leaked instance, or a reference to an `Arc` of one.
///
/// It goes on until the instance is gone or [`Exporter::stop`] is called; dropping the exporter leaves it on.
///
/// # Errors
/// [`ExportError::TooManySeries`] if an instrument would have more series than the SDK keeps apart, and
/// [`ExportError::AlreadyExported`] if this process already exports a service of that name.
pub fn export(goodput: impl Into<Held>, meter: &Meter) -> Result<Exporter, ExportError> {
    Options::default().export(goodput, meter)
}

/// What can be said about an export.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    series_limit: usize,
}

/// The SDK keeps this many attribute sets of an instrument apart unless a view says otherwise. It counts events beyond them
/// on a series called `otel.metric.overflow`, and nobody is told.
const SDK_SERIES_LIMIT: usize = 2_000;
/// How old a status may be to be shared between instruments and readers.
const SHARED_FOR: Duration = Duration::from_millis(50);

impl Default for Options {
    fn default() -> Self {
        Self { series_limit: SDK_SERIES_LIMIT }
    }
}

impl Options {
    /// The cardinality limit that the caller's views give every `goodput.*` instrument, if they raise it.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.series_limit = limit;
        self
    }

    /// As [`export()`].
    pub fn export(self, goodput: impl Into<Held>, meter: &Meter) -> Result<Exporter, ExportError> {
        let held = goodput.into();
        let (service, counts, reasons) = held
            .with(|goodput| (goodput.definition().service.clone(), series::count(goodput), reason_series(goodput)))
            .ok_or(ExportError::Gone)?;
        if let Some((instrument, series)) = counts.into_iter().find(|(_, series)| *series > self.series_limit) {
            return Err(ExportError::TooManySeries { instrument, series, limit: self.series_limit });
        }
        if !claim::claim(&service, &held) {
            return Err(ExportError::AlreadyExported { service });
        }
        let attributes = held.with(|goodput| {
            let service = text(&goodput.definition().service);
            goodput.definition().slos.iter().map(|slo| SloAttributes::new(&service, slo.name())).collect()
        });
        let exporter = Exporter {
            service: service.as_str().into(),
            reading: Arc::new(Reading {
                held,
                on: AtomicBool::new(true),
                service: text(&service),
                slos: attributes.unwrap_or_default(),
                reasons,
            }),
        };
        exporter.register(meter);
        Ok(exporter)
    }
}

/// For each SLO, its reason series: verdict, reason, and the value of the attribute.
type ReasonSeries = Vec<BTreeMap<(&'static str, String), StringValue>>;

fn reason_series(goodput: &goodput_core::Goodput) -> ReasonSeries {
    let with_text = |(verdict, reason): (&'static str, String)| {
        let value = text(&reason);
        ((verdict, reason), value)
    };
    series::reason_series(goodput).into_iter().map(|series| series.into_iter().map(with_text).collect()).collect()
}

/// A running export.
#[derive(Debug)]
pub struct Exporter {
    service: Box<str>,
    reading: Arc<Reading>,
}

/// What every callback shares.
#[derive(Debug)]
struct Reading {
    held: Held,
    on: AtomicBool,
    service: StringValue,
    slos: Vec<SloAttributes>,
    reasons: ReasonSeries,
}

impl Exporter {
    /// Ends the export: the series end with the next collection, and the service's name is free again. OpenTelemetry keeps
    /// the callbacks, which do nothing from here on.
    pub fn stop(self) {
        // Relaxed: a collection that is under way may still see it on, as one that began a moment earlier would.
        if self.reading.on.swap(false, Ordering::Relaxed) {
            claim::release(&self.service);
        }
    }

    fn register(&self, meter: &Meter) {
        self.counter(meter, &names::EVENTS, Reading::observe_events);
        self.counter(meter, &names::EVENT_REASONS, Reading::observe_reasons);
        self.gauge(meter, &names::BURN_RATE, Reading::observe_burn_rates);
        self.gauge(meter, &names::COVERAGE, Reading::observe_coverage);
        self.gauge(meter, &names::BUDGET_REMAINING, Reading::observe_budget);
        self.gauge(meter, &names::OBJECTIVE, Reading::observe_objectives);
        let reading = Arc::clone(&self.reading);
        meter
            .u64_observable_gauge(names::IN_FLIGHT.name)
            .with_unit(names::IN_FLIGHT.unit)
            .with_description(names::IN_FLIGHT.description)
            .with_callback(move |observer| reading.read(Reading::observe_in_flight, observer))
            .build();
    }

    fn counter(&self, meter: &Meter, name: &Name, observe: Observe<u64>) {
        let reading = Arc::clone(&self.reading);
        meter
            .u64_observable_counter(name.name)
            .with_unit(name.unit)
            .with_description(name.description)
            .with_callback(move |observer| reading.read(observe, observer))
            .build();
    }

    fn gauge(&self, meter: &Meter, name: &Name, observe: Observe<f64>) {
        let reading = Arc::clone(&self.reading);
        meter
            .f64_observable_gauge(name.name)
            .with_unit(name.unit)
            .with_description(name.description)
            .with_callback(move |observer| reading.read(observe, observer))
            .build();
    }
}

type Observe<T> = fn(&Reading, &Status, &dyn AsyncInstrument<T>);

impl Reading {
    /// Runs one callback. A panic in it would end all metric export of the process
    /// ([opentelemetry-rust#3640](https://github.com/open-telemetry/opentelemetry-rust/issues/3640)), so it ends here.
    fn read<T>(&self, observe: Observe<T>, observer: &dyn AsyncInstrument<T>) {
        if self.on.load(Ordering::Relaxed) {
            let callback = AssertUnwindSafe(|| {
                if let Some(status) = self.held.with(|goodput| goodput.status_within(SHARED_FOR)) {
                    observe(self, &status, observer);
                }
            });
            drop(catch_unwind(callback));
        }
    }

    fn slos<'a>(&'a self, status: &'a Status) -> impl Iterator<Item = (&'a SloAttributes, &'a SloStatus)> {
        self.slos.iter().zip(&status.slos)
    }

    fn observe_events(&self, status: &Status, observer: &dyn AsyncInstrument<u64>) {
        for (attributes, slo) in self.slos(status) {
            let counts = slo.counts;
            for (verdict, count) in [("good", counts.good), ("bad", counts.bad), ("excluded", counts.excluded)] {
                observer.observe(count, &attributes.verdict(verdict));
            }
        }
    }

    /// Every series every time, zeros included: one that pauses would start over for delta readers.
    fn observe_reasons(&self, status: &Status, observer: &dyn AsyncInstrument<u64>) {
        for ((attributes, slo), series) in self.slos(status).zip(&self.reasons) {
            let mut sums: BTreeMap<_, u64> = series.keys().map(|key| (key.clone(), 0)).collect();
            for ReasonCount { verdict, reason, count, .. } in &slo.reasons {
                let own = (*verdict, reason.as_str().to_owned());
                let key = if series.contains_key(&own) { own } else { (*verdict, Reason::OTHER.as_str().to_owned()) };
                let sum = sums.entry(key).or_default();
                *sum = sum.saturating_add(*count);
            }
            for (key, sum) in &sums {
                if let Some(reason) = series.get(key) {
                    observer.observe(*sum, &attributes.reason(key.0, reason));
                }
            }
        }
    }

    fn observe_burn_rates(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.slos(status) {
            for window in &slo.windows {
                if let Some(burn) = window.burn.value() {
                    observer.observe(burn, &attributes.window(&text(&window.seen.window.to_string())));
                }
            }
        }
    }

    fn observe_coverage(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.slos(status) {
            for window in &slo.windows {
                let attributes = attributes.window(&text(&window.seen.window.to_string()));
                observer.observe(window.seen.coverage.share(), &attributes);
            }
        }
    }

    fn observe_budget(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.slos(status) {
            match slo.budget.remaining() {
                Remaining::NoData => {}
                Remaining::AtMost(share) => observer.observe(share, &attributes.known("at_most")),
                Remaining::Is(share) => observer.observe(share, &attributes.known("is")),
            }
        }
    }

    fn observe_objectives(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.slos(status) {
            observer.observe(slo.objective.ratio(), &attributes.alone());
        }
    }

    fn observe_in_flight(&self, status: &Status, observer: &dyn AsyncInstrument<u64>) {
        observer.observe(status.in_flight, &[KeyValue::new(names::SERVICE, self.service.clone())]);
    }
}

/// Why an export is refused. Nothing has been registered then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportError {
    /// The SDK would count events beyond its limit on an overflow series, without a word.
    TooManySeries {
        /// The instrument.
        instrument: &'static str,
        /// How many series it would have.
        series: usize,
        /// How many the SDK keeps apart.
        limit: usize,
    },
    /// The process already exports a service of this name, and both would write to the same series.
    AlreadyExported {
        /// The name.
        service: String,
    },
    /// The instance was dropped before it could be exported.
    Gone,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySeries { instrument, series, limit } => write!(
                f,
                "{instrument} would have {series} series but the SDK keeps {limit} apart: raise its cardinality limit with \
                 a view on goodput.*, and state it with Options::series_limit"
            ),
            Self::AlreadyExported { service } => {
                write!(f, "service {service:?} is already exported by this process: expected one export a service name")
            }
            Self::Gone => f.write_str("the instance was dropped before it could be exported"),
        }
    }
}

impl std::error::Error for ExportError {}
