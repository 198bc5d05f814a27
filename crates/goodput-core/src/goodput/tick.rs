//! One tick: the counters are read once, remembered, and looked at by everything that goes on by itself.

use std::sync::Arc;

use super::Goodput;
use crate::alert::Bulletin;
use crate::clock::Moment;
use crate::read::{read_counts, stalled};

impl Goodput {
    /// Remembers what the counters stand at. Call it every [`tick_every`](crate::GoodputBuilder::tick_every) with the
    /// [`now`](Self::now) of the call, or let a [`Ticker`](crate::Ticker) do it.
    ///
    /// The counters are read during the call: a `now` taken earlier lets windows miss what came in between. A late tick is
    /// one mark at its true time, never several. A `now` before the last one is flagged and left out.
    ///
    /// Cost: one pass over the cells, and per SLO a subtraction for each window and a comparison for each alert row.
    /// Nothing waits for it on the record path.
    pub fn tick(&self, now: Moment) {
        self.tick_at(|| now);
    }

    /// Ticks at the present of the timeline, read after the counters: what is remembered is never too new for its time.
    pub(crate) fn tick_now(&self) {
        self.tick_at(|| self.now());
    }

    fn tick_at(&self, now: impl FnOnce() -> Moment) {
        self.stopwatch.check();
        // The lock is held while reading, so that a later mark never has older counts.
        let mut monitor = self.monitor.lock();
        let in_force = self.in_force();
        let (by_id, finished) = read_counts(&self.routes, in_force.fingerprints());
        let now = now();
        let mut live = in_force.live(&by_id);
        monitor.slices.tick(now, &mut live);
        monitor.rebase(&mut live);
        if !monitor.tick(now, &live) {
            return;
        }
        self.guards.tick(now, &live, &in_force, &self.routes, &self.reasons);
        monitor.waiting.tick(now, &self.routes, &self.present, &finished);
        let stalled = stalled(&monitor.waiting, &self.routes, &finished, &in_force, now);
        let wall = self.timeline.wall_at(now);
        // Asked for once more: whoever ticks may have moments of their own.
        let present = self.now();
        monitor.wall.tick(present, self.timeline.wall_at(present));
        let (events, burns) = monitor.alarm(now, wall, &live, (&in_force.slos, &in_force.definition.bands), stalled);
        if monitor.surges.is_due(now) {
            let detail = self.read_detail(&in_force);
            monitor.look_at_reasons((now, &live), &in_force.slos, &self.classes, burns, &detail);
        }
        self.arm(burns, monitor.alarms.is_quiet());
        self.outbox.put(Bulletin { at: now, wall, events, baseline: Arc::clone(&monitor.baseline) });
        drop(monitor);
        self.announce();
    }
}
