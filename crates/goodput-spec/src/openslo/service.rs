//! What is said of the service as a whole: its Service object, and the DataSource that holds what OpenSLO has no word for.

use std::collections::HashSet;

use super::fields::{entry, map, text};
use super::indicator::GOODPUT;
use super::names;
use super::notes::{Notes, did_you_mean};
use super::object::{self, Kind, Object, Objects, called};
use super::shape::{self, LONGEST_NAME};
use crate::source::shortened;
use crate::yaml::{Entry, Value};
use crate::{Diagnostic, Span};

/// Keys of the native file that belong elsewhere in OpenSLO.
const ELSEWHERE: [(&str, &str); 3] = [
    ("version", "the apiVersion says which format it is"),
    ("slos", "every SLO is an object of its own"),
    ("defaults", "every SLO says it for itself"),
];

/// Everything of the native file but its SLOs.
pub(super) fn read<'s>(notes: &mut Notes, objects: &Objects<'_, 's>, service: Option<(&str, Span)>) -> Vec<Entry<'s>> {
    let mut entries = settings(notes, objects);
    let has = |entries: &[Entry<'_>], key: &str| entries.iter().any(|entry| entry.key == key);
    let mut of_slos = None;
    for object in objects.of_kind(Kind::Service) {
        let named = service.is_some_and(|(name, _)| name == object.name);
        let Some(spec) = notes.fields(object.spec, &shape::SERVICE, &object.of()) else {
            continue;
        };
        let description = object::description(notes, &spec);
        if !named {
            notes.dropped(object.name_span, &object.of(), "the text", "no SLO belongs to it");
            continue;
        }
        of_slos = Some(object);
        if let Some((description, span)) = description {
            twice(notes, &entries, "description", span);
            entries.push(entry("description", span, text(span, description.to_owned())));
        }
        labels(notes, object, &mut entries);
    }
    if let Some((name, span)) = service {
        if of_slos.is_none() && objects.of_kind(Kind::Service).next().is_some() {
            notes.error(|| {
                let message = format!(
                    "{} is nowhere in the text, which has others: expected it or none",
                    called(Kind::Service, name)
                );
                let names = objects.of_kind(Kind::Service).map(|object| object.name);
                did_you_mean(Diagnostic::error("unknown-reference", message).at(span, ""), name, names)
            });
        }
        if !has(&entries, "service") {
            let span = of_slos.map_or(span, |object| object.name_span);
            entries.push(entry("service", span, text(span, name.to_owned())));
        }
    }
    entries
}

/// What the data source of type goodput holds: keys of the native file.
fn settings<'s>(notes: &mut Notes, objects: &Objects<'_, 's>) -> Vec<Entry<'s>> {
    let mut found: Option<(&Object<'_, 's>, Vec<Entry<'s>>)> = None;
    for object in objects.of_kind(Kind::DataSource) {
        let Some(spec) = notes.fields(object.spec, &shape::DATA_SOURCE, &object.of()) else {
            continue;
        };
        let Some((kind, kind_span)) = notes.text(&spec, "type") else {
            continue;
        };
        if !kind.eq_ignore_ascii_case(GOODPUT) {
            let what = format!("type {:?}", shortened(kind, 40));
            notes.dropped(kind_span, &what, &object.of(), "goodput counts events in the process and asks nobody");
            continue;
        }
        if let Some((before, _)) = &found {
            notes.error(|| {
                Diagnostic::error("two-sources", format!("{} is of type goodput as well: expected one", object.of()))
                    .at(object.name_span, "")
                    .also(before.name_span, "the other")
            });
            continue;
        }
        let Some(details) = spec.get("connectionDetails") else {
            continue;
        };
        let Some(entries) = details.as_map() else {
            notes.wrong_shape(details, "a mapping with the keys of goodput's own format", &spec.of);
            continue;
        };
        let keys = entries.iter().filter(|entry| keep(notes, entry)).cloned().collect();
        found = Some((object, keys));
    }
    found.map(|(_, entries)| entries).unwrap_or_default()
}

fn keep(notes: &mut Notes, entry: &Entry<'_>) -> bool {
    let Some((key, instead)) = ELSEWHERE.into_iter().find(|(key, _)| entry.key == *key) else {
        return true;
    };
    notes.error(|| {
        let message = format!("{key:?} in the data source of goodput: expected what OpenSLO has no word for");
        Diagnostic::error("said-elsewhere", message).at(entry.key_span, "").help(instead)
    });
    false
}

/// Says that a key of the data source is given by OpenSLO's own field as well.
fn twice(notes: &mut Notes, entries: &[Entry<'_>], key: &str, span: Span) {
    if let Some(other) = entries.iter().find(|entry| entry.key == key) {
        notes.error(|| {
            let message = format!("{key:?} is given twice: expected it here or in the data source of goodput");
            Diagnostic::error("given-twice", message).at(span, "").also(other.key_span, "the other")
        });
    }
}

/// The labels of the Service, beside those of the data source.
fn labels<'s>(notes: &mut Notes, object: &Object<'_, 's>, entries: &mut Vec<Entry<'s>>) {
    let Some(labels) = object.metadata.entry("labels") else {
        return;
    };
    let Some(own) = labels.value.as_map() else {
        notes.wrong_shape(&labels.value, "a mapping", &format!("labels of {}", object.of()));
        return;
    };
    let mut kept = Vec::new();
    for label in own {
        let of = object.of();
        let what = || format!("label {:?}", shortened(&label.key, LONGEST_NAME));
        match &label.value.value {
            Value::Text(_) if names::is_label(&label.key) => kept.push(label.clone()),
            Value::Text(_) => notes.dropped(
                label.key_span,
                &what(),
                &of,
                "Prometheus takes letters, digits and _, and some names are taken",
            ),
            Value::List(_) => notes.dropped(label.key_span, &what(), &of, "a label has one value"),
            _ => notes.wrong_shape(&label.value, "a text", &format!("{} of {of}", what())),
        }
    }
    match entries.iter_mut().find(|entry| entry.key == "labels").map(|entry| &mut entry.value.value) {
        None if kept.is_empty() => {}
        None => entries.push(entry("labels", labels.key_span, map(labels.value.span, kept))),
        Some(Value::Map(others)) => {
            let known: HashSet<String> = others.iter().map(|other| other.key.clone().into_owned()).collect();
            for label in kept {
                if known.contains(label.key.as_ref()) {
                    twice(notes, others, &label.key, label.key_span);
                }
                others.push(label);
            }
        }
        Some(_) => {} // no mapping, which its reader will say
    }
}
