//! Slices of time: each is judged at its end, by what happened since its beginning, and then counted as an event would be.
//!
//! Slices lie on the multiples of their length on the timeline. A tick closes the slice whose end it finds behind it: what it
//! reads is the end of that slice and the beginning of the next, for counts, levels and ages alike. It may come late by a tenth of
//! the slice. Where it comes later, or where more than a tenth of a slice was not seen, by a late beginning and by sleep of the
//! machine, nobody can tell what happened in which slice: those it touches are *unknown*, counted apart and in no total.

use std::collections::BTreeMap;
use std::sync::Arc;

use goodput_model::{Budgeting, Counts, Definition, Indicator, Reason, Slo, Verdict, Window};

use super::history::Column;
use super::judge::{Happened, Highest, Judge, Worth};
use super::status::{RunningSlice, SliceStatus};
use crate::clock::Moment;
use crate::gauge::{Gauges, LevelCell};
use crate::looks_at::{LooksAt, looks_at};

/// The slices of every SLO that judges slices.
#[derive(Debug, Default)]
pub(crate) struct Slices {
    slos: Vec<Sliced>,
    /// Each level once: looking at its highest takes that away.
    levels: Vec<Arc<LevelCell>>,
    last_tick: Option<Moment>,
    /// What the slices of SLOs came to that are no more, by name.
    removed: BTreeMap<String, (Counts, Reason)>,
}

/// The slices of one SLO.
#[derive(Debug)]
struct Sliced {
    name: String,
    /// Its position among the counts.
    index: usize,
    judge: Judge,
    length: Window,
    /// When it was first looked at.
    since: Moment,
    running: Running,
    /// What its slices came to: slices, or parts of them.
    counts: Counts,
    judged: u64,
    unknown: u64,
}

/// The slice that is not over yet.
#[derive(Clone, Copy, Debug)]
struct Running {
    /// Which one it is: its beginning on the timeline over its length.
    number: u128,
    /// When it was begun, and what the counters stood at.
    begun: Moment,
    events: Counts,
}

impl Slices {
    /// The slices of a definition's SLOs, whose counts are in the order of the definition. The first ones begin `now`.
    pub(crate) fn new(definition: &Definition, gauges: &Gauges, now: Moment) -> Self {
        let mut slices = Self::default();
        let mut positions = BTreeMap::new();
        for (index, slo) in definition.slos.iter().enumerate() {
            let Some(length) = slo.budgeting_method().slice() else { continue };
            if let Some(judge) = slices.judge_of(definition, slo, gauges, &mut positions) {
                slices.slos.push(Sliced::new(slo.name(), index, judge, length, now));
            }
        }
        slices
    }

    /// Nothing for what no definition that holds asks for.
    fn judge_of<'a>(
        &mut self,
        definition: &'a Definition,
        slo: &'a Slo,
        gauges: &Gauges,
        positions: &mut BTreeMap<&'a str, usize>,
    ) -> Option<Judge> {
        let names = match looks_at(definition, slo) {
            LooksAt::Values(names) => names,
            _ => &[],
        };
        Some(match (slo.indicator(), slo.budgeting_method()) {
            (Indicator::Throughput { at_least }, _) => Judge::Rate(at_least),
            (Indicator::Freshness { threshold }, _) => {
                Judge::Age { threshold, data: names.iter().filter_map(|name| gauges.dataset(name)).collect() }
            }
            (Indicator::Saturation { at_most }, _) => {
                let levels = names.iter().filter_map(|name| {
                    let level = gauges.level(name)?;
                    let new = self.levels.len();
                    let position = *positions.entry(name).or_insert(new);
                    if position == new {
                        self.levels.push(level);
                    }
                    Some(Highest { position, steps: None })
                });
                Judge::Level { at_most, levels: levels.collect() }
            }
            (_, Budgeting::RatioTimeslices { .. }) => Judge::Ratio,
            (_, Budgeting::Timeslices { target, .. }) => Judge::Target(target?),
            _ => return None,
        })
    }

    /// Goes on with another definition. Slices of an SLO that is as it was go on; those of another begin now. What was counted under
    /// a name goes on in either case, and is what the history of an SLO that begins now begins with.
    pub(crate) fn go_on_with(&mut self, definition: &Definition, gauges: &Gauges, columns: &mut [Column], now: Moment) {
        let mut next = Self::new(definition, gauges, now);
        next.last_tick = self.last_tick;
        next.removed = std::mem::take(&mut self.removed);
        for slo in &mut next.slos {
            let Some(column) = columns.get_mut(slo.index) else { continue };
            let former = self.slos.iter().find(|former| former.name == slo.name);
            if let Some(former) = former {
                (slo.counts, slo.judged, slo.unknown) = (former.counts, former.judged, former.unknown);
            } else if let Some((counts, _)) = next.removed.remove(&slo.name) {
                slo.counts = counts;
            }
            match (*column, former) {
                (Column::Kept(_), Some(former)) => slo.go_on(former),
                (Column::Begins(events), _) => {
                    slo.running.events = events;
                    *column = Column::Begins(slo.counts);
                }
                (Column::Kept(_), None) => {} // An SLO that is as it was had slices before.
            }
        }
        for former in self.slos.drain(..).filter(|former| next.slos.iter().all(|slo| slo.name != former.name)) {
            next.removed.insert(former.name, (former.counts, former.judge.reason()));
        }
        *self = next;
    }

    /// What the slices of an SLO came to that is no more, and why bad ones were.
    pub(crate) fn of_removed(&self, name: &str) -> Option<(Counts, Reason)> {
        self.removed.get(name).copied()
    }

    /// Closes the slices that are over `now`, given what the events of every SLO stand at, and puts slices in their place for
    /// the SLOs that judge slices. A moment before the last one closes none.
    pub(crate) fn tick(&mut self, now: Moment, counts: &mut [Counts]) {
        if self.last_tick.is_none_or(|last| now.since_origin() >= last.since_origin()) {
            self.last_tick = Some(now);
            let highest: Vec<_> = self.levels.iter().map(|level| level.take()).collect();
            for slo in &mut self.slos {
                slo.tick(now, counts.get(slo.index).copied().unwrap_or_default(), &highest);
            }
        }
        self.replace(counts);
    }

    /// Puts slices in the place of events, for the SLOs that judge slices.
    pub(crate) fn replace(&self, counts: &mut [Counts]) {
        for slo in &self.slos {
            if let Some(counts) = counts.get_mut(slo.index) {
                *counts = slo.counts;
            }
        }
    }

    /// The slices of every SLO that judges slices, by its position: as they stand `now`, with what its events stand at.
    pub(crate) fn status(&self, now: Moment, events: &[Counts]) -> BTreeMap<usize, SliceStatus> {
        let highest: Vec<_> = self.levels.iter().map(|level| level.highest()).collect();
        let status = |slo: &Sliced| {
            let events = events.get(slo.index).copied().unwrap_or_default();
            (slo.index, slo.status(now, events, &highest))
        };
        self.slos.iter().map(status).collect()
    }

    /// For each level, or data, that the SLO at this position looks at, in the order of their names: whether nobody has set it yet.
    pub(crate) fn unset(&self, index: usize, now: Moment) -> Vec<bool> {
        let slo = self.slos.iter().find(|slo| slo.index == index);
        slo.map_or_else(Vec::new, |slo| slo.judge.unset(&self.levels, now))
    }

    /// Why slices of the SLO at this position are bad, if it judges slices.
    pub(crate) fn reason(&self, index: usize) -> Option<Reason> {
        self.slos.iter().find(|slo| slo.index == index).map(|slo| slo.judge.reason())
    }
}

