//! Reads what makes an event, or a slice of time, good.

use std::time::Duration;

use goodput_model::{Indicator, Measure, Objective, Rate, Share, Slo, Tier};

use super::fields::{At, Fields};
use super::reader::Reader;
use crate::keys::{self, INDICATORS};
use crate::source::shortened;
use crate::{Diagnostic, Span, duration};

/// What was read: one indicator, or several thresholds of which each makes an SLO.
#[derive(Debug)]
pub(super) enum Sli {
    One(Indicator),
    Several(Vec<Threshold>, Measure),
}

/// A latency threshold with its own objective, and where the two stand.
#[derive(Debug)]
pub(super) struct Threshold {
    pub(super) objective: Objective,
    pub(super) limit: Duration,
    pub(super) objective_span: Span,
    pub(super) limit_span: Span,
}

/// The most thresholds of one SLO: nobody tells more apart, and each copies the rest of it.
const MAX_THRESHOLDS: usize = 10;
const MEASURES: [(Measure, &str); 3] =
    [(Measure::Head, "head"), (Measure::FirstByte, "first_byte"), (Measure::End, "end")];
/// The keys of which one says what the indicator is.
const LIMITS: [&str; 5] = ["latency", "good_and_fast", "freshness", "throughput", "saturation"];

/// An SLI; `tier` gives a latency threshold to those that name none.
pub(super) fn read(reader: &mut Reader, at: &At<'_, '_>, tier: Option<Tier>) -> Option<Sli> {
    if let Some(text) = at.node.as_text() {
        return word(reader, at, text, tier).map(Sli::One);
    }
    if at.node.as_map().is_none() {
        reader.wrong_shape(at.node, at.kind);
        return None;
    }
    let fields = reader.fields(at.node, &at.path, &keys::SLI)?;
    let measure = fields.get("measure").map(|at| reader.word(&at, &MEASURES, |(_, word)| word));
    let given: Vec<&'static str> = LIMITS.into_iter().filter(|name| fields.has(name)).collect();
    let [limit] = given.as_slice() else {
        if given.is_empty() && fields.any_unknown() {
            return None; // which has been said
        }
        reader.findings.add(|| {
            let message = format!("an SLI with {}: expected one of {}", list(&given), LIMITS.join(", "));
            Diagnostic::error("bad-sli", message).at(fields.span, "")
        });
        return None;
    };
    if let Some(span) = fields.key_span("measure").filter(|_| !["latency", "good_and_fast"].contains(limit)) {
        let message = || format!("{limit} has no point that latency is measured to: expected no `measure`");
        reader.wrong(span, "bad-sli", message);
    }
    let measure = match measure {
        Some(measure) => measure?.0,
        None => Measure::Head,
    };
    limited(reader, &fields, measure)
}

fn list(given: &[&str]) -> String {
    if given.is_empty() { "no limit".to_owned() } else { given.join(" and ") }
}

/// An indicator that needs no more than its name.
fn word(reader: &mut Reader, at: &At<'_, '_>, text: &str, tier: Option<Tier>) -> Option<Indicator> {
    let indicator = match (text, tier) {
        ("availability", _) => Indicator::Availability,
        ("error_rate", _) => Indicator::ErrorRate,
        ("quality", _) => Indicator::Quality,
        ("correctness", _) => Indicator::Correctness,
        ("completeness", _) => Indicator::Completeness,
        ("custom", _) => Indicator::Custom,
        ("latency", Some(tier)) => Indicator::Latency { threshold: tier.threshold(), measure: Measure::Head },
        ("good_and_fast", Some(tier)) => Indicator::GoodAndFast { threshold: tier.threshold(), measure: Measure::Head },
        (limited, _) if LIMITS.contains(&limited) => {
            reader.findings.add(|| {
                Diagnostic::error(
                    "no-limit",
                    format!("{limited} without a limit: expected one, or a tier that gives it"),
                )
                .at(at.node.span, "")
                .help(format!("write `sli: {{{limited}: {}}}`", example(limited)))
            });
            return None;
        }
        _ => {
            reader.word(at, INDICATORS, |word| word);
            return None;
        }
    };
    reader.places.insert(at.path.as_str(), at.node.span);
    Some(indicator)
}

