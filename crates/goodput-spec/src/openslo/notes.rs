//! What there is to say about a text while it is read: what is wrong, what is not carried over, what is left out.

use std::collections::HashSet;

use super::fields::Fields;
use super::shape::{Fate, Shape};
use crate::findings::Findings;
use crate::source::shortened;
use crate::yaml::{Entry, Node, Value};
use crate::{Diagnostic, Label, Source, Span};

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Notes {
    errors: Findings,
    warnings: Findings,
    left_out: Vec<LeftOut>,
    wrong: usize,
    /// What was said, and where: an object that many refer to is read for each of them.
    said: HashSet<(Span, String)>,
}

/// An SLO that nobody here can count. An error if there is no other, else a warning.
#[derive(Debug)]
pub(super) struct LeftOut {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) help: String,
}

impl LeftOut {
    fn diagnostic(self, make: fn(&'static str, String) -> Diagnostic) -> Diagnostic {
        make(self.code, self.message).at(self.span, "left out").help(self.help)
    }
}

impl Notes {
    /// How many errors were found: whether there were any between two moments.
    pub(super) fn wrong_so_far(&self) -> usize {
        self.wrong
    }

    /// Whether so much is wrong that nobody reads further.
    pub(super) fn is_full(&self) -> bool {
        self.errors.is_full()
    }

    /// Says what is wrong, once.
    pub(super) fn error(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        self.wrong += 1;
        say(&mut self.errors, &mut self.said, diagnostic);
    }

    /// An error at this place, in words of its own.
    pub(super) fn wrong(&mut self, span: Span, code: &'static str, message: impl FnOnce() -> String) {
        self.error(|| Diagnostic::error(code, message()).at(span, ""));
    }

    pub(super) fn warning(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        say(&mut self.warnings, &mut self.said, diagnostic);
    }

    /// A field that says what nothing here has a place for.
    pub(super) fn dropped(&mut self, span: Span, field: &str, of: &str, help: &str) {
        self.warning(|| {
            let message = format!("{field} of {of}: not carried over, since a definition has no place for it");
            let diagnostic = Diagnostic::warning("not-carried", message).at(span, "");
            if help.is_empty() { diagnostic } else { diagnostic.help(help) }
        });
    }

    pub(super) fn leave_out(&mut self, left_out: impl FnOnce() -> LeftOut) {
        if self.left_out.len() < Findings::MOST {
            self.left_out.push(left_out());
        }
    }

    /// The errors and the warnings. What was left out is an error where nothing is left.
    pub(super) fn close(mut self, nothing_left: bool) -> (Findings, Findings) {
        for left_out in self.left_out {
            if nothing_left {
                self.errors.add(|| left_out.diagnostic(Diagnostic::error));
            } else {
                self.warnings.add(|| left_out.diagnostic(Diagnostic::warning));
            }
        }
        (self.errors, self.warnings)
    }

    /// The fields of a mapping. What is unknown, missing or not carried over is said here, `of` what it is.
    pub(super) fn fields<'n, 's>(
        &mut self,
        node: &'n Node<'s>,
        shape: &'static Shape,
        of: &str,
    ) -> Option<Fields<'n, 's>> {
        let Some(entries) = node.as_map() else {
            self.wrong_shape(node, "a mapping", &shape.within(of));
            return None;
        };
        for entry in entries {
            match shape.field(&entry.key).map(|field| field.fate) {
                None => self.error(|| unknown(entry, shape, of)),
                Some(Fate::Dropped) if entry.value.value != Value::Nothing => {
                    self.dropped(entry.key_span, &entry.key, of, "");
                }
                Some(_) => {}
            }
        }
        let fields = Fields { entries, of: of.to_owned(), span: node.span };
        for field in shape.fields.iter().filter(|field| field.fate == Fate::Required) {
            if fields.get(field.name).is_none() {
                let place = entries.first().map_or(node.span, |entry| entry.key_span);
                self.wrong(place, "missing-field", || {
                    format!("no {:?} in {}: expected one", field.name, shape.within(of))
                });
            }
        }
        Some(fields)
    }

    /// The text of a field. That a required one is missing has been said.
    pub(super) fn text<'n>(&mut self, fields: &Fields<'n, '_>, name: &str) -> Option<(&'n str, Span)> {
        let node = fields.get(name)?;
        let text = node.as_text();
        if text.is_none() {
            self.wrong_shape(node, "a text", &format!("{name} of {}", fields.of));
        }
        Some((text?, node.span))
    }

