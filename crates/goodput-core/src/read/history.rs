//! What the counters stood at, at moments of the past: a window is the difference between now and one of them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Counts, Coverage, Observation, Window};

use super::slots::{SlotPlan, SlotTier};
use crate::clock::Moment;

mod recall;

/// The counts of all SLOs at one moment.
#[derive(Debug)]
struct Mark {
    at: Moment,
    /// Shared with whoever copies the past.
    counts: Arc<[Counts]>,
}

/// Marks of one width.
#[derive(Debug)]
struct Ring {
    width: Duration,
    /// Enough for one mark older than the span, so that a window of that length always finds its edge.
    capacity: usize,
    marks: VecDeque<Mark>,
}

/// See the module. Memory grows with age, up to the slot plan's size.
#[derive(Debug)]
pub(crate) struct History {
    origin: Moment,
    rings: Vec<Ring>,
    /// Of each SLO.
    beginnings: Vec<Beginning>,
    /// What the counters of each SLO stood at when an earlier process wrote them down: this one's began at 0, and all counts in here
    /// are [on top of those](Self::rebase). Empty where nothing was.
    bases: Vec<Counts>,
}

/// Since when an SLO is counted as it is now, and what its counters stood at then.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    at: Moment,
    counts: Counts,
}

/// Where an SLO of another definition has its history from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// The SLO that was at this position.
    Kept(usize),
    /// It begins now, with its counters at this.
    Begins(Counts),
}

/// The far edge of a window: what the counters stood at there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'a> {
    at: Moment,
    /// Nothing where the window reaches back to the origin.
    counts: Option<&'a [Counts]>,
    beginnings: &'a [Beginning],
    gap: Duration,
    /// Awake time at the first mark within the window: all since then was seen in it.
    inside: Option<Duration>,
}

impl History {
    /// A history of so many SLOs that begins at `origin`, with every counter at 0.
    pub(crate) fn new(plan: &SlotPlan, origin: Moment, slos: usize) -> Self {
        let ring = |tier: &SlotTier| Ring {
            width: tier.width,
            capacity: usize::try_from(tier.span.as_nanos() / tier.width.as_nanos().max(1)).unwrap_or(usize::MAX) + 2,
            marks: VecDeque::new(),
        };
        let beginnings = vec![Beginning { at: origin, counts: Counts::default() }; slos];
        Self { origin, rings: plan.tiers().iter().map(ring).collect(), beginnings, bases: Vec::new() }
    }

    /// Goes on with other SLOs. One that begins now has seen nothing before: all its past stands at what it begins with. What
    /// was remembered of those that are gone is forgotten.
    pub(crate) fn go_on_with(&mut self, columns: &[Column], now: Moment) {
        let of = |past: &[Counts]| -> Arc<[Counts]> {
            let counts = |column: &Column| match *column {
                Column::Kept(position) => past.get(position).copied().unwrap_or_default(),
                Column::Begins(counts) => counts,
            };
            columns.iter().map(counts).collect()
        };
        let mut positions = columns.iter().enumerate();
        let stay = positions.all(|(index, column)| matches!(column, Column::Kept(position) if *position == index));
        if stay && columns.len() == self.beginnings.len() {
            return;
        }
        for mark in self.rings.iter_mut().flat_map(|ring| &mut ring.marks) {
            mark.counts = of(&mark.counts);
        }
        let beginning = |column: &Column| match *column {
            Column::Kept(position) => self.beginnings.get(position).copied(),
            Column::Begins(counts) => Some(Beginning { at: now, counts }),
        };
        self.beginnings = columns.iter().filter_map(beginning).collect();
        if !self.bases.is_empty() {
            let base = |column: &Column| match *column {
                Column::Kept(position) => self.bases.get(position).copied().unwrap_or_default(),
                Column::Begins(_) => Counts::default(),
            };
            self.bases = columns.iter().map(base).collect();
        }
    }

    /// Since when SLO `index` is counted as it is now.
    pub(crate) fn beginning(&self, index: usize) -> Moment {
        self.beginnings.get(index).map_or(self.origin, |beginning| beginning.at)
    }

    /// Remembers the counts at `now` in every tier whose slot is over. Late ticks are one mark at their true time.
    pub(crate) fn push(&mut self, now: Moment, counts: &[Counts]) {
        for ring in &mut self.rings {
            ring.push(now, counts);
        }
    }

