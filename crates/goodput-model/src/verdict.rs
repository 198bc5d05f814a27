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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reason(&'static str);

impl Reason {
    /// Slower than the threshold.
    pub const SLOW: Self = Self("slow");
    /// A status of the 5xx class, or one the SLO lists as bad.
    pub const SERVER_ERROR: Self = Self("server_error");
    /// The service timed the request out (status 408 or 504).
    pub const TIMEOUT: Self = Self("timeout");
    /// The inner service returned `Err` in place of a response.
    pub const SERVICE_ERROR: Self = Self("service_error");
    /// The service panicked.
    pub const PANIC: Self = Self("panic");
    /// The body failed on our side after the head was sent.
    pub const BODY_ERROR: Self = Self("body_error");
    /// The caller went away before the head: a client that left, or a timeout outside the layer.
    pub const CANCELLED: Self = Self("cancelled");
    /// The caller dropped the body before the point the SLO measures.
    pub const BODY_DROPPED: Self = Self("body_dropped");
    /// Status 429.
    pub const RATE_LIMITED: Self = Self("rate_limited");
    /// Status 405.
    pub const METHOD_NOT_ALLOWED: Self = Self("method_not_allowed");
    /// Status 404 where no route matched.
    pub const NOT_FOUND: Self = Self("not_found");
    /// A status the SLO lists as excluded.
    pub const STATUS_EXCLUDED: Self = Self("status_excluded");
    /// The route is excluded from every SLO.
    pub const ROUTE_EXCLUDED: Self = Self("route_excluded");
    /// The response was degraded (quality SLOs only).
    pub const DEGRADED: Self = Self("degraded");
    /// A failure at or under the latency threshold: it says nothing about speed.
    pub const FAILED: Self = Self("failed");
    /// The event carries no duration, so a latency SLO cannot judge it.
    pub const NOT_MEASURED: Self = Self("not_measured");
    /// The handler's own word. Its reasons are counted apart, by name.
    pub const HANDLER: Self = Self("handler");
    /// A reason beyond the first 64.
    pub const OTHER: Self = Self("other");

    /// A reason of the caller's own.
    pub const fn new(word: &'static str) -> Self {
        Self(word)
    }

    /// The word.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
