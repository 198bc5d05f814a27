//! Lets an OpenTelemetry meter read what goodput counts.
//!
//! Requests pay nothing for the export: every instrument is observable. The first callback of a collection reads a snapshot
//! of the counters, and the others share it. A callback resets nothing, so any number of readers, cumulative or
//! delta, each get the whole truth. Counters start at 0 in every process and every series is present from the first
//! collection.
//!
//! ```
//! use goodput_core::{Goodput, Slo};
//! use opentelemetry::metrics::MeterProvider as _;
//!
//! # let provider = opentelemetry_sdk::metrics::SdkMeterProvider::default();
//! let goodput = Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build()?.leak();
//! goodput_otel::export(goodput, &provider.meter("goodput"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names
//!
#![doc = include_str!("names.md")]
//!
//! Gauges are this instance's own readings: do not average them across replicas. Fleet-wide burn rates and budgets are
//! computed from the counters, which add up.
//!
//! # Reloads
//!
//! The series of an SLO that a [reload](goodput_core::Goodput::reload) adds appear with the next collection. Counters never fall: what
//! an SLO counted before it was changed stays in them, and those of one that was removed stay as they are, since a series that pauses
//! would start over. Where an instrument has no place for the series of another SLO, that SLO is left out whole, and
//! [`Exporter::left_out`] names it; the reload itself is not refused, as the process goes on to know the SLO.
//!
//! # What else it takes
//!
//! - **`service.instance.id`** on the resource. Without it two replicas write to one series, and a counter that jumps between
//!   two processes' values reads as resets: 320 events have been seen to become 9,040.
//! - **The same `opentelemetry` minor version** as the rest of the service. Taking a [`Meter`] as an argument turns a mismatch
//!   into a compile error; two versions in one binary have two globals and lose metrics silently.
//!
//! # What it does not do
//!
//! It starts no thread, opens no connection and touches no global provider. It exports no latency histogram.
//!
//! [`Meter`]: opentelemetry::metrics::Meter

#![forbid(unsafe_code)]

mod attributes;
mod claim;
mod export;
mod held;
mod instruments;
mod labels;
mod series;

pub use export::{ExportError, Exporter, Options, export};
pub use held::Held;
