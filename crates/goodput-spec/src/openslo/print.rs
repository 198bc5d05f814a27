//! A definition as OpenSLO objects: in OpenSLO's own words where it has them, in those of the native format where it has none.

use goodput_model::{AlertRow, Budgeting, CalendarUnit, Definition, Objective, Period, Row, Slo, Trigger};

use super::names::{self, Names};
use super::object::Kind;
use super::shape::LONGEST_DESCRIPTION;
use super::tree::{keys, map, object, yes};
use super::{alerts, indicator, number, shorthand};
use crate::print::emit::{self, Tree};
use crate::print::service;

/// OpenSLO objects, and what they do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Printed {
    /// The objects, each a YAML document.
    pub text: String,
    /// What could not be printed, a sentence each: SLOs of a definition that does not hold. Empty for one that does.
    pub left_out: Vec<String>,
}

/// The objects of a definition. Reading them gives an equal definition, if it holds and has an SLO.
///
/// Where OpenSLO says less exactly what a definition says, both are printed: OpenSLO's own field for its tools, and the exact
/// value beside the indicator. So an alert row becomes an alert policy that looks through the row's long window alone.
pub fn print(definition: &Definition) -> Printed {
    let mut left_out = Vec::new();
    let mut settings = keys(service::file(definition));
    let slos = settings.take_list("slos");
    settings.take("version");
    let mut given = Names::taken(definition.slos.iter().map(Slo::name).filter(|name| names::is_name(name)));
    let mut policies = Policies::default();
    let service_name = if names::is_name(&definition.service) {
        settings.take("service");
        definition.service.clone()
    } else {
        Names::default().near(&definition.service)
    };
    let mut objects = vec![service_object(definition, &service_name, &mut settings)];
    if !settings.is_empty() {
        let spec = vec![("type", Tree::text(indicator::GOODPUT)), ("connectionDetails", settings.tree())];
        objects.push(object(Kind::DataSource, map([("name", Tree::text(indicator::GOODPUT))]), map(spec)));
    }
    for (slo, tree) in definition.slos.iter().zip(slos) {
        let name = if names::is_name(slo.name()) { slo.name().to_owned() } else { given.near(slo.name()) };
        match slo.objective() {
            Ok(objective) => {
                objects.push(
                    Printer { definition, slo, objective, name, service: &service_name }.object(tree, &mut policies),
                );
            }
            Err(error) => left_out.push(format!("SLO {:?}: {error}", slo.name())),
        }
        if let Some(Err(error)) = slo.promised() {
            left_out.push(format!("the SLA of SLO {:?}: {error}", slo.name()));
        }
    }
    objects.extend(policies.objects());
    let documents: Vec<String> = objects.iter().map(emit::document).collect();
    Printed { text: documents.join("---\n"), left_out }
}

fn service_object(definition: &Definition, name: &str, settings: &mut super::tree::Keys) -> Tree {
    let mut metadata = vec![("name", Tree::text(name))];
    let labels = settings.take_texts("labels", |name, text| names::is_key(name) && names::is_value(text));
    if !labels.is_empty() {
        metadata.push(("labels", Tree::Map(labels)));
    }
    let description = definition.description.as_deref().filter(|text| is_description(text));
    if description.is_some() {
        settings.take("description");
    }
    object(Kind::Service, map(metadata), map(description.map(|text| ("description", Tree::text(text)))))
}

/// Whether OpenSLO takes it as a description.
fn is_description(text: &str) -> bool {
    text.chars().count() <= LONGEST_DESCRIPTION
}

/// One SLO and what is printed of it.
struct Printer<'d> {
    definition: &'d Definition,
    slo: &'d Slo,
    objective: Objective,
    name: String,
    service: &'d str,
}

