//! An instance's memory: taken from one that runs, and looked at without one.

use std::time::SystemTime;

use goodput_model::Definition;

use super::{Memory, MemoryError, since_epoch};
use crate::builder::BuildError;
use crate::clock::Timeline;
use crate::goodput::Goodput;

impl Goodput {
    /// What this instance knows about its SLOs now, for the next one to [remember](crate::GoodputBuilder::remember).
    ///
    /// [`StateFile`](crate::StateFile) does this by itself. Cost: one pass over the cells with the lock held that ticks and
    /// [`status`](Self::status) take; writing it down, some 20 ns for each mark of each SLO, holds nobody up.
    ///
    /// # Errors
    /// If it takes more than 16 MiB, a million marks or 67 million counts. Some ten thousand SLOs on the standard slots do, and very few on dense ones.
    pub fn memory(&self) -> Result<Memory, MemoryError> {
        let past = {
            // The lock first, so that no mark has newer counts than the counters.
            let monitor = self.monitor.lock();
            let in_force = self.in_force();
            let detail = self.read_detail(&in_force);
            let (now, mut live) = (self.now(), detail.counts.clone());
            monitor.slices.replace(&mut live);
            monitor.rebase(&mut live);
            let wall = since_epoch(self.timeline.wall_at(now));
            let past = monitor.past((self.instance(), now, wall), (&live, &detail), &in_force);
            // A timeline that has an origin of its own began when the clock on the wall showed this.
            if self.timeline.has_own_origin() { past.later_by(wall.saturating_sub(now.since_origin())) } else { past }
        };
        past.write()
    }

    /// An instance as it was when it was last remembered, seen at another time: for whoever reads a state file and is not the
    /// service. Its windows end at `wall`, and its last tick is when the file was written; nothing ticks it.
    ///
    /// What the service's own builder was told beside its definition is not known here: the time between two ticks is 10 s, and
    /// slots are the standard ones.
    ///
    /// # Errors
    /// As [`build`](crate::GoodputBuilder::build).
    pub fn recall(definition: Definition, memory: Memory, wall: SystemTime) -> Result<Self, BuildError> {
        let (timeline, _) = Timeline::manual();
        let builder = Self::builder("").definition(definition).timeline(timeline.beginning_at(wall));
        builder.remember(memory).build_as_it_was()
    }
}
