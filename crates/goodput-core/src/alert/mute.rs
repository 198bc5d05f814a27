//! Mutes: for a time, nobody is told of alerts. They go on firing, and every event counts as ever.

use std::fmt;
use std::time::Duration;

use crate::clock::Moment;
use crate::read::WatchedSlo;
use crate::state::SavedMute;

/// A time in which nobody is to be told of alerts, such as maintenance. It mutes notifications, never events: what went wrong meanwhile
/// is in every count, budget and status, and what still fires when it is over is told then.
///
/// ```
/// use std::time::Duration;
/// use goodput_core::{Goodput, Mute, Slo};
///
/// let goodput = Goodput::builder("shop").slo(Slo::availability("shop-ok", "99.9%")).build()?;
/// goodput.mute(Mute::of_all(Duration::from_secs(1_800), "database upgrade"))?;
/// assert_eq!(goodput.mutes().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mute {
    /// Whose alerts; all of them without one.
    pub slo: Option<String>,
    /// For how long, on the instance's timeline, from when it is given to the instance.
    pub lasting: Duration,
    /// Why: whoever looks at the status is told.
    pub why: String,
}

impl Mute {
    /// The longest.
    pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
    /// The most at a time.
    pub const MOST: usize = 100;
    /// The longest [`why`](Self::why), in bytes.
    pub const LONGEST_WHY: usize = 1_000;

    /// Mutes the alerts of every SLO.
    pub fn of_all(lasting: Duration, why: impl Into<String>) -> Self {
        Self { slo: None, lasting, why: why.into() }
    }

    /// Mutes the alerts of one SLO.
    pub fn of(slo: impl Into<String>, lasting: Duration, why: impl Into<String>) -> Self {
        Self { slo: Some(slo.into()), lasting, why: why.into() }
    }
}

/// Why a mute is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MuteError {
    /// There is no such SLO.
    UnknownSlo {
        /// As given.
        slo: String,
    },
    /// It would last longer than anybody remembers.
    TooLong {
        /// As given.
        lasting: Duration,
    },
    /// So many are in force already.
    TooMany,
    /// It says more than anybody reads.
    WhyTooLong {
        /// How many bytes it has.
        bytes: usize,
    },
}

impl fmt::Display for MuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownSlo { slo } => write!(f, "mute of SLO {slo:?}: expected an SLO of the definition"),
            Self::TooLong { lasting } => {
                write!(f, "mute for {lasting:?}: expected at most {:?}", Mute::LONGEST)
            }
            Self::WhyTooLong { bytes } => {
                write!(f, "mute: its reason has {bytes} bytes: expected at most {}", Mute::LONGEST_WHY)
            }
            Self::TooMany => write!(f, "mute: expected at most {} at a time", Mute::MOST),
        }
    }
}

impl std::error::Error for MuteError {}

/// Those in force.
#[derive(Debug, Default)]
pub(crate) struct Mutes(Vec<(Duration, Mute)>);

impl Mutes {
    pub(crate) fn add(&mut self, mute: Mute, now: Moment) -> Result<(), MuteError> {
        self.expire(now);
        if mute.lasting > Mute::LONGEST {
            return Err(MuteError::TooLong { lasting: mute.lasting });
        }
        if mute.why.len() > Mute::LONGEST_WHY {
            return Err(MuteError::WhyTooLong { bytes: mute.why.len() });
        }
        if self.0.len() >= Mute::MOST {
            return Err(MuteError::TooMany);
        }
        self.0.push((now.since_origin().saturating_add(mute.lasting), mute));
        Ok(())
    }

    /// Forgets those of an SLO, or with none all of them, and tells how many there were.
    pub(crate) fn lift(&mut self, slo: Option<&str>) -> usize {
        let before = self.0.len();
        self.0.retain(|(_, mute)| slo.is_some() && mute.slo.as_deref() != slo);
        before - self.0.len()
    }

    pub(crate) fn expire(&mut self, now: Moment) {
        self.0.retain(|(until, _)| *until > now.since_origin());
    }

