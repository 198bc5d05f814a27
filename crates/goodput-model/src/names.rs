//! The names of everything exported, in one table.

/// One exported instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The OpenTelemetry instrument name.
    pub name: &'static str,
    /// Counter or gauge.
    pub kind: Kind,
    /// The unit, in UCUM as OpenTelemetry asks for.
    pub unit: &'static str,
    /// What it says.
    pub description: &'static str,
    /// The keys of the attributes each series carries, in alphabetical order: the one order they are always given in.
    pub labels: &'static [&'static str],
}

/// The two kinds of instrument goodput exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only goes up; starts at 0 in every process.
    Counter,
    /// A reading of now, of this instance alone.
    Gauge,
}

/// The service an SLO belongs to.
pub const SERVICE: &str = "service";
/// The SLO's name.
pub const SLO: &str = "slo";
/// `good`, `bad` or `excluded`.
pub const VERDICT: &str = "verdict";
/// Why an event was bad or excluded.
pub const REASON: &str = "reason";
/// A window, such as `5m`, or the calendar period that is judged over, such as `month`.
pub const WINDOW: &str = "window";
/// How the remaining budget is known: `at_most` or `is`.
pub const KNOWN: &str = "known";

/// Labels that rules, alerts and Prometheus itself give a meaning, beside those of the instruments: no label of the user's own
/// may be called so.
pub const RESERVED: &[&str] = &["alertname", "alertstate", "instance", "job", "le", "quantile", "scope", "severity"];

/// Events by verdict. The counter everything fleet-wide is computed from.
pub const EVENTS: Name = Name {
    name: "goodput.events",
    kind: Kind::Counter,
    unit: "{event}",
    description: "Events judged by the SLO, by verdict. Every series is present at 0 from the first collection. \
                  Where the SLO judges slices of time, slices: the sum over replicas is of instance-slices, and for \
                  ratio timeslices of millionths.",
    labels: &[SERVICE, SLO, VERDICT],
};

/// Bad and excluded events by reason.
pub const EVENT_REASONS: Name = Name {
    name: "goodput.events.reasons",
    kind: Kind::Counter,
    unit: "{event}",
    description: "Bad and excluded events of the SLO, by reason; slices where it judges those.",
    labels: &[REASON, SERVICE, SLO, VERDICT],
};

/// This instance's burn rate.
pub const BURN_RATE: Name = Name {
    name: "goodput.instance.burn_rate",
    kind: Kind::Gauge,
    unit: "1",
    description: "This instance's burn rate over the window, from the events it saw. Absent without events.",
    labels: &[SERVICE, SLO, WINDOW],
};

/// How much of a window this instance has seen.
pub const COVERAGE: Name = Name {
    name: "goodput.instance.coverage",
    kind: Kind::Gauge,
    unit: "1",
    description: "The share of the window this instance has seen, 0 to 1.",
    labels: &[SERVICE, SLO, WINDOW],
};

/// This instance's remaining budget.
pub const BUDGET_REMAINING: Name = Name {
    name: "goodput.instance.budget.remaining",
    kind: Kind::Gauge,
    unit: "1",
    description: "The share of the period's error budget left by this instance's own events, negative when overspent: \
                  at most that, at the traffic seen so far, while known is at_most. Absent without events.",
    labels: &[KNOWN, SERVICE, SLO],
};

/// Events this instance is working on.
pub const IN_FLIGHT: Name = Name {
    name: "goodput.instance.in_flight",
    kind: Kind::Gauge,
    unit: "{event}",
    description: "Events, such as requests, that this instance has begun and not finished.",
    labels: &[SERVICE],
};

/// Events this instance has been working on for too long.
pub const OVERDUE: Name = Name {
    name: "goodput.instance.overdue",
    kind: Kind::Gauge,
    unit: "{event}",
    description: "Events in flight on this instance for longer than their routes' limits. A hang shows here first.",
    labels: &[SERVICE],
};

/// How old this instance's history is.
pub const TICK_AGE: Name = Name {
    name: "goodput.instance.tick.age",
    kind: Kind::Gauge,
    unit: "s",
    description: "Time since this instance last kept its history. Its burn rates are as wrong as this is late.",
    labels: &[SERVICE],
};

/// How often this instance's process was restarted lately.
pub const RESTARTS: Name = Name {
    name: "goodput.instance.restarts",
    kind: Kind::Gauge,
    unit: "{restart}",
    description: "Times that this instance went on from an earlier process within the last hour. Only where it keeps a state file.",
    labels: &[SERVICE],
};

/// The objective, so that dashboards need no second source for it.
pub const OBJECTIVE: Name = Name {
    name: "goodput.instance.objective",
    kind: Kind::Gauge,
    unit: "1",
    description: "The SLO's objective as this instance knows it, between 0 and 1.",
    labels: &[SERVICE, SLO],
};

/// Every instrument, in the order they are documented.
pub const ALL: &[Name] =
    &[EVENTS, EVENT_REASONS, BURN_RATE, COVERAGE, BUDGET_REMAINING, IN_FLIGHT, OVERDUE, TICK_AGE, RESTARTS, OBJECTIVE];