impl Sliced {
    fn new(name: &str, index: usize, judge: Judge, length: Window, now: Moment) -> Self {
        let running = Running { number: number(now, length), begun: now, events: Counts::default() };
        let name = name.to_owned();
        Self { name, index, judge, length, since: now, running, counts: Counts::default(), judged: 0, unknown: 0 }
    }

    /// Goes on where the same SLO of the former definition stands.
    fn go_on(&mut self, former: &Self) {
        (self.since, self.running) = (former.since, former.running);
        self.judge.go_on(&former.judge);
    }

    fn tick(&mut self, now: Moment, events: Counts, highest: &[Option<u64>]) {
        self.judge.note(highest);
        let number = number(now, self.length);
        // A tick that comes too late finds several over.
        let over = number.saturating_sub(self.running.number);
        if over == 0 {
            return;
        }
        match self.worth(now, events, &[]) {
            Worth::Known(counts) => {
                self.counts += counts;
                self.judged = self.judged.saturating_add(1);
            }
            Worth::Unknown => self.unknown = self.unknown.saturating_add(over.try_into().unwrap_or(u64::MAX)),
        }
        self.judge.forget();
        self.running = Running { number, begun: now, events };
    }

    /// What the running slice is worth if its end is now.
    fn worth(&self, now: Moment, events: Counts, highest: &[Option<u64>]) -> Worth {
        if !self.is_seen(now) {
            return Worth::Unknown;
        }
        let within = now.since_origin().saturating_sub(self.running.begun.since_origin());
        self.judge.worth(&Happened {
            events: events.since(self.running.events),
            // No tick is on time to the millisecond: what comes exactly as often as it has to would be too few in every slice
            // that a later tick ends than the one that began it.
            within: within.min(self.length.duration()),
            now,
            looked_for: now.since_origin().saturating_sub(self.since.since_origin()),
            highest,
        })
    }

    /// Whether all of the running slice but a tenth was seen until now, and now is no more than a tenth beyond its end.
    fn is_seen(&self, now: Moment) -> bool {
        let begun = self.running.begun;
        let length = self.length.duration().as_nanos();
        let begins = self.running.number.saturating_mul(length);
        let late = now.since_origin().as_nanos().saturating_sub(begins.saturating_add(length));
        let within = now.since_origin().saturating_sub(begun.since_origin());
        let asleep = within.saturating_sub(now.awake().saturating_sub(begun.awake()));
        let unseen = begun.since_origin().as_nanos().saturating_sub(begins).saturating_add(asleep.as_nanos());
        late.max(unseen).saturating_mul(10) <= length
    }

    fn status(&self, now: Moment, events: Counts, highest: &[Option<u64>]) -> SliceStatus {
        let verdict = match self.worth(now, events, highest) {
            Worth::Known(counts) if counts.bad > 0 => Some(Verdict::Bad(self.judge.reason())),
            Worth::Known(_) => Some(Verdict::Good),
            Worth::Unknown => None,
        };
        SliceStatus {
            length: self.length,
            bad_for: self.judge.reason(),
            judged: self.judged,
            unknown: self.unknown,
            events,
            event_reasons: Vec::new(),
            running: RunningSlice {
                so_far: now.since_origin().saturating_sub(self.running.begun.since_origin()),
                events: events.since(self.running.events),
                level: self.judge.level(highest),
                age: self.judge.age(now),
                verdict,
            },
        }
    }
}

/// Which slice a moment lies in.
fn number(now: Moment, length: Window) -> u128 {
    now.since_origin().as_nanos() / length.duration().as_nanos().max(1)
}
