//! How an SLO burns, in five words.

use std::fmt;

use crate::exact::exceeds;
use crate::{Counts, Objective};

/// How an SLO burns. Greater is worse.
///
/// The burn is that of the events seen, unscaled: the worse of the last hour and the last six, where enough of them were
/// bad. Exhaustive on purpose: these are the rows of the [matrix](Self::action).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BurnStatus {
    /// A burn of 1 at most: the budget lasts.
    Healthy,
    /// Above 1: it does not.
    Attention,
    /// Above 1.5.
    Warning,
    /// Above 2, or a page fires, or would if the seen part of its long window spoke for the whole.
    Critical,
    /// Nothing is left to burn.
    Exhausted,
}

impl BurnStatus {
    /// Every one of them, the best first.
    pub const ALL: [Self; 5] = [Self::Healthy, Self::Attention, Self::Warning, Self::Critical, Self::Exhausted];

    /// As it is written in answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Attention => "attention",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Exhausted => "exhausted",
        }
    }

    /// What the burn of these events is called, exactly at a line the better of both. Without valid events it is healthy: nothing
    /// burns.
    pub fn of_burn(objective: Objective, counts: Counts) -> Self {
        let above = |halves: u32| {
            // bad / valid > halves / 2 * e, with e in parts per billion.
            let line = u128::from(objective.bad_ppb()) * u128::from(halves);
            exceeds(u128::from(counts.bad), counts.valid_exact(), line, 2_000_000_000)
        };
        [Self::Critical, Self::Warning, Self::Attention]
            .into_iter()
            .find(|status| above(status.half_burns()))
            .unwrap_or(Self::Healthy)
    }

    /// The burn to exceed, in halves. What is exhausted burns no line further.
    const fn half_burns(self) -> u32 {
        match self {
            Self::Healthy => 0,
            Self::Attention => 2,
            Self::Warning => 3,
            Self::Critical | Self::Exhausted => 4,
        }
    }

    /// The burn that has to be exceeded for it: 1, 1.5 or 2; none for those that do not follow from the burn alone.
    pub fn above(self) -> Option<f64> {
        match self {
            Self::Healthy | Self::Exhausted => None,
            Self::Attention | Self::Warning | Self::Critical => Some(f64::from(self.half_burns()) / 2.0),
        }
    }
}

/// `healthy`, `attention`, `warning`, `critical` or `exhausted`.
impl fmt::Display for BurnStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_reached_is_not_exceeded() {
        use BurnStatus::{Attention, Critical, Healthy, Warning};
        for (good, bad, status) in [
            (0, 0, Healthy),
            (999_000, 1_000, Healthy),
            (998_999, 1_000, Attention),
            (998_500, 1_500, Attention),
            (998_499, 1_500, Warning),
            (998_000, 2_000, Warning),
            (997_999, 2_000, Critical),
            (0, 1, Critical),
            (0, u64::MAX, Critical),
        ] {
            let counts = Counts { good, bad, excluded: 1 };
            assert_eq!(BurnStatus::of_burn("99.9%".parse().unwrap(), counts), status, "{counts:?}");
        }
    }
}