    pub(crate) fn holds_for(&self, slo: &str, now: Moment) -> bool {
        let mut in_force = self.0.iter().filter(|(until, _)| *until > now.since_origin());
        in_force.any(|(_, mute)| mute.slo.as_deref().is_none_or(|muted| muted == slo))
    }

    /// Those in force, to be remembered.
    pub(crate) fn saved(&self, now: Moment) -> Vec<SavedMute> {
        let in_force = self.0.iter().filter(|(until, _)| *until > now.since_origin());
        let saved = |(until, mute): &(Duration, Mute)| SavedMute {
            until: *until,
            slo: mute.slo.clone().unwrap_or_default(),
            why: mute.why.clone(),
        };
        in_force.map(saved).collect()
    }

    /// Goes on with what was remembered. A clock that was set makes none of them longer than the longest, and those of SLOs that are no
    /// more are passed over.
    pub(crate) fn recall(&mut self, saved: impl Iterator<Item = SavedMute>, now: Moment, slos: &[WatchedSlo]) {
        for SavedMute { until, slo, why } in saved {
            let is_known = slo.is_empty() || slos.iter().any(|known| known.name == slo);
            let lasting = until.saturating_sub(now.since_origin()).min(Mute::LONGEST);
            if is_known && !lasting.is_zero() {
                let mute = Mute { slo: Some(slo).filter(|slo| !slo.is_empty()), lasting, why };
                // A file holds no more than may be in force.
                let _: Result<(), MuteError> = self.add(mute, now);
            }
        }
    }

    /// Each with what is left of it.
    pub(crate) fn in_force(&self, now: Moment) -> Vec<Mute> {
        let left = self.0.iter().filter_map(|(until, mute)| {
            let lasting = until.checked_sub(now.since_origin()).filter(|left| !left.is_zero())?;
            Some(Mute { lasting, ..mute.clone() })
        });
        left.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn a_mute_is_over_when_it_is_and_mutes_its_own_slo() {
        let mut mutes = Mutes::default();
        mutes.add(Mute::of("ok", Duration::from_secs(10), "work"), at(5)).unwrap();
        assert!(mutes.holds_for("ok", at(5)) && !mutes.holds_for("fast", at(5)));
        assert!(mutes.holds_for("ok", at(14)) && !mutes.holds_for("ok", at(15)));
        assert_eq!(mutes.in_force(at(8)).first().map(|mute| mute.lasting), Some(Duration::from_secs(7)));
        mutes.expire(at(14));
        assert!(mutes.holds_for("ok", at(14)));
        mutes.expire(at(15));
        assert!(!mutes.holds_for("ok", at(14)));
    }

    #[test]
    fn mutes_are_bounded_and_lifted() {
        let mut mutes = Mutes::default();
        let long = Duration::from_secs(8 * 24 * 60 * 60);
        assert_eq!(mutes.add(Mute::of_all(long, ""), at(0)), Err(MuteError::TooLong { lasting: long }));
        let (week, why) = (Duration::from_secs(7 * 24 * 60 * 60), "x".repeat(Mute::LONGEST_WHY));
        assert_eq!((mutes.add(Mute::of_all(week, why), at(0)), mutes.lift(None)), (Ok(()), 1));
        let why = "x".repeat(Mute::LONGEST_WHY + 1);
        assert_eq!(
            mutes.add(Mute::of_all(Duration::ZERO, why), at(0)),
            Err(MuteError::WhyTooLong { bytes: Mute::LONGEST_WHY + 1 })
        );
        for _ in 0..Mute::MOST - 1 {
            mutes.add(Mute::of_all(Duration::from_secs(1), ""), at(0)).unwrap();
        }
        mutes.add(Mute::of("ok", Duration::from_secs(1), ""), at(0)).unwrap();
        assert_eq!(mutes.add(Mute::of_all(Duration::from_secs(1), ""), at(0)), Err(MuteError::TooMany));
        assert_eq!((mutes.lift(Some("fast")), mutes.lift(Some("ok")), mutes.lift(None)), (0, 1, Mute::MOST - 1));
        mutes.add(Mute::of_all(Duration::from_secs(1), ""), at(0)).unwrap();
        assert_eq!(mutes.add(Mute::of_all(Duration::from_secs(1), ""), at(2)), Ok(()));
    }
}
