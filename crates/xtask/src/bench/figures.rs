//! What is measured, as `goodput-bench` and `goodput-allocations` print it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The times of one interleaved run.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Times {
    /// On how many cores the run could be.
    pub(crate) cores: usize,
    /// Why the fast stopwatch is not one on this machine.
    pub(crate) distrust: Option<String>,
    pub(crate) series: Vec<Timed>,
}

/// One case on so many threads.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Timed {
    pub(crate) case: String,
    pub(crate) threads: usize,
    /// What it is compared with.
    pub(crate) over: Option<String>,
    /// Nanoseconds, the median over rounds.
    pub(crate) ns: f64,
    /// Of how many rounds.
    pub(crate) rounds: usize,
    /// Over what it is compared with: the median over rounds of the difference in the same round.
    pub(crate) ns_over: f64,
}

impl Times {
    pub(crate) fn of(&self, case: &str, threads: usize) -> Option<&Timed> {
        self.series.iter().find(|timed| timed.case == case && timed.threads == threads)
    }
}

/// Allocations per request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Allocations {
    pub(crate) cases: Vec<OfCase>,
    pub(crate) ways: Vec<OfWay>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OfCase {
    pub(crate) case: String,
    /// With what the service itself allocates.
    pub(crate) allocations: f64,
}

/// Of a way in which requests end.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OfWay {
    pub(crate) way: String,
    pub(crate) judged_at: String,
    /// Over what the service itself allocates.
    pub(crate) allocations: f64,
}

impl Allocations {
    pub(crate) fn of(&self, case: &str) -> Option<f64> {
        self.cases.iter().find(|of| of.case == case).map(|of| of.allocations)
    }
}

/// Instructions per request by case: of the bare service all, of every other case what it takes more than that.
pub(crate) type Instructions = BTreeMap<String, f64>;

/// A case that can be measured.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Described {
    pub(crate) case: String,
    /// What it is compared with.
    pub(crate) over: Option<String>,
}
