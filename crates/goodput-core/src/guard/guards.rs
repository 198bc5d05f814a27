//! All guards of an instance: asked by requests, moved by ticks.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use goodput_model::{Counts, Objective, Observation, Reason, Verdict};
use parking_lot::Mutex;

use super::admission::{Admission, Shed};
use super::control::Sight;
use super::feature::{Switch, Unknown};
use super::gate::Gate;
use super::memory::Memory;
use super::rule::{GuardAction, Limit};
use crate::Goodput;
use crate::clock::{Moment, nanos};
use crate::read::{InForce, read_sheds};
use crate::record::{ClassId, Reasons, Route, RouteId, Routes};

/// See the module. Without rules it is empty, and nothing of it is ever looked at but that.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    /// Whether some guard holds something back: all that a request looks at while none does.
    pub(super) acting: AtomicBool,
    pub(super) gates: Box<[Gate]>,
    pub(super) switches: Box<[Switch]>,
    pub(super) unknown: Unknown,
    /// Routes that no guard holds back, whatever the class.
    pub(super) excluded: Box<[RouteId]>,
    /// When there was a tick last, in nanoseconds since the timeline's origin, and how much later it is too long ago.
    pub(super) last_tick: AtomicU64,
    pub(super) patience: Duration,
    /// Taken by ticks and by readers, never by requests.
    pub(super) memory: Option<Mutex<Memory>>,
}

impl Guards {
    /// Has the word for sheds known before handlers have used up the places for theirs.
    pub(crate) fn claim_word(&self, reasons: &Reasons) {
        if !self.is_empty() {
            let _ = reasons.said(Some(Verdict::Bad(Reason::SHED)));
        }
    }

    fn is_empty(&self) -> bool {
        self.memory.is_none()
    }

    /// Whether some guard holds something back. Relaxed: a request that misses that is treated as one that came a moment earlier.
    #[inline]
    pub(super) fn are_acting(&self) -> bool {
        self.acting.load(Ordering::Relaxed)
    }

    /// What becomes of a request while guards are acting: the first that sheds it has the word, and any that degrades it the next.
    pub(super) fn decide(&self, routes: &Routes, route: RouteId, class: ClassId) -> Admission {
        let class = match class {
            ClassId::NONE => routes.get(route).map_or(ClassId::NONE, Route::class),
            class => class,
        };
        let mut admission = Admission::Full;
        for gate in &self.gates {
            if gate.holds_back(route, class, || self.excluded.contains(&route)) {
                match gate.rule.action {
                    GuardAction::Shed => {
                        return Admission::Shed(Shed {
                            verdict: gate.rule.verdict(),
                            retry_after: gate.rule.retry_after,
                        });
                    }
                    GuardAction::Degrade => admission = Admission::Degraded,
                }
            }
        }
        admission
    }

    /// Whether nobody has ticked for so long that what guards know is worth nothing. Asked only while they are acting.
    pub(super) fn are_stale(&self, now: Moment) -> bool {
        let last = Duration::from_nanos(self.last_tick.load(Ordering::Relaxed));
        now.since_origin().saturating_sub(last) > self.patience
    }

    /// Remembers what the SLOs stand at, less what was shed, and moves every guard by what it sees of that. `live` is what they stand
    /// at, read before.
    pub(crate) fn tick(&self, now: Moment, live: &[Counts], in_force: &InForce, routes: &Routes, reasons: &Reasons) {
        let Some(memory) = &self.memory else { return };
        let without = without(live, in_force, &read_sheds(routes, reasons, in_force.fingerprints()));
        let mut memory = memory.lock();
        if !memory.tick(now, in_force, &without) {
            return;
        }
        let sight = |limit: &Limit| {
            let seen = look(&memory, now, limit, in_force, &without);
            // Of an SLO that a reload has removed nothing is seen.
            seen.map_or(Sight::Below, |(objective, seen)| Sight::of(limit, objective, &seen))
        };
        // Every one of them moves, before anybody asks whether one holds something back.
        let mut acting = false;
        for gate in &self.gates {
            acting |= gate.move_share(sight(&gate.rule.limit));
        }
        for switch in &self.switches {
            switch.turn(sight(&switch.rule.limit));
        }
        self.last_tick.store(nanos(now.since_origin()), Ordering::Relaxed);
        self.acting.store(acting, Ordering::Relaxed);
    }

    /// Adds what handlers' verdicts become that are the guards'.
    pub(crate) fn add_possible(&self, possible: &mut Vec<Verdict>) {
        for verdict in
            self.gates.iter().filter(|gate| gate.rule.action == GuardAction::Shed).map(|gate| gate.rule.verdict())
        {
            let heard = possible
                .iter()
                .any(|known| known.label() == verdict.label() && known.reason() == Some(Reason::HANDLER));
            if heard && !possible.contains(&verdict) {
                possible.push(verdict);
            }
        }
    }
}

/// What each SLO in force stands at without what guards have shed, given the sheds by fingerprint.
///
/// Sheds are read after what they are taken from, so they may be ahead of it by requests that are just finishing, and never behind:
/// no shed is left in.
pub(super) fn without(live: &[Counts], in_force: &InForce, sheds: &[Counts]) -> Vec<Counts> {
    let own = in_force.ids().iter().map(|id| sheds.get(id.number()).copied().unwrap_or_default());
    live.iter().zip(own).map(|(live, sheds)| live.since(sheds)).collect()
}

/// What is seen of the SLO of a limit, over its window.
pub(super) fn look(
    memory: &Memory,
    now: Moment,
    limit: &Limit,
    in_force: &InForce,
    without: &[Counts],
) -> Option<(Objective, Observation)> {
    let index = in_force.slos.iter().position(|slo| slo.name == limit.slo)?;
    let (slo, id) = (in_force.slos.get(index)?, in_force.ids().get(index)?);
    let seen = memory.observe(now, limit.window, *id, without.get(index).copied()?)?;
    Some((slo.objective, seen))
}

impl Goodput {
    /// Whether some guard holds something back now. One relaxed load, and all that guards cost while none does.
    #[inline]
    pub fn guards_are_acting(&self) -> bool {
        self.guards().are_acting()
    }

    /// What becomes of a request on `route` at the guards; its class is that of the route unless it has one of its own.
    ///
    /// A request asks once, as each answer is somebody's turn. Layers do it for requests; a worker may ask before it takes up work of
    /// little importance. Where nobody has ticked for three times as long as there should be between ticks, everything is admitted:
    /// what a guard knew then is worth nothing now.
    ///
    /// Cost: one relaxed load while no guard holds anything back; else the timeline is read, and one counter of the route's moved.
    pub fn admit(&self, route: RouteId, class: ClassId) -> Admission {
        if !self.guards_are_acting() || self.guards().are_stale(self.now()) {
            return Admission::Full;
        }
        self.guards().decide(self.routes(), route, class)
    }

    /// The request class of this name, for who asks beside the layer that counts: a name that is not declared raises no flag here.
    #[doc(hidden)]
    pub fn known_class(&self, name: &str) -> Option<ClassId> {
        self.class_names().iter().position(|class| class == name).map(|position| ClassId::numbered(position + 1))
    }
}
