//! What makes an event, or a slice of time, good: the kinds of SLI, and the point a latency is measured to.

use std::time::Duration;

use crate::{Rate, Share};

/// What makes an event, or a slice of time, good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Indicator {
    /// It did not fail.
    Availability,
    /// It did not fail; what the caller did wrong is excluded. Of the requests that could have succeeded, how many did.
    ErrorRate,
    /// It succeeded within the threshold; fast failures are excluded.
    Latency {
        /// At most this long is good.
        threshold: Duration,
        /// Up to here.
        measure: Measure,
    },
    /// It did not fail and took at most the threshold: one event, both conditions.
    GoodAndFast {
        /// At most this long is good.
        threshold: Duration,
        /// Up to here.
        measure: Measure,
    },
    /// It succeeded and was not degraded; failures are excluded.
    Quality,
    /// Of the records that were processed: it came out right.
    Correctness,
    /// Of the records that were to come: it came.
    Completeness,
    /// The data was at most so old: whenever somebody read it, or at the end of each slice.
    Freshness {
        /// At most this old is good.
        threshold: Duration,
    },
    /// The slice had at least so many events.
    Throughput {
        /// At least this is good.
        at_least: Rate,
    },
    /// No more than so much of something limited was in use at any moment of the slice.
    Saturation {
        /// At most this is good.
        at_most: Share,
    },
    /// As the service's own code says: events it gave no [`Verdict`](crate::Verdict) are excluded.
    Custom,
}

impl Indicator {
    /// The latency threshold and the point it is measured to, for indicators that have one.
    pub fn threshold(self) -> Option<(Duration, Measure)> {
        match self {
            Self::Latency { threshold, measure } | Self::GoodAndFast { threshold, measure } => {
                Some((threshold, measure))
            }
            _ => None,
        }
    }

    /// One word for tables, labels and files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::ErrorRate => "error_rate",
            Self::Latency { .. } => "latency",
            Self::GoodAndFast { .. } => "good_and_fast",
            Self::Quality => "quality",
            Self::Correctness => "correctness",
            Self::Completeness => "completeness",
            Self::Freshness { .. } => "freshness",
            Self::Throughput { .. } => "throughput",
            Self::Saturation { .. } => "saturation",
            Self::Custom => "custom",
        }
    }

    /// Whether a slice of time is judged as a whole, rather than by the share of its events that were good. Freshness is
    /// where reads are not events.
    pub const fn judges_slices(self) -> bool {
        matches!(self, Self::Freshness { .. } | Self::Throughput { .. } | Self::Saturation { .. })
    }

    /// Whether its events are requests, or work that is timed like them, so that a dependency's calls may be among them.
    pub const fn judges_requests(self) -> bool {
        !matches!(self, Self::Correctness | Self::Completeness | Self::Freshness { .. } | Self::Saturation { .. })
    }
}

/// The point a latency is measured to. These three are all a response has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// The response head: status and headers are ready.
    #[default]
    Head,
    /// The first byte of the body. A body without bytes reaches it at its end.
    FirstByte,
    /// The end of the body.
    End,
}
