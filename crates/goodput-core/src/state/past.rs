//! What an instance remembers at one moment, copied out of it: to be written down without anybody waiting.

use std::sync::Arc;
use std::time::Duration;

use goodput_model::Counts;

use super::column::put_column;
use super::excluded::Excluded;
use super::format::{MAX_COUNTS, MAX_MARKS, MemoryError, seal, unsealed};
use super::memory::Memory;
use super::mute::SavedMute;
use super::standing::SavedStanding;
use super::varint::{put_number, put_text};
use crate::clock::{Moment, nanos};

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    pub(crate) service: String,
    /// The name of the instance.
    pub(crate) instance: String,
    /// By the clock on the wall, since 1970.
    pub(crate) written: Duration,
    pub(crate) origin: Moment,
    /// When the counters were read.
    pub(crate) last: Moment,
    /// None earlier than the one before, with the counts of all SLOs.
    pub(crate) marks: Vec<(Moment, Arc<[Counts]>)>,
    /// What the bands that SLOs stand in permit, see `read/bands.rs`.
    pub(crate) bands: String,
    pub(crate) mutes: Vec<SavedMute>,
    /// When processes were restarted lately, the oldest first.
    pub(crate) restarts: Vec<Duration>,
    /// When it was looked at what is excluded: within an hour, and within a day.
    pub(crate) looks: [Vec<Duration>; 2],
    pub(crate) slos: Vec<PastSlo>,
}

/// What is remembered of one SLO.
#[derive(Clone, Debug)]
pub(crate) struct PastSlo {
    pub(crate) key: Arc<str>,
    /// Since when it is counted as it is now, and what its counters stood at then.
    pub(crate) beginning: Moment,
    pub(crate) began_with: Counts,
    pub(crate) last: Counts,
    /// Which of the bands it stands in, the fullest being 0, and since when.
    pub(crate) band: Option<(u64, Duration)>,
    pub(crate) excluded: Excluded,
    pub(crate) standings: Vec<SavedStanding>,
}

impl Past {
    /// The same on a timeline that is ahead by so much.
    pub(crate) fn later_by(mut self, ahead: Duration) -> Self {
        let later = |moment: &mut Moment| *moment = moment.later_by(ahead, ahead);
        later(&mut self.origin);
        later(&mut self.last);
        self.marks.iter_mut().for_each(|(at, _)| later(at));
        self.mutes.iter_mut().for_each(|mute| mute.until = mute.until.saturating_add(ahead));
        for at in self.restarts.iter_mut().chain(self.looks.iter_mut().flatten()) {
            *at = at.saturating_add(ahead);
        }
        for slo in &mut self.slos {
            later(&mut slo.beginning);
            slo.band = slo.band.map(|(position, since)| (position, since.saturating_add(ahead)));
            let standings = std::mem::take(&mut slo.standings).into_iter();
            slo.standings = standings.map(|own| own.moved(|since| since.saturating_add(ahead))).collect();
        }
        self
    }

    /// Writes it down, as `format.rs` says.
    pub(crate) fn write(&self) -> Result<Memory, MemoryError> {
        let (marks, slos) = (self.marks.len() as u64, self.slos.len() as u64);
        let counts = slos.saturating_mul(marks + 2);
        if marks > MAX_MARKS || counts > MAX_COUNTS {
            return Err(MemoryError::TooLong { marks, counts });
        }
        let mut bytes = unsealed();
        put_text(&mut bytes, &self.service);
        put_text(&mut bytes, &self.instance);
        put_number(&mut bytes, nanos(self.written));
        let origin = put_span(&mut bytes, Moment::default(), self.origin);
        put_number(&mut bytes, self.marks.len() as u64);
        let mut before = origin;
        for at in self.marks.iter().map(|(at, _)| *at).chain([self.last]) {
            before = put_span(&mut bytes, before, at);
        }
        put_text(&mut bytes, &self.bands);
        put_number(&mut bytes, self.mutes.len() as u64);
        self.mutes.iter().for_each(|mute| mute.put(&mut bytes));
        put_number(&mut bytes, self.restarts.len() as u64);
        self.restarts.iter().for_each(|at| put_number(&mut bytes, nanos(*at)));
        self.looks.iter().for_each(|looks| put_number(&mut bytes, looks.len() as u64));
        self.looks.iter().flatten().for_each(|at| put_number(&mut bytes, nanos(*at)));
        put_number(&mut bytes, self.slos.len() as u64);
        let (mut own, mut column) = (Vec::new(), Vec::new());
        for (index, slo) in self.slos.iter().enumerate() {
            own.clear();
            put_span(&mut own, origin, slo.beginning);
            for part in [|counts: Counts| counts.good, |counts: Counts| counts.bad, |counts: Counts| counts.excluded] {
                // What was before the beginning is of no account.
                let marks = self.marks.iter().map(|(at, counts)| match counts.get(index) {
                    Some(counts) if *at >= slo.beginning => *counts,
                    _ => slo.began_with,
                });
                column.clear();
                put_column(&mut column, [slo.began_with].into_iter().chain(marks).chain([slo.last]).map(part));
                put_number(&mut own, column.len() as u64);
                own.extend_from_slice(&column);
            }
            put_number(&mut own, slo.band.map_or(0, |(position, _)| position.saturating_add(1)));
            slo.band.iter().for_each(|(_, since)| put_number(&mut own, nanos(*since)));
            slo.excluded.put(&mut own);
            put_number(&mut own, slo.standings.len() as u64);
            slo.standings.iter().for_each(|standing| standing.put(&mut own));
            put_text(&mut bytes, &slo.key);
            put_number(&mut bytes, own.len() as u64);
            bytes.extend_from_slice(&own);
        }
        Memory::decode(seal(bytes)?)
    }
}

/// Writes what lies between two moments, and says what a reader takes the later one for: a machine's sleep is told by two clocks, and
/// may seem to become shorter by the time that lies between reading them.
fn put_span(bytes: &mut Vec<u8>, from: Moment, to: Moment) -> Moment {
    let parts = |moment: Moment| {
        let gone = nanos(moment.since_origin());
        (gone, gone.saturating_sub(nanos(moment.awake())))
    };
    let ((before, slept_before), (after, slept_after)) = (parts(from), parts(to));
    let gone = after.saturating_sub(before);
    let slept = slept_after.saturating_sub(slept_before).min(gone);
    put_number(bytes, gone);
    put_number(bytes, slept);
    from.later_by(Duration::from_nanos(gone), Duration::from_nanos(gone.saturating_sub(slept)))
}
