//! Where one alert stands, as it is remembered.

use std::time::Duration;

use goodput_model::{AlarmState, Cleared, Counts, Frozen};

use super::varint::{Cursor, put_number, put_text};
use crate::clock::nanos;

/// Where one alert of an SLO stands, if there is anything to remember of it. Moments are the time since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedStanding {
    /// Of which row or signal, as a text that is equal as long as it means the same.
    pub of: String,
    /// Whether its condition held at the last tick.
    pub active: bool,
    /// Whether it waits or fires, and since when.
    pub state: AlarmState,
    /// Why its condition could not be judged, and since when.
    pub frozen: Option<(Frozen, Duration)>,
    /// When it fired, by the clock on the wall; 1970 if it does not.
    pub fired_wall: Duration,
    /// What the SLO's counters stood at where the episode begins.
    pub base: Counts,
    /// Whether somebody was told that it fires.
    pub told: Told,
    /// Whether another alert of the SLO spoke for it.
    pub suppressed: bool,
}

/// Whether somebody was told that an alert fires.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Told {
    /// Nobody was.
    #[default]
    No,
    /// Somebody was.
    Yes,
    /// Somebody was, by an earlier process, and the alert has kept quiet since nobody was there for some minutes: whoever has to be told
    /// again and again has forgotten it.
    Lapsed,
}

impl Told {
    /// Whether somebody was, however long ago.
    pub(crate) fn is_told(self) -> bool {
        self != Self::No
    }
}

const ACTIVE: u64 = 1;
const WAITING: u64 = 2;
const FIRING: u64 = 4;
const QUIET: u64 = 8;
const FROZEN: u64 = 16;
const TOLD: u64 = 32;
const SUPPRESSED: u64 = 64;
const LAPSED: u64 = 128;

impl SavedStanding {
    /// Moves its moments, not that of the wall.
    pub(super) fn moved(mut self, mut to: impl FnMut(Duration) -> Duration) -> Self {
        match &mut self.state {
            AlarmState::Quiet => {}
            AlarmState::Waiting { since } => *since = to(*since),
            AlarmState::Firing { since, quiet } => {
                *since = to(*since);
                *quiet = quiet.map(|(since, cleared)| (to(since), cleared));
            }
        }
        self.frozen = self.frozen.map(|(frozen, since)| (frozen, to(since)));
        self
    }

    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        put_text(bytes, &self.of);
        let flag = |holds: bool, bit: u64| if holds { bit } else { 0 };
        let state = match self.state {
            AlarmState::Quiet => 0,
            AlarmState::Waiting { .. } => WAITING,
            AlarmState::Firing { quiet, .. } => FIRING | flag(quiet.is_some(), QUIET),
        };
        let said = flag(self.told.is_told(), TOLD)
            | flag(self.told == Told::Lapsed, LAPSED)
            | flag(self.suppressed, SUPPRESSED);
        put_number(bytes, state | said | flag(self.active, ACTIVE) | flag(self.frozen.is_some(), FROZEN));
        match self.state {
            AlarmState::Quiet => {}
            AlarmState::Waiting { since } => put_number(bytes, nanos(since)),
            AlarmState::Firing { since, quiet } => {
                put_number(bytes, nanos(since));
                if let Some((since, cleared)) = quiet {
                    put_number(bytes, nanos(since));
                    put_text(bytes, cleared.label());
                }
            }
        }
        if let Some((frozen, since)) = self.frozen {
            put_number(bytes, nanos(since));
            put_text(bytes, frozen.label());
        }
        put_number(bytes, nanos(self.fired_wall));
        let Counts { good, bad, excluded } = self.base;
        for count in [good, bad, excluded] {
            put_number(bytes, count);
        }
    }

    /// Reads one; its name apart, so that looking at it takes no memory.
    pub(super) fn read<'a>(cursor: &mut Cursor<'a>) -> Option<(&'a str, Self)> {
        let of = cursor.text()?;
        let bits = cursor.number().filter(|bits| *bits < 2 * LAPSED)?;
        let mut moment = || Some(Duration::from_nanos(cursor.number()?));
        let state = match bits & (WAITING | FIRING | QUIET) {
            0 => AlarmState::Quiet,
            WAITING => AlarmState::Waiting { since: moment()? },
            FIRING => AlarmState::Firing { since: moment()?, quiet: None },
            quiet if quiet == FIRING | QUIET => {
                let (since, quiet_since) = (moment()?, moment()?);
                let word = cursor.text()?;
                let cleared = Cleared::ALL.into_iter().find(|cleared| cleared.label() == word)?;
                AlarmState::Firing { since, quiet: Some((quiet_since, cleared)) }
            }
            _ => return None,
        };
        let mut frozen = None;
        if bits & FROZEN != 0 {
            let (since, word) = (Duration::from_nanos(cursor.number()?), cursor.text()?);
            frozen = Some((Frozen::ALL.into_iter().find(|frozen| frozen.label() == word)?, since));
        }
        let fired_wall = Duration::from_nanos(cursor.number()?);
        let base = Counts { good: cursor.number()?, bad: cursor.number()?, excluded: cursor.number()? };
        let [active, suppressed] = [ACTIVE, SUPPRESSED].map(|bit| bits & bit != 0);
        let told = match bits & (TOLD | LAPSED) {
            0 => Told::No,
            TOLD => Told::Yes,
            both if both == TOLD | LAPSED => Told::Lapsed,
            _ => return None,
        };
        Some((of, Self { of: String::new(), active, state, frozen, fired_wall, base, told, suppressed }))
    }
}
