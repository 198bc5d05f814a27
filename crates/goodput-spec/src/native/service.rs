//! Reads what is said of the service as a whole.

use std::collections::BTreeMap;

use goodput_model::{Action, Band, BudgetBands, Criticality, Definition, Journey, Role, RouteClass, Share, Tier};

use super::BEGINNING;
use super::common::Common;
use super::fields::{At, Fields};
use super::reader::Reader;
use super::slo;
use crate::keys;
use crate::yaml::{Node, Value};
use crate::{Diagnostic, duration};

/// The most journeys of one service.
const MAX_JOURNEYS: usize = 200;

/// Everything a document says; `None` if it is no mapping.
pub(super) fn read(reader: &mut Reader, document: &Node<'_>) -> Option<Definition> {
    if document.as_map().is_none() {
        let found = match &document.value {
            Value::Nothing => "the text is empty",
            Value::Text(_) => "the text is no mapping",
            _ => "the text is a list",
        };
        let code = if document.value == Value::Nothing { "empty" } else { "not-a-mapping" };
        reader.findings.add(|| {
            Diagnostic::error(code, format!("{found}: expected a definition")).at(document.span, "").help(BEGINNING)
        });
        return None;
    }
    let file = reader.fields(document, "", &keys::FILE)?;
    version(reader, &file);
    // A name that is missing has been said to be so.
    let service = file.get("service").and_then(|at| reader.text(&at)).unwrap_or("service");
    let mut definition = Definition::new(service);
    definition.description = owned(reader, &file, "description");
    definition.owner = owned(reader, &file, "owner");
    definition.tier = file.get("tier").and_then(|at| reader.word(&at, &Tier::ALL, Tier::label));
    definition.labels = texts(reader, &file, "labels");
    definition.selector = texts(reader, &file, "selector");
    if let Some(zone) = owned(reader, &file, "time_zone") {
        definition.time_zone = zone;
    }
    definition.role = file.get("role").and_then(|at| reader.word(&at, &Role::ALL, Role::label)).unwrap_or_default();
    let instances = file.get("instances").and_then(|at| reader.word(&at, &["single", "many"], |word| word));
    definition.single_instance = instances == Some("single");
    definition.classes = names(reader, &file, "classes");
    definition.reasons = names(reader, &file, "reasons");
    definition.dependencies = names(reader, &file, "dependencies");
    definition.server_deadline = file.get("server_deadline").and_then(|at| reader.value(&at, duration::parse));
    if let Some(routes) = file.get("routes") {
        route_table(reader, &routes, &mut definition);
    }
    if let Some(bands) = file.get("error_budget").and_then(|at| error_budget(reader, &at)) {
        definition.bands = bands;
    }
    let defaults = file.get("defaults").map(|at| Common::of_defaults(reader, &at)).unwrap_or_default();
    let journeys = file.get("journeys").map(|at| reader.list(&at)).unwrap_or_default();
    if let Some(at) = file.get("journeys") {
        reader.check_length(journeys.len(), MAX_JOURNEYS, at.node.span);
    }
    definition.journeys = journeys.iter().take(MAX_JOURNEYS).filter_map(|at| journey(reader, at)).collect();
    if let Some(slos) = file.get("slos") {
        slo::read_all(reader, &slos, &defaults, &mut definition);
    }
    Some(definition)
}

fn version(reader: &mut Reader, file: &Fields<'_, '_>) {
    let Some(at) = file.get("version") else {
        return;
    };
    if let Some(text) = reader.text(&at).filter(|text| *text != "1") {
        reader.wrong(at.node.span, "version", || {
            format!("version {:?}: expected 1, the version this program reads", crate::source::shortened(text, 40))
        });
    }
}