    /// Adds to this process's counters what those of earlier ones stood at.
    pub(crate) fn rebase(&self, counts: &mut [Counts]) {
        for (counts, base) in counts.iter_mut().zip(&self.bases) {
            *counts += *base;
        }
    }

    /// The newest remembered moment at or before the far edge of a window that ends now.
    pub(crate) fn edge(&self, now: Moment, window: Window) -> Edge<'_> {
        let Some(target) = now.since_origin().checked_sub(window.duration()) else {
            return self.origin_edge(Duration::ZERO);
        };
        if target <= self.origin.since_origin() {
            return self.origin_edge(Duration::ZERO);
        }
        let inside = self
            .rings
            .iter()
            .filter_map(|ring| ring.after(target))
            .min_by_key(|mark| mark.at)
            .map(|mark| mark.at.awake());
        let newest = self.rings.iter().filter_map(|ring| ring.at_or_before(target)).max_by_key(|mark| mark.at);
        match newest {
            Some(mark) => Edge {
                at: mark.at,
                counts: Some(&mark.counts),
                beginnings: &self.beginnings,
                gap: target.saturating_sub(mark.at.since_origin()),
                inside,
            },
            None => Edge { inside, ..self.origin_edge(target.saturating_sub(self.origin.since_origin())) },
        }
    }

    fn origin_edge(&self, gap: Duration) -> Edge<'_> {
        Edge { at: self.origin, counts: None, beginnings: &self.beginnings, gap, inside: None }
    }
}

impl Ring {
    fn push(&mut self, now: Moment, counts: &[Counts]) {
        if self.marks.back().is_some_and(|last| self.slot(last.at) >= self.slot(now)) {
            return;
        }
        let reused = if self.marks.len() >= self.capacity { self.marks.pop_front() } else { None };
        let mut own = reused.map(|mark| mark.counts).filter(|own| own.len() == counts.len());
        match own.as_mut().and_then(Arc::get_mut) {
            Some(own) => own.copy_from_slice(counts),
            None => own = Some(counts.into()),
        }
        self.marks.extend(own.map(|counts| Mark { at: now, counts }));
    }

    fn slot(&self, at: Moment) -> u128 {
        at.since_origin().as_nanos() / self.width.as_nanos().max(1)
    }

    fn after(&self, target: Duration) -> Option<&Mark> {
        self.marks.get(self.marks.partition_point(|mark| mark.at.since_origin() <= target))
    }

    fn at_or_before(&self, target: Duration) -> Option<&Mark> {
        let after = self.marks.partition_point(|mark| mark.at.since_origin() <= target);
        self.marks.get(after.checked_sub(1)?)
    }
}

