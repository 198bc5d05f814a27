//! What makes an event good: the four kinds of SLI, and the point a latency is measured to.

use std::time::Duration;

/// What makes an event good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Indicator {
    /// It did not fail.
    Availability,
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
}

impl Indicator {
    /// The latency threshold and the point it is measured to, for indicators that have one.
    pub fn threshold(self) -> Option<(Duration, Measure)> {
        match self {
            Self::Latency { threshold, measure } | Self::GoodAndFast { threshold, measure } => {
                Some((threshold, measure))
            }
            Self::Availability | Self::Quality => None,
        }
    }

    /// One word for tables and labels.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Availability => "availability",
            Self::Latency { .. } => "latency",
            Self::GoodAndFast { .. } => "good_and_fast",
            Self::Quality => "quality",
        }
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
