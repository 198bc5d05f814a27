//! One SLO object as the SLOs it makes: one for each objective.

use super::budgeting::{self, Method};
use super::fields::{Fields, entry, map, text};
use super::indicator::{self, INSTEAD, Indicator, Source};
use super::notes::{LeftOut, Notes};
use super::object::{self, Object, Objects};
use super::own::Own;
use super::period::{self, TimeWindow};
use super::{alerts, names, number, shape};
use crate::source::shortened;
use crate::yaml::{Entry, Node};
use crate::{Diagnostic, Span};

/// What the SLO objects of a text make.
#[derive(Debug, Default)]
pub(super) struct Made<'n, 's> {
    /// In the words of the native format.
    pub(super) slos: Vec<Node<'s>>,
    /// One for each composite SLO.
    pub(super) journeys: Vec<Node<'s>>,
    /// The service of the first.
    pub(super) service: Option<(&'n str, Span)>,
    /// The time zone of the first that has a calendar.
    pub(super) zone: Option<(&'n str, Span)>,
    /// What the alert policies that were referred to so far say.
    policies: alerts::Known<'n>,
    /// How many values were copied so far.
    copied: usize,
}

/// The most values of the text that may be copied: many SLOs may refer to one large indicator.
const MAX_COPIED: usize = 50_000;

/// The most objectives of one SLO.
const MAX_OBJECTIVES: usize = 100;

/// What all objectives of an SLO object share.
pub(super) struct Shared<'o, 'n, 's> {
    pub(super) object: &'o Object<'n, 's>,
    pub(super) of: String,
    pub(super) description: Option<(&'n str, Span)>,
    pub(super) method: Option<(Method, Span)>,
    pub(super) judged: TimeWindow<'n>,
    pub(super) conditions: Vec<alerts::Condition<'n>>,
    pub(super) alerts_span: Span,
    pub(super) annotations: Vec<Entry<'s>>,
    pub(super) annotations_span: Span,
    /// How many objectives there are.
    pub(super) objectives: usize,
    pub(super) composite: bool,
}

/// Adds what one SLO object makes. Where something is wrong with it, it makes nothing.
pub(super) fn read<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    object: &Object<'n, 's>,
    made: &mut Made<'n, 's>,
) {
    let of = object.of();
    let Some(spec) = notes.fields(object.spec, &shape::SLO, &of) else {
        return;
    };
    service(notes, &spec, made);
    let shared_from = notes.wrong_so_far();
    let annotations = annotations(notes, object);
    let objectives = notes.list(&spec, "objectives").unwrap_or_default();
    let has_own = |node: &Node<'_>| node.get("indicator").is_some() || node.get("indicatorRef").is_some();
    let shared = Shared {
        object,
        description: object::description(notes, &spec),
        method: budgeting::method(notes, &spec),
        judged: period::read(notes, &spec),
        conditions: alerts::read(notes, objects, &mut made.policies, &spec),
        alerts_span: spec.key_span("alertPolicies"),
        annotations,
        annotations_span: object.metadata.key_span("annotations"),
        objectives: objectives.len(),
        composite: objectives.iter().any(has_own),
        of,
    };
    let indicator = common_indicator(notes, objects, &spec, &shared);
    if objectives.is_empty() && spec.get("objectives").is_some_and(|node| node.as_list().is_some()) {
        notes.wrong(spec.key_span("objectives"), "no-objective", || {
            format!("{} has no objectives: expected at least one", shared.of)
        });
    }
    let sound = notes.wrong_so_far() == shared_from;
    let before = made.slos.len();
    if objectives.len() > MAX_OBJECTIVES {
        notes.wrong(spec.key_span("objectives"), "too-many", || {
            format!("{} objectives of {}: expected at most {MAX_OBJECTIVES}", objectives.len(), shared.of)
        });
    }
    for node in objectives.iter().take(MAX_OBJECTIVES) {
        let wrong = notes.wrong_so_far();
        let slo = objective(notes, objects, &shared, node, indicator.as_ref(), made);
        if let Some(slo) = slo.filter(|_| sound && wrong == notes.wrong_so_far()) {
            made.slos.push(slo);
        }
    }
    if shared.composite && made.slos.len() > before {
        composite(notes, &shared, made);
    }
}

/// All SLOs of a definition belong to one service.
fn service<'n>(notes: &mut Notes, spec: &Fields<'n, '_>, made: &mut Made<'n, '_>) {
    let Some((name, span)) = notes.text(spec, "service") else {
        return;
    };
    let (first, first_span) = *made.service.get_or_insert((name, span));
    if first != name {
        notes.error(|| {
            let (name, first, of) = (shortened(name, 63), shortened(first, 63), &spec.of);
            let message =
                format!("{of} belongs to service {name:?} and another SLO to {first:?}: expected one service");
            Diagnostic::error("two-services", message)
                .at(span, "")
                .also(first_span, "the other")
                .help("a definition is that of one service: make a file for each")
        });
    }
}

