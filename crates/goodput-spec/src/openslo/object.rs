//! The objects of a text: what each is, what it is called, and which of them others refer to.

use std::collections::{HashMap, HashSet};

use super::fields::Fields;
use super::notes::{Notes, did_you_mean};
use super::shape::{self, Shape};
use crate::source::shortened;
use crate::yaml::{Node, Value};
use crate::{Diagnostic, Span};

/// The kinds of object in OpenSLO v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Service,
    DataSource,
    Slo,
    Sli,
    AlertPolicy,
    AlertCondition,
    AlertNotificationTarget,
}

/// The version that is read and printed.
pub(super) const VERSION: &str = "openslo/v1";

pub(super) const KINDS: [(&str, Kind); 7] = [
    ("Service", Kind::Service),
    ("DataSource", Kind::DataSource),
    ("SLO", Kind::Slo),
    ("SLI", Kind::Sli),
    ("AlertPolicy", Kind::AlertPolicy),
    ("AlertCondition", Kind::AlertCondition),
    ("AlertNotificationTarget", Kind::AlertNotificationTarget),
];

impl Kind {
    pub(super) fn label(self) -> &'static str {
        KINDS.into_iter().find(|(_, kind)| *kind == self).map_or("object", |(label, _)| label)
    }

    fn metadata(self) -> &'static Shape {
        match self {
            Self::Service => &shape::SERVICE_METADATA,
            Self::Slo => &shape::SLO_METADATA,
            _ => &shape::METADATA,
        }
    }
}

/// One object, on its own or inside another.
#[derive(Clone, Debug)]
pub(super) struct Object<'n, 's> {
    pub(super) kind: Kind,
    pub(super) name: &'n str,
    pub(super) name_span: Span,
    pub(super) metadata: Fields<'n, 's>,
    pub(super) spec: &'n Node<'s>,
}

impl Object<'_, '_> {
    /// In messages: `SLO "checkout-ok"`.
    pub(super) fn of(&self) -> String {
        called(self.kind, self.name)
    }
}

pub(super) fn called(kind: Kind, name: &str) -> String {
    format!("{} {:?}", kind.label(), shortened(name, 63))
}

