//! YAML as a tree of texts, lists and mappings, each with its place: the part of YAML that a definition needs.
//!
//! Anchors, aliases, tags and merge keys are refused: they let ten lines stand for a gigabyte, and a reader of the file cannot see
//! what it says. Every scalar stays the text it was written as, so that `no`, `1e3` and `.nan` are words and never something else.

mod limits;
mod tree;

pub(crate) use limits::turns_text;
pub(crate) use tree::documents;

use crate::Span;
use std::borrow::Cow;

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node<'s> {
    pub(crate) span: Span,
    pub(crate) value: Value<'s>,
}

/// The three things a value can be, and its absence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'s> {
    /// A key with nothing after it.
    Nothing,
    /// A scalar, as written: numbers and words alike, without quotes and escapes.
    Text(Cow<'s, str>),
    List(Vec<Node<'s>>),
    Map(Vec<Entry<'s>>),
}

/// A key of a mapping and its value. No mapping has a key twice.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'s> {
    pub(crate) key: Cow<'s, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'s>,
}

impl<'s> Node<'s> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node<'s>]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&[Entry<'s>]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key; `None` for what is no mapping as well.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'s>> {
        self.as_map()?.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// What it is, for messages: `a list`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
