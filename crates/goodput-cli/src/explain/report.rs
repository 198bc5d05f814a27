//! What `explain` answers, for people and programs alike: `schemas/explain.json` in Rust.

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) schema: &'static str,
    pub(super) service: String,
    pub(super) slos: Vec<Explained>,
}

#[derive(Debug, Serialize)]
pub(super) struct Explained {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) journey: Option<String>,
    pub(super) indicator: &'static str,
    pub(super) subject: String,
    pub(super) objective: String,
    pub(super) objective_ratio: f64,
    pub(super) period: String,
    pub(super) period_seconds: u32,
    pub(super) is_calendar: bool,
    pub(super) budgeting: &'static str,
    /// `event` or `slice`.
    pub(super) unit: &'static str,
    pub(super) slice_seconds: Option<u32>,
    /// What a share of errors is one of: `events`, or `slices` that are judged as a whole.
    pub(super) errors_of: &'static str,
    pub(super) classification: Classification,
    pub(super) budget: Budget,
    /// Whether the alerts are the default ones rather than the file's.
    pub(super) default_alerts: bool,
    pub(super) alerts: Vec<Alert>,
    pub(super) adaptations: Vec<String>,
    pub(super) first_alerts: Vec<First>,
    pub(super) one_bad: Option<OneBad>,
    pub(super) one_bad_reason: Option<&'static str>,
    pub(super) ages: Vec<Age>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Classification {
    pub(super) good: Vec<String>,
    pub(super) bad: Vec<String>,
    pub(super) excluded: Vec<String>,
    /// Where the verdict falls, as a sentence.
    pub(super) judged: String,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Budget {
    pub(super) ratio: f64,
    pub(super) outage_seconds: f64,
    pub(super) traffic: Option<String>,
    pub(super) expected_in_period: Option<u64>,
    pub(super) bad_allowed_in_period: Option<u64>,
    pub(super) reason: Option<&'static str>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Alert {
    pub(super) row: String,
    pub(super) severity: String,
    pub(super) long_seconds: u32,
    pub(super) short_seconds: u32,
    pub(super) factor: f64,
    pub(super) error_ratio: f64,
    pub(super) budget_share: f64,
    /// The bad events, or slices, it takes at the stated traffic: those the burn asks for, and those `min_bad` does.
    pub(super) bad_needed: Option<BadNeeded>,
    pub(super) detection: Vec<Detection>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct BadNeeded {
    pub(super) by_burn: f64,
    pub(super) by_min_bad: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Detection {
    pub(super) error_ratio: f64,
    /// With events as dense as a flow, or in slices where those are counted.
    pub(super) seconds: Option<f64>,
    /// With the whole events of the stated traffic, and `min_bad`.
    pub(super) seconds_at_traffic: Option<f64>,
    /// Why one of them is not there.
    pub(super) reason: Option<&'static str>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct First {
    pub(super) error_ratio: f64,
    pub(super) row: Option<String>,
    pub(super) seconds: Option<f64>,
    pub(super) reason: Option<&'static str>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct OneBad {
    pub(super) budget_share: f64,
    /// Whether a single one pages.
    pub(super) pages: bool,
    pub(super) rows: Vec<Alone>,
}

/// What a single bad event does to a row.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Alone {
    pub(super) row: String,
    pub(super) burn: Option<f64>,
    pub(super) exceeds: bool,
    pub(super) min_bad: f64,
    pub(super) fires: bool,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Age {
    pub(super) length: String,
    pub(super) seconds: u32,
    pub(super) period_coverage: f64,
    /// How the rest of the budget is known: `at_most` or `is`.
    pub(super) remaining: &'static str,
    pub(super) rows: Vec<Young>,
}

/// What a row makes of a history that is shorter than its window.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Young {
    pub(super) row: String,
    pub(super) window: String,
    pub(super) coverage: f64,
    /// The burn that what was seen needs.
    pub(super) effective_factor: f64,
    /// Whether a total outage from the first moment on would have fired it by now.
    pub(super) can_fire: bool,
}