/// The indicator of an SLO whose objectives have none of their own.
fn common_indicator<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    spec: &Fields<'n, 's>,
    shared: &Shared<'_, 'n, 's>,
) -> Option<Indicator<'n, 's>> {
    let own = ["indicator", "indicatorRef"].into_iter().find(|name| spec.get(name).is_some());
    match own {
        Some(name) if shared.composite => {
            notes.wrong(spec.key_span(name), "two-indicators", || {
                format!("{} and its objectives have indicators: expected them in one place", shared.of)
            });
            None
        }
        None if shared.composite => None,
        _ => {
            let indicator = indicator::read(notes, objects, spec)?;
            if let Source::Query { of, span } = &indicator.source {
                notes.leave_out(|| query(&shared.of, of, *span));
            }
            if let Some((_, span)) = indicator.description.filter(|_| shared.description.is_some()) {
                notes.dropped(span, "the description of the indicator", &shared.of, "the SLO has its own");
            }
            Some(indicator)
        }
    }
}

fn query(slo: &str, source: &str, span: Span) -> LeftOut {
    LeftOut {
        code: "query",
        message: format!(
            "the indicator of {slo} is a query of {source}: goodput counts events in the process and cannot run it"
        ),
        span,
        help: INSTEAD.to_owned(),
    }
}

/// One SLO in the words of the native format.
fn objective<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    shared: &Shared<'_, 'n, 's>,
    node: &'n Node<'s>,
    common: Option<&Indicator<'n, 's>>,
    made: &mut Made<'n, 's>,
) -> Option<Node<'s>> {
    let fields = notes.fields(node, &shape::OBJECTIVE, &shared.of)?;
    let own = if shared.composite { indicator::read(notes, objects, &fields) } else { None };
    if let Some(Indicator { source: Source::Query { of, span }, .. }) = &own {
        notes.leave_out(|| query(&shared.of, of, *span));
    }
    weight(notes, &fields, shared);
    let indicator = own.as_ref().or(common);
    if let Some(indicator) = indicator {
        comparison(notes, &fields, indicator);
    }
    let target = target(notes, &fields);
    let judged = match &shared.judged {
        TimeWindow::Judged(judged) => Some(judged),
        TimeWindow::Default | TimeWindow::Unfit => None,
    };
    let budgeted = budgeting::read(notes, shared.method?, &fields, judged);
    if let Some((zone, span)) = judged.and_then(|judged| judged.zone) {
        time_zone(notes, zone, span, made);
    }
    if matches!(shared.judged, TimeWindow::Unfit) {
        return None;
    }
    let (target, indicator, budgeted) = (target?, indicator?, budgeted?);
    let Source::Process { spec, span } = indicator.source else {
        return None;
    };
    let Some(mut own) = Own::of(notes, spec, span, made.copies_left()) else {
        made.copied = MAX_COPIED + 1;
        return None;
    };
    own.say("objective", target.span, target.clone());
    own.name(shared, indicator, &target);
    own.period(notes, judged, &shared.of);
    own.budgeting(notes, &budgeted, &shared.of);
    own.description(notes, shared, indicator);
    own.alerts(notes, shared);
    own.annotations(notes, shared);
    if shared.composite && !own.has("journey") {
        let (name, span) = (shared.object.name, shared.object.name_span);
        own.say("journey", span, text(span, name.to_owned()));
    }
    made.copied += own.copied();
    Some(own.node(node.span))
}

/// The target as a percentage.
fn target<'s>(notes: &mut Notes, fields: &Fields<'_, '_>) -> Option<Node<'s>> {
    let of = fields.of.as_str();
    let name = match (fields.get("target").is_some(), fields.get("targetPercent").is_some()) {
        (true, false) => "target",
        (false, true) => "targetPercent",
        (true, true) => {
            notes.error(|| {
                Diagnostic::error(
                    "two-targets",
                    format!("an objective of {of} has a target and a targetPercent: expected one of them"),
                )
                .at(fields.key_span("targetPercent"), "")
                .also(fields.key_span("target"), "the other")
            });
            return None;
        }
        (false, false) => {
            notes.wrong(fields.span, "missing-field", || {
                format!("an objective of {of} without a target: expected one, such as `target: 0.999`")
            });
            return None;
        }
    };
    let (written, span) = notes.text(fields, name)?;
    let (read, expected) = match name {
        "target" => {
            (number::target(written), "a number from 0.01 up to but not 1 with at most 9 decimals, such as 0.999")
        }
        _ => {
            (number::target_percent(written), "a number from 1 up to but not 100 with at most 7 decimals, such as 99.9")
        }
    };
    match read {
        Ok(percent) => Some(text(span, percent)),
        Err(meant) => {
            notes.error(|| {
                let message = format!("{name} {:?} of {of}: expected {expected}", shortened(written, 40));
                let diagnostic = Diagnostic::error("bad-target", message).at(span, "");
                match meant {
                    Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                    None => diagnostic,
                }
            });
            None
        }
    }
}