fn route_table(reader: &mut Reader, at: &At<'_, '_>, definition: &mut Definition) {
    let Some(table) = reader.fields(at.node, &at.path, &keys::ROUTE_TABLE) else {
        return;
    };
    if let Some(max) = table.get("max").and_then(|at| reader.count(&at)) {
        definition.max_routes = max;
    }
    definition.excluded_routes = table.get("exclude").map(|at| reader.routes(&at)).unwrap_or_default();
    definition.stream_routes = table.get("stream").map(|at| reader.routes(&at)).unwrap_or_default();
    for (class, routes) in table.get("classes").map(|at| reader.table(&at)).unwrap_or_default() {
        let routes = reader.routes(&routes).into_iter();
        definition.route_classes.extend(routes.map(|route| RouteClass { route, class: class.to_owned() }));
    }
}

fn error_budget(reader: &mut Reader, at: &At<'_, '_>) -> Option<BudgetBands> {
    let fields = reader.fields(at.node, &at.path, &keys::ERROR_BUDGET)?;
    let mut bands = fields.get("bands").and_then(|at| bands(reader, &at)).unwrap_or_default();
    if let Some(hysteresis) = fields.get("hysteresis").and_then(|at| reader.value(&at, str::parse::<Share>)) {
        bands.hysteresis = hysteresis;
    }
    Some(bands)
}

fn bands(reader: &mut Reader, at: &At<'_, '_>) -> Option<BudgetBands> {
    if at.node.as_text().is_some() {
        let name = reader.word(at, &BudgetBands::PRESETS, |name| name)?;
        return BudgetBands::preset(name);
    }
    let items = reader.list(at);
    let read: Vec<Band> = items.iter().filter_map(|at| band(reader, at)).collect();
    // Some of them could not be read; whether the others fit together is not worth saying.
    let complete = read.len() == items.len() && at.node.as_list().is_some();
    complete.then(|| BudgetBands::new(read, BudgetBands::DEFAULT_HYSTERESIS))
}

fn band(reader: &mut Reader, at: &At<'_, '_>) -> Option<Band> {
    let fields = reader.fields(at.node, &at.path, &keys::BAND)?;
    let name = fields.get("name").and_then(|at| reader.text(&at));
    let above = fields.get("above").map(|at| reader.value(&at, str::parse::<Share>));
    let action = fields.get("action").and_then(|at| reader.word(&at, &Action::ALL, Action::label));
    let above = match above {
        Some(None) => return None,
        Some(above) => above,
        None => None,
    };
    Some(Band { name: name?.to_owned(), above, action: action? })
}

fn journey(reader: &mut Reader, at: &At<'_, '_>) -> Option<Journey> {
    let fields = reader.fields(at.node, &at.path, &keys::JOURNEY)?;
    let name = fields.get("name").and_then(|at| reader.text(&at)).unwrap_or_default();
    let mut journey = Journey::new(name);
    journey.description = owned(reader, &fields, "description");
    journey.owner = owned(reader, &fields, "owner");
    journey.criticality =
        fields.get("criticality").and_then(|at| reader.word(&at, &Criticality::ALL, Criticality::label));
    journey.tier = fields.get("tier").and_then(|at| reader.word(&at, &Tier::ALL, Tier::label));
    journey.routes = fields.get("routes").map(|at| reader.routes(&at)).unwrap_or_default();
    Some(journey)
}

/// A text of its own.
pub(super) fn owned(reader: &mut Reader, fields: &Fields<'_, '_>, name: &'static str) -> Option<String> {
    fields.get(name).and_then(|at| reader.text(&at)).map(str::to_owned)
}

/// A list of names.
pub(super) fn names(reader: &mut Reader, fields: &Fields<'_, '_>, name: &'static str) -> Vec<String> {
    let items = fields.get(name).map(|at| reader.list(&at)).unwrap_or_default();
    items.iter().filter_map(|at| reader.text(at)).map(str::to_owned).collect()
}

/// A table of texts.
pub(super) fn texts(reader: &mut Reader, fields: &Fields<'_, '_>, name: &'static str) -> BTreeMap<String, String> {
    let entries = fields.get(name).map(|at| reader.table(&at)).unwrap_or_default();
    let read = entries.iter().filter_map(|(name, at)| Some(((*name).to_owned(), reader.text(at)?.to_owned())));
    read.collect()
}
