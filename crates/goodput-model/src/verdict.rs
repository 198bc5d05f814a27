//! The verdict on one event: good, bad or excluded, the last two with a reason.

use std::fmt;

/// What an event counts as, decided once.
///
/// A handler may say it itself by putting a `Verdict` into the response's extensions; it then holds for every SLO of the
/// route: availability takes it as said, latency is measured as for any success ([`Verdict::Good`]) or failure
/// ([`Verdict::Bad`]), and [`Verdict::Excluded`] takes the event out of all of them.
///
/// The three variants are all there will be: good and bad make up the valid events, excluded is the rest.
///
/// ```
/// use goodput_model::Verdict;
///
/// let declined = Verdict::excluded("card_declined");
/// assert_eq!(declined.to_string(), "excluded (card_declined)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The event met the objective.
    Good,
    /// The event spent error budget.
    Bad(Reason),
    /// The event says nothing about the service. It is counted and exported all the same, so that nothing hides here.
    Excluded(Reason),
}

impl Verdict {
    /// A bad event with its reason.
    pub const fn bad(reason: &'static str) -> Self {
        Self::Bad(Reason::new(reason))
    }

    /// An excluded event with its reason.
    pub const fn excluded(reason: &'static str) -> Self {
        Self::Excluded(Reason::new(reason))
    }

    /// The reason of a bad or excluded event.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Good => None,
            Self::Bad(reason) | Self::Excluded(reason) => Some(reason),
        }
    }

    /// The value of the `verdict` label: `good`, `bad` or `excluded`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad(_) => "bad",
            Self::Excluded(_) => "excluded",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            None => f.write_str(self.label()),
            Some(reason) => write!(f, "{} ({reason})", self.label()),
        }
    }
}

/// A response that was served with less than its full quality: a cached page, results from one of two backends.
///
/// Put it into the response's extensions. It is heard only on responses that are otherwise good, and only quality SLOs
/// ([`Slo::quality`](crate::Slo::quality)) count it as bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Degraded;

/// Why an event was bad or excluded: a short word fixed in the source code, never text from a request.
///
/// The constants are the reasons goodput gives by itself. A handler may use words of its own; the process keeps the first
/// 64 it hears and counts later ones as [`Reason::OTHER`].
///
/// Each is fit to be an `error.type` of OpenTelemetry's semantic conventions, which ask for few and fixed values: it prints
/// as that value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reason {
    word: &'static str,
    /// Whether the word names the dependency that is to blame.
    dependency: bool,
}

impl Reason {
    /// Slower than the threshold.
    pub const SLOW: Self = Self::new("slow");
    /// A status of the 5xx class or its like in gRPC, or a status the SLO lists as bad.
    pub const SERVER_ERROR: Self = Self::new("server_error");
    /// The service timed the request out (status 408 or 504, gRPC `DEADLINE_EXCEEDED`, or a layer between
    /// an outer and an inner one of ours).
    pub const TIMEOUT: Self = Self::new("timeout");
    /// The inner service returned `Err` in place of a response.
    pub const SERVICE_ERROR: Self = Self::new("service_error");
    /// The service panicked.
    pub const PANIC: Self = Self::new("panic");
    /// The body failed on our side after the head was sent.
    pub const BODY_ERROR: Self = Self::new("body_error");
    /// A gRPC response ended without a status.
    pub const NO_GRPC_STATUS: Self = Self::new("no_grpc_status");
    /// gRPC `RESOURCE_EXHAUSTED`: the service's own resources, unless the handler says that it was the caller's quota.
    pub const RESOURCE_EXHAUSTED: Self = Self::new("resource_exhausted");
    /// A layer in front of the service refused the request: load shedding, a closed circuit, a budget guard. A handler that sheds by
    /// itself may say it too; a guard then takes it for a shed of its own, which no guard acts on.
    pub const SHED: Self = Self::new("shed");
    /// The caller went away before the head: a client that left, or a timeout outside the layer.
    pub const CANCELLED: Self = Self::new("cancelled");
    /// The caller dropped the body before the point the SLO measures.
    pub const BODY_DROPPED: Self = Self::new("body_dropped");
    /// Status 429.
    pub const RATE_LIMITED: Self = Self::new("rate_limited");
    /// Status 405.
    pub const METHOD_NOT_ALLOWED: Self = Self::new("method_not_allowed");
    /// Status 404, or gRPC `UNIMPLEMENTED`, where no route matched.
    pub const NOT_FOUND: Self = Self::new("not_found");
    /// A status the SLO lists as excluded.
    pub const STATUS_EXCLUDED: Self = Self::new("status_excluded");
    /// The route is excluded from every SLO.
    pub const ROUTE_EXCLUDED: Self = Self::new("route_excluded");
    /// The response was degraded (quality SLOs only).
    pub const DEGRADED: Self = Self::new("degraded");
    /// A failure at or under the latency threshold: it says nothing about speed.
    pub const FAILED: Self = Self::new("failed");
    /// The event carries no duration, so a latency SLO cannot judge it.
    pub const NOT_MEASURED: Self = Self::new("not_measured");
    /// The handler's own word. Its reasons are counted apart, by name.
    pub const HANDLER: Self = Self::new("handler");
    /// What the caller did wrong, by status or code (error-rate SLOs only).
    pub const CLIENT_ERROR: Self = Self::new("client_error");
    /// The service's own code said nothing about the event (custom SLOs only).
    pub const UNSAID: Self = Self::new("unsaid");
    /// A record that was to come did not.
    pub const MISSING: Self = Self::new("missing");
    /// The data was older than the threshold.
    pub const STALE: Self = Self::new("stale");
    /// A slice in which the share of good events was below its target.
    pub const TOO_FEW_GOOD: Self = Self::new("too_few_good");
    /// The bad part of a slice that is counted by its ratio.
    pub const BAD_EVENTS: Self = Self::new("bad_events");
    /// A slice in which fewer events happened than should have.
    pub const TOO_FEW: Self = Self::new("too_few");
    /// A slice in which more of something limited was in use than should have been.
    pub const SATURATED: Self = Self::new("saturated");
    /// A reason beyond the first 64.
    pub const OTHER: Self = Self::new("other");
    /// What the reasons that blame a dependency begin with when printed.
    pub const DEPENDENCY: &str = "dependency:";

    /// A reason of the caller's own.
    pub const fn new(word: &'static str) -> Self {
        Self { word, dependency: false }
    }

    /// The dependency of this name is to blame: prints as `dependency:<name>`. Declare the names, so that each has an
    /// exported series from the beginning.
    ///
    /// ```
    /// use goodput_model::{Reason, Verdict};
    ///
    /// let verdict = Verdict::Bad(Reason::dependency("payments"));
    /// assert_eq!(verdict.to_string(), "bad (dependency:payments)");
    /// ```
    pub const fn dependency(name: &'static str) -> Self {
        Self { word: name, dependency: true }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.dependency {
            f.write_str(Self::DEPENDENCY)?;
        }
        f.write_str(self.word)
    }
}
