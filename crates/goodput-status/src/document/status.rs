//! The outermost of the document: the instance, its flags and its routes.

use serde::{Deserialize, Serialize};

use super::guard::{FeatureDocument, GuardDocument, MuteDocument};
use super::slo::{CountsDocument, ReasonDocument, SloDocument};

/// The version that is written.
pub const VERSION: u32 = 1;

/// Everything one instance says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StatusDocument {
    /// What this is: `status`.
    pub goodput: String,
    /// The version of this document, 1.
    pub version: u32,
    /// The instance: 32 hexadecimal digits that no other instance and no other start of a process has.
    pub instance: String,
    /// The service's name.
    pub service: String,
    /// What was released last, as the service was told; null where it was not.
    pub deploy: Option<String>,
    /// Whose numbers these are: `instance`, this process alone since it started.
    pub scope: String,
    /// Whether the definition says that there is no other instance.
    pub single_instance: bool,
    /// Milliseconds since the beginning of 1970 in UTC, by the clock of the machine, when this was written.
    pub written_unix_ms: u64,
    /// How long the instance has lived, in nanoseconds.
    pub age_ns: u64,
    /// How long ago history was last kept, in nanoseconds. Windows are as wrong as this is late.
    pub since_last_tick_ns: u64,
    /// How often it ticks, in nanoseconds.
    pub tick_every_ns: u64,
    /// Ticks taken.
    pub ticks: u64,
    /// Events in flight on the service's own routes.
    pub in_flight: u64,
    /// Of these, those in flight for longer than their routes' limits.
    pub overdue: u64,
    /// Requests on their way from an outer layer to the service.
    pub queued: u64,
    /// How often a service failed before it was ready for a request.
    pub unready: u64,
    /// How often a process went on from an earlier one's state within the last hour; null where it keeps none.
    pub restarts_1h: Option<u64>,
    /// What to know before trusting the numbers.
    pub flags: Vec<FlagDocument>,
    /// What is permitted at what rest of the budget, from the fullest band to the last.
    pub bands: Vec<BandDocument>,
    /// How far a budget has to recover beyond a line before a better band is entered: `2%`, with at most three decimals.
    pub hysteresis: String,
    /// The SLOs, in the order of the definition.
    pub slos: Vec<SloDocument>,
    /// For what time nobody is told of alerts.
    pub mutes: Vec<MuteDocument>,
    /// The guards, in the order they were built.
    pub guards: Vec<GuardDocument>,
    /// The guarded features, likewise.
    pub features: Vec<FeatureDocument>,
    /// SLOs that a reload has removed.
    pub removed: Vec<RemovedDocument>,
    /// The busiest routes, at most 100 of them.
    pub routes: Vec<RouteDocument>,
    /// How many routes there are beyond those.
    pub more_routes: u64,
}

/// One band of the budget policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BandDocument {
    /// What people call it.
    pub name: String,
    /// More than this share of the budget is left: `50%`, with at most three decimals. Null for the last band.
    pub above: Option<String>,
    /// What is permitted there: `approve`, `review`, `defer` or `block`.
    pub action: String,
}

/// Something about the measurement that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FlagDocument {
    /// One word, such as `no_recent_tick`.
    pub code: String,
    /// The same for people, with its numbers.
    pub message: String,
}

/// What was counted for an SLO that is no longer there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RemovedDocument {
    /// Its name.
    pub name: String,
    /// Events since the process started.
    pub counts: CountsDocument,
    /// The bad and excluded ones by reason, most first.
    pub reasons: Vec<ReasonDocument>,
}

/// One route since the process started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RouteDocument {
    /// Its template, never a path.
    pub template: String,
    /// The class of its requests, if they have one.
    pub class: Option<String>,
    /// Events begun.
    pub begun: u64,
    /// Events finished.
    pub finished: u64,
    /// Events begun and not finished.
    pub in_flight: u64,
    /// Of these, those in flight for longer than the limit.
    pub overdue: u64,
    /// How long an event may go on, in nanoseconds.
    pub limit_ns: u64,
    /// Whether at least three events are overdue and none has finished for as long as the limit.
    pub stalled: bool,
    /// Events that the service failed, as the default rules have it.
    pub failures: u64,
    /// What went wrong with those, most first: at most 10 kinds.
    pub errors: Vec<ErrorDocument>,
    /// How long successes took to the head; null before the first.
    pub success: Option<LatencyDocument>,
    /// How long failures took; null before the first.
    pub error: Option<LatencyDocument>,
}

/// How often one thing went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ErrorDocument {
    /// The `error.type` of OpenTelemetry's semantic conventions.
    pub error_type: String,
    /// How often.
    pub count: u64,
}

/// A distribution of latencies since the process started; quantiles are right within 6.25 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LatencyDocument {
    /// How many there are.
    pub count: u64,
    /// Half took at most so long, in nanoseconds.
    pub p50_ns: u64,
    /// 95 % took at most so long, in nanoseconds.
    pub p95_ns: u64,
    /// 99 % took at most so long, in nanoseconds.
    pub p99_ns: u64,
}