fn example(limited: &str) -> &'static str {
    match limited {
        "freshness" => "30m",
        "throughput" => "5/s",
        "saturation" => "80%",
        _ => "300ms",
    }
}

fn limited(reader: &mut Reader, fields: &Fields<'_, '_>, measure: Measure) -> Option<Sli> {
    if let Some(at) = fields.get("latency") {
        if at.node.as_map().is_some() {
            return thresholds(reader, &at).map(|thresholds| Sli::Several(thresholds, measure));
        }
        let threshold = reader.value(&at, duration::parse)?;
        return Some(Sli::One(Indicator::Latency { threshold, measure }));
    }
    let indicator = if let Some(at) = fields.get("good_and_fast") {
        Indicator::GoodAndFast { threshold: reader.value(&at, duration::parse)?, measure }
    } else if let Some(at) = fields.get("freshness") {
        Indicator::Freshness { threshold: reader.value(&at, duration::parse)? }
    } else if let Some(at) = fields.get("throughput") {
        Indicator::Throughput { at_least: reader.value(&at, str::parse::<Rate>)? }
    } else {
        Indicator::Saturation { at_most: reader.value(&fields.get("saturation")?, str::parse::<Share>)? }
    };
    Some(Sli::One(indicator))
}

fn thresholds(reader: &mut Reader, at: &At<'_, '_>) -> Option<Vec<Threshold>> {
    let entries = at.node.as_map()?;
    reader.places.insert(at.path.as_str(), at.node.span);
    if entries.is_empty() {
        reader.wrong_shape(at.node, at.kind);
    }
    reader.check_length(entries.len(), MAX_THRESHOLDS, at.node.span);
    let mut thresholds = Vec::new();
    for entry in entries.iter().take(MAX_THRESHOLDS) {
        let key = shortened(&entry.key, 40);
        let objective = key.parse().map_err(|error: goodput_model::ObjectiveError| {
            reader.wrong(entry.key_span, "bad-value", || error.to_string());
        });
        let path = format!("{}.{key}", at.path);
        let limit = reader.value(&At { node: &entry.value, path, kind: &keys::Kind::Duration }, duration::parse);
        if let (Ok(objective), Some(limit)) = (objective, limit) {
            let (objective_span, limit_span) = (entry.key_span, entry.value.span);
            thresholds.push(Threshold { objective, limit, objective_span, limit_span });
        }
    }
    (!thresholds.is_empty()).then_some(thresholds)
}

/// An SLO that says no more than this.
pub(super) fn slo(name: String, objective: Objective, indicator: Indicator) -> Slo {
    match indicator {
        Indicator::ErrorRate => Slo::error_rate(name, objective),
        Indicator::Latency { threshold, measure } => Slo::latency(name, objective, threshold).measure(measure),
        Indicator::GoodAndFast { threshold, measure } => {
            Slo::good_and_fast(name, objective, threshold).measure(measure)
        }
        Indicator::Quality => Slo::quality(name, objective),
        Indicator::Correctness => Slo::correctness(name, objective),
        Indicator::Completeness => Slo::completeness(name, objective),
        Indicator::Freshness { threshold } => Slo::freshness(name, objective, threshold),
        Indicator::Throughput { at_least } => Slo::throughput(name, objective, at_least),
        Indicator::Saturation { at_most } => Slo::saturation(name, objective, at_most),
        Indicator::Custom => Slo::custom(name, objective),
        // The rest is availability; the list of indicators is open to later ones, which no word here makes.
        _ => Slo::availability(name, objective),
    }
}
