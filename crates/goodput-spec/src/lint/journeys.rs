//! Journeys: how much speaks for one, and what it looks at.

use std::collections::HashSet;
use std::mem::discriminant;

use goodput_model::{Definition, Journey, Slo};

use super::catalog::Lint;
use super::report::Report;
use super::words::list;
use crate::Document;

pub(super) const CROWDED_JOURNEY: Lint = Lint::new(
    "crowded-journey",
    "A journey has more than three SLIs.",
    "The worst one speaks for the journey: of many, one is always bad, and nobody looks any more. Keep those that users would notice: \
     does it work, is it fast. Several thresholds of one latency are one SLI. Source: SRE Workbook, chapter 2 \
     (https://sre.google/workbook/implementing-slos/): few SLIs for each critical part of a journey.",
);

pub(super) const IDLE_JOURNEY: Lint = Lint::new(
    "idle-journey",
    "A journey that no SLO belongs to: nothing is known of it.",
    "A journey is spoken for by its SLOs. Without any, it is shown as if it were looked after. Give an SLO `journey: <name>`, or \
     leave the journey out.",
);

pub(super) const JOURNEY_WITHOUT_ROUTES: Lint = Lint::new(
    "journey-without-routes",
    "An SLO of one journey looks at the routes of all of them.",
    "An SLO that names no routes looks at those of its journey, and at every route of the service if the journey names none either: \
     what fails in another journey is then counted here. Where there is one journey only, that may be meant; with several it is not.",
);

/// SRE Workbook, chapter 2.
const ENOUGH: usize = 3;

pub(super) fn check(document: &Document, report: &mut Report) {
    let definition = &document.definition;
    for (index, journey) in definition.journeys.iter().enumerate() {
        let slos: Vec<&Slo> =
            definition.slos.iter().filter(|slo| slo.journey_name() == Some(journey.name.as_str())).collect();
        let place = document.places.nearest(&format!("journeys.{index}.name"));
        if slos.is_empty() {
            let message = format!("journey {:?} has no SLO: expected at least one", journey.name);
            let diagnostic = IDLE_JOURNEY.warn(message).at_place(place, "");
            report.add(diagnostic.help(format!("write `journey: {}` in its SLOs, or leave it out", journey.name)));
            continue;
        }
        let indicators = indicators(definition, &slos);
        if indicators > ENOUGH {
            let names: Vec<&str> = slos.iter().map(|slo| slo.name()).collect();
            let message =
                format!("journey {:?} has {indicators} SLIs ({}): expected two or three", journey.name, list(&names));
            let diagnostic = CROWDED_JOURNEY.warn(message).at_place(place, "");
            report.add(diagnostic.help("keep what users would notice; the others need no journey"));
        }
        if definition.journeys.len() > 1
            && let Some(slo) = slos.iter().find(|slo| looks_at_everything(journey, slo))
        {
            let message = format!(
                "SLO {:?} looks at every route: expected those of its journey {:?}, which names none",
                slo.name(),
                journey.name
            );
            let diagnostic = JOURNEY_WITHOUT_ROUTES.warn(message).at_place(place, "");
            report.add(diagnostic.help("write `routes:` in the journey or in the SLO"));
        }
    }
}

/// How many things are looked at: several thresholds of one latency are one.
fn indicators(definition: &Definition, slos: &[&Slo]) -> usize {
    let mut different = HashSet::new();
    for slo in slos {
        let mut routes: Vec<&String> = definition.routes_of(slo).iter().collect();
        routes.sort_unstable();
        let measure = slo.indicator().threshold().map(|(_, measure)| measure);
        different.insert((
            discriminant(&slo.indicator()),
            measure,
            slo.dependency_name(),
            slo.selected_classes(),
            routes,
        ));
    }
    different.len()
}

fn looks_at_everything(journey: &Journey, slo: &Slo) -> bool {
    journey.routes.is_empty()
        && slo.selected_routes().is_empty()
        && slo.selected_classes().is_empty()
        && slo.dependency_name().is_none()
        && slo.indicator().judges_requests()
}
