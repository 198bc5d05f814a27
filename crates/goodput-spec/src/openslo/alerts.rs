//! The alert policies of an SLO as alert rows.
//!
//! A condition of OpenSLO looks back through one window; a row looks through two, the second of which says that it still goes on.
//! A twelfth of the first is what the [SRE Workbook](https://sre.google/workbook/alerting-on-slos/), chapter 5, takes.

use std::collections::{HashMap, HashSet};

use goodput_model::Window;

use super::fields::{Fields, entry, list, map, text};
use super::notes::Notes;
use super::object::{self, Kind, Object, Objects};
use super::shorthand::{self, Shorthand};
use super::{number, shape};
use crate::source::shortened;
use crate::yaml::Node;
use crate::{Diagnostic, Span};

/// What a condition says: whom it tells when which burn is exceeded over which window.
#[derive(Clone, Debug)]
pub(super) struct Condition<'n> {
    pub(super) severity: &'n str,
    severity_span: Span,
    pub(super) lookback: Window,
    lookback_span: Span,
    /// A burn rate, as written.
    pub(super) threshold: &'n str,
    threshold_span: Span,
    pub(super) span: Span,
    pub(super) of: String,
}

/// Who is told is for the process to know: this stands for that.
pub(super) const TARGET: &str = "goodput";
const SEVERITIES: [&str; 3] = ["page", "ticket", "log"];
const OPERATORS: [(&str, Operator); 4] =
    [("gt", Operator::Above), ("gte", Operator::From), ("lt", Operator::Below), ("lte", Operator::Below)];

/// How a condition compares the burn with its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Above,
    /// Above or just there.
    From,
    Below,
}

/// The most policies of one SLO: as many as it may have alert rows.
const MAX_POLICIES: usize = 20;

/// What the policies that were referred to so far say, by name: many SLOs may refer to one.
pub(super) type Known<'n> = HashMap<&'n str, Option<Condition<'n>>>;

/// The conditions of all policies of an SLO that say what a row can.
pub(super) fn read<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    known: &mut Known<'n>,
    spec: &Fields<'n, 's>,
) -> Vec<Condition<'n>> {
    let policies = notes.list(spec, "alertPolicies").unwrap_or_default();
    if policies.len() > MAX_POLICIES {
        notes.wrong(spec.key_span("alertPolicies"), "too-many", || {
            format!("{} alert policies of {}: expected at most {MAX_POLICIES}", policies.len(), spec.of)
        });
    }
    let policies = policies.iter().take(MAX_POLICIES);
    policies.filter_map(|node| policy(notes, objects, known, node, &spec.of)).collect()
}

/// An object that stands here or is referred to by `reference`.
fn resolve<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    node: &'n Node<'s>,
    kind: Kind,
    reference: (&'static str, &'static shape::Shape),
    of: &str,
) -> Option<Object<'n, 's>> {
    let (field, shape) = reference;
    if node.get(field).is_none() && node.get("spec").is_some() {
        return object::inline(notes, kind, node, of);
    }
    let fields = notes.fields(node, shape, of)?;
    let (name, span) = notes.text(&fields, field)?;
    objects.refer(notes, kind, name, span, of)
}

fn policy<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    known: &mut Known<'n>,
    node: &'n Node<'s>,
    of: &str,
) -> Option<Condition<'n>> {
    let reference = ("alertPolicyRef", &shape::POLICY_REF);
    let object = resolve(notes, objects, node, Kind::AlertPolicy, reference, of)?;
    if node.get("alertPolicyRef").is_none() {
        return of_policy(notes, objects, &object);
    }
    if let Some(condition) = known.get(object.name) {
        return condition.clone();
    }
    let found = of_policy(notes, objects, &object);
    known.insert(object.name, found.clone());
    found
}

/// The one condition of a policy.
fn of_policy<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    object: &Object<'n, 's>,
) -> Option<Condition<'n>> {
    let fields = notes.fields(object.spec, &shape::POLICY, &object.of())?;
    if let Some((true, span)) = notes.boolean(&fields, "alertWhenNoData") {
        notes.dropped(span, "alertWhenNoData", &fields.of, "that there is no data is shown, and is no alert");
    }
    if let Some((false, span)) = notes.boolean(&fields, "alertWhenResolved") {
        notes.dropped(span, "alertWhenResolved", &fields.of, "the end of an alert is always told");
    }
    let breaching = notes.boolean(&fields, "alertWhenBreaching");
    targets(notes, objects, &fields);
    let conditions = notes.list(&fields, "conditions")?;
    let [condition] = conditions else {
        notes.wrong(fields.key_span("conditions"), "bad-policy", || {
            format!("{} has {} conditions: expected exactly one", fields.of, conditions.len())
        });
        return None;
    };
    let reference = ("conditionRef", &shape::CONDITION_REF);
    let object = resolve(notes, objects, condition, Kind::AlertCondition, reference, &fields.of)?;
    let condition = self::condition(notes, &object)?;
    if let Some((false, span)) = breaching {
        let help = "what does not alert when it is breached is no alert row; the policy is left out";
        notes.dropped(span, "alertWhenBreaching", &fields.of, help);
        return None;
    }
    Some(condition)
}

