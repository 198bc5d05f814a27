//! The naive model: every burst of events at its second and every time that nobody saw, in lists that are walked again for each
//! question.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use goodput_core::Counts;

/// A service has at most so many SLOs.
pub(crate) const MOST: usize = 3;
pub(crate) type Totals = [Counts; MOST];

/// What two clocks on the wall may differ by.
const LENIENCE: Duration = Duration::from_secs(300);

/// An alert: its SLO, and what it is about.
pub(crate) type AlertOf = (String, String);

/// Which alerts fire, and when each was last known to hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) firing: BTreeSet<AlertOf>,
    pub(crate) last_held: BTreeMap<AlertOf, Duration>,
}

/// See the module. Times are those of the instance's timeline, since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    origin: Duration,
    pub(crate) now: Duration,
    /// What had been counted in all by then.
    bursts: Vec<(Duration, Totals)>,
    unseen: Vec<(Duration, Duration)>,
    pub(crate) told: Told,
}

/// What was true when a memory was taken.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    origin: Duration,
    now: Duration,
    wall: Duration,
    bursts: usize,
    unseen: usize,
    told: Told,
}

/// What a memory is worth to the next process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    /// It goes on from it.
    GoesOn,
    /// It begins anew, as it is too old.
    TooOld,
    /// It begins anew, and says so.
    FromTheFuture(Duration),
}

impl Model {
    pub(crate) fn beginning(wall: Duration) -> Self {
        Self { origin: wall, now: wall, bursts: Vec::new(), unseen: Vec::new(), told: Told::default() }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    pub(crate) fn sleep(&mut self, time: Duration) {
        self.unseen.push((self.now, self.now + time));
        self.now += time;
    }

    pub(crate) fn count(&mut self, counts: Totals) {
        let mut totals = self.totals();
        totals.iter_mut().zip(counts).for_each(|(total, counts)| *total += counts);
        self.bursts.push((self.now, totals));
    }

    pub(crate) fn totals(&self) -> Totals {
        self.bursts.last().map_or_else(Totals::default, |(_, totals)| *totals)
    }

    /// What had been counted of an SLO by then, `C(t)`.
    pub(crate) fn by(&self, time: Duration, slo: usize) -> Counts {
        let before = self.bursts.partition_point(|(at, _)| *at <= time);
        before.checked_sub(1).map_or_else(Counts::default, |last| self.bursts[last].1[slo])
    }

    /// What was counted within so long until now.
    pub(crate) fn within(&self, length: Duration, slo: usize) -> Counts {
        self.by(self.now, slo).since(self.by(self.now.saturating_sub(length), slo))
    }

    /// How much of the time until now, as long as this, somebody saw.
    pub(crate) fn seen(&self, length: Duration) -> Duration {
        let from = self.now.saturating_sub(length).max(self.origin);
        let missed = self.unseen.iter().rev().take_while(|(_, to)| *to > from);
        let missed: Duration = missed.map(|(begun, to)| to.saturating_sub((*begun).max(from))).sum();
        (self.now - from).checked_sub(missed).unwrap()
    }

    /// What a memory that is taken now holds; `wall` is what a clock shows.
    pub(crate) fn save(&self, wall: Duration) -> Saved {
        Saved {
            origin: self.origin,
            now: self.now,
            wall,
            bursts: self.bursts.len(),
            unseen: self.unseen.len(),
            told: self.told.clone(),
        }
    }

    /// Goes on from what was saved, while a clock shows `wall`: all that came later never was.
    pub(crate) fn recall(&mut self, saved: &Saved, wall: Duration, longest: Duration) -> Worth {
        // It may have been gone on from before, by another clock.
        self.shift(self.origin, saved.origin);
        self.bursts.truncate(saved.bursts);
        self.unseen.truncate(saved.unseen);
        (self.now, self.told) = (saved.now, saved.told.clone());
        // The clock was set while it ran: how long ago it all was is measured by the new time.
        if saved.wall.abs_diff(saved.now) > LENIENCE {
            self.shift(saved.now, saved.wall);
        }
        let (ahead, gone) = (self.now.saturating_sub(wall), wall.saturating_sub(self.now));
        if ahead > LENIENCE || gone > longest {
            *self = Self::beginning(wall);
            return if ahead > LENIENCE { Worth::FromTheFuture(ahead) } else { Worth::TooOld };
        }
        self.sleep(gone);
        Worth::GoesOn
    }

    fn shift(&mut self, from: Duration, to: Duration) {
        let moved = |time: &mut Duration| *time = (*time + to).checked_sub(from).unwrap();
        moved(&mut self.origin);
        moved(&mut self.now);
        self.bursts.iter_mut().for_each(|(at, _)| moved(at));
        for (begun, over) in &mut self.unseen {
            moved(begun);
            moved(over);
        }
        self.told.last_held.values_mut().for_each(moved);
    }
}