impl Printer<'_> {
    /// The object, of an SLO that is this tree in the native format.
    fn object(&self, tree: Tree, policies: &mut Policies) -> Tree {
        let mut own = keys(tree);
        own.take("objective");
        if self.name == self.slo.name() {
            own.take("name");
        }
        let description = self.slo.purpose().filter(|text| is_description(text));
        if description.is_some() {
            own.take("description");
        }
        let annotations = own.take_texts("annotations", |name, _| names::is_key(name));
        let time_window = self.time_window(&mut own);
        let (method, slices) = self.budgeting(&mut own);
        let mut objective = vec![("target", Tree::plain(number::of_objective(self.objective)))];
        objective.extend(slices);

        let source = map([("type", Tree::text(indicator::GOODPUT)), ("spec", own.tree())]);
        let raw = map([("metricSource", source)]);
        let ratio = map([("rawType", Tree::text("success")), ("raw", raw)]);
        let sli = map([("metadata", map([("name", Tree::text(&self.name))])), ("spec", map([("ratioMetric", ratio)]))]);

        let mut spec: Vec<_> = description.map(|text| ("description", Tree::text(text))).into_iter().collect();
        spec.push(("service", Tree::text(self.service)));
        spec.push(("indicator", sli));
        spec.push(("timeWindow", Tree::List(vec![time_window])));
        spec.push(("budgetingMethod", Tree::text(method)));
        spec.push(("objectives", Tree::List(vec![map(objective)])));
        let rows = self.slo.alert_rows().iter();
        let names = rows.filter_map(|row| policies.name(*row, self.objective, self.slo.judged_over()));
        let mut references: Vec<Tree> = Vec::new();
        for name in names {
            let reference = map([("alertPolicyRef", Tree::text(&name))]);
            if !references.contains(&reference) {
                references.push(reference);
            }
        }
        if !references.is_empty() {
            spec.push(("alertPolicies", Tree::List(references)));
        }
        let mut metadata = vec![("name", Tree::text(&self.name))];
        if !annotations.is_empty() {
            metadata.push(("annotations", Tree::Map(annotations)));
        }
        object(Kind::Slo, map(metadata), map(spec))
    }

    /// The period, which stays among the own keys if it is not whole minutes.
    fn time_window(&self, own: &mut super::tree::Keys) -> Tree {
        let unit = match self.slo.judged_over() {
            Period::Rolling(window) => {
                if shorthand::is_exact(window) {
                    own.take("period");
                }
                return map([("duration", Tree::text(&shorthand::of_window(window))), ("isRolling", yes(true))]);
            }
            Period::Calendar(unit) => Some(unit),
            _ => None,
        };
        own.take("period");
        let duration = if unit == Some(CalendarUnit::Quarter) { "1Q" } else { "1M" };
        let calendar = map([
            // When the first one began: any January begins a quarter as well. In quotes, since YAML 1.1 takes it for a date.
            ("startTime", Tree::plain("\"2024-01-01 00:00:00\"")),
            ("timeZone", Tree::text(&self.definition.time_zone)),
        ]);
        map([("duration", Tree::text(duration)), ("isRolling", yes(false)), ("calendar", calendar)])
    }

    /// The method and what an objective says of slices. They stay among the own keys if slices are not whole minutes.
    fn budgeting(&self, own: &mut super::tree::Keys) -> (&'static str, Vec<(&'static str, Tree)>) {
        let method = self.slo.budgeting_method();
        if method.slice().is_none_or(shorthand::is_exact) {
            own.take("budgeting");
        }
        let window = |slice| ("timeSliceWindow", Tree::text(&shorthand::of_window(slice)));
        match method {
            Budgeting::Timeslices { slice, target } => {
                // A slice that is good or bad as a whole is one of which everything has to be good.
                let target = target.map_or_else(|| "1".to_owned(), number::of_objective);
                ("Timeslices", vec![("timeSliceTarget", Tree::plain(target)), window(slice)])
            }
            Budgeting::RatioTimeslices { slice } => ("RatioTimeslices", vec![window(slice)]),
            _ => ("Occurrences", Vec::new()),
        }
    }
}

/// The alert policies that rows become, each once.
#[derive(Default)]
struct Policies {
    given: Names,
    all: Vec<Policy>,
}

/// What a condition of OpenSLO says of a row.
struct Policy {
    name: String,
    severity: String,
    lookback: String,
    threshold: String,
}

impl Policies {
    /// The name of the policy for a row; `None` for a row that does not suit its SLO, of which nothing can be said.
    fn name(&mut self, row: AlertRow, objective: Objective, period: Period) -> Option<String> {
        let severity = row.severity().to_string();
        let lookback = shorthand::of_window(row.long());
        let milli = match row.trigger() {
            Trigger::Factor { milli } => milli,
            // Rounded: the row itself says which share of the budget it is. The cast saturates.
            _ => (Row::resolve(row, objective, period).ok()?.factor() * 1_000.0).round() as u32,
        };
        let threshold = number::of_thousandths(milli);
        let known = self
            .all
            .iter()
            .find(|policy| policy.severity == severity && policy.lookback == lookback && policy.threshold == threshold);
        if let Some(policy) = known {
            return Some(policy.name.clone());
        }
        let name = self.given.near(&format!("{severity}-at-{threshold}-over-{lookback}"));
        self.all.push(Policy { name: name.clone(), severity, lookback, threshold });
        Some(name)
    }

    /// The policies, and whom they notify.
    fn objects(self) -> Vec<Tree> {
        let mut objects: Vec<Tree> = self.all.iter().map(Policy::object).collect();
        if !objects.is_empty() {
            let target = Tree::text(alerts::TARGET);
            let metadata = map([("name", target.clone())]);
            objects.push(object(Kind::AlertNotificationTarget, metadata, map([("target", target)])));
        }
        objects
    }
}

impl Policy {
    fn object(&self) -> Tree {
        let name = || map([("name", Tree::text(&self.name))]);
        let burn = map([
            ("kind", Tree::text("burnrate")),
            ("op", Tree::text("gt")),
            ("threshold", Tree::plain(&self.threshold)),
            ("lookbackWindow", Tree::text(&self.lookback)),
        ]);
        let condition = map([
            ("kind", Tree::text(Kind::AlertCondition.label())),
            ("metadata", name()),
            ("spec", map([("severity", Tree::text(&self.severity)), ("condition", burn)])),
        ]);
        let spec = map([
            ("alertWhenNoData", yes(false)),
            ("alertWhenResolved", yes(true)),
            ("alertWhenBreaching", yes(true)),
            ("conditions", Tree::List(vec![condition])),
            ("notificationTargets", Tree::List(vec![map([("targetRef", Tree::text(alerts::TARGET))])])),
        ]);
        object(Kind::AlertPolicy, name(), spec)
    }
}
