//! What the error budget is a share of: events, slices of time, or the mean of slices.

use crate::{Objective, Window};

/// What the error budget is a share of, in the words of [OpenSLO](https://github.com/openslo/openslo#slo).
///
/// Time slices weigh a quiet minute as much as a busy one: few bad events at night count for more, a short peak of them for
/// less. A slice of which less than 90 % was seen, or in which nothing valid happened, is *unknown* and in no total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Budgeting {
    /// Events: each is good or bad.
    Occurrences,
    /// Slices: each is good or bad.
    ///
    /// The floor of bad events, [`MinBad`](crate::MinBad), is one of bad slices: three at least, unless it is given. A row whose long
    /// window holds fewer slices never fires, whatever happens: where slices are longer than 20 minutes, give a floor of 1.
    Timeslices {
        /// How long a slice is.
        slice: Window,
        /// The share of a slice's events that has to be good for the slice to be. `None` for the indicators that judge a
        /// slice as a whole: freshness, throughput, saturation.
        target: Option<Objective>,
    },
    /// The mean of the slices' own ratios of good events. Counted in millionths of a slice.
    ///
    /// The floor of bad events, [`MinBad`](crate::MinBad), is one of bad millionths, and holds nothing back: in a slice with a single
    /// event, a bad one is a million of them. Where events are rare, budget by occurrences.
    RatioTimeslices {
        /// How long a slice is.
        slice: Window,
    },
}

impl Budgeting {
    /// The slice of an SLO that names none.
    pub const DEFAULT_SLICE: Window = Window::M1;
    /// The longest slice.
    pub const LONGEST_SLICE: Window = Window::D1;
    /// What a slice of [`RatioTimeslices`](Self::RatioTimeslices) is counted as.
    pub const PARTS: u64 = 1_000_000;

    /// The length of a slice, for the methods that have one.
    pub const fn slice(self) -> Option<Window> {
        match self {
            Self::Occurrences => None,
            Self::Timeslices { slice, .. } | Self::RatioTimeslices { slice } => Some(slice),
        }
    }

    /// One word for tables and files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Occurrences => "occurrences",
            Self::Timeslices { .. } => "timeslices",
            Self::RatioTimeslices { .. } => "ratio_timeslices",
        }
    }
}
