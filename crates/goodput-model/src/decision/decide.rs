//! From evidence to a decision: the worst SLO speaks, and the strictest of its findings.

use std::cmp::Reverse;

use super::advice::{self, Alternative, conditions};
use super::basis::{Basis, missing, missing_of};
use super::burn_status::BurnStatus;
use super::case::Case;
use super::change::{Change, ChangeKind, Risk};
use super::decision::{CostOfChange, Decision};
use super::evidence::{Concern, Evidence};
use super::ground::{Finding, Ground};
use crate::{Action, BandStanding, BurnRate, Coverage, Observation, ReleaseCost, Remaining};

impl Case {
    /// Whether this change is a good idea now.
    ///
    /// The answer is the strictest of
    ///
    /// - the [matrix](BurnStatus::action) of how each SLO burns and of the change's risk,
    /// - the action of the budget band each SLO stands in,
    /// - what [concerns](Concern) ask for, and
    /// - a review, where the instances seen are not all there are, or [too little](Basis) is known.
    ///
    /// Burn and budget are those of the events seen, unscaled by coverage: here the seen part speaks for the rest. One or two bad
    /// events ([`MinBad`](crate::MinBad)) never ask for more than a review. An approval needs a known budget
    /// ([`Remaining::Is`]), fresh counts and all instances.
    ///
    /// Seeing less time, losing data, or further bad events never bring the answer nearer to an approval: on the same side of
    /// "enough is known", the action never becomes milder, and where too little is known [the gate](Decision::gate) does not
    /// approve.
    ///
    /// Pure arithmetic over the evidence, linear in the number of SLOs; it allocates what it answers. What the change may cost is
    /// what one of its risk [usually does](Risk::usual_cost).
    pub fn decide(&self, change: Change) -> Decision {
        self.decide_at_cost(change, change.risk.usual_cost())
    }

    /// The same for a change of which it is known what it may cost, such as a 20 % chance of a five-minute outage. The cost is shown
    /// beside what is left, and asks to be undone in time where it does not fit; the action follows from the risk.
    pub fn decide_at_cost(&self, change: Change, cost: ReleaseCost) -> Decision {
        let general = missing(self);
        let judged: Vec<Judged<'_>> = self.slos.iter().map(|slo| judge(self, slo, change)).collect();
        let Outcome { action, found, data, would_have_been } = outcome(&general, &judged, change);
        let worst = judged.iter().fold(None, |worst: Option<&Judged<'_>>, one| match worst {
            Some(worst) if !one.is_worse_than(worst) => Some(worst),
            _ => Some(one),
        });
        let evidence = worst.map(|worst| worst.evidence);
        let cost = CostOfChange { cost, left: evidence.and_then(|slo| slo.budget_as_seen().left_time()) };
        let rationale = rationale(&general, &judged, worst, change);
        Decision {
            change,
            action,
            would_have_been,
            found,
            data,
            status: judged.iter().map(|one| one.status).max().unwrap_or(BurnStatus::Healthy),
            slo: evidence.map(|slo| slo.slo.clone()),
            conditions: conditions(self, change, action, &rationale, cost),
            alternatives: self.alternatives(change, action, &general, &judged, cost),
            rationale,
            cost,
            remaining: evidence.map_or(Remaining::NoData, |slo| slo.budget().remaining()),
            coverage: evidence.map(|slo| Coverage::new(slo.seen.covered(), slo.seen.window.duration())),
            age: self.freshness.age,
            replicas: self.replicas,
            told: false,
        }
    }
}

impl Case {
    fn alternatives(
        &self,
        change: Change,
        action: Action,
        general: &[Ground],
        judged: &[Judged<'_>],
        cost: CostOfChange,
    ) -> Vec<Alternative> {
        let burns = judged.iter().any(|one| one.status > BurnStatus::Healthy);
        let milder = Risk::ALL.into_iter().rev().filter(|risk| *risk < change.risk).find_map(|risk| {
            let change = Change::new(change.kind, risk);
            let judged: Vec<_> = self.slos.iter().map(|slo| judge(self, slo, change)).collect();
            let at_risk = outcome(general, &judged, change).action;
            (at_risk < action).then_some(Alternative::SmallerSteps { risk, action: at_risk })
        });
        advice::alternatives(change, action, burns, milder, cost)
    }
}

/// One SLO, looked at for one change.
struct Judged<'a> {
    evidence: &'a Evidence,
    status: BurnStatus,
    grounds: Vec<Ground>,
    /// The part of them that says too little is known.
    lacks: Vec<Finding>,
}

impl Judged<'_> {
    fn found(&self) -> Action {
        self.grounds.iter().map(|ground| ground.asks).max().unwrap_or(Action::Approve)
    }

    /// The strictest speaks; of two alike the one that burns worse, of which less is known, or with less left.
    fn is_worse_than(&self, other: &Self) -> bool {
        let left = |one: &Self| one.evidence.budget_as_seen().remaining().unwrap_or(f64::INFINITY);
        let order =
            (self.found(), self.status, self.lacks.len()).cmp(&(other.found(), other.status, other.lacks.len()));
        order.then(left(other).total_cmp(&left(self))).is_gt()
    }
}

