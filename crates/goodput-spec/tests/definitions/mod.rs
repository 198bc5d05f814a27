//! Random definitions that hold, every field among them: what is printed of one reads back as it was.

mod slos;
mod words;

use std::collections::BTreeSet;
use std::time::Duration;

use goodput_model::{Action, Band, BudgetBands, Criticality, Definition, Journey, Role, RouteClass, Share, Tier};
use proptest::collection::{btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use words::{labels, name, route, text};

/// Any definition that holds and says nothing twice: a point of decision or a budgeting method that was set to what it is anyway
/// cannot be told from one that was not.
pub(crate) fn definition() -> impl Strategy<Value = Definition> {
    let service = (name(), of(text()), of(text()), of(select(Tier::ALL.to_vec())), labels(), labels());
    let process = (zone(), select(Role::ALL.to_vec()), any::<bool>(), bands(), of(duration()), 30_usize..100_000);
    let names = (btree_set(name(), 0..8), btree_set(name(), 0..8), btree_set(dependency(), 0..8));
    let routes = (vec(route(), 0..3), vec(route(), 0..3), vec((route(), any::<u8>()), 0..4));
    (service, process, names, routes, journeys()).prop_flat_map(|(service, process, names, routes, journeys)| {
        let mut definition = Definition::new(service.0);
        (definition.description, definition.owner, definition.tier) = (service.1, service.2, service.3);
        (definition.labels, definition.selector) = (service.4, service.5);
        (definition.time_zone, definition.role, definition.single_instance) = (process.0, process.1, process.2);
        (definition.bands, definition.server_deadline, definition.max_routes) = (process.3, process.4, process.5);
        definition.classes = names.0.into_iter().collect();
        definition.reasons = names.1.into_iter().collect();
        definition.dependencies = names.2.into_iter().collect();
        // No SLO looks at these.
        definition.excluded_routes = routes.0.into_iter().map(|route| format!("/excluded{route}")).collect();
        definition.stream_routes = routes.1;
        definition.route_classes = route_classes(&definition.classes, routes.2);
        definition.journeys = journeys;
        slos::slos(&definition).prop_map(move |slos| {
            let mut definition = definition.clone();
            definition.slos = slos;
            definition
        })
    })
}

fn zone() -> impl Strategy<Value = String> {
    select(vec!["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "no"]).prop_map(str::to_owned)
}

/// More than zero, at most a day.
fn duration() -> impl Strategy<Value = Duration> {
    let nanos = prop_oneof![
        1_u64..=86_400_000_000_000,
        (1_u64..=86_400_000).prop_map(|millis| millis * 1_000_000),
        (1_u64..=1_440).prop_map(|minutes| minutes * 60_000_000_000),
    ];
    nanos.prop_map(Duration::from_nanos)
}

fn share() -> impl Strategy<Value = Share> {
    (0_u32..=100_000).prop_map(|milli| format!("{}.{:03}%", milli / 1_000, milli % 1_000).parse().unwrap())
}

fn dependency() -> impl Strategy<Value = String> {
    name().prop_filter("it stands for those without a place", |name| name != Definition::OTHER)
}

fn bands() -> impl Strategy<Value = BudgetBands> {
    let preset = select(BudgetBands::PRESETS.to_vec()).prop_map(|name| BudgetBands::preset(name).unwrap());
    let own = (btree_set(share(), 0..4), btree_set(name(), 5), vec(select(Action::ALL.to_vec()), 5)).prop_map(
        |(lines, names, mut actions)| {
            actions.sort_unstable();
            let lines = lines.into_iter().rev().map(Some).chain([None]);
            let bands = lines.zip(names).zip(actions).map(|((above, name), action)| Band { name, above, action });
            BudgetBands::new(bands.collect(), BudgetBands::DEFAULT_HYSTERESIS)
        },
    );
    (prop_oneof![preset, own], share()).prop_map(|(bands, hysteresis)| BudgetBands::new(bands.bands, hysteresis))
}

fn journeys() -> impl Strategy<Value = Vec<Journey>> {
    let rest = (of(text()), of(text()), of(select(Criticality::ALL.to_vec())), of(select(Tier::ALL.to_vec())));
    let journey = (name(), rest, vec(route(), 0..3)).prop_map(|(name, rest, routes)| {
        let mut journey = Journey::new(name);
        (journey.description, journey.owner, journey.criticality, journey.tier) = rest;
        journey.routes = routes;
        journey
    });
    vec(journey, 0..4).prop_map(|journeys| {
        let mut known = BTreeSet::new();
        journeys.into_iter().filter(|journey| known.insert(journey.name.clone())).collect()
    })
}

/// Class by class, as they are printed; each route once.
fn route_classes(classes: &[String], routes: Vec<(String, u8)>) -> Vec<RouteClass> {
    let mut known = BTreeSet::new();
    let mut rules: Vec<(usize, String)> = routes
        .into_iter()
        .filter(|(route, _)| !classes.is_empty() && known.insert(route.clone()))
        .map(|(route, class)| (usize::from(class) % classes.len(), route))
        .collect();
    rules.sort_by_key(|(class, _)| *class);
    rules
        .into_iter()
        .map(|(class, route)| RouteClass { route, class: classes.get(class).cloned().unwrap_or_default() })
        .collect()
}
