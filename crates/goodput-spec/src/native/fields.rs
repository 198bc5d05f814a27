//! The known keys of a mapping: which are there, which are not known, which are missing.

use super::reader::{Reader, nearest};
use crate::keys::{Kind, Section};
use crate::source::shortened;
use crate::yaml::{Entry, Node, Value};
use crate::{Diagnostic, Span};

/// A value, the path of keys to it, and what is expected there.
#[derive(Clone, Debug)]
pub(super) struct At<'n, 's> {
    pub(super) node: &'n Node<'s>,
    pub(super) path: String,
    pub(super) kind: &'static Kind,
}

/// The keys of one mapping, all of them known.
#[derive(Debug)]
pub(super) struct Fields<'n, 's> {
    section: &'static Section,
    entries: &'n [Entry<'s>],
    /// The path to each value begins with it; empty for the whole file.
    pub(super) path: String,
    pub(super) span: Span,
}

impl<'n, 's> Fields<'n, 's> {
    /// The value of a key of the section; `None` where it is not given.
    pub(super) fn get(&self, name: &'static str) -> Option<At<'n, 's>> {
        #[cfg(test)]
        asked::note(self.section.name, name);
        let key = self.section.key(name)?;
        let entry = self.entries.iter().find(|entry| entry.key == name && entry.value.value != Value::Nothing)?;
        Some(At { node: &entry.value, path: self.path_of(name), kind: &key.kind })
    }

    /// Whether a key is given, with or without a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == name)
    }

    /// Whether a key is given that nobody knows.
    pub(super) fn any_unknown(&self) -> bool {
        self.entries.iter().any(|entry| self.section.key(&entry.key).is_none())
    }

    /// Where a key stands.
    pub(super) fn key_span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.key == name).map(|entry| entry.key_span)
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// What is best pointed at to say that something is missing: the name, else the first key.
    pub(super) fn head(&self) -> Span {
        let name = self.entries.iter().find(|entry| entry.key == "name").or(self.entries.first());
        name.map_or(self.span, |entry| {
            Span::new(entry.key_span.start(), entry.value.span.end().max(entry.key_span.end()))
        })
    }
}

impl Reader {
    /// The keys of a mapping. What is unknown, missing or without a value is said here.
    pub(super) fn fields<'n, 's>(
        &mut self,
        node: &'n Node<'s>,
        path: &str,
        section: &'static Section,
    ) -> Option<Fields<'n, 's>> {
        self.places.insert(path, node.span);
        let Some(entries) = node.as_map() else {
            self.wrong_shape(node, &Kind::Section(section));
            return None;
        };
        let fields = Fields { section, entries, path: path.to_owned(), span: node.span };
        for entry in entries {
            match section.key(&entry.key) {
                None => self.findings.add(|| unknown(entry, section)),
                Some(key) if entry.value.value == Value::Nothing => {
                    let message = || format!("{:?} has no value: expected {}", key.name, key.kind.expected());
                    self.wrong(entry.key_span, "no-value", message);
                }
                Some(_) => {}
            }
        }
        for key in section.keys.iter().filter(|key| key.required && !fields.has(key.name)) {
            self.findings.add(|| {
                let message = format!("{} without {:?}: expected {}", section.name, key.name, key.kind.expected());
                Diagnostic::error("missing-key", message)
                    .at(fields.head(), "")
                    .help(format!("add `{}:`. {}", key.name, key.doc))
            });
        }
        Some(fields)
    }
}

fn unknown(entry: &Entry<'_>, section: &'static Section) -> Diagnostic {
    let message = format!("unknown key {:?} in {}", shortened(&entry.key, 40), section.name);
    let diagnostic = Diagnostic::error("unknown-key", message).at(entry.key_span, "");
    let names = || section.keys.iter().map(|key| key.name);
    match nearest(&entry.key, names()) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None => diagnostic.help(format!("expected one of {}", names().collect::<Vec<_>>().join(", "))),
    }
}

/// Which keys the reader has asked for, so that a test can hold it to the table.
#[cfg(test)]
pub(super) mod asked {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    thread_local! {
        static ASKED: RefCell<BTreeSet<(&'static str, &'static str)>> = const { RefCell::new(BTreeSet::new()) };
    }

    pub(super) fn note(section: &'static str, key: &'static str) {
        let _ = ASKED.try_with(|asked| asked.borrow_mut().insert((section, key)));
    }

    /// All of them, on this thread.
    pub(in crate::native) fn keys() -> BTreeSet<(&'static str, &'static str)> {
        ASKED.try_with(RefCell::take).unwrap_or_default()
    }
}
