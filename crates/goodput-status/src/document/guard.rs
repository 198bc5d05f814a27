//! What the service does about its SLOs by itself: guards, features and mutes, and every SLO without what guards have shed.

use serde::{Deserialize, Serialize};

use super::slo::CountsDocument;

/// One guard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GuardDocument {
    /// Its name.
    pub name: String,
    /// The SLO it looks at.
    pub slo: String,
    /// What it does with the requests it holds back: `shed` or `degrade`.
    pub action: String,
    /// The share of its requests that is admitted now: `12.5%`, with at most three decimals.
    pub admitted: String,
    /// The least that ever is.
    pub floor: String,
    /// Requests it has held back since the process started.
    pub held_back: u64,
    /// The window it looks at, in seconds.
    pub window_seconds: u32,
    /// The burn it sees there, without requests that were shed; null without events.
    pub burn: Option<f64>,
    /// The burn above which it acts.
    pub above: f64,
}

/// One guarded feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FeatureDocument {
    /// Its name.
    pub name: String,
    /// The SLO it depends on.
    pub slo: String,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// The window that is looked at, in seconds.
    pub window_seconds: u32,
    /// The burn that is seen there, without requests that were shed; null without events.
    pub burn: Option<f64>,
    /// The burn above which it is off.
    pub above: f64,
}

/// A time in which nobody is told of alerts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MuteDocument {
    /// Whose alerts; null for those of all SLOs.
    pub slo: Option<String>,
    /// For how long from now, in nanoseconds.
    pub left_ns: u64,
    /// Why.
    pub why: String,
}

/// What of an SLO's events guards have shed, and what there is without them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShedsDocument {
    /// Sheds since the process started: bad and excluded ones. The SLO's own counts, windows and budget hold them.
    pub sheds: CountsDocument,
    /// The SLO's counts without them.
    pub counts: CountsDocument,
    /// The SLO's windows without them, as far as this process has seen them, shortest first.
    pub windows: Vec<ShedWindowDocument>,
}

/// One window without what guards have shed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShedWindowDocument {
    /// How long it is, in seconds.
    pub seconds: u32,
    /// What was counted in it.
    pub counts: CountsDocument,
    /// How much of it was seen, in nanoseconds.
    pub seen_ns: u64,
}
