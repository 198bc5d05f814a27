//! What an SLO measures: whether the process can count it itself, or whether it is a query.

use super::fields::Fields;
use super::notes::Notes;
use super::object::{self, Kind, Object, Objects};
use super::shape;
use crate::source::shortened;
use crate::yaml::{Entry, Node};
use crate::{Diagnostic, Span};

/// The type of a source that the process counts itself.
pub(super) const GOODPUT: &str = "goodput";

/// What a text says an SLO measures.
#[derive(Clone, Debug)]
pub(super) struct Indicator<'n, 's> {
    pub(super) name: &'n str,
    pub(super) description: Option<(&'n str, Span)>,
    /// Whether it is a ratio, so that an objective compares it with nothing.
    pub(super) is_ratio: bool,
    pub(super) source: Source<'n, 's>,
}

/// Where its numbers come from.
#[derive(Clone, Debug)]
pub(super) enum Source<'n, 's> {
    /// The process counts: an SLO in the words of the native format.
    Process { spec: &'n [Entry<'s>], span: Span },
    /// Some other system answers a query.
    Query { of: String, span: Span },
}

/// What somebody can write in place of a query.
pub(super) const INSTEAD: &str = "write the indicator's spec as `ratioMetric: {rawType: success, raw: {metricSource: {type: \
                                  goodput, spec: {sli: availability}}}}`";

/// The indicator that `fields`, of an SLO or of one of its objectives, give or refer to.
pub(super) fn read<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    fields: &Fields<'n, 's>,
) -> Option<Indicator<'n, 's>> {
    let object = match (fields.get("indicator"), fields.get("indicatorRef")) {
        (Some(node), None) => {
            let inline = notes.fields(node, &shape::INLINE_SLI, &fields.of)?;
            object::inner(notes, Kind::Sli, &inline)?
        }
        (None, Some(_)) => {
            let (name, span) = notes.text(fields, "indicatorRef")?;
            objects.refer(notes, Kind::Sli, name, span, &fields.of)?
        }
        (Some(_), Some(_)) => {
            let of = &fields.of;
            notes.error(|| {
                Diagnostic::error(
                    "two-indicators",
                    format!("{of} has an indicator and refers to one: expected one of them"),
                )
                .at(fields.key_span("indicatorRef"), "")
                .also(fields.key_span("indicator"), "the other")
            });
            return None;
        }
        (None, None) => {
            let of = &fields.of;
            notes.wrong(fields.span, "no-indicator", || {
                format!("{of} measures nothing: expected an indicator or an indicatorRef")
            });
            return None;
        }
    };
    sli(notes, objects, &object)
}

fn sli<'n, 's>(notes: &mut Notes, objects: &mut Objects<'n, 's>, object: &Object<'n, 's>) -> Option<Indicator<'n, 's>> {
    let spec = notes.fields(object.spec, &shape::SLI, &object.of())?;
    let description = object::description(notes, &spec);
    let (is_ratio, source) = match (spec.get("thresholdMetric"), spec.get("ratioMetric")) {
        (Some(metric), None) => (false, threshold(notes, objects, metric, &spec.of)?),
        (None, Some(metric)) => {
            let fields = notes.fields(metric, &shape::RATIO, &spec.of)?;
            (true, ratio(notes, objects, &fields)?)
        }
        (threshold, _) => {
            let found = if threshold.is_some() { "two metrics" } else { "no metric" };
            notes.wrong(object.name_span, "bad-indicator", || {
                format!("{} has {found}: expected either a thresholdMetric or a ratioMetric", object.of())
            });
            return None;
        }
    };
    Some(Indicator { name: object.name, description, is_ratio, source })
}

fn threshold<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    node: &'n Node<'s>,
    of: &str,
) -> Option<Source<'n, 's>> {
    let source = metric(notes, objects, node, "thresholdMetric", of)?;
    if let Source::Process { span, .. } = source {
        as_ratio(notes, span, "a thresholdMetric", of);
        return None;
    }
    Some(source)
}

