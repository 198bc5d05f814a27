//! One SLO of the document: what it asks for, what was counted, and what that means.

use serde::{Deserialize, Serialize};

use super::guard::ShedsDocument;

/// One SLO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SloDocument {
    /// Its name.
    pub name: String,
    /// What makes an event good.
    pub indicator: IndicatorDocument,
    /// The dependency whose calls it judges, in place of requests.
    pub dependency: Option<String>,
    /// The request classes it judges; empty for all.
    pub classes: Vec<String>,
    /// What share has to be good, in parts per billion.
    pub objective_ppb: u32,
    /// The same for people: `99.9%`.
    pub objective: String,
    /// What it is judged over.
    pub period: PeriodDocument,
    /// What its budget is a share of: `occurrences`, `timeslices` or `ratio_timeslices`.
    pub budgeting: String,
    /// What its budget is a share of, since the process started.
    pub counts: CountsDocument,
    /// The bad and excluded ones by reason, most first.
    pub reasons: Vec<ReasonDocument>,
    /// What guards have shed of its events, and what there is without them; null where they have shed none.
    pub sheds: Option<ShedsDocument>,
    /// Its slices of time, if those are what it judges.
    pub slices: Option<SlicesDocument>,
    /// Events in flight that are too late to be good, or soon to be.
    pub overdue: u64,
    /// Shortest first, and then the period.
    pub windows: Vec<WindowDocument>,
    /// The error budget of the period, as far as this instance has seen it.
    pub budget: BudgetDocument,
    /// How many bad events tell something, where somebody said; null where traffic decides.
    pub least_bad: Option<u64>,
    /// What is wrong and cannot be told from the counts: `page_fires`, `stalled`, `traffic_lost`, `excluded_surge`.
    pub concerns: Vec<String>,
    /// In which of the bands the budget stands. Null before there was data.
    pub band: Option<StandingDocument>,
    /// The alert rows, each with its state.
    pub conditions: Vec<ConditionDocument>,
    /// What no error ratio shows, as far as it holds or has held just now.
    pub signals: Vec<SignalDocument>,
}

/// What makes an event, or a slice of time, good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IndicatorDocument {
    /// `availability`, `latency` and so on, as files have it.
    pub kind: String,
    /// At most so many nanoseconds are good, where a latency or an age is judged.
    pub threshold_ns: Option<u64>,
}

/// What an SLO is judged over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PeriodDocument {
    /// As files have it: `30d`, `month`.
    pub name: String,
    /// How long it is, in seconds; 30 or 90 days for a month or quarter, whose own length changes.
    pub seconds: u32,
}

/// Events by verdict; slices or millionths of those where these are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CountsDocument {
    /// Those that met the objective's criterion.
    pub good: u64,
    /// Those that did not.
    pub bad: u64,
    /// Those that say nothing about the service, and are part of no ratio.
    pub excluded: u64,
}

/// How often a reason was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReasonDocument {
    /// `bad` or `excluded`.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// How often.
    pub count: u64,
}

/// The slices of time of an SLO that judges those.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SlicesDocument {
    /// How long each is, in seconds.
    pub seconds: u32,
    /// Slices that were judged.
    pub judged: u64,
    /// Slices that were not, and are in no total.
    pub unknown: u64,
    /// The events they are judged by, since the process started.
    pub events: CountsDocument,
}

/// One window. All of it but the burns is whole, so that windows of several instances add up exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WindowDocument {
    /// What it is called: `5m`, and `month` or `quarter` for what has gone by of one.
    pub name: String,
    /// How long it is, in seconds.
    pub seconds: u32,
    /// Whether it is what has gone by of a calendar period.
    pub calendar: bool,
    /// The events counted in it.
    pub counts: CountsDocument,
    /// How much of it was seen, in nanoseconds.
    pub seen_ns: u64,
    /// By how much its far edge may reach back beyond it, in nanoseconds.
    pub edge_gap_ns: u64,
    /// The burn of the events in it: their error ratio over the error budget. Null without events.
    pub burn: Option<f64>,
    /// The same, scaled by coverage: what conditions compare. Null without events.
    pub scaled_burn: Option<f64>,
}

