//! What an earlier process remembered becomes history, and history is copied to be remembered.

use std::collections::VecDeque;
use std::sync::Arc;

use goodput_model::Counts;

use super::{Beginning, History, Mark};
use crate::clock::Moment;
use crate::state::{Remembered, RememberedSlo};

/// A mark that a ring keeps: its position in the file, its moment, and the counts of all SLOs.
struct Kept {
    position: usize,
    at: Moment,
    counts: Vec<Counts>,
}

impl History {
    /// Begins with the past: windows go on across it, and what the counters stand at is on top of it. The time until the history's
    /// own beginning was seen by nobody. Says how often a counter fell there: what was before that is forgotten.
    ///
    /// Takes memory for what the rings keep, however much there is in the file.
    pub(crate) fn recall(&mut self, past: &Remembered<'_>, columns: &[(usize, RememberedSlo<'_>)]) -> u64 {
        let began = self.origin;
        let mut kept = self.choose(past);
        self.origin = past.origin();
        self.bases = vec![Counts::default(); self.beginnings.len()];
        let falls = columns.iter().map(|(index, slo)| self.recall_slo(past, *index, slo, &mut kept)).sum();
        for (ring, kept) in self.rings.iter_mut().zip(kept) {
            ring.marks = kept.into_iter().map(|mark| Mark { at: mark.at, counts: mark.counts.into() }).collect();
        }
        let bases = self.bases.clone();
        self.push(began, &bases);
        falls
    }

    /// For each ring, the marks that it would hold if they had been pushed.
    fn choose(&self, past: &Remembered<'_>) -> Vec<Vec<Kept>> {
        let of_ring = |ring: &super::Ring| {
            let mut chosen: VecDeque<(usize, Moment)> = VecDeque::new();
            for (position, at) in past.moments().enumerate() {
                if chosen.back().is_none_or(|(_, last)| ring.slot(*last) < ring.slot(at)) {
                    if chosen.len() >= ring.capacity {
                        chosen.pop_front();
                    }
                    chosen.push_back((position, at));
                }
            }
            let kept = |(position, at)| Kept { position, at, counts: vec![Counts::default(); self.beginnings.len()] };
            chosen.into_iter().map(kept).collect()
        };
        self.rings.iter().map(of_ring).collect()
    }

    fn recall_slo(
        &mut self,
        past: &Remembered<'_>,
        index: usize,
        slo: &RememberedSlo<'_>,
        kept: &mut [Vec<Kept>],
    ) -> u64 {
        let mut counts = slo.counts();
        let began_with = counts.next().unwrap_or_default();
        let (mut stood_at, mut closed, mut falls) = (began_with, None, 0);
        let mut rings: Vec<_> = kept.iter_mut().map(|ring| ring.iter_mut().peekable()).collect();
        for (position, counts) in counts.enumerate() {
            if counts.went_backwards(stood_at) {
                falls += 1;
                closed = Some((position, counts));
            }
            stood_at = counts;
            for ring in &mut rings {
                if let Some(own) =
                    ring.next_if(|mark| mark.position == position).and_then(|mark| mark.counts.get_mut(index))
                {
                    *own = counts;
                }
            }
        }
        drop(rings);
        let mut beginning = Beginning { at: past.beginning(slo), counts: began_with };
        if let Some((position, counts)) = closed {
            let before = |mark: &&mut Kept| mark.position < position;
            for own in kept.iter_mut().flatten().filter(before).filter_map(|mark| mark.counts.get_mut(index)) {
                *own = counts;
            }
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