/// Every object of a text, in its order.
#[derive(Debug, Default)]
pub(super) struct Objects<'n, 's> {
    all: Vec<Object<'n, 's>>,
    by_name: HashMap<(Kind, &'n str), usize>,
    /// Those that another refers to.
    used: HashSet<(Kind, &'n str)>,
}

impl<'n, 's> Objects<'n, 's> {
    /// The objects of all documents; a document may be a list of them.
    pub(super) fn read(notes: &mut Notes, documents: &'n [Node<'s>]) -> Self {
        let mut objects = Self::default();
        for document in documents {
            let together = match &document.value {
                Value::Nothing => &[], // what follows the last `---`
                Value::List(list) => list.as_slice(),
                _ => std::slice::from_ref(document),
            };
            for node in together {
                if notes.is_full() {
                    return objects;
                }
                objects.add(notes, node);
            }
        }
        objects
    }

    fn add(&mut self, notes: &mut Notes, node: &'n Node<'s>) {
        let Some(object) = object(notes, node) else {
            return;
        };
        if let Some(before) = self.by_name.get(&(object.kind, object.name)).and_then(|&index| self.all.get(index)) {
            notes.error(|| {
                let message = format!("{} is defined twice: expected names that differ", object.of());
                Diagnostic::error("duplicate-name", message)
                    .at(object.name_span, "again")
                    .also(before.name_span, "first here")
            });
            return;
        }
        self.by_name.insert((object.kind, object.name), self.all.len());
        self.all.push(object);
    }

    /// All of a kind, in the order of the text.
    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object<'n, 's>> {
        self.all.iter().filter(move |object| object.kind == kind)
    }

    /// The object of this kind and name.
    pub(super) fn find(&self, kind: Kind, name: &str) -> Option<&Object<'n, 's>> {
        self.all.get(*self.by_name.get(&(kind, name))?)
    }

    /// The object that a field of `of` refers to. That there is none is said here.
    pub(super) fn refer(
        &mut self,
        notes: &mut Notes,
        kind: Kind,
        name: &str,
        span: Span,
        of: &str,
    ) -> Option<Object<'n, 's>> {
        let found = self.find(kind, name).cloned();
        match &found {
            Some(object) => {
                self.used.insert((kind, object.name));
            }
            None => notes.error(|| {
                let message = format!(
                    "{} that {of} refers to is nowhere in the text: expected an object of this name",
                    called(kind, name)
                );
                let diagnostic = Diagnostic::error("unknown-reference", message).at(span, "");
                did_you_mean(diagnostic, name, self.of_kind(kind).map(|object| object.name))
            }),
        }
        found
    }

    /// Those that nothing refers to.
    pub(super) fn unused(&self, kind: Kind) -> impl Iterator<Item = &Object<'n, 's>> {
        self.of_kind(kind).filter(move |object| !self.used.contains(&(kind, object.name)))
    }
}

fn object<'n, 's>(notes: &mut Notes, node: &'n Node<'s>) -> Option<Object<'n, 's>> {
    let version = node.get("apiVersion").filter(|version| version.as_text() != Some(VERSION));
    if let Some(version) = version {
        notes.error(|| other_version(version));
        return None; // its fields are those of that version
    }
    let fields = notes.fields(node, &shape::OBJECT, "an object")?;
    let (kind, _) = notes.word(&fields, "kind", &KINDS)?;
    inner(notes, kind, &fields)
}

fn other_version(version: &Node<'_>) -> Diagnostic {
    let found =
        version.as_text().map_or_else(|| version.kind().to_owned(), |text| format!("{:?}", shortened(text, 40)));
    let message = format!("apiVersion {found} is not read: expected {VERSION}");
    let diagnostic = Diagnostic::error("openslo-version", message).at(version.span, "");
    match version.as_text() {
        Some("openslo/v1alpha") => diagnostic.help(
            "in v1alpha every indicator is a query, which a process cannot run: write it as openslo/v1, with a source of \
             type goodput",
        ),
        _ => diagnostic.help("OpenSLO's other versions are not settled, or are superseded by v1"),
    }
}

/// An object of a known kind, by its metadata and spec.
pub(super) fn inner<'n, 's>(notes: &mut Notes, kind: Kind, fields: &Fields<'n, 's>) -> Option<Object<'n, 's>> {
    let metadata = fields.get("metadata")?;
    let name = metadata.get("name").and_then(Node::as_text);
    let of = name.map_or_else(|| kind.label().to_owned(), |name| called(kind, name));
    let metadata = notes.fields(metadata, kind.metadata(), &of)?;
    let (name, name_span) = notes.text(&metadata, "name")?;
    Some(Object { kind, name, name_span, metadata, spec: fields.get("spec")? })
}

/// An object inside another: its `kind` says what is expected.
pub(super) fn inline<'n, 's>(notes: &mut Notes, kind: Kind, node: &'n Node<'s>, of: &str) -> Option<Object<'n, 's>> {
    let fields = notes.fields(node, &shape::INLINE, &format!("{} of {of}", kind.label()))?;
    notes.word(&fields, "kind", &[(kind.label(), kind)])?;
    inner(notes, kind, &fields)
}

/// The description of an object; that it is too long is said here.
pub(super) fn description<'n>(notes: &mut Notes, spec: &Fields<'n, '_>) -> Option<(&'n str, Span)> {
    let (text, span) = notes.text(spec, "description")?;
    let length = text.chars().count();
    if length > shape::LONGEST_DESCRIPTION {
        let (of, most) = (&spec.of, shape::LONGEST_DESCRIPTION);
        notes.wrong(span, "too-long", || {
            format!("the description of {of} has {length} characters: expected at most {most}")
        });
        return None;
    }
    Some((text, span))
}
