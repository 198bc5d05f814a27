//! What an instance offers of alerts: to hear of them, to ask for them, to mute them; and the traces of what was bad.

use std::sync::Arc;
use std::time::Duration;

use goodput_model::Verdict;

use super::baseline::Baseline;
use super::compose::{Scene, alert};
use super::examples::{Example, TraceParent};
use super::mute::{Mute, MuteError};
use super::news::Subscription;
use super::outbox::Bulletin;
use super::transition::{Alert, Transition};
use crate::Goodput;
use crate::classify::SloId;
use crate::read::Event;

impl Goodput {
    /// Every transition from here on: of each alert that fires, emerges and resolves. Holds at most `capacity` that were not taken
    /// yet; beyond that the oldest are lost, and [counted](Subscription::lost). No tick waits for whoever takes them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use goodput_core::{Turn, Goodput, Slo, Timeline};
    ///
    /// let (timeline, hand) = Timeline::manual();
    /// let goodput = Goodput::builder("shop").slo(Slo::availability("shop-ok", "99.9%")).timeline(timeline).build()?;
    /// let news = goodput.subscribe(16);
    /// for _ in 0..6 {
    ///     (0..10).for_each(|_| goodput.work("checkout").bad("no_stock"));
    ///     hand.advance(Duration::from_secs(10));
    ///     goodput.tick(goodput.now());
    /// }
    /// let fired = news.try_recv().expect("a total outage is told within a minute");
    /// assert_eq!((fired.change, fired.alert.slo.as_str()), (Turn::Fired, "shop-ok"));
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        self.news.subscribe(capacity)
    }

    /// Everything that fires now, the suppressed and the muted as well, with what is known now. Whoever is told by level and not by
    /// edge asks for this. Where nobody ticks any more, what fired goes on for as long as it may be [frozen](crate::Frozen), and not for
    /// ever.
    ///
    /// Cost: that of a [`status`](Self::status), and nothing where nothing fires.
    pub fn alerts(&self) -> Vec<Alert> {
        let (events, baseline) = {
            let monitor = self.monitor.lock();
            let in_force = self.in_force();
            let now = self.now();
            let firing = monitor.alarms.firing(&in_force.slos, now, monitor.since_last_tick(now));
            (firing, Arc::clone(&monitor.baseline))
        };
        self.compose(events, &baseline).into_iter().map(|(_, alert)| alert).collect()
    }

    /// For a time, nobody is told of alerts; see [`Mute`].
    pub fn mute(&self, mute: Mute) -> Result<(), MuteError> {
        // The monitor's lock first: whoever holds both takes it before.
        let mut monitor = self.monitor.lock();
        if let Some(slo) = &mute.slo
            && self.in_force().slos.iter().all(|known| known.name != *slo)
        {
            return Err(MuteError::UnknownSlo { slo: slo.clone() });
        }
        let now = self.now();
        monitor.alarms.mutes.add(mute, now)
    }

    /// Lifts the mutes of an SLO, or without one all there are, and tells how many that were. What still fires is told at the next
    /// tick.
    pub fn unmute(&self, slo: Option<&str>) -> usize {
        self.monitor.lock().alarms.mutes.lift(slo)
    }

    /// The mutes in force, each with the time that is left of it.
    pub fn mutes(&self) -> Vec<Mute> {
        let now = self.now();
        self.monitor.lock().alarms.mutes.in_force(now)
    }

    /// Arms or disarms, as some budget burns; forgets the examples of what is over, which it may be long after the last burn.
    pub(crate) fn arm(&self, burns: bool, all_is_quiet: bool) {
        self.set_armed(burns);
        if !burns && all_is_quiet {
            self.examples.clear();
        }
    }

    /// Remembers the trace of an event that was decided so, if it was bad for some SLO. Never waits.
    #[cold]
    pub(crate) fn remember(
        &self,
        verdicts: impl Iterator<Item = (SloId, Option<Verdict>)>,
        route: &str,
        elapsed: u64,
        trace: TraceParent,
    ) {
        let Some(in_force) = self.in_force.try_read().map(|in_force| Arc::clone(&in_force)) else { return };
        let bad = verdicts.filter_map(|(id, verdict)| match verdict {
            Some(Verdict::Bad(reason)) => Some((in_force.slos.get(in_force.owner(id)?.row)?, reason)),
            _ => None,
        });
        let bad: Vec<_> = bad.map(|(slo, reason)| (slo.name.clone(), reason)).collect();
        if let Some((_, reason)) = bad.first() {
            let (route, elapsed) = (route.to_owned(), Duration::from_nanos(elapsed));
            let example = Example { route, reason: *reason, elapsed, trace };
            self.examples.offer(bad.into_iter().map(|(slo, _)| slo).collect(), example);
        }
    }

    /// Tells everybody of what happened at ticks and in reloads, unless somebody is at it. No lock is held here.
    pub(crate) fn announce(&self) {
        let tell = |Bulletin { at, wall, events, baseline }| {
            for (event, alert) in self.compose(events, &baseline) {
                let Event { number, change, notifies, .. } = event;
                self.news.tell(Transition { number, change, at, wall, notifies, alert });
                self.outbox.told(self.now());
            }
        };
        self.outbox.tell_all(|| self.now(), tell);
    }

    fn compose(&self, events: Vec<Event>, baseline: &Baseline) -> Vec<(Event, Alert)> {
        if events.is_empty() {
            return Vec::new();
        }
        let (status, definition) = (self.status(), self.definition());
        let scene = Scene {
            status: &status,
            definition: &definition,
            baseline,
            examples: &self.examples,
            deploy: self.deploy.as_ref(),
        };
        events
            .into_iter()
            .map(|event| {
                let alert = alert(&event, scene);
                (event, alert)
            })
            .collect()
    }
}
