//! The export: registers the instruments and answers their callbacks from one shared status.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::metrics::{AsyncInstrument, Meter};
use parking_lot::Mutex;

use crate::claim::Claim;
use crate::held::Held;
use crate::instruments::{INSTRUMENTS, Instrument, Observe, Read};
use crate::labels::Labels;

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

impl Default for Options {
    fn default() -> Self {
        Self { series_limit: SDK_SERIES_LIMIT }
    }
}

impl Options {
    /// The cardinality limit that the caller's views give every `goodput.*` instrument, if they raise it.
    ///
    /// Each export is held to it by itself. Exports of several services on one meter share its instruments, and their series
    /// add up: give each a meter of its own provider, or a limit that leaves room.
    pub fn series_limit(mut self, limit: usize) -> Self {
        self.series_limit = limit;
        self
    }

    /// As [`export()`].
    pub fn export(self, goodput: impl Into<Held>, meter: &Meter) -> Result<Exporter, ExportError> {
        let held = goodput.into();
        let labels = held.with(|goodput| Labels::new(goodput, self.series_limit)).ok_or(ExportError::Gone)?;
        let too_many =
            |(instrument, series)| ExportError::TooManySeries { instrument, series, limit: self.series_limit };
        let labels = labels.map_err(too_many)?;
        let service = labels.service_name().to_owned();
        let claim = Claim::new(&service, &held).ok_or(ExportError::AlreadyExported { service })?;
        let (on, series_limit) = (AtomicBool::new(true), self.series_limit);
        let reading = Arc::new(Reading { held, on, series_limit, labels: Mutex::new(labels) });
        for instrument in &INSTRUMENTS {
            register(meter, instrument, &reading);
        }
        Ok(Exporter { claim, reading })
    }
}

/// A running export.
#[derive(Debug)]
pub struct Exporter {
    claim: Claim,
    reading: Arc<Reading>,
}

impl Exporter {
    /// The SLOs that a reload has added or changed and that are not exported in full, as of the last collection, since some
    /// instrument would have more series than its limit. An SLO is never exported in part of its counters: a new one has no series
    /// at all, and a changed one only those it had.
    pub fn left_out(&self) -> Vec<String> {
        self.reading.labels.lock().left_out().to_vec()
    }

    /// Ends the export: the series end with the next collection, and the service's name is free again. OpenTelemetry keeps
    /// the callbacks, which do nothing from here on.
    pub fn stop(self) {
        // Relaxed: a collection that is under way may still see it on, as one that began a moment earlier would.
        self.reading.on.store(false, Ordering::Relaxed);
        self.claim.release();
    }
}

/// What every callback shares.
#[derive(Debug)]
struct Reading {
    held: Held,
    on: AtomicBool,
    series_limit: usize,
    labels: Mutex<Labels>,
}

impl Reading {
    /// Runs one callback. A panic in it would end all metric export of the process
    /// ([opentelemetry-rust#3640](https://github.com/open-telemetry/opentelemetry-rust/issues/3640)), so it ends here.
    fn read<T>(&self, max_age: Duration, observe: Observe<T>, observer: &dyn AsyncInstrument<T>) {
        if self.on.load(Ordering::Relaxed) {
            let callback = AssertUnwindSafe(|| {
                let read = self.held.with(|goodput| {
                    let status = goodput.status_within(max_age);
                    // After the status, so that there are labels for all that it shows.
                    let mut labels = self.labels.lock();
                    labels.follow(goodput, self.series_limit);
                    (status, labels)
                });
                if let Some((status, labels)) = read {
                    observe(&labels, &status, observer);
                }
            });
            if let Err(payload) = catch_unwind(callback) {
                // It may panic again when dropped.
                std::mem::forget(payload);
            }
        }
    }
}

fn register(meter: &Meter, instrument: &Instrument, reading: &Arc<Reading>) {
    let (name, max_age, reading) = (instrument.name, instrument.max_age, Arc::clone(reading));
    match instrument.read {
        Read::Counter(observe) => drop(
            meter
                .u64_observable_counter(name.name)
                .with_unit(name.unit)
                .with_description(name.description)
                .with_callback(move |observer| reading.read(max_age, observe, observer))
                .build(),
        ),
        Read::Gauge(observe) => drop(
            meter
                .f64_observable_gauge(name.name)
                .with_unit(name.unit)
                .with_description(name.description)
                .with_callback(move |observer| reading.read(max_age, observe, observer))
                .build(),
        ),
    }
}

/// Why an export is refused. Nothing has been registered then.
#[derive(Clone, PartialEq, Eq)]
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

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ExportError {}
