//! OpenSLO objects become one definition: they are told in the words of the native format, each where it was written, and read
//! as that.

use std::collections::HashSet;

use super::fields::{entry, list, map, text};
use super::notes::{self, Notes};
use super::object::{Kind, Object, Objects};
use super::service;
use super::slo::{self, Made};
use crate::findings::Findings;
use crate::yaml::{Entry, Node, Value};
use crate::{Diagnostic, Diagnostics, Document, Source, Span, native, yaml};

/// Reads the OpenSLO v1 objects of a text, in one document or many.
///
/// # Errors
///
/// What is wrong with the text, and what it says that a process cannot count if it says nothing else. Where it says something
/// else, that is a warning of the [`Document`], as is every field that has no place in a definition.
pub fn read(source: &Source) -> Result<Document, Diagnostics> {
    let mut findings = Findings::default();
    let documents = yaml::documents(source, &mut findings);
    if !findings.is_empty() {
        return Err(findings.about(source));
    }
    let mut notes = Notes::default();
    let root = definition(&mut notes, &documents);
    let (errors, warnings) = notes.close(root.is_none());
    let Some(root) = root else {
        return Err(errors.about(source));
    };
    let mut document = native::read(source, &[root], errors)?;
    document.warnings.extend(notes::warnings(warnings, source));
    Ok(document)
}

/// The definition in the words of the native format; `None` where no SLO is left.
fn definition<'s>(notes: &mut Notes, documents: &[Node<'s>]) -> Option<Node<'s>> {
    let mut objects = Objects::read(notes, documents);
    let mut made = Made::default();
    let slos: Vec<_> = objects.of_kind(Kind::Slo).cloned().collect();
    for object in &slos {
        if notes.is_full() || made.is_exhausted() {
            return None;
        }
        slo::read(notes, &mut objects, object, &mut made);
    }
    for kind in [Kind::Sli, Kind::AlertPolicy, Kind::AlertCondition, Kind::AlertNotificationTarget] {
        for object in objects.unused(kind) {
            notes.dropped(object.name_span, &object.of(), "the text", "nothing refers to it");
        }
    }
    let whole = documents.iter().map(|node| node.span).reduce(|first, last| Span::new(first.start(), last.end()));
    let whole = whole.unwrap_or_default();
    let service = made.service.or_else(|| lone_service(&objects, &slos));
    if service.is_none() && notes.wrong_so_far() == 0 {
        notes.error(|| {
            Diagnostic::error("no-slos", "the text has no SLO: expected at least one object of kind SLO")
                .at(Span::new(whole.start(), whole.start()), "")
        });
    }
    let mut entries = service::read(notes, &objects, service);
    if made.slos.is_empty() && !slos.is_empty() || service.is_none() {
        return None;
    }
    entries.push(entry("version", whole, text(whole, "1")));
    entries.push(entry("slos", whole, list(whole, made.slos)));
    journeys(&mut entries, made.journeys);
    time_zone(notes, &mut entries, made.zone);
    Some(map(whole, entries))
}

/// The one service of a text without SLOs: a definition may begin so.
fn lone_service<'n>(objects: &Objects<'n, '_>, slos: &[Object<'n, '_>]) -> Option<(&'n str, Span)> {
    let mut services = objects.of_kind(Kind::Service);
    let first = services.next().filter(|_| slos.is_empty())?;
    services.next().is_none().then_some((first.name, first.name_span))
}

/// The journeys of composite SLOs, beside those of the data source.
fn journeys<'s>(entries: &mut Vec<Entry<'s>>, made: Vec<Node<'s>>) {
    let Some(first) = made.first().map(|node| node.span) else {
        return;
    };
    let name = |node: &Node<'_>| node.get("name").and_then(Node::as_text).map(str::to_owned);
    match entries.iter_mut().find(|entry| entry.key == "journeys").map(|entry| &mut entry.value.value) {
        None => entries.push(entry("journeys", first, list(first, made))),
        Some(Value::List(declared)) => {
            // One that is declared says more than its composite SLO does.
            let known: HashSet<_> = declared.iter().filter_map(name).collect();
            declared
                .extend(made.into_iter().filter(|journey| !name(journey).is_some_and(|name| known.contains(&name))));
        }
        Some(_) => {} // no list, which its reader will say
    }
}

/// The time zone of the calendars, which the data source may say as well.
fn time_zone(notes: &mut Notes, entries: &mut Vec<Entry<'_>>, zone: Option<(&str, Span)>) {
    let Some((zone, span)) = zone else {
        return;
    };
    match entries.iter().find(|entry| entry.key == "time_zone") {
        None => entries.push(entry("time_zone", span, text(span, zone.to_owned()))),
        Some(other) if other.value.as_text() == Some(zone) => {}
        Some(other) => notes.error(|| {
            Diagnostic::error(
                "two-time-zones",
                "a calendar in another time zone than that of the service: expected one",
            )
            .at(span, "")
            .also(other.value.span, "the other")
        }),
    }
}
