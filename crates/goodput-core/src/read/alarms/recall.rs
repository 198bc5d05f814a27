//! Where alarms stand is remembered across restarts: what fires goes on firing, and is told once.

use std::time::{Duration, SystemTime};

use goodput_model::{Alarm, Row, Signal};

use super::{Alarms, Episode, What, cause};
use crate::alert::Cause;
use crate::read::WatchedSlo;
use crate::state::{Remembered, SavedStanding, Told, since_epoch};

/// What has to be told again and again is told every minute, and each time it is good for four. This process can see how long that was
/// ago; the next one cannot.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3 * 60);

impl Alarms {
    /// Of every alert of SLO `index` that there is something to remember of.
    pub(crate) fn saved(&self, index: usize, slos: &[WatchedSlo]) -> Vec<SavedStanding> {
        let Ok(slo) = u32::try_from(index) else { return Vec::new() };
        let own = self.episodes.range((slo, What::Row(0))..=(slo, What::Signal(u8::MAX)));
        let saved = |(key, episode): (&super::Key, &Episode)| {
            Some(SavedStanding {
                of: text(&cause(*key, slos)?),
                active: episode.alarm.is_active(),
                state: episode.alarm.state(),
                frozen: episode.alarm.frozen(),
                fired_wall: since_epoch(episode.fired_wall),
                base: episode.base,
                told: episode.told,
                suppressed: episode.suppressed,
            })
        };
        own.filter_map(saved).collect()
    }

    /// Goes on where the alerts of SLO `index` stood. Those of rows that are no more are passed over.
    pub(crate) fn recall(
        &mut self,
        index: usize,
        slo: &WatchedSlo,
        saved: impl Iterator<Item = SavedStanding>,
        past: &Remembered<'_>,
    ) {
        let (written, gone) = past.written();
        let Ok(number) = u32::try_from(index) else { return };
        let rows = slo.policy.rows().iter().zip(0..).map(|(row, place)| (Cause::Row(*row), What::Row(place)));
        let signals =
            Signal::ALL.into_iter().zip(0..).map(|(signal, place)| (Cause::Signal(signal), What::Signal(place)));
        let known: Vec<_> = rows.chain(signals).map(|(cause, what)| (text(&cause), what)).collect();
        for saved in saved {
            let Some((_, what)) = known.iter().find(|(text, _)| *text == saved.of) else { continue };
            let told = if saved.told == Told::Yes && gone >= FORGOTTEN_AFTER { Told::Lapsed } else { saved.told };
            let episode = Episode {
                alarm: Alarm::remembered(saved.active, saved.state, saved.frozen),
                fired_wall: SystemTime::UNIX_EPOCH.checked_add(saved.fired_wall).unwrap_or(SystemTime::UNIX_EPOCH),
                base: saved.base,
                detail: None,
                suppressed: saved.suppressed,
                muted: self.mutes.holds_for(&slo.name, past.now()),
                told,
                told_until: (saved.told == Told::Yes).then_some(written),
            };
            self.episodes.insert((number, *what), episode);
        }
        for standing in self.standings.iter_mut().filter(|standing| standing.slo == number) {
            standing.is_tracked = self.episodes.contains_key(&(number, What::Row(standing.row)));
        }
    }
}

/// A text that is equal where the row or the signal is.
fn text(cause: &Cause) -> String {
    match cause {
        Cause::Row(row) => row_text(row),
        Cause::Signal(Signal::BudgetConsumed { percent }) => format!("budget_consumed {percent}"),
        Cause::Signal(signal) => signal.label().to_owned(),
    }
}

fn row_text(row: &Row) -> String {
    let (severity, long, short, outage) = (row.severity(), row.long(), row.short(), row.full_outage_attos());
    format!("{severity} {long}/{short} {outage} of {} over {}", row.objective(), row.period())
}