    /// The items of a field that is a list.
    pub(super) fn list<'n, 's>(&mut self, fields: &Fields<'n, 's>, name: &str) -> Option<&'n [Node<'s>]> {
        let node = fields.get(name)?;
        let list = node.as_list();
        if list.is_none() {
            self.wrong_shape(node, "a list", &format!("{name} of {}", fields.of));
        }
        list
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, fields: &Fields<'_, '_>, name: &str) -> Option<(bool, Span)> {
        let (text, span) = self.text(fields, name)?;
        match text {
            "true" => Some((true, span)),
            "false" => Some((false, span)),
            _ => {
                let of = &fields.of;
                self.wrong(span, "wrong-shape", || {
                    format!("{name} of {of} is {:?}: expected true or false", shortened(text, 40))
                });
                None
            }
        }
    }

    /// A field of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        fields: &Fields<'_, '_>,
        name: &str,
        words: &[(&'static str, T)],
    ) -> Option<(T, Span)> {
        let (text, span) = self.text(fields, name)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let of = &fields.of;
            self.error(|| {
                let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let message =
                    format!("{name} of {of} is {:?}: expected one of {}", shortened(text, 40), all.join(", "));
                did_you_mean(Diagnostic::error("unknown-word", message).at(span, ""), text, all.into_iter())
            });
        }
        found.map(|(_, value)| (*value, span))
    }

    pub(super) fn wrong_shape(&mut self, node: &Node<'_>, expected: &str, of: &str) {
        self.wrong(node.span, "wrong-shape", || format!("{of} is {}: expected {expected}", node.kind()));
    }
}

fn say(findings: &mut Findings, said: &mut HashSet<(Span, String)>, diagnostic: impl FnOnce() -> Diagnostic) {
    if findings.is_full() {
        return findings.add(diagnostic); // counts it
    }
    let diagnostic = diagnostic();
    let place = diagnostic.primary().map(Label::span).unwrap_or_default();
    if said.insert((place, diagnostic.message().to_owned())) {
        findings.add(|| diagnostic);
    }
}

/// All of them, in the order of the text, and how many there were beyond the bound.
pub(super) fn warnings(findings: Findings, source: &Source) -> Vec<Diagnostic> {
    if findings.is_empty() {
        return Vec::new();
    }
    let all = findings.about(source);
    let mut list: Vec<Diagnostic> = all.iter().cloned().collect();
    if all.more() > 0 {
        list.push(Diagnostic::warning("not-carried", format!("{} more things are not carried over", all.more())));
    }
    list
}

fn unknown(entry: &Entry<'_>, shape: &'static Shape, of: &str) -> Diagnostic {
    let message = format!("unknown field {:?} in {}", shortened(&entry.key, 40), shape.within(of));
    let names = || shape.fields.iter().map(|field| field.name);
    let diagnostic = Diagnostic::error("unknown-field", message).at(entry.key_span, "");
    let diagnostic = did_you_mean(diagnostic, &entry.key, names());
    if diagnostic.help_text().is_some() {
        return diagnostic;
    }
    diagnostic.help(format!("OpenSLO v1 has {} there", names().collect::<Vec<_>>().join(", ")))
}

/// Names the word that was probably meant, if one is near: at most a third of it differs.
pub(super) fn did_you_mean<'w>(diagnostic: Diagnostic, text: &str, words: impl Iterator<Item = &'w str>) -> Diagnostic {
    // Comparing takes time in proportion to both lengths, and there may be as many words as the text holds.
    const LONGEST: usize = 40;
    const MOST: usize = 200;
    if text.len() > LONGEST {
        return diagnostic;
    }
    let normal = text.to_lowercase();
    let distances = words.take(MOST).filter(|word| word.len() <= LONGEST);
    let distances = distances.map(|word| (strsim::osa_distance(&normal, &word.to_lowercase()), word));
    let near = distances.filter(|&(distance, word)| distance <= word.len().div_ceil(3));
    match near.min_by_key(|&(distance, _)| distance) {
        Some((_, word)) => diagnostic.help(format!("did you mean {word}?")),
        None => diagnostic,
    }
}