/// The error budget of the period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BudgetDocument {
    /// How what remains is known: `no_data`, `at_most` while less than 90 % of the period was seen, else `is`.
    pub known: String,
    /// The share that is left, negative when overspent. Null without data.
    pub remaining: Option<f64>,
    /// How long the period is, or will have been, in nanoseconds.
    pub length_ns: u64,
    /// The whole budget, as nanoseconds of total outage.
    pub allowed_ns: u64,
    /// What was spent, likewise. Null without data.
    pub spent_ns: Option<u64>,
    /// How many of the events seen so far may be bad.
    pub allowed_events: u64,
    /// When it runs out: `no_data`, `never`, `exhausted`, `in` or `within`.
    pub exhaustion: String,
    /// In how many nanoseconds, where it is `in` or, at the latest, `within`.
    pub exhausted_in_ns: Option<u64>,
}

/// One alert row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConditionDocument {
    /// `page`, `ticket` or `log`.
    pub severity: String,
    /// The window that says it matters, in seconds.
    pub long_seconds: u32,
    /// The window that says it still goes on, in seconds.
    pub short_seconds: u32,
    /// The burn rate to exceed.
    pub factor: f64,
    /// The same exactly: a decimal number of attoseconds (10^-18 s) of total outage within the long window, as text, since it may
    /// take 85 bits.
    pub threshold_attos: String,
    /// `no data`, `acceptable`, `increasing`, `firing` or `recovering`.
    pub position: String,
    /// Whether the condition holds.
    pub active: bool,
    /// The long window's burn, as it is compared. Null without events.
    pub long_burn: Option<f64>,
    /// The short window's burn, likewise.
    pub short_burn: Option<f64>,
    /// The raw burn that the long window needs now to exceed the row.
    pub effective_factor: f64,
    /// How many bad events the long window needs.
    pub min_bad: u64,
    /// How many it has.
    pub bad_long: u64,
    /// Whether the alert fires.
    pub alarm: AlarmDocument,
    /// Why the condition cannot be judged, so that the alert stands as it stood: `no_data`, `stale_tick`, `filling` or `gap`. Null
    /// where it can.
    pub frozen: Option<String>,
    /// Whether another alert of the SLO fires that is more severe, so that nobody is told of this one.
    pub suppressed: bool,
    /// Whether somebody has muted it, so that nobody is told.
    pub muted: bool,
}

/// Whether an alert fires, as the last tick left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AlarmDocument {
    /// `quiet`, `waiting` where it does not hold for long enough yet, or `firing`.
    pub state: String,
    /// For how long it waits or fires, in nanoseconds. Null where it is quiet.
    pub for_ns: Option<u64>,
    /// For how long the condition of a firing alert has not held, in nanoseconds. Null while it holds.
    pub quiet_for_ns: Option<u64>,
    /// Why it does not hold, such as `short_window_good` or `traffic_gone`. Null while it holds.
    pub quiet_because: Option<String>,
}

/// Something that no error ratio shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignalDocument {
    /// What, such as `stalled`, `traffic_lost` or `budget_consumed`.
    pub signal: String,
    /// `page`, `ticket` or `log`.
    pub severity: String,
    /// Its numbers when it last held, for people. Null where it has none.
    pub message: Option<String>,
    /// Whether the alert fires.
    pub alarm: AlarmDocument,
    /// Why it cannot be told whether it holds, so that the alert stands as it stood: `stale_tick` or `gap`. Null where it can.
    pub frozen: Option<String>,
    /// Whether another alert of the SLO fires that is more severe or says the same, so that nobody is told of this one.
    pub suppressed: bool,
    /// Whether somebody has muted it, so that nobody is told.
    pub muted: bool,
}

/// Where a budget stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StandingDocument {
    /// Which of the bands it is, from 0 for the fullest.
    pub position: u32,
    /// What people call it.
    pub name: String,
    /// What is permitted there: `approve`, `review`, `defer` or `block`.
    pub action: String,
    /// For how long it stands there, in nanoseconds, as far as this process knows or remembers.
    pub for_ns: u64,
}