/// `good` or `bad` of `total`, or the ratio itself.
fn ratio<'n, 's>(notes: &mut Notes, objects: &mut Objects<'n, 's>, fields: &Fields<'n, 's>) -> Option<Source<'n, 's>> {
    let of = fields.of.clone();
    let has = |name| fields.get(name).is_some();
    let parts = ["good", "bad", "total", "raw", "rawType"].map(has);
    let wrong = match parts {
        [true, true, ..] => Some(("bad", "both `good` and `bad`: expected one of them")),
        [false, false, false, false, _] => Some(("ratioMetric", "neither `raw` nor `total`: expected one of them")),
        [_, _, _, true, _] if has("good") || has("bad") || has("total") => {
            Some(("raw", "`raw` beside its parts: expected either `raw`, or `total` with `good` or `bad`"))
        }
        [_, _, _, true, false] => Some(("raw", "`raw` without `rawType`: expected success or failure")),
        [_, _, false, false, _] => Some(("ratioMetric", "no `total`: expected it beside `good` or `bad`")),
        [false, false, true, ..] => Some(("total", "`total` alone: expected `good` or `bad` beside it")),
        [_, _, true, _, true] => Some(("rawType", "`rawType` without `raw`: expected it with `raw` alone")),
        _ => None,
    };
    if let Some((field, message)) = wrong {
        notes.wrong(fields.key_span(field), "bad-ratio", || format!("the ratioMetric of {of} has {message}"));
        return None;
    }
    if let Some(raw) = fields.get("raw") {
        let (success, span) = notes.word(fields, "rawType", &[("success", true), ("failure", false)])?;
        let source = metric(notes, objects, raw, "raw", &of)?;
        if matches!(source, Source::Process { .. }) && !success {
            notes.wrong(span, "bad-ratio", || {
                format!("rawType of {of} is failure: expected success, which is what goodput counts")
            });
            return None;
        }
        return Some(source);
    }
    let mut sources = Vec::new();
    for name in ["good", "bad", "total"] {
        if let Some(node) = fields.get(name) {
            sources.push(metric(notes, objects, node, name, &of)?);
        }
    }
    for source in &sources {
        if let Source::Process { span, .. } = source {
            as_ratio(notes, *span, "a part of a ratio", &of);
            return None;
        }
    }
    sources.into_iter().next()
}

fn as_ratio(notes: &mut Notes, span: Span, found: &str, of: &str) {
    notes.error(|| {
        let message = format!(
            "the goodput source of {of} is {found}: expected `raw`, since good events and all are counted together"
        );
        Diagnostic::error("bad-indicator", message).at(span, "").help(INSTEAD)
    });
}

/// The source of one metric.
fn metric<'n, 's>(
    notes: &mut Notes,
    objects: &mut Objects<'n, 's>,
    node: &'n Node<'s>,
    name: &str,
    of: &str,
) -> Option<Source<'n, 's>> {
    let fields = notes.fields(node, &shape::METRIC, &format!("{name} of {of}"))?;
    let fields = notes.fields(fields.get("metricSource")?, &shape::SOURCE, &fields.of)?;
    let (kind, span) = source_type(notes, objects, &fields)?;
    if !kind.eq_ignore_ascii_case(GOODPUT) {
        return Some(Source::Query { of: shortened(kind, 40).into_owned(), span });
    }
    let spec = fields.get("spec")?;
    let Some(entries) = spec.as_map() else {
        notes.wrong_shape(spec, "a mapping with the keys of an SLO in goodput's own format", &fields.of);
        return None;
    };
    Some(Source::Process { spec: entries, span: spec.span })
}

/// The type that a source names itself, or else the one of the data source it refers to.
fn source_type<'n>(
    notes: &mut Notes,
    objects: &mut Objects<'n, '_>,
    fields: &Fields<'n, '_>,
) -> Option<(&'n str, Span)> {
    if fields.get("type").is_some() {
        return notes.text(fields, "type");
    }
    let Some((name, span)) = notes.text(fields, "metricSourceRef") else {
        let of = &fields.of;
        notes.wrong(fields.span, "missing-field", || {
            format!("the metricSource of {of} has no type: expected one, or a metricSourceRef to a DataSource")
        });
        return None;
    };
    let object = objects.refer(notes, Kind::DataSource, name, span, &fields.of)?;
    let kind = object.spec.get("type").and_then(Node::as_text)?; // that it has none is said where it stands
    Some((kind, span))
}
