//! The script of the show: what happens when, and how fast its timeline runs.

use std::fmt;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

/// Where the show is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Healthy,
    Outage,
    Recovery,
    Over,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Outage => "OUTAGE: the payment provider fails and hangs",
            Self::Recovery => "recovery: payments work again",
            Self::Over => "over",
        })
    }
}

/// A show of a given length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    seconds: u32,
}

impl Script {
    /// What the whole show takes on the timeline, however short it is in real time: an hour and a half.
    const TIMELINE_SECONDS: u32 = 90 * 60;

    pub(crate) fn lasting(seconds: u32) -> Self {
        Self { seconds }
    }

    /// Seconds of timeline for each real one: 60 in a show of 90 seconds.
    pub(crate) fn speed(self) -> u32 {
        (Self::TIMELINE_SECONDS / self.seconds).max(1)
    }

    /// Plays the phases in turn. The end is left to the caller.
    pub(crate) async fn play(self, stage: &watch::Sender<Phase>) {
        for (phase, percent) in [(Phase::Healthy, 30), (Phase::Outage, 20), (Phase::Recovery, 50)] {
            stage.send_replace(phase);
            sleep(Duration::from_secs(self.seconds.into()) * percent / 100).await;
        }
    }
}