/// A value that a ratio is compared with, which the format forbids, or that an indicator needs.
fn comparison(notes: &mut Notes, fields: &Fields<'_, '_>, indicator: &Indicator<'_, '_>) {
    let of = fields.of.as_str();
    for name in ["op", "value"] {
        let given = fields.get(name).is_some();
        if given && indicator.is_ratio {
            notes.error(|| {
                let message = format!("{name} of {of}, whose indicator is a ratioMetric: expected none");
                Diagnostic::error("op-of-ratio", message).at(fields.key_span(name), "").help(
                    "op and value compare what a thresholdMetric measures; a ratio is compared with the target alone",
                )
            });
        } else if !given && !indicator.is_ratio {
            notes.wrong(fields.span, "missing-field", || {
                format!("an objective of {of} without {name:?}: expected one, since its indicator is a thresholdMetric")
            });
        }
    }
    if fields.get("op").is_some() && !indicator.is_ratio {
        notes.word(fields, "op", &["lte", "gte", "lt", "gt"].map(|word| (word, ())));
    }
}

fn weight(notes: &mut Notes, fields: &Fields<'_, '_>, shared: &Shared<'_, '_, '_>) {
    let Some((weight, span)) = notes.text(fields, "compositeWeight") else {
        return;
    };
    let of = fields.of.as_str();
    let number = number::normal(weight);
    if number.as_deref().is_none_or(|number| number == ".") {
        notes.wrong(span, "bad-weight", || {
            format!("compositeWeight {:?} of {of}: expected a plain number above 0", shortened(weight, 40))
        });
    } else if !number::is_one(weight) || !shared.composite {
        notes.dropped(span, "compositeWeight", of, "a journey is as bad as its worst SLO");
    }
}

/// All calendars of a definition are those of one time zone.
fn time_zone<'n>(notes: &mut Notes, zone: &'n str, span: Span, made: &mut Made<'n, '_>) {
    let (first, first_span) = *made.zone.get_or_insert((zone, span));
    if first != zone {
        notes.error(|| {
            let message = format!(
                "time zone {:?} beside {:?}: expected one for all SLOs",
                shortened(zone, 63),
                shortened(first, 63)
            );
            Diagnostic::error("two-time-zones", message).at(span, "").also(first_span, "the other")
        });
    }
}

/// Annotations whose names a definition takes.
fn annotations<'s>(notes: &mut Notes, object: &Object<'_, 's>) -> Vec<Entry<'s>> {
    let Some(annotations) = object.metadata.get("annotations") else {
        return Vec::new();
    };
    let of = object.of();
    let Some(entries) = annotations.as_map() else {
        notes.wrong_shape(annotations, "a mapping", &format!("annotations of {of}"));
        return Vec::new();
    };
    let mut kept = Vec::new();
    for annotation in entries {
        let what = || format!("annotation {:?}", shortened(&annotation.key, 63));
        if annotation.value.as_text().is_none() {
            notes.wrong_shape(&annotation.value, "a text", &format!("{} of {of}", what()));
        } else if names::is_annotation(&annotation.key) {
            kept.push(annotation.clone());
        } else {
            notes.dropped(annotation.key_span, &what(), &of, "alert templates take letters, digits and _");
        }
    }
    kept
}

/// A composite SLO is a journey: as bad as the worst of its SLOs.
fn composite(notes: &mut Notes, shared: &Shared<'_, '_, '_>, made: &mut Made<'_, '_>) {
    let (name, span) = (shared.object.name, shared.object.name_span);
    notes.warning(|| {
        let message =
            format!("{} is composite: read as a journey, which is as bad as the worst of its SLOs", shared.of);
        Diagnostic::warning("composite", message).at(span, "").help("it has no error budget of its own")
    });
    let mut entries = vec![entry("name", span, text(span, name.to_owned()))];
    if let Some((description, span)) = shared.description {
        entries.push(entry("description", span, text(span, description.to_owned())));
    }
    made.journeys.push(map(span, entries));
}

impl Made<'_, '_> {
    /// Whether the text repeats itself so often that nothing is read further.
    pub(super) fn is_exhausted(&self) -> bool {
        self.copied > MAX_COPIED
    }

    fn copies_left(&self) -> usize {
        MAX_COPIED.saturating_sub(self.copied)
    }
}
