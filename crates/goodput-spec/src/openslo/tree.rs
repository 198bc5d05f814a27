//! Trees of OpenSLO objects, taken from trees of the native format.

use super::object::{Kind, VERSION};
use crate::print::emit::Tree;

/// An object.
pub(super) fn object(kind: Kind, metadata: Tree, spec: Tree) -> Tree {
    map([
        ("apiVersion", Tree::text(VERSION)),
        ("kind", Tree::text(kind.label())),
        ("metadata", metadata),
        ("spec", spec),
    ])
}

pub(super) fn map(entries: impl IntoIterator<Item = (&'static str, Tree)>) -> Tree {
    Tree::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// `true` or `false`.
pub(super) fn yes(yes: bool) -> Tree {
    Tree::plain(yes)
}

/// The keys of a mapping of the native format, of which those that OpenSLO says itself are taken away.
#[derive(Debug)]
pub(super) struct Keys(Vec<(String, Tree)>);

pub(super) fn keys(tree: Tree) -> Keys {
    Keys(if let Tree::Map(entries) = tree { entries } else { Vec::new() })
}

impl Keys {
    pub(super) fn take(&mut self, key: &str) -> Option<Tree> {
        let position = self.0.iter().position(|(other, _)| other == key)?;
        Some(self.0.remove(position).1)
    }

    pub(super) fn take_list(&mut self, key: &str) -> Vec<Tree> {
        match self.take(key) {
            Some(Tree::List(items)) => items,
            _ => Vec::new(),
        }
    }

    /// Of a table of texts, those that OpenSLO takes; the others stay.
    pub(super) fn take_texts(&mut self, key: &str, fits: impl Fn(&str, &str) -> bool) -> Vec<(String, Tree)> {
        let Some((_, Tree::Map(table))) = self.0.iter_mut().find(|(other, _)| other == key) else {
            return Vec::new();
        };
        let is_taken = |(name, text): &(String, Tree)| matches!(text, Tree::Text(text) if fits(name, text));
        let (found, rest): (Vec<_>, Vec<_>) = std::mem::take(table).into_iter().partition(is_taken);
        *table = rest;
        if table.is_empty() {
            self.take(key);
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn tree(self) -> Tree {
        Tree::Map(self.0)
    }
}
