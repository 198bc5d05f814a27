//! Reads SLOs, each of which may make several.

use std::collections::BTreeMap;

use goodput_model::{Definition, Indicator, Measure, Objective, Rate, Slo, Tier};

use super::common::Common;
use super::fields::{At, Fields};
use super::reader::Reader;
use super::service::{names, owned, texts};
use super::sli::{self, Sli, Threshold};
use crate::{Diagnostic, Span, duration, keys};

/// The most SLOs of one service. One that needs more has other problems.
const MAX_SLOS: usize = 1_000;

/// Adds every SLO of a list to the definition, whose journeys and tier are known.
pub(super) fn read_all(reader: &mut Reader, at: &At<'_, '_>, defaults: &Common, definition: &mut Definition) {
    let items = reader.list(at);
    for item in &items {
        if definition.slos.len() >= MAX_SLOS {
            reader.wrong(item.node.span, "too-many", || format!("more than {MAX_SLOS} SLOs: expected fewer"));
            return;
        }
        // By its place in the definition, which differs from that in the file where an SLO makes several.
        let path = format!("slos.{}", definition.slos.len());
        if let Some(fields) = reader.fields(item.node, &path, &keys::SLO) {
            let slos = read(reader, &fields, defaults, definition);
            definition.slos.extend(slos);
        }
    }
}

/// What an SLO says that holds for each of those it makes.
struct Shared {
    /// The path of the first.
    path: String,
    head: Span,
    name: String,
    common: Common,
    description: Option<String>,
    journey: Option<String>,
    /// How many routes the journey names.
    of_journey: usize,
    dependency: Option<String>,
    routes: Option<Vec<String>>,
    classes: Option<Vec<String>>,
    traffic: Option<Rate>,
    annotations: BTreeMap<String, String>,
    in_part: bool,
}

fn read(reader: &mut Reader, fields: &Fields<'_, '_>, defaults: &Common, definition: &Definition) -> Vec<Slo> {
    // A name that is missing has been said to be so.
    let name = owned(reader, fields, "name").unwrap_or_default();
    let journey = owned(reader, fields, "journey");
    let of_journey = journey.as_ref().and_then(|name| definition.journeys.iter().find(|journey| journey.name == *name));
    let tier = of_journey.and_then(|journey| journey.tier).or(definition.tier);
    let sli = fields.get("sli").and_then(|at| sli::read(reader, &at, tier));
    let objective = objective(reader, fields, sli.as_ref(), tier);
    let shared = Shared {
        path: fields.path.clone(),
        head: fields.head(),
        common: Common::read(reader, fields).over(defaults, &name),
        name,
        description: owned(reader, fields, "description"),
        of_journey: of_journey.map_or(0, |journey| journey.routes.len()),
        journey,
        dependency: owned(reader, fields, "dependency"),
        routes: fields.get("routes").map(|at| reader.routes(&at)),
        classes: fields.get("classes").map(|_| names(reader, fields, "classes")),
        traffic: fields.get("traffic").and_then(|at| reader.value(&at, str::parse)),
        annotations: texts(reader, fields, "annotations"),
        in_part: sli.is_none() || objective.is_none(),
    };
    // In place of one that could not be read, so that the rest can be checked.
    let objective = objective.unwrap_or(Tier::Standard.objective());
    match sli {
        Some(Sli::Several(thresholds, measure)) => several(reader, &shared, &thresholds, measure),
        Some(Sli::One(indicator)) => vec![shared.slo(reader, shared.name.clone(), objective, indicator)],
        None => vec![shared.slo(reader, shared.name.clone(), objective, Indicator::Custom)],
    }
}

/// One SLO for each threshold, named by it.
fn several(reader: &mut Reader, shared: &Shared, thresholds: &[Threshold], measure: Measure) -> Vec<Slo> {
    let path = shared.path.as_str();
    let first = path.rsplit_once('.').and_then(|(_, index)| index.parse::<usize>().ok()).unwrap_or(0);
    let mut slos = Vec::new();
    for (step, threshold) in thresholds.iter().enumerate() {
        let name = format!("{}-{}", shared.name, duration::print(threshold.limit));
        let indicator = Indicator::Latency { threshold: threshold.limit, measure };
        slos.push(shared.slo(reader, name, threshold.objective, indicator));
        let own = format!("slos.{}", first.saturating_add(step));
        if step > 0 {
            reader.places.repeat(path, &own);
        }
        reader.places.insert(format!("{own}.objective"), threshold.objective_span);
        reader.places.insert(format!("{own}.sli"), threshold.limit_span);
        reader.places.insert(format!("{own}.sli.latency"), threshold.limit_span);
    }
    slos
}

impl Shared {
    fn slo(&self, reader: &mut Reader, name: String, objective: Objective, indicator: Indicator) -> Slo {
        let mut slo = self.common.apply(sli::slo(name, objective, indicator), self.in_part);
        let routes = self.routes.as_ref().map_or(self.of_journey, Vec::len);
        if reader.may_select(routes, self.head) {
            slo = self.routes.iter().fold(slo, Slo::routes);
            slo = self.journey.iter().fold(slo, Slo::journey);
        }
        if let Some(classes) = &self.classes {
            slo = slo.classes(classes);
        }
        if let Some(rate) = self.traffic {
            slo = slo.traffic(rate);
        }
        if let Some(text) = &self.description {
            slo = slo.description(text);
        }
        if let Some(name) = &self.dependency {
            slo = slo.of_dependency(name);
        }
        self.annotations.iter().fold(slo, |slo, (name, text)| slo.annotation(name, text))
    }
}

/// The objective an SLO names, or else its tier's; `None` where it has none that can be read, which has then been said.
fn objective(reader: &mut Reader, fields: &Fields<'_, '_>, sli: Option<&Sli>, tier: Option<Tier>) -> Option<Objective> {
    let named = fields.get("objective");
    match (named, sli, tier) {
        (Some(_), Some(Sli::Several(..)), _) => {
            let span = fields.key_span("objective").unwrap_or(fields.span);
            let message =
                || "an objective beside several thresholds, each of which has its own: expected none".to_owned();
            reader.wrong(span, "two-objectives", message);
            None
        }
        (Some(at), ..) => reader.value(&at, str::parse),
        // Its thresholds have their own.
        (None, Some(Sli::Several(..)), _) => Some(Tier::LATENCY_OBJECTIVE),
        (None, Some(Sli::One(indicator)), Some(tier)) => {
            Some(if indicator.threshold().is_some() { Tier::LATENCY_OBJECTIVE } else { tier.objective() })
        }
        (None, None, Some(tier)) => Some(tier.objective()),
        (None, _, None) => {
            if !fields.has("objective") {
                reader.findings.add(|| {
                    Diagnostic::error("missing-key", "SLO without \"objective\": expected a percentage such as 99.9%")
                        .at(fields.head(), "")
                        .help("add `objective: 99.9%`, or a `tier` to the journey or the service")
                });
            }
            None
        }
    }
}
