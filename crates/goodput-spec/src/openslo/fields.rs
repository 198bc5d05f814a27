//! The fields of one mapping, and nodes made of other values with the places those were written at.

use std::borrow::Cow;

use crate::Span;
use crate::yaml::{Entry, Node, Value};

/// The fields of a mapping, all of them known.
#[derive(Clone, Debug)]
pub(super) struct Fields<'n, 's> {
    pub(super) entries: &'n [Entry<'s>],
    /// What they are the fields of, in messages: `SLO "checkout-ok"`.
    pub(super) of: String,
    pub(super) span: Span,
}

impl<'n, 's> Fields<'n, 's> {
    /// A field with a value. An optional field without one (`alertPolicies:`) is not there.
    pub(super) fn entry(&self, name: &str) -> Option<&'n Entry<'s>> {
        self.entries.iter().find(|entry| entry.key == name && entry.value.value != Value::Nothing)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'n Node<'s>> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Where a field stands, key and value; where all of them do if it is not there.
    pub(super) fn key_span(&self, name: &str) -> Span {
        self.entry(name).map_or(self.span, |entry| entry.key_span)
    }
}

/// A text that stands here, in other words than it was written in.
pub(super) fn text<'s>(span: Span, text: impl Into<Cow<'s, str>>) -> Node<'s> {
    Node { span, value: Value::Text(text.into()) }
}

pub(super) fn list(span: Span, items: Vec<Node<'_>>) -> Node<'_> {
    Node { span, value: Value::List(items) }
}

pub(super) fn map(span: Span, entries: Vec<Entry<'_>>) -> Node<'_> {
    Node { span, value: Value::Map(entries) }
}

/// A value under a key that stands at `key_span` under another name.
pub(super) fn entry<'s>(key: &'static str, key_span: Span, value: Node<'s>) -> Entry<'s> {
    Entry { key: key.into(), key_span, value }
}

/// How many values a node holds, itself included.
pub(super) fn size(node: &Node<'_>) -> usize {
    let mut count = 0_usize;
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        count += 1;
        match &node.value {
            Value::List(items) => open.extend(items),
            Value::Map(entries) => open.extend(entries.iter().map(|entry| &entry.value)),
            Value::Nothing | Value::Text(_) => {}
        }
    }
    count
}
