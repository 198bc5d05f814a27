//! The answer: what fired, when it was resolved, and what it cost.

use std::time::Duration;

use goodput_core::{Counts, Row};
use jiff::Timestamp;
use serde::Serialize;

use super::watch::{Episode, Mark};

#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub(super) schema: &'static str,
    /// `outage` or `recording`.
    pub(super) kind: &'static str,
    /// The SLO of a file.
    pub(super) slo: Option<String>,
    pub(super) objective: String,
    pub(super) period: String,
    pub(super) plan: &'static str,
    pub(super) tick_seconds: f64,
    /// `clean` or `none`.
    pub(super) history: &'static str,
    pub(super) outage: Option<Described>,
    /// When second 0 was, on a clock on the wall.
    pub(super) began_at: Option<String>,
    /// How long the replay went on.
    pub(super) lasted_seconds: f64,
    pub(super) events: Events,
    /// At the end, of the period's budget.
    pub(super) budget_spent: Option<f64>,
    pub(super) alerts: Vec<Alert>,
    pub(super) signals: Vec<Signalled>,
    pub(super) conditions: Vec<Condition>,
    #[serde(skip)]
    pub(super) keeps_firing: KeepsFiring,
}

/// How long a condition has to have been over before its alert is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeepsFiring {
    /// As in a service.
    AsUsual,
    For(Duration),
}

#[derive(Debug, Serialize)]
pub(super) struct Described {
    pub(super) error_ratio: f64,
    pub(super) seconds: u32,
    pub(super) rate: String,
}

/// Since second 0.
#[derive(Debug, Serialize)]
pub(super) struct Events {
    good: u64,
    bad: u64,
    excluded: u64,
}

impl Events {
    pub(super) fn of(counts: Counts) -> Self {
        let Counts { good, bad, excluded } = counts;
        Self { good, bad, excluded }
    }
}

/// From firing to resolution.
#[derive(Debug, Serialize)]
pub(super) struct Alert {
    pub(super) severity: String,
    pub(super) long: String,
    pub(super) short: String,
    pub(super) factor: f64,
    pub(super) fired_at_seconds: f64,
    pub(super) fired_at: Option<String>,
    /// None while it fires.
    pub(super) resolved_at_seconds: Option<f64>,
    pub(super) resolved_at: Option<String>,
    /// When it fired, of the period's budget.
    pub(super) budget_spent: Option<f64>,
    pub(super) budget_spent_when_resolved: Option<f64>,
    /// A more severe alert fired when it did.
    pub(super) suppressed: bool,
}

impl Alert {
    /// The episode of a row.
    pub(super) fn of(episode: &Episode, began: Option<Timestamp>) -> Option<Self> {
        let Episode { fired, suppressed, resolved, .. } = episode;
        let row = episode.row()?;
        let wall = |mark: &Mark| wall(began?, mark.at);
        Some(Self {
            severity: row.severity().to_string(),
            long: row.long().to_string(),
            short: row.short().to_string(),
            factor: row.factor(),
            fired_at_seconds: fired.at.as_secs_f64(),
            fired_at: wall(fired),
            resolved_at_seconds: resolved.map(|mark| mark.at.as_secs_f64()),
            resolved_at: resolved.as_ref().and_then(wall),
            budget_spent: fired.spent,
            budget_spent_when_resolved: resolved.and_then(|mark| mark.spent),
            suppressed: *suppressed,
        })
    }
}

/// From firing to resolution of what no error ratio shows.
#[derive(Debug, Serialize)]
pub(super) struct Signalled {
    pub(super) severity: String,
    pub(super) signal: String,
    pub(super) fired_at_seconds: f64,
    pub(super) fired_at: Option<String>,
    /// None while it fires.
    pub(super) resolved_at_seconds: Option<f64>,
    pub(super) resolved_at: Option<String>,
}

impl Signalled {
    /// The episode of a signal.
    pub(super) fn of(episode: &Episode, began: Option<Timestamp>) -> Option<Self> {
        let Episode { fired, resolved, .. } = episode;
        let signal = episode.signal()?;
        let wall = |mark: &Mark| wall(began?, mark.at);
        Some(Self {
            severity: signal.severity().to_string(),
            signal: signal.to_string(),
            fired_at_seconds: fired.at.as_secs_f64(),
            fired_at: wall(fired),
            resolved_at_seconds: resolved.map(|mark| mark.at.as_secs_f64()),
            resolved_at: resolved.as_ref().and_then(wall),
        })
    }
}

/// What a clock on the wall shows so long after it showed `began`.
pub(super) fn wall(began: Timestamp, after: Duration) -> Option<String> {
    began.checked_add(after).ok().map(|at| at.to_string())
}

/// One alert row, whether or not it fired.
#[derive(Debug, Serialize)]
pub(super) struct Condition {
    pub(super) severity: String,
    pub(super) long: String,
    pub(super) short: String,
    factor: f64,
    /// The errors to exceed.
    threshold_ratio: f64,
    /// How often it fired.
    pub(super) fired: usize,
}

impl Condition {
    pub(super) fn of(row: &Row, episodes: &[Episode]) -> Self {
        Self {
            severity: row.severity().to_string(),
            long: row.long().to_string(),
            short: row.short().to_string(),
            factor: row.factor(),
            threshold_ratio: row.error_ratio(),
            fired: episodes.iter().filter(|episode| episode.row() == Some(row)).count(),
        }
    }
}
