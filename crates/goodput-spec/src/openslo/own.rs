//! The keys of a goodput source, completed by what OpenSLO's own fields say.
//!
//! A source holds the keys of an SLO in goodput's own format. What OpenSLO says itself is not among them, unless OpenSLO cannot say
//! it exactly: names with other characters, lengths of time in seconds, longer texts.

use std::collections::HashMap;

use goodput_model::Period;

use super::alerts;
use super::budgeting::Budgeted;
use super::fields::{entry, map, size, text};
use super::indicator::Indicator;
use super::notes::Notes;
use super::period::Judged;
use super::shorthand::{self, Shorthand};
use super::slo::Shared;
use crate::yaml::{Entry, Node, Value};
use crate::{Diagnostic, Span};

/// The keys of one SLO, growing.
#[derive(Debug)]
pub(super) struct Own<'s> {
    entries: Vec<Entry<'s>>,
    copied: usize,
}

impl<'s> Own<'s> {
    /// The keys of a source, if there is room for so many more values.
    pub(super) fn of(notes: &mut Notes, source: &[Entry<'s>], span: Span, room: usize) -> Option<Self> {
        let copied = source.iter().map(|entry| size(&entry.value)).sum();
        if copied > room {
            notes.wrong(span, "too-many-values", || {
                "the SLOs repeat this source too often: expected fewer, or a smaller one".to_owned()
            });
            return None;
        }
        if let Some(objective) = source.iter().find(|entry| entry.key == "objective") {
            notes.error(|| {
                let message = "\"objective\" in a goodput source: expected what OpenSLO has no word for";
                Diagnostic::error("said-elsewhere", message)
                    .at(objective.key_span, "")
                    .help("the objectives of the SLO have a target each")
            });
        }
        Some(Self { entries: source.to_vec(), copied })
    }

    /// How many values were copied.
    pub(super) fn copied(&self) -> usize {
        self.copied
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn get(&self, key: &str) -> Option<&Entry<'s>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// Adds what a field of OpenSLO says.
    pub(super) fn say(&mut self, key: &'static str, key_span: Span, value: Node<'s>) {
        self.entries.push(entry(key, key_span, value));
    }

    /// The name: that of the source, else of the object. With several objectives, each has a part of its own behind it.
    pub(super) fn name(&mut self, shared: &Shared<'_, '_, '_>, indicator: &Indicator<'_, '_>, target: &Node<'_>) {
        let own = self.get("name").and_then(|entry| Some((entry.value.as_text()?.to_owned(), entry.value.span)));
        if self.has("name") && own.is_none() {
            return; // no text, which its reader will say
        }
        let (base, span) = own.unwrap_or_else(|| (shared.object.name.to_owned(), shared.object.name_span));
        let name = match target.as_text().and_then(|percent| percent.strip_suffix('%')) {
            _ if shared.objectives <= 1 => base,
            _ if shared.composite => format!("{base}-{}", indicator.name),
            Some(percent) => format!("{base}-{percent}"),
            None => base,
        };
        self.entries.retain(|entry| entry.key != "name");
        self.say("name", span, text(span, name));
    }

    /// The period of the time window, unless the source has one that rounds to it.
    pub(super) fn period(&mut self, notes: &mut Notes, judged: Option<&Judged<'_>>, of: &str) {
        let Some(judged) = judged else {
            return;
        };
        let Some(exact) = self.get("period") else {
            self.say("period", judged.span, text(judged.span, judged.period.to_string()));
            return;
        };
        let read = exact.value.as_text().and_then(|text| text.parse::<Period>().ok());
        let rounded = read.and_then(|period| match period {
            Period::Rolling(window) => Shorthand::parse(&shorthand::of_window(window))?.window().map(Period::Rolling),
            period => Some(period),
        });
        if read.is_some() && rounded != Some(judged.period) {
            let span = exact.key_span;
            notes.error(|| contradicts("period", "timeWindow", of, span, judged.span));
        }
    }

    /// The budgeting method, unless the source has one that rounds to it.
    pub(super) fn budgeting(&mut self, notes: &mut Notes, budgeted: &Budgeted<'_>, of: &str) {
        if let Some(exact) = self.get("budgeting") {
            if !budgeted.rounds(&exact.value) {
                let span = exact.key_span;
                notes.error(|| contradicts("budgeting", "budgetingMethod", of, span, budgeted.span()));
            }
            return;
        }
        let sli = self.get("sli").map(|entry| &entry.value);
        if let Some(entry) = budgeted.entry(notes, sli, of) {
            self.entries.push(entry);
        }
    }

    /// The description of the SLO, else of its indicator; the SLOs of a composite one have those of their indicators.
    pub(super) fn description(
        &mut self,
        notes: &mut Notes,
        shared: &Shared<'_, '_, '_>,
        indicator: &Indicator<'_, '_>,
    ) {
        let of_slo = shared.description.filter(|_| !shared.composite);
        let description = of_slo.or(indicator.description);
        let Some((description, span)) = description else {
            return;
        };
        match self.get("description") {
            Some(other) => {
                let other = other.key_span;
                notes.error(|| contradicts("description", "description", &shared.of, other, span));
            }
            None => self.say("description", span, text(span, description.to_owned())),
        }
    }

    /// The rows of the source, or else what the alert policies make.
    pub(super) fn alerts(&mut self, notes: &mut Notes, shared: &Shared<'_, '_, '_>) {
        self.copied += shared.conditions.len() * 5; // the values of a row
        match self.get("alerts") {
            _ if shared.conditions.is_empty() => {}
            Some(rows) => alerts::compare(notes, &shared.conditions, &rows.value, &shared.of),
            None => {
                let rows = alerts::rows(notes, &shared.conditions, shared.alerts_span);
                self.say("alerts", shared.alerts_span, rows);
            }
        }
    }

    /// The annotations of the object, beside those of the source.
    pub(super) fn annotations(&mut self, notes: &mut Notes, shared: &Shared<'_, '_, 's>) {
        if shared.annotations.is_empty() {
            return;
        }
        self.copied += shared.annotations.len();
        let span = shared.annotations_span;
        match self.entries.iter_mut().find(|entry| entry.key == "annotations").map(|entry| &mut entry.value.value) {
            None => self.say("annotations", span, map(span, shared.annotations.clone())),
            Some(Value::Map(others)) => {
                let known: HashMap<String, Span> =
                    others.iter().map(|other| (other.key.clone().into_owned(), other.key_span)).collect();
                for annotation in &shared.annotations {
                    let key = &annotation.key;
                    match known.get(key.as_ref()) {
                        Some(other) => {
                            notes.error(|| contradicts(key, key, &shared.of, *other, annotation.key_span));
                        }
                        None => others.push(annotation.clone()),
                    }
                }
            }
            Some(_) => {} // no mapping, which its reader will say
        }
    }

    /// The whole SLO, as if it stood here.
    pub(super) fn node(self, span: Span) -> Node<'s> {
        map(span, self.entries)
    }
}

fn contradicts(key: &str, field: &str, of: &str, key_span: Span, field_span: Span) -> Diagnostic {
    let message = format!("{key:?} in the goodput source of {of} beside another {field}: expected one of them");
    Diagnostic::error("given-twice", message)
        .at(key_span, "")
        .also(field_span, "the other")
        .help("a source says only what OpenSLO's own field cannot say exactly")
}
