//! What is said of the service as a whole.

use std::collections::BTreeMap;

use goodput_model::{BudgetBands, Definition, Journey, Role};

use super::emit::Tree;
use super::slo;
use crate::{duration, route};

/// A mapping that is being filled, in the order of the table of keys.
#[derive(Default)]
pub(super) struct Map(Vec<(String, Tree)>);

impl Map {
    pub(super) fn put(&mut self, key: &str, value: Tree) {
        self.0.push((key.to_owned(), value));
    }

    pub(super) fn put_if(&mut self, key: &str, value: Option<Tree>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn tree(self) -> Tree {
        Tree::Map(self.0)
    }

    /// `None` if nothing was put in.
    pub(super) fn any(self) -> Option<Tree> {
        (!self.is_empty()).then(|| self.tree())
    }
}

/// The whole file.
pub(crate) fn file(definition: &Definition) -> Tree {
    let mut file = Map::default();
    file.put("version", Tree::plain(1));
    file.put("service", Tree::text(&definition.service));
    file.put_if("description", definition.description.as_ref().map(Tree::text));
    file.put_if("owner", definition.owner.as_ref().map(Tree::text));
    file.put_if("tier", definition.tier.map(|tier| Tree::text(tier.label())));
    file.put_if("labels", texts(&definition.labels));
    file.put_if("selector", texts(&definition.selector));
    let zone = &definition.time_zone;
    file.put_if("time_zone", (zone != Definition::DEFAULT_TIME_ZONE).then(|| Tree::text(zone)));
    file.put_if("role", (definition.role != Role::default()).then(|| Tree::text(definition.role.label())));
    file.put_if("instances", definition.single_instance.then(|| Tree::text("single")));
    file.put_if("classes", list(&definition.classes));
    file.put_if("reasons", list(&definition.reasons));
    file.put_if("dependencies", list(&definition.dependencies));
    file.put_if("server_deadline", definition.server_deadline.map(|deadline| Tree::plain(duration::print(deadline))));
    file.put_if("routes", route_table(definition));
    file.put_if("error_budget", error_budget(&definition.bands));
    let journeys: Vec<Tree> = definition.journeys.iter().map(journey).collect();
    file.put_if("journeys", (!journeys.is_empty()).then_some(Tree::List(journeys)));
    file.put("slos", Tree::List(definition.slos.iter().map(slo::slo).collect()));
    file.tree()
}

fn route_table(definition: &Definition) -> Option<Tree> {
    let mut table = Map::default();
    let max = definition.max_routes;
    table.put_if("max", (max != Definition::DEFAULT_MAX_ROUTES).then(|| Tree::plain(max)));
    table.put_if("exclude", routes(&definition.excluded_routes));
    table.put_if("stream", routes(&definition.stream_routes));
    // By class, each where it comes first.
    let mut classes: Vec<(String, Vec<Tree>)> = Vec::new();
    for rule in &definition.route_classes {
        let route = route_tree(&rule.route);
        match classes.iter_mut().find(|(class, _)| *class == rule.class) {
            Some((_, routes)) => routes.push(route),
            None => classes.push((rule.class.clone(), vec![route])),
        }
    }
    let classes: Vec<_> = classes.into_iter().map(|(class, routes)| (class, Tree::List(routes))).collect();
    table.put_if("classes", (!classes.is_empty()).then_some(Tree::Map(classes)));
    table.any()
}

fn error_budget(bands: &BudgetBands) -> Option<Tree> {
    let mut budget = Map::default();
    if *bands.bands != BudgetBands::default().bands {
        budget.put(
            "bands",
            match bands.preset_name() {
                Some(name) => Tree::text(name),
                None => Tree::List(bands.bands.iter().map(band).collect()),
            },
        );
    }
    let hysteresis = bands.hysteresis;
    budget.put_if("hysteresis", (hysteresis != BudgetBands::DEFAULT_HYSTERESIS).then(|| Tree::plain(hysteresis)));
    budget.any()
}

fn band(band: &goodput_model::Band) -> Tree {
    let mut map = Map::default();
    map.put_if("above", band.above.map(Tree::plain));
    map.put("name", Tree::text(&band.name));
    map.put("action", Tree::text(band.action.label()));
    map.tree()
}

fn journey(journey: &Journey) -> Tree {
    let mut map = Map::default();
    map.put("name", Tree::text(&journey.name));
    map.put_if("description", journey.description.as_ref().map(Tree::text));
    map.put_if("owner", journey.owner.as_ref().map(Tree::text));
    map.put_if("criticality", journey.criticality.map(|criticality| Tree::text(criticality.label())));
    map.put_if("tier", journey.tier.map(|tier| Tree::text(tier.label())));
    map.put_if("routes", routes(&journey.routes));
    map.tree()
}

/// Routes, each in the form people expect; `None` for none.
pub(super) fn routes(routes: &[String]) -> Option<Tree> {
    (!routes.is_empty()).then(|| Tree::List(routes.iter().map(|route| route_tree(route)).collect()))
}

fn route_tree(route: &str) -> Tree {
    let of_kind = |kind: &str, name: &str| Tree::Map(vec![(kind.to_owned(), Tree::text(name))]);
    match route::form(route) {
        route::Form::Template(template) => Tree::text(template),
        route::Form::Grpc(method) => of_kind("grpc", method),
        route::Form::Work(name) => of_kind("work", name),
    }
}

pub(super) fn list(texts: &[String]) -> Option<Tree> {
    (!texts.is_empty()).then(|| Tree::texts(texts))
}

pub(super) fn texts(texts: &BTreeMap<String, String>) -> Option<Tree> {
    let entries = texts.iter().map(|(name, text)| (name.clone(), Tree::text(text)));
    (!texts.is_empty()).then(|| Tree::Map(entries.collect()))
}
