//! What OpenSLO asks of each kind of object, held against what is printed.

use goodput_model::{AlertRow, Budgeting, Definition, Period, Severity, Slo, Trigger, Window};

use super::{names, print};
use crate::findings::Findings;
use crate::yaml::Node;
use crate::{Source, yaml};

/// What the [specification](https://github.com/OpenSLO/OpenSLO#specification) and the rules of its
/// [SDK](https://github.com/OpenSLO/go-sdk) ask of each kind: `?` where only some have it, and what the value is.
const FIELDS: [(&str, &[(&str, Is)]); 5] = [
    ("Service", &[("metadata.name", Is::Name), ("spec.description?", Is::Text)]),
    ("DataSource", &[("metadata.name", Is::Name), ("spec.type", Is::Text), ("spec.connectionDetails", Is::Map)]),
    (
        "SLO",
        &[
            ("metadata.name", Is::Name),
            ("spec.service", Is::Text),
            ("spec.indicator.metadata.name", Is::Name),
            ("spec.indicator.spec.ratioMetric.rawType", Is::One(&["success", "failure"])),
            ("spec.indicator.spec.ratioMetric.raw.metricSource.type", Is::Text),
            ("spec.indicator.spec.ratioMetric.raw.metricSource.spec", Is::Map),
            ("spec.timeWindow.0.duration", Is::Duration),
            ("spec.timeWindow.0.isRolling", Is::One(&["true", "false"])),
            ("spec.timeWindow.0.calendar?.startTime", Is::Quoted),
            ("spec.timeWindow.0.calendar?.timeZone", Is::Text),
            ("spec.budgetingMethod", Is::One(&["Occurrences", "Timeslices", "RatioTimeslices"])),
            ("spec.objectives.0.target", Is::Number),
            ("spec.objectives.0.timeSliceTarget?", Is::Number),
            ("spec.objectives.0.timeSliceWindow?", Is::Duration),
            ("spec.alertPolicies?.0.alertPolicyRef", Is::Name),
        ],
    ),
    (
        "AlertPolicy",
        &[
            ("metadata.name", Is::Name),
            ("spec.alertWhenNoData", Is::One(&["false"])),
            ("spec.alertWhenResolved", Is::One(&["true"])),
            ("spec.alertWhenBreaching", Is::One(&["true"])),
            ("spec.conditions.0.kind", Is::One(&["AlertCondition"])),
            ("spec.conditions.0.metadata.name", Is::Name),
            ("spec.conditions.0.spec.severity", Is::Text),
            ("spec.conditions.0.spec.condition.kind", Is::One(&["burnrate"])),
            ("spec.conditions.0.spec.condition.op", Is::One(&["gt"])),
            ("spec.conditions.0.spec.condition.threshold", Is::Number),
            ("spec.conditions.0.spec.condition.lookbackWindow", Is::Duration),
            ("spec.notificationTargets.0.targetRef", Is::Name),
        ],
    ),
    ("AlertNotificationTarget", &[("metadata.name", Is::Name), ("spec.target", Is::Text)]),
];

/// What a value is, as it is written.
#[derive(Clone, Copy, Debug)]
enum Is {
    Text,
    /// A text that some version of YAML would take for something else.
    Quoted,
    Name,
    Duration,
    /// A number without quotes.
    Number,
    /// One of these words without quotes.
    One(&'static [&'static str]),
    /// At least one key.
    Map,
}

fn holds(is: Is, node: &Node<'_>, written: &str) -> bool {
    let text = node.as_text().unwrap_or_default();
    match is {
        Is::Text => !text.is_empty(),
        Is::Quoted => written.starts_with('"'),
        Is::Name => names::is_name(text),
        Is::Duration => {
            let (number, unit) = text.split_at(text.len() - 1);
            number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0') && "mhdwMQY".contains(unit)
        }
        Is::Number => written.parse::<f64>().is_ok(),
        Is::One(words) => words.contains(&written),
        Is::Map => node.as_map().is_some_and(|entries| !entries.is_empty()),
    }
}

/// The value at a path; `Err` where a part that every object has is missing.
fn at<'n, 's>(node: &'n Node<'s>, path: &str) -> Result<Option<&'n Node<'s>>, String> {
    let mut node = node;
    for part in path.split('.') {
        let name = part.trim_end_matches('?');
        let next = match name.parse::<usize>() {
            Ok(index) => node.as_list().and_then(|items| items.get(index)),
            Err(_) => node.get(name),
        };
        match next {
            Some(next) => node = next,
            None if part.ends_with('?') => return Ok(None),
            None => return Err(format!("no {name} of {path}")),
        }
    }
    Ok(Some(node))
}

/// Every kind of object and every way to say a period, a method and a name.
fn definition() -> Definition {
    let row = |severity, trigger| AlertRow::new(severity, Window::H1, Window::M5, trigger);
    let factor = Trigger::Factor { milli: 14_400 };
    let slices = Budgeting::Timeslices { slice: Window::from_secs(90).unwrap(), target: "99%".parse().ok() };
    let mut definition = Definition::new("Shop.1");
    definition.description = Some("404".to_owned());
    definition.time_zone = "Europe/Berlin".to_owned();
    definition.slos = vec![
        Slo::availability("ok", "99.9%").alert(row(Severity::Page, factor)).alert(row(Severity::Log, factor)),
        Slo::availability("404", "99%").period(Period::MONTH).budgeting(slices).description("1e3"),
        Slo::quality("no", "99%")
            .period(Period::QUARTER)
            .alert(row(Severity::Page, Trigger::BudgetPercent { milli: 2_000 })),
        Slo::throughput("ä_1", "99%", "5/s".parse().unwrap()),
        Slo::custom("ä_2", "99%").budgeting(Budgeting::RatioTimeslices { slice: Window::M5 }),
    ];
    assert_eq!(definition.check(), []);
    definition
}

#[test]
fn every_object_has_the_fields_that_openslo_asks_for() {
    let source = Source::new("printed.yaml", print(&definition()).text);
    let objects = yaml::documents(&source, &mut Findings::default());
    let mut kinds = Vec::new();
    let mut found = Vec::new();
    for object in &objects {
        assert_eq!(object.get("apiVersion").and_then(Node::as_text), Some("openslo/v1"));
        let kind = object.get("kind").and_then(Node::as_text).unwrap();
        let (_, fields) = FIELDS.into_iter().find(|(name, _)| *name == kind).unwrap();
        for (path, is) in fields {
            if let Some(value) = at(object, path).unwrap() {
                let written = source.at(value.span);
                assert!(holds(*is, value, written), "{path} of {kind}: {written:?} is not {is:?}");
                found.push((kind, *path));
            }
        }
        kinds.push(kind);
    }
    for (kind, fields) in FIELDS {
        assert!(kinds.contains(&kind), "{kind}");
        for (path, _) in fields {
            assert!(found.contains(&(kind, path)), "no {kind} of the definition has {path}");
        }
    }
}

#[test]
fn what_openslo_cannot_say_exactly_is_said_beside_the_indicator() {
    let text = print(&definition()).text;
    for (openslo, exact) in [
        ("name: shop-1", "service: Shop.1"),
        ("name: \"1\"", "name: \"ä_1\""),
        ("timeSliceWindow: 2m", "timeslices: 90s"),
        ("lookbackWindow: 1h", "short: 5m"),
        ("name: page-at-14-4-over-1h", "severity: page"),
        ("name: log-at-14-4-over-1h", "severity: log"),
    ] {
        assert!(text.contains(openslo), "{openslo}\n{text}");
        assert!(text.contains(exact), "{exact}\n{text}");
    }
}
