//! goodput's own format: what is read, in which shape, and where each part of it stood.

mod alerts;
mod classification;
mod common;
mod fields;
mod problems;
mod reader;
mod routes;
mod service;
mod sli;
mod slo;

use crate::findings::Findings;
use crate::yaml::Node;
use crate::{Diagnostic, Diagnostics, Document, Source, Span};
use reader::Reader;

/// The definition that the documents of a text make, and everything that is wrong with it.
pub(crate) fn read(source: &Source, documents: &[Node<'_>], findings: Findings) -> Result<Document, Diagnostics> {
    let mut reader = Reader::new(findings);
    let definition = match documents {
        [] => {
            reader.findings.add(|| {
                Diagnostic::error("empty", "the text is empty: expected a definition")
                    .at(Span::default(), "")
                    .help(BEGINNING)
            });
            None
        }
        [document, rest @ ..] => {
            if let Some(second) = rest.first() {
                reader.findings.add(|| {
                    let message = format!("{} documents: expected one", documents.len());
                    Diagnostic::error("several-documents", message).at(second.span, "the second one")
                });
            }
            service::read(&mut reader, document)
        }
    };
    if let Some(definition) = &definition {
        problems::find(&mut reader, definition);
    }
    let Reader { findings, places, .. } = reader;
    match definition {
        Some(definition) if findings.is_empty() => Ok(Document::new(definition, places)),
        _ => Err(findings.about(source)),
    }
}

/// How a file begins, for those who began it differently.
const BEGINNING: &str = "begin with `version: 1` and `service: <name>`, and go on with `slos:`";

/// An SLO that says no more than its indicator, to compare another's defaults with.
pub(crate) fn plain_slo(indicator: goodput_model::Indicator) -> goodput_model::Slo {
    sli::slo(String::new(), goodput_model::Tier::Standard.objective(), indicator)
}

#[cfg(test)]
mod tests {
    use goodput_model::StatusMeaning::{Excluded, Failure, Success};

    use super::*;

    /// Everything that can be said, said once.
    const EVERY_KEY: &str = include_str!("../../tests/good/every-key.yaml");

    #[test]
    fn the_reader_asks_for_every_key_of_the_table_and_for_no_other() {
        let document = crate::read(&Source::new("every-key.yaml", EVERY_KEY)).unwrap();
        assert_eq!(document.definition.check(), Vec::new());
        let table = crate::keys::ALL.iter().flat_map(|section| section.keys.iter().map(|key| (section.name, key.name)));
        assert_eq!(fields::asked::keys(), table.collect());
    }

    #[test]
    fn every_key_of_the_table_is_written_in_the_file_that_has_them_all() {
        for key in crate::keys::ALL.iter().flat_map(|section| section.keys) {
            let begins = |at: usize| {
                EVERY_KEY.get(..at).is_some_and(|before| before.ends_with([' ', '\n', '{']) || before.is_empty())
            };
            let written = EVERY_KEY.match_indices(&format!("{}: ", key.name)).any(|(at, _)| begins(at));
            assert!(written || EVERY_KEY.contains(&format!("{}:\n", key.name)), "{}", key.name);
        }
    }

    #[test]
    fn every_part_of_a_definition_has_its_place() {
        let source = Source::new("every-key.yaml", EVERY_KEY);
        let document = crate::read(&source).unwrap();
        let slo = |name: &str| document.definition.slos.iter().position(|slo| slo.name() == name).unwrap();
        let text = |name: &str, path: &str| source.at(document.places.slo(slo(name), path).unwrap()).to_owned();
        for (name, path, expected) in [
            ("checkout-ok", "objective", "99.9%"),
            ("checkout-ok", "alerts.1.budget", "10%"),
            ("checkout-ok", "routes.1", "shop.v1.Checkout/Pay"),
            ("checkout-ok", "classification.client_gone.bad_after", "5s"),
            ("checkout-fast", "sla", "95%"),
            ("checkout-fast", "links.runbook", "https://runbooks.example/{slo}"),
            ("checkout-times-500ms", "objective", "95%"),
            ("checkout-times-500ms", "sli.latency", "500ms"),
            ("checkout-times-1s", "name", "checkout-times"),
            ("db-pool-free", "budgeting.timeslices", "1m"),
        ] {
            assert_eq!(text(name, path), expected, "{name}: {path}");
        }
        assert_eq!(source.at(document.places.get("server_deadline").unwrap()), "30s");
        assert_eq!(source.at(document.places.get("journeys.0.tier").unwrap()), "critical");
        assert_eq!(source.at(document.places.key("labels.team").unwrap()), "team");
    }

    #[test]
    fn a_tier_gives_what_an_slo_does_not_say() {
        let text = |tiers: &str, slo: &str| {
            let (service, journey) = tiers.split_once('/').unwrap();
            let service = if service.is_empty() { String::new() } else { format!("tier: {service}\n") };
            let journey = if journey.is_empty() { String::new() } else { format!(", tier: {journey}") };
            format!(
                "version: 1\nservice: shop\n{service}journeys:\n  - {{name: buy{journey}}}\nslos:\n  - {{name: a, journey: buy, {slo}}}\n"
            )
        };
        for (tiers, slo, expected) in [
            ("critical/", "sli: availability", Some(("99.95%", None))),
            ("critical/standard", "sli: availability", Some(("99.5%", None))),
            ("/best-effort", "sli: latency", Some(("99%", Some(2_000)))),
            ("essential/", "sli: latency, objective: 95%", Some(("95%", Some(500)))),
            ("critical/", "sli: {latency: 3s}", Some(("99%", Some(3_000)))),
            ("critical/", "sli: good_and_fast", Some(("99%", Some(100)))),
            ("/", "sli: availability", None),
            ("/", "sli: latency, objective: 99%", None),
        ] {
            let read = crate::read(&Source::new("tiers.yaml", text(tiers, slo)));
            let found = read.ok().map(|document| {
                let slo = document.definition.slos.first().unwrap();
                let threshold = slo.indicator().threshold().map(|(threshold, _)| threshold.as_millis());
                (slo.objective().unwrap().to_string(), threshold)
            });
            let expected = expected.map(|(objective, threshold)| (objective.to_owned(), threshold));
            assert_eq!(found, expected, "{tiers} {slo}");
        }
    }

    #[test]
    fn what_an_slo_says_stands_in_place_of_the_defaults() {
        let document = crate::read(&Source::new("every-key.yaml", EVERY_KEY)).unwrap();
        let slo = |name: &str| document.definition.slos.iter().find(|slo| slo.name() == name).unwrap();
        let meanings =
            |name: &str| slo(name).status_overrides().map(|rule| (rule.status, rule.meaning)).collect::<Vec<_>>();
        assert_eq!(meanings("checkout-fast"), [(404, Failure), (418, Excluded)]);
        assert_eq!(meanings("checkout-ok"), [(404, Success), (418, Excluded), (429, Failure), (499, Excluded)]);
        let link = |name: &str| slo(name).links().runbook.clone().unwrap();
        assert_eq!(link("checkout-fast"), "https://runbooks.example/checkout-fast");
        assert_eq!(link("checkout-ok"), "https://runbooks.example/own");
        assert_eq!(slo("checkout-ok").links().traces.as_deref(), Some("https://traces.example/all"));
        assert_eq!(slo("checkout-ok").alert_rows().len(), 2);
        assert_eq!(slo("checkout-fast").alert_rows().len(), 1);
    }
}