fn judge<'a>(case: &Case, evidence: &'a Evidence, change: Change) -> Judged<'a> {
    let mut status = BurnStatus::Healthy;
    let mut grounds = Vec::new();
    let mut add = |finding, asks| grounds.push(Ground { slo: Some(evidence.slo.clone()), finding, asks });
    for window in [&evidence.hour, &evidence.six_hours] {
        let (finding, found) = burn(evidence, window);
        add(finding, found.action(change.risk));
        status = status.max(found);
    }
    for page in evidence.pages.iter().filter(|page| page.is_exceeded(evidence.floor())) {
        let burn = BurnRate::raw(evidence.objective, page.long.counts);
        add(Finding::PageExceeded { row: page.row, burn }, BurnStatus::Critical.action(change.risk));
        status = status.max(BurnStatus::Critical);
    }
    for concern in &evidence.concerns {
        let asks = match concern {
            Concern::ExcludedSurge => Action::Review,
            Concern::TrafficLost => Action::Defer,
            Concern::PageFires => BurnStatus::Critical.action(change.risk),
            Concern::Stalled => Action::Block,
        };
        if *concern == Concern::PageFires {
            status = status.max(BurnStatus::Critical);
        }
        add(Finding::Concern(*concern), asks);
    }
    let (finding, asks, exhausted) = band(case, evidence);
    add(finding, asks);
    if exhausted {
        status = BurnStatus::Exhausted;
    }
    Judged { evidence, status, grounds, lacks: missing_of(evidence) }
}

/// How a window burns: enough bad events given, what the burn is called.
fn burn(evidence: &Evidence, window: &Observation) -> (Finding, BurnStatus) {
    let floor = evidence.floor();
    let Observation { window, counts, .. } = *window;
    let tells = counts.bad >= floor;
    let status = if tells { BurnStatus::of_burn(evidence.objective, counts) } else { BurnStatus::Healthy };
    let burn = BurnRate::raw(evidence.objective, counts);
    (Finding::Burn { window, burn, bad: counts.bad, status, floor }, status)
}

/// The band, what it asks for, and whether the budget is exhausted. Fewer bad events than tell something ask for a review at most,
/// however much of the period was seen.
fn band(case: &Case, evidence: &Evidence) -> (Finding, Action, bool) {
    let budget = evidence.budget_as_seen();
    let standing = evidence.standing.step(&case.bands, budget);
    let afresh = BandStanding::NOWHERE.step(&case.bands, budget);
    let name = || standing.band(&case.bands).map_or_else(String::new, |band| band.name.clone());
    let (bad, floor) = (evidence.seen.counts.bad, evidence.floor());
    let exhausted = budget.is_exhausted();
    let permitted = standing.action(&case.bands);
    let asks = if exhausted { Action::Block } else { permitted };
    if bad < floor && asks > Action::Review {
        return (Finding::TooFewBad { band: name(), bad, floor }, Action::Review, false);
    }
    let held = afresh.position() < standing.position();
    let remaining = evidence.budget().remaining();
    (Finding::Band { band: name(), left: budget.remaining(), remaining, held }, asks, exhausted && bad >= floor)
}

struct Outcome {
    action: Action,
    found: Action,
    data: Basis,
    would_have_been: Option<Action>,
}

fn outcome(general: &[Ground], judged: &[Judged<'_>], change: Change) -> Outcome {
    let lacks = || general.iter().map(|ground| &ground.finding).chain(judged.iter().flat_map(|one| &one.lacks));
    let data = lacks().map(Basis::of).max().unwrap_or(Basis::Enough);
    // A scope that is too small asks for a review though enough is known of it.
    let scope = general.iter().filter(|ground| Basis::of(&ground.finding) == Basis::Enough).map(|ground| ground.asks);
    let found = judged.iter().map(Judged::found).chain(scope).max().unwrap_or(Action::Approve);
    let known = if data == Basis::Enough { Action::Approve } else { Action::Review };
    let usual = found.max(known);
    let action = match change.kind {
        kind if kind.is_never_held_back() => Action::Approve,
        ChangeKind::Fix => usual.min(Action::Review),
        _ => usual,
    };
    Outcome { action, found, data, would_have_been: Some(usual).filter(|usual| *usual != action) }
}

/// The grounds of the worst SLO, and of the others what is neither healthy nor approved of, the strictest first.
fn rationale(general: &[Ground], judged: &[Judged<'_>], worst: Option<&Judged<'_>>, change: Change) -> Vec<Ground> {
    let speaks = |one: &Judged<'_>| worst.is_some_and(|worst| worst.evidence.slo == one.evidence.slo);
    let is_calm = |ground: &Ground| {
        matches!(ground.finding, Finding::Burn { status: BurnStatus::Healthy, .. }) || ground.asks == Action::Approve
    };
    let mut rationale = general.to_vec();
    for one in judged {
        let kept = one.grounds.iter().filter(|ground| speaks(one) || !is_calm(ground));
        rationale.extend(kept.cloned());
        let lacking = |finding: &Finding| Ground {
            slo: Some(one.evidence.slo.clone()),
            finding: finding.clone(),
            asks: Action::Review,
        };
        rationale.extend(one.lacks.iter().map(lacking));
    }
    rationale.sort_by_key(|ground| Reverse(ground.asks)); // stable: of equals the first SLO is first
    match change.kind {
        kind if kind.is_never_held_back() => {
            let finding = Finding::NeverHeldBack(kind);
            rationale.insert(0, Ground { slo: None, finding, asks: Action::Approve });
        }
        ChangeKind::Fix if rationale.first().is_some_and(|ground| ground.asks > Action::Review) => {
            rationale.insert(0, Ground { slo: None, finding: Finding::ReviewedAtMost, asks: Action::Review });
        }
        _ => {}
    }
    rationale
}
