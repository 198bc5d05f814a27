//! What the guards remember of every SLO: its counts less what guards have shed, so that no guard hears its own echo.

use goodput_model::{Counts, Observation, Window};

use crate::classify::SloId;
use crate::clock::Moment;
use crate::read::{Column, History, InForce, SlotPlan};

/// A history of its own, of counts in which no shed is. As large as the monitor's.
#[derive(Debug)]
pub(super) struct Memory {
    history: History,
    /// Of the SLOs it remembers, in their order.
    ids: Vec<SloId>,
    last_tick: Option<Moment>,
}

impl Memory {
    pub(super) fn new(plan: &SlotPlan, origin: Moment, ids: Vec<SloId>) -> Self {
        Self { history: History::new(plan, origin, ids.len()), ids, last_tick: None }
    }

    /// Remembers what the SLOs in force stood at. A moment before the last one is left out: then the answer is no.
    pub(super) fn tick(&mut self, now: Moment, in_force: &InForce, without: &[Counts]) -> bool {
        if self.last_tick.is_some_and(|last| now.since_origin() < last.since_origin()) {
            return false;
        }
        self.last_tick = Some(now);
        if self.ids != in_force.ids() {
            let column = |(id, counts): (&SloId, &Counts)| match self.column(*id) {
                Some(position) => Column::Kept(position),
                None => Column::Begins(*counts),
            };
            let columns: Vec<_> = in_force.ids().iter().zip(without).map(column).collect();
            self.history.go_on_with(&columns, now);
            self.ids = in_force.ids().to_vec();
        }
        self.history.push(now, without);
        true
    }

    /// One window that ends now of an SLO whose counts are these; nothing for one that came with a reload since the last tick.
    pub(super) fn observe(&self, now: Moment, window: Window, id: SloId, without: Counts) -> Option<Observation> {
        Some(self.history.edge(now, window).observe(window, now, self.column(id)?, without))
    }

    fn column(&self, id: SloId) -> Option<usize> {
        self.ids.iter().position(|known| *known == id)
    }
}
