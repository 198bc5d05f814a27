//! What an earlier process remembered becomes history, and history is copied to be remembered.

use std::collections::VecDeque;
use std::sync::Arc;

use goodput_model::Counts;

use super::{Beginning, History, Mark, Ring};
use crate::clock::Moment;
use crate::state::{Remembered, RememberedSlo};

/// A mark that some ring keeps: its position in the file, and its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    position: usize,
    at: Moment,
}

impl History {
    /// Begins with the past: windows go on across it, and what the counters stand at is on top of it. The time until the history's
    /// own beginning was seen by nobody. Says how often a counter fell there: what was before that is forgotten.
    ///
    /// Takes memory for what the rings keep, however much there is in the file.
    pub(crate) fn recall(&mut self, past: &Remembered<'_>, columns: &[(usize, RememberedSlo<'_>)]) -> u64 {
        let (began, slos) = (self.origin, self.beginnings.len());
        let of_rings: Vec<VecDeque<Kept>> = self.rings.iter().map(|ring| choose(ring, past)).collect();
        let mut kept: Vec<Kept> = of_rings.iter().flatten().copied().collect();
        kept.sort_unstable();
        kept.dedup();
        // One row for each, which the rings share.
        let mut rows: Vec<Arc<[Counts]>> = kept.iter().map(|_| vec![Counts::default(); slos].into()).collect();
        self.origin = past.origin();
        self.bases = vec![Counts::default(); slos];
        let mut views: Vec<_> = kept.iter().zip(rows.iter_mut().filter_map(Arc::get_mut)).collect();
        let falls = columns.iter().map(|(index, slo)| self.recall_slo(past, *index, slo, &mut views)).sum();
        for (ring, own) in self.rings.iter_mut().zip(of_rings) {
            let mark = |mark: Kept| {
                let row = rows.get(kept.binary_search(&mark).ok()?)?;
                Some(Mark { at: mark.at, counts: Arc::clone(row) })
            };
            ring.marks = own.into_iter().filter_map(mark).collect();
        }
        let bases = self.bases.clone();
        self.push(began, &bases);
        falls
    }

    /// Fills the column of one SLO in the rows.
    fn recall_slo(
        &mut self,
        past: &Remembered<'_>,
        index: usize,
        slo: &RememberedSlo<'_>,
        rows: &mut [(&Kept, &mut [Counts])],
    ) -> u64 {
        let mut counts = slo.counts();
        let began_with = counts.next().unwrap_or_default();
        let (mut stood_at, mut closed, mut falls) = (began_with, None, 0);
        let mut next = rows.iter_mut().peekable();
        for (position, counts) in counts.enumerate() {
            if counts.went_backwards(stood_at) {
                falls += 1;
                closed = Some((position, counts));
            }
            stood_at = counts;
            if let Some((_, row)) = next.next_if(|(mark, _)| mark.position == position)
                && let Some(own) = row.get_mut(index)
            {
                *own = counts;
            }
        }
        let mut beginning = Beginning { at: past.beginning(slo), counts: began_with };
        if let Some((position, counts)) = closed {
            let before = rows.iter_mut().filter(|(mark, _)| mark.position < position);
            before.filter_map(|(_, row)| row.get_mut(index)).for_each(|own| *own = counts);
            beginning = Beginning { at: past.moments().nth(position).unwrap_or(beginning.at), counts };
        }
        if let (Some(own), Some(base)) = (self.beginnings.get_mut(index), self.bases.get_mut(index)) {
            (*own, *base) = (beginning, stood_at);
        }
        falls
    }

    /// All marks, none twice and in their order. Takes no copy of the counts.
    pub(crate) fn marks(&self) -> Vec<(Moment, Arc<[Counts]>)> {
        let marks = self.rings.iter().flat_map(|ring| &ring.marks);
        let mut marks: Vec<_> = marks.map(|mark| (mark.at, Arc::clone(&mark.counts))).collect();
        marks.sort_by_key(|(at, _)| *at);
        marks.dedup_by_key(|(at, _)| *at);
        marks
    }

    /// When the oldest of it began.
    pub(crate) fn origin(&self) -> Moment {
        self.origin
    }

    /// Since when SLO `index` is counted as it is now, and what it began with.
    pub(crate) fn began(&self, index: usize) -> (Moment, Counts) {
        self.beginnings.get(index).map_or((self.origin, Counts::default()), |own| (own.at, own.counts))
    }
}

/// The marks that a ring would hold if all of them had been pushed.
fn choose(ring: &Ring, past: &Remembered<'_>) -> VecDeque<Kept> {
    let mut chosen: VecDeque<Kept> = VecDeque::new();
    for (position, at) in past.moments().enumerate() {
        if chosen.back().is_none_or(|last| ring.slot(last.at) < ring.slot(at)) {
            if chosen.len() >= ring.capacity {
                chosen.pop_front();
            }
            chosen.push_back(Kept { position, at });
        }
    }
    chosen
}
