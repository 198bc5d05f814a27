//! From rules to guards: everything is checked here, once, and each name found.

use std::time::Duration;

use goodput_model::{Budgeting, Definition, Slo, Window};
use parking_lot::Mutex;

use super::control::ALL;
use super::feature::Switch;
use super::gate::Gate;
use super::guards::Guards;
use super::memory::Memory;
use super::problem::GuardProblem;
use super::rule::{Guard, Limit, Rules};
use crate::builder::BuildError;
use crate::classify::SloId;
use crate::clock::{Moment, nanos};
use crate::read::SlotPlan;
use crate::record::{ClassId, RouteId, Routes, is_own};

/// What the rules are checked against.
#[derive(Debug)]
pub(crate) struct House<'a> {
    pub(crate) definition: &'a Definition,
    /// Of the SLOs, in their order.
    pub(crate) ids: &'a [SloId],
    pub(crate) routes: &'a Routes,
    pub(crate) slots: &'a SlotPlan,
    pub(crate) tick_every: Duration,
    pub(crate) origin: Moment,
}

impl Guards {
    /// The guards of these rules. Their routes are known from here on.
    pub(crate) fn build(rules: Rules, house: &House<'_>) -> Result<Self, BuildError> {
        if rules.is_empty() {
            return Ok(Self::default());
        }
        let mut gates: Vec<Gate> = Vec::new();
        for rule in rules.guards {
            let name = rule.name.clone();
            let is_there = gates.iter().any(|gate| gate.rule.name == name);
            let gate = gate(rule, is_there, house);
            gates.push(gate.map_err(|problem| BuildError::Guard { what: "guard", name, problem })?);
        }
        let mut switches: Vec<Switch> = Vec::new();
        for rule in rules.features {
            let is_there = switches.iter().any(|switch| switch.rule.name == rule.name);
            let checked = check_name(&rule.name, is_there).and_then(|()| check_limit(&rule.limit, house));
            checked.map_err(|problem| BuildError::Guard { what: "feature", name: rule.name.clone(), problem })?;
            switches.push(Switch::new(rule));
        }
        let excluded = house.definition.excluded_routes.iter();
        Ok(Self {
            gates: gates.into(),
            switches: switches.into(),
            excluded: excluded.filter_map(|route| house.routes.find(route, ClassId::NONE)).collect(),
            last_tick: nanos(house.origin.since_origin()).into(),
            patience: house.tick_every.saturating_mul(3),
            memory: Some(Mutex::new(Memory::new(house.slots, house.origin, house.ids.to_vec()))),
            ..Self::default()
        })
    }
}

fn gate(rule: Guard, is_there: bool, house: &House<'_>) -> Result<Gate, GuardProblem> {
    check_name(&rule.name, is_there)?;
    check_limit(&rule.limit, house)?;
    let floor = rule.floor.as_ref().map_err(|error| GuardProblem::Floor(error.clone()))?.milli_percent();
    if floor == 0 {
        return Err(GuardProblem::FloorOfNothing);
    }
    let after = rule.retry_after;
    if after < Duration::from_secs(1) || after > Window::D1.duration() || after.subsec_nanos() != 0 {
        return Err(GuardProblem::RetryAfter { value: after });
    }
    if rule.routes.is_empty() && rule.classes.is_empty() {
        return Err(GuardProblem::ChoosesNothing);
    }
    let classes = rule.classes.iter().map(|class| {
        let position = house.definition.classes.iter().position(|known| known == class);
        let position = position.ok_or_else(|| GuardProblem::UnknownClass { class: class.clone() })?;
        Ok(ClassId::numbered(position + 1))
    });
    let classes: Vec<ClassId> = classes.collect::<Result<_, GuardProblem>>()?;
    let routes = rule.routes.iter().map(|route| find_route(route, house));
    let routes: Vec<RouteId> = routes.collect::<Result<_, _>>()?;
    Ok(Gate::new(rule, floor.min(ALL), &routes, classes))
}

fn find_route(route: &str, house: &House<'_>) -> Result<RouteId, GuardProblem> {
    let stands_for_others = [Definition::UNMATCHED, Definition::OTHER].contains(&route);
    let is_text = !route.is_empty() && route.len() <= Definition::MAX_ROUTE && !route.chars().any(char::is_control);
    if stands_for_others || !is_text || !is_own(route) {
        return Err(GuardProblem::Route { route: route.to_owned() });
    }
    if house.definition.excluded_routes.iter().any(|excluded| excluded == route) {
        return Err(GuardProblem::ExcludedRoute { route: route.to_owned() });
    }
    let found = house.routes.resolve(Some(route), ClassId::NONE);
    // Beyond the bound it would be the route of all others.
    let is_itself = house.routes.get(found).is_some_and(|known| known.template() == route);
    is_itself.then_some(found).ok_or_else(|| GuardProblem::NoPlace { route: route.to_owned() })
}

fn check_name(name: &str, is_there: bool) -> Result<(), GuardProblem> {
    if name.is_empty() || name.len() > Definition::MAX_NAME || name.chars().any(char::is_control) {
        return Err(GuardProblem::Name);
    }
    if is_there { Err(GuardProblem::Duplicate) } else { Ok(()) }
}

fn check_limit(limit: &Limit, house: &House<'_>) -> Result<(), GuardProblem> {
    if let Err(error) = &limit.above {
        return Err(GuardProblem::Factor(error.clone()));
    }
    let slo = house.definition.slos.iter().find(|slo| slo.name() == limit.slo);
    let slo = slo.ok_or_else(|| GuardProblem::UnknownSlo { slo: limit.slo.clone() })?;
    if slo.budgeting_method() != Budgeting::Occurrences {
        return Err(GuardProblem::CountsSlices { slo: limit.slo.clone() });
    }
    check_factor(limit.milli(), slo)?;
    let shortest = house.tick_every;
    if limit.window.duration() < shortest || limit.window > Window::H6 {
        return Err(GuardProblem::Window { window: limit.window, shortest });
    }
    Ok(())
}

fn check_factor(milli: u32, slo: &Slo) -> Result<(), GuardProblem> {
    if milli < 1_000 {
        return Err(GuardProblem::FactorBelowOne { milli });
    }
    match slo.objective() {
        // Thousandths of billionths.
        Ok(objective) if u64::from(milli) * u64::from(objective.bad_ppb()) >= 1_000_000_000_000 => {
            Err(GuardProblem::NeverActs { milli, objective })
        }
        _ => Ok(()), // an objective that is none was refused with the definition
    }
}