impl Edge<'_> {
    /// How long SLO `index` has been counted as it is now.
    pub(crate) fn age_of(&self, index: usize, now: Moment) -> Duration {
        let begun = self.beginnings.get(index).map_or(self.at, |beginning| beginning.at);
        now.since_origin().saturating_sub(begun.since_origin())
    }

    /// The events of SLO `index` since, given what its counters stand at now.
    pub(crate) fn counts_since(&self, index: usize, live: Counts) -> Counts {
        let began_with = || self.beginnings.get(index).map(|beginning| beginning.counts);
        let at_edge = self.counts.and_then(|counts| counts.get(index).copied()).or_else(began_with);
        live.since(at_edge.unwrap_or_default())
    }

    /// What SLO `index` saw since, given what its counters stand at now. An SLO that a reload has begun saw nothing before that.
    pub(crate) fn observe(&self, window: Window, now: Moment, index: usize, live: Counts) -> Observation {
        let (mut at, mut gap, mut inside) = (self.at, self.gap, self.inside);
        if let Some(begun) = self.beginnings.get(index).map(|beginning| beginning.at).filter(|begun| *begun > at) {
            gap = at.since_origin().saturating_add(gap).saturating_sub(begun.since_origin());
            at = begun;
            inside = inside.map(|inside| inside.max(begun.awake()));
        }
        // Of the time awake since the edge, as much as the gap may lie before the window; what lies after the first mark within
        // the window does not. The larger of the two is certain, so coverage never says too much.
        let seen = now.awake().saturating_sub(at.awake()).saturating_sub(gap);
        let seen = seen.max(inside.map_or(Duration::ZERO, |inside| now.awake().saturating_sub(inside)));
        Observation {
            window,
            counts: self.counts_since(index, live),
            coverage: Coverage::new(seen, window.duration()),
            edge_gap: gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use goodput_model::Period;
    use proptest::prelude::*;

    use super::*;

    fn good(good: u64) -> Counts {
        Counts { good, ..Counts::default() }
    }

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn a_window_older_than_the_process_covers_its_age() {
        let history = History::new(&SlotPlan::standard(Period::D30), at(0), 1);
        let seen = history.edge(at(90), Window::H1).observe(Window::H1, at(90), 0, good(7));
        assert_eq!(
            (seen.counts.good, seen.coverage.seen(), seen.edge_gap),
            (7, Duration::from_secs(90), Duration::ZERO)
        );
    }

    #[test]
    fn suspended_time_ages_a_window_without_covering_it() {
        let mut history = History::new(&SlotPlan::standard(Period::D30), at(0), 1);
        history.push(at(10), &[good(1)]);
        let now = Moment::with_awake(Duration::from_secs(8 * 60), Duration::from_secs(4 * 60));
        let seen = history.edge(now, Window::M5).observe(Window::M5, now, 0, good(9));
        assert_eq!(seen.counts.good, 8);
        // 230 s awake since the mark at 10 s, of which the window begins 170 s later: at least 60 s were its own.
        assert_eq!(seen.coverage.seen(), Duration::from_secs(60));
    }

    #[test]
    fn what_was_seen_after_a_suspend_is_covered_while_the_far_edge_lies_within_it() {
        let mut history = History::new(&SlotPlan::standard(Period::D30), at(0), 1);
        let (awake, slept) = (Duration::from_secs(3_600), Duration::from_secs(8 * 3_600));
        history.push(Moment::with_awake(awake, awake), &[good(1)]);
        let after = |seconds| {
            let more = Duration::from_secs(seconds);
            Moment::with_awake(awake + slept + more, awake + more)
        };
        (0..=20).for_each(|tick| history.push(after(tick * 10), &[good(2 + tick)]));
        let seen = history.edge(after(200), Window::H1).observe(Window::H1, after(200), 0, good(30));
        assert_eq!(seen.coverage.seen(), Duration::from_secs(200));
    }

    #[test]
    fn memory_stays_within_the_plan() {
        let plan = SlotPlan::compact(Period::D7);
        let mut history = History::new(&plan, at(0), 1);
        for tick in 0..200_000 {
            history.push(at(tick * 10), &[good(tick)]);
        }
        let marks: usize = history.rings.iter().map(|ring| ring.marks.len()).sum();
        assert!(marks as u128 <= plan.slots() + 2 * plan.tiers().len() as u128, "{marks} marks");
    }

    proptest! {
        /// I6: with the gap `g` an observation states, C(t)-C(t-W) <= observed <= C(t)-C(t-W-g).
        #[test]
        fn a_window_is_sandwiched_between_its_length_and_its_length_plus_the_gap(
            steps in prop::collection::vec((1_u64..40_000, 0_u64..100), 1..400),
            window in prop::sample::select(vec![Window::M5, Window::M30, Window::H1, Window::H6, Window::D1, Window::D3]),
        ) {
            let mut history = History::new(&SlotPlan::standard(Period::D30), at(0), 1);
            let mut trace = vec![(0_u64, 0_u64)]; // (millisecond, counter): events fall just before each tick
            for (step, events) in steps {
                let (time, count) = *trace.last().unwrap();
                trace.push((time + step, count + events));
                history.push(Moment::at(Duration::from_millis(time + step)), &[good(count + events)]);
            }
            let (end, live) = *trace.last().unwrap();
            let now = Moment::at(Duration::from_millis(end));
            let seen = history.edge(now, window).observe(window, now, 0, good(live));
            let count_at = |time: u64| trace.iter().rev().find(|(at, _)| *at <= time).map_or(0, |(_, count)| *count);
            let length = u64::from(window.secs()) * 1_000;
            let gap = u64::try_from(seen.edge_gap.as_millis()).unwrap();
            prop_assert!(live - count_at(end.saturating_sub(length)) <= seen.counts.good);
            prop_assert!(seen.counts.good <= live - count_at(end.saturating_sub(length + gap)));
        }
    }
}
