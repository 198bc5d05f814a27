//! The instruments: each with its name, how many series it has, and how it is read off a status.

use std::time::Duration;

use goodput_core::names::{self, Name};
use goodput_core::{Remaining, Status};
use opentelemetry::metrics::AsyncInstrument;

use crate::attributes::text;
use crate::labels::Labels;

/// One instrument.
pub(crate) struct Instrument {
    pub(crate) name: Name,
    /// How many series it will have, whatever the traffic, until a reload.
    pub(crate) series: fn(&Labels, &Status) -> usize,
    pub(crate) read: Read,
    /// How old the status may be that it is read off.
    pub(crate) max_age: Duration,
}

/// How an instrument is read, by the type of its numbers.
#[derive(Clone, Copy)]
pub(crate) enum Read {
    Counter(Observe<u64>),
    Gauge(Observe<f64>),
}

pub(crate) type Observe<T> = fn(&Labels, &Status, &dyn AsyncInstrument<T>);

/// How old a status may be to be shared between instruments and readers.
const SHARED: Duration = Duration::from_millis(50);

/// Everything exported. The first instrument reads a new status, so that the last collection of a process misses nothing;
/// the others share it.
pub(crate) const INSTRUMENTS: [Instrument; 10] = [
    Instrument {
        name: names::EVENTS,
        series: |labels, _| labels.counted() * 3,
        read: Read::Counter(Labels::observe_events),
        max_age: Duration::ZERO,
    },
    Instrument {
        name: names::EVENT_REASONS,
        series: |labels, _| labels.reasons(),
        read: Read::Counter(Labels::observe_reasons),
        max_age: SHARED,
    },
    Instrument {
        name: names::BURN_RATE,
        series: windows,
        read: Read::Gauge(Labels::observe_burn_rates),
        max_age: SHARED,
    },
    Instrument { name: names::COVERAGE, series: windows, read: Read::Gauge(Labels::observe_coverage), max_age: SHARED },
    Instrument {
        name: names::BUDGET_REMAINING,
        series: |labels, status| labels.gauges(status).count() * 2,
        read: Read::Gauge(Labels::observe_budget),
        max_age: SHARED,
    },
    Instrument {
        name: names::IN_FLIGHT,
        series: |_, _| 1,
        read: Read::Gauge(Labels::observe_in_flight),
        max_age: SHARED,
    },
    Instrument { name: names::OVERDUE, series: |_, _| 1, read: Read::Gauge(Labels::observe_overdue), max_age: SHARED },
    Instrument {
        name: names::TICK_AGE,
        series: |_, _| 1,
        read: Read::Gauge(Labels::observe_tick_age),
        max_age: SHARED,
    },
    Instrument {
        name: names::RESTARTS,
        series: |_, status| usize::from(status.restarts_1h.is_some()),
        read: Read::Gauge(Labels::observe_restarts),
        max_age: SHARED,
    },
    Instrument {
        name: names::OBJECTIVE,
        series: |labels, status| labels.gauges(status).count(),
        read: Read::Gauge(Labels::observe_objectives),
        max_age: SHARED,
    },
];

fn windows(labels: &Labels, status: &Status) -> usize {
    labels.gauges(status).map(|(_, slo)| slo.windows.len()).sum()
}

impl Labels {
    fn observe_events(&self, status: &Status, observer: &dyn AsyncInstrument<u64>) {
        for (slo, counts, _) in self.counters(status) {
            for (verdict, count) in [("good", counts.good), ("bad", counts.bad), ("excluded", counts.excluded)] {
                observer.observe(count, &slo.attributes.verdict(verdict));
            }
        }
    }

    /// Every series every time, zeros included: one that pauses would start over for delta readers.
    fn observe_reasons(&self, status: &Status, observer: &dyn AsyncInstrument<u64>) {
        for (slo, _, counted) in self.counters(status) {
            for (key, sum) in slo.reason_sums(counted) {
                if let Some(series) = slo.reasons.get(&key) {
                    observer.observe(sum, &slo.attributes.reason(key.0, &series.reason));
                }
            }
        }
    }

    fn observe_burn_rates(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.gauges(status) {
            for window in &slo.windows {
                if let Some(burn) = window.burn.value() {
                    observer.observe(burn, &attributes.window(&text(&window.label())));
                }
            }
        }
    }

    fn observe_coverage(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.gauges(status) {
            for window in &slo.windows {
                let attributes = attributes.window(&text(&window.label()));
                observer.observe(window.seen.coverage.share(), &attributes);
            }
        }
    }

    fn observe_budget(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.gauges(status) {
            match slo.budget.remaining() {
                Remaining::NoData => {}
                Remaining::AtMost(share) => observer.observe(share, &attributes.known("at_most")),
                Remaining::Is(share) => observer.observe(share, &attributes.known("is")),
            }
        }
    }

    fn observe_objectives(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        for (attributes, slo) in self.gauges(status) {
            observer.observe(slo.objective.ratio(), &attributes.alone());
        }
    }

    fn observe_in_flight(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        observer.observe(status.in_flight as f64, &self.service());
    }

    fn observe_overdue(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        observer.observe(status.overdue as f64, &self.service());
    }

    fn observe_restarts(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        if let Some(times) = status.restarts_1h {
            observer.observe(times as f64, &self.service());
        }
    }

    fn observe_tick_age(&self, status: &Status, observer: &dyn AsyncInstrument<f64>) {
        observer.observe(status.since_last_tick.as_secs_f64(), &self.service());
    }
}