fn targets<'n, 's>(notes: &mut Notes, objects: &mut Objects<'n, 's>, policy: &Fields<'n, 's>) {
    let targets = notes.list(policy, "notificationTargets").unwrap_or_default();
    for node in targets.iter().take(MAX_POLICIES) {
        let reference = ("targetRef", &shape::TARGET_REF);
        let object = resolve(notes, objects, node, Kind::AlertNotificationTarget, reference, &policy.of);
        let fields = object.and_then(|object| notes.fields(object.spec, &shape::TARGET, &object.of()));
        let target = fields.and_then(|fields| notes.text(&fields, "target"));
        if target.is_some_and(|(target, _)| target != TARGET) {
            let help = format!("who is told is for the process to know; `target: {TARGET}` stands for that");
            notes.dropped(node.span, "a notification target", &policy.of, &help);
        }
    }
}

fn condition<'n>(notes: &mut Notes, object: &Object<'n, '_>) -> Option<Condition<'n>> {
    let of = object.of();
    let fields = notes.fields(object.spec, &shape::CONDITION, &of)?;
    let severity = notes.text(&fields, "severity");
    let burn = notes.fields(fields.get("condition")?, &shape::BURN, &of)?;
    if burn.get("kind").is_some() {
        notes.word(&burn, "kind", &[("burnrate", ())]);
    }
    let compared = notes.word(&burn, "op", &OPERATORS);
    let threshold = notes.text(&burn, "threshold");
    let lookback = length(notes, &burn, "lookbackWindow");
    if !is_zero(&burn) && length(notes, &burn, "alertAfter").is_some() {
        let help = "a second, shorter window says whether it still goes on";
        notes.dropped(burn.key_span("alertAfter"), "alertAfter", &of, help);
    }
    let ((severity, severity_span), (operator, op_span)) = (severity?, compared?);
    let ((lookback, lookback_span), (threshold, threshold_span)) = (lookback?, threshold?);
    if operator == Operator::From {
        notes.dropped(op_span, "op", &of, "read as gt: a row holds when its burn is exceeded");
    }
    if operator == Operator::Below {
        let help = "it holds while little burns: did you mean `op: gt`? The condition is left out";
        notes.dropped(op_span, "op", &of, help);
        return None;
    }
    if !SEVERITIES.contains(&severity) {
        let what = format!("severity {:?}", shortened(severity, 40));
        notes.dropped(severity_span, &what, &of, "expected page, ticket or log; the condition is left out");
        return None;
    }
    let span = object.name_span;
    Some(Condition { severity, severity_span, lookback, lookback_span, threshold, threshold_span, span, of })
}

/// A length of time that is always the same.
fn length(notes: &mut Notes, fields: &Fields<'_, '_>, name: &str) -> Option<(Window, Span)> {
    let (written, span) = notes.text(fields, name)?;
    let window = Shorthand::parse(written).filter(|duration| duration.unit.is_exact()).and_then(Shorthand::window);
    if window.is_none() {
        let of = &fields.of;
        notes.wrong(span, "bad-duration", || {
            format!("{name} {:?} of {of}: expected a number and one of m (minutes), h, d, w", shortened(written, 40))
        });
    }
    Some((window?, span))
}

/// Whether an alert comes at once, which `0m` says.
fn is_zero(burn: &Fields<'_, '_>) -> bool {
    let written = burn.get("alertAfter").and_then(Node::as_text).unwrap_or_default();
    ["0m", "0h", "0d", "0w"].contains(&written)
}

/// The rows, in the words of the native format, and a warning of what they are.
pub(super) fn rows<'s>(notes: &mut Notes, conditions: &[Condition<'_>], span: Span) -> Node<'s> {
    let rows = conditions.iter().map(|condition| row(notes, condition)).collect();
    list(span, rows)
}

fn row<'s>(notes: &mut Notes, condition: &Condition<'_>) -> Node<'s> {
    let Condition { severity, lookback, threshold, span, .. } = *condition;
    // At least a second, which every window is.
    let short = Window::from_secs((lookback.secs() / 12).max(1)).unwrap_or(lookback);
    notes.warning(|| {
        let of = &condition.of;
        let message =
            format!("{of} looks back through one window: read as a row that looks through {lookback} and {short}");
        Diagnostic::warning("one-window", message)
            .at(condition.lookback_span, "")
            .help("give the rows themselves as `alerts` of the goodput source")
    });
    let entries = vec![
        entry("severity", condition.severity_span, text(condition.severity_span, severity.to_owned())),
        entry("long", condition.lookback_span, text(condition.lookback_span, lookback.to_string())),
        entry("short", condition.lookback_span, text(condition.lookback_span, short.to_string())),
        entry("factor", condition.threshold_span, text(condition.threshold_span, threshold.to_owned())),
    ];
    map(span, entries)
}

/// Says which conditions are none of the rows that the source of an SLO has, and which therefore count.
pub(super) fn compare(notes: &mut Notes, conditions: &[Condition<'_>], rows: &Node<'_>, of: &str) {
    let said = |row: &Node<'_>| {
        let word = |name: &str| row.get(name).and_then(Node::as_text);
        let long = Shorthand::parse(&shorthand::of_window(word("long")?.parse().ok()?))?.window()?;
        // A share of the budget is a factor that follows from the period, so that only the rest can differ.
        Some((word("severity")?.to_owned(), long, word("factor").and_then(number::normal)))
    };
    let rows: HashSet<_> = rows.as_list().unwrap_or_default().iter().take(MAX_POLICIES).filter_map(said).collect();
    for condition in conditions {
        let mut row = (condition.severity.to_owned(), condition.lookback, number::normal(condition.threshold));
        let with_factor = rows.contains(&row);
        row.2 = None;
        if !with_factor && !rows.contains(&row) {
            let help = "the alerts of its goodput source are those that count";
            notes.dropped(condition.span, &condition.of, of, help);
        }
    }
}
