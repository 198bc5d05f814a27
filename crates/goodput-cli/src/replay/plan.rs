//! How finely the history of a replay is kept.

use std::time::Duration;

use clap::ValueEnum;
use goodput_core::{Period, SlotError, SlotPlan};

use crate::failure::Failure;

/// How finely history is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Plan {
    /// A slot every tick: windows are exact
    #[default]
    Dense,
    /// As in a service: what is long ago is kept coarsely
    Standard,
    /// As in a service with little memory
    Compact,
}

impl Plan {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Standard => "standard",
            Self::Compact => "compact",
        }
    }

    /// The shortest time between two ticks, in whole seconds, that the dense plan has room for.
    pub(super) fn finest(period: Period) -> Duration {
        let seconds = u128::from(period.longest().secs()).div_ceil(SlotError::MAX_SLOTS);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(1))
    }

    /// The slots for a period, at so much time between two ticks.
    pub(super) fn slots(self, tick: Duration, period: Period) -> Result<SlotPlan, Failure> {
        match self {
            Self::Dense => SlotPlan::dense(tick, period).map_err(|error| {
                Failure::usage(format!(
                    "--tick {tick:?} on the dense plan over {period}: {error}; a longer --tick needs fewer"
                ))
            }),
            Self::Standard => Ok(SlotPlan::standard(period)),
            Self::Compact => Ok(SlotPlan::compact(period)),
        }
    }
}
