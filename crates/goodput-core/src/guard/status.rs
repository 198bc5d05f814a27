//! What a status shows of the guards: where each stands, and every SLO with and without what they have shed.

use std::fmt;

use goodput_model::{BurnRate, Counts, Observation, Share, Window};

use super::guards::{Guards, look, without};
use super::rule::{GuardAction, Limit};
use crate::clock::Moment;
use crate::read::{Detail, Flag, InForce, Status, read_sheds};
use crate::record::{Reasons, Routes};

/// One guard at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GuardStatus {
    /// Its name.
    pub name: String,
    /// The SLO it looks at.
    pub slo: String,
    /// What it does with the requests it holds back.
    pub action: GuardAction,
    /// The share of its requests that is admitted now.
    pub admitted: Share,
    /// The least that ever is.
    pub floor: Share,
    /// Requests it has held back since the process started: refused or marked.
    pub held_back: u64,
    /// The window it looks at.
    pub window: Window,
    /// The burn it sees there, scaled by coverage: what is left of it without requests that were shed.
    pub burn: BurnRate,
    /// The burn above which it acts.
    pub above: f64,
}

/// `guard spare-checkout: 12.5% admitted, 341 held back; checkout-ok at 20x over 5m, acts above 6x`.
impl fmt::Display for GuardStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, slo, admitted, held_back, window, burn, above, .. } = self;
        write!(
            f,
            "guard {name}: {admitted} admitted, {held_back} held back; {slo} at {burn} over {window}, acts above {above}x"
        )
    }
}

/// One guarded feature at one moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FeatureStatus {
    /// Its name.
    pub name: String,
    /// The SLO it depends on.
    pub slo: String,
    /// Whether it is allowed now.
    pub allowed: bool,
    /// The window that is looked at.
    pub window: Window,
    /// The burn that is seen there; as [`GuardStatus::burn`].
    pub burn: BurnRate,
    /// The burn above which it is off.
    pub above: f64,
}

/// `feature new-ranking: off; checkout-ok at 3x over 5m, off above 2x`.
impl fmt::Display for FeatureStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, slo, allowed, window, burn, above } = self;
        let state = if *allowed { "on" } else { "off" };
        write!(f, "feature {name}: {state}; {slo} at {burn} over {window}, off above {above}x")
    }
}

/// Writes a line for each guard, for each feature, and for each SLO of which something was shed.
pub(crate) fn write_guards(f: &mut fmt::Formatter<'_>, status: &Status) -> fmt::Result {
    status.guards.iter().try_for_each(|guard| writeln!(f, "{guard}"))?;
    status.features.iter().try_for_each(|feature| writeln!(f, "{feature}"))?;
    for (slo, sheds) in status.slos.iter().filter_map(|slo| Some((slo, slo.sheds.as_ref()?))) {
        let (shed, without) = (sheds.sheds.total(), sheds.counts);
        writeln!(
            f,
            "{} without the {shed} that guards have shed: {} bad of {}",
            slo.name,
            without.bad,
            without.valid()
        )?;
    }
    Ok(())
}

/// What of one SLO's events guards have shed, and what there is without them.
///
/// What is shed counts as bad, or as excluded where the guard [says so](crate::Guard::exclude_sheds); the SLO's own counts, windows
/// and budget hold it. An SLO that looks at latency alone excludes it as `failed`, as any failure: there is nothing to take out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShedStatus {
    /// Sheds since the process started: bad and excluded ones.
    pub sheds: Counts,
    /// The SLO's counts without them.
    pub counts: Counts,
    /// The SLO's windows without them, each as far as this process has seen it, shortest first. None in the moment between a reload that
    /// has the SLO judge otherwise and the next tick.
    pub windows: Vec<Observation>,
}

impl ShedStatus {
    /// The window of this length.
    pub fn window(&self, window: Window) -> Option<&Observation> {
        self.windows.iter().find(|seen| seen.window == window)
    }
}

/// What is added to a status.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    guards: Vec<GuardStatus>,
    features: Vec<FeatureStatus>,
    /// Of the SLOs, in their order.
    sheds: Vec<Option<ShedStatus>>,
    flag: Option<Flag>,
}

impl Guards {
    /// What there is to show at `now`, of the counts in `detail`.
    pub(crate) fn show(
        &self,
        now: Moment,
        detail: &Detail,
        in_force: &InForce,
        routes: &Routes,
        reasons: &Reasons,
    ) -> Shown {
        let flag = self.unknown.seen();
        let flag = flag.map(|(first, times)| Flag::UnknownFeatures { first: first.to_owned(), times });
        let Some(memory) = &self.memory else { return Shown { flag, ..Shown::default() } };
        let sheds = read_sheds(routes, reasons, in_force.fingerprints());
        let live = without(&detail.counts, in_force, &sheds);
        let memory = memory.lock();
        let burn = |limit: &Limit| {
            let seen = look(&memory, now, limit, in_force, &live);
            seen.map_or(BurnRate::NoData, |(objective, seen)| BurnRate::scaled(objective, &seen))
        };
        let above = |limit: &Limit| f64::from(limit.milli()) / 1_000.0;
        let share = |milli| Share::from_milli_percent(milli).unwrap_or(Share::ALL);
        let guards = self.gates.iter().map(|gate| GuardStatus {
            name: gate.rule.name.clone(),
            slo: gate.rule.limit.slo.clone(),
            action: gate.rule.action,
            admitted: share(gate.share()),
            floor: share(gate.floor()),
            held_back: gate.held_back(),
            window: gate.rule.limit.window,
            burn: burn(&gate.rule.limit),
            above: above(&gate.rule.limit),
        });
        let features = self.switches.iter().map(|switch| FeatureStatus {
            name: switch.rule.name.clone(),
            slo: switch.rule.limit.slo.clone(),
            allowed: switch.is_allowed(),
            window: switch.rule.limit.window,
            burn: burn(&switch.rule.limit),
            above: above(&switch.rule.limit),
        });
        let totals = in_force.totals(&sheds);
        let rows = in_force.slos.iter().zip(in_force.ids()).zip(&live).zip(detail.totals.iter().zip(totals));
        let sheds = rows.map(|(((slo, id), live), (counts, sheds))| {
            let windows = || slo.windows().iter().filter_map(|window| memory.observe(now, *window, *id, *live));
            let is_shown = sheds != Counts::default() && !slo.judges_slices();
            is_shown.then(|| ShedStatus { sheds, counts: counts.since(sheds), windows: windows().collect() })
        });
        Shown { guards: guards.collect(), features: features.collect(), sheds: sheds.collect(), flag }
    }
}

impl Status {
    /// Adds what the guards show.
    pub(crate) fn with_guards(mut self, shown: Shown) -> Self {
        for (slo, sheds) in self.slos.iter_mut().zip(shown.sheds) {
            slo.sheds = sheds;
        }
        self.guards = shown.guards;
        self.features = shown.features;
        self.flags.extend(shown.flag);
        self
    }
}
