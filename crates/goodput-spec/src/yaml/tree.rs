//! The parser's events become a tree, within limits and without the features a definition does not need.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScanError, StructureStyle};

use super::limits::{self, MAX_DEPTH, MAX_NODES, MAX_SCALAR};
use super::{Entry, Node, Value};
use crate::findings::Findings;
use crate::source::shortened;
use crate::{Diagnostic, Source, Span};

/// The documents of a text, as far as it can be read. What was found wrong is in `findings`; there is then no tree worth
/// reading.
pub(crate) fn documents<'s>(source: &'s Source, findings: &mut Findings) -> Vec<Node<'s>> {
    if !limits::check(source, findings) {
        return Vec::new();
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut tree = Tree { documents: Vec::new(), open: Vec::new(), nodes: 0, findings };
    for event in Parser::new_from_str_with_options(source.text(), options) {
        match event {
            Ok((event, span)) => tree.take(event, &span),
            Err(error) => tree.findings.add(|| unreadable(source, &error)),
        }
        if tree.nodes > MAX_NODES || tree.findings.is_full() {
            break; // whatever follows, the text is refused
        }
    }
    tree.documents
}

/// The tree as far as it has grown.
struct Tree<'s, 'f> {
    documents: Vec<Node<'s>>,
    /// The lists and mappings that are not at their end yet, the innermost last.
    open: Vec<Open<'s>>,
    nodes: usize,
    findings: &'f mut Findings,
}

struct Open<'s> {
    span: Span,
    /// A block ends with its last child; what the parser calls its end is where the next thing begins.
    style: StructureStyle,
    value: Growing<'s>,
}

enum Growing<'s> {
    List(Vec<Node<'s>>),
    Map { entries: Vec<Entry<'s>>, key: Option<(Cow<'s, str>, Span)> },
}

impl<'s> Tree<'s, '_> {
    fn take(&mut self, event: Event<'s>, at: &granit_parser::Span) {
        let span = span(at);
        if event.is_node() {
            self.count(span);
        }
        if event.tag().is_some() {
            let tag = at.tag_span().map_or(span, |tag| self::span(&tag));
            self.refuse("tag", "a tag", "values are what their keys say", tag);
        }
        match event {
            Event::Anchor(..) => self.refuse("anchor", "an anchor", "write the value out where it is used", span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse("alias", "an alias", "write the value out", span);
                self.place(Node { span, value: Value::Nothing });
            }
            Event::Scalar(text, style, ..) => {
                if text.len() > MAX_SCALAR {
                    self.findings.add(|| limits::too_long(&text, span));
                }
                // What is not written is an empty text or `~`, depending on where.
                let nothing = span.start() == span.end() && style == granit_parser::ScalarStyle::Plain;
                let value = if nothing { Value::Nothing } else { Value::Text(text) };
                self.place(Node { span, value });
            }
            Event::SequenceStart(style, ..) => self.open.push(Open { span, style, value: Growing::List(Vec::new()) }),
            Event::MappingStart(style, ..) => {
                self.open.push(Open { span, style, value: Growing::Map { entries: Vec::new(), key: None } });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => {}
        }
    }

    fn count(&mut self, span: Span) {
        self.nodes += 1;
        if self.nodes == MAX_NODES + 1 {
            let message = format!("more than {MAX_NODES} values: expected fewer");
            self.findings.add(|| Diagnostic::error("too-many-values", message).at(span, "this one is too many"));
        }
    }

    fn refuse(&mut self, code: &'static str, what: &str, instead: &str, span: Span) {
        self.findings.add(|| {
            let message = format!("{what} is not read in definitions: expected plain YAML");
            Diagnostic::error(code, message).at(span, "").help(instead)
        });
    }

    fn close(&mut self, end: Span) {
        let Some(Open { span, style, value }) = self.open.pop() else {
            return; // the parser closes only what it opened
        };
        let (value, last) = match value {
            Growing::List(items) => {
                let last = items.last().map(|item| item.span.end());
                (Value::List(items), last)
            }
            Growing::Map { entries, .. } => {
                self.check_keys(&entries);
                let last = entries.last().map(|entry| entry.value.span.end().max(entry.key_span.end()));
                (Value::Map(entries), last)
            }
        };
        let end = if style == StructureStyle::Flow { end.end() } else { last.unwrap_or(span.end()) };
        self.place(Node { span: Span::new(span.start(), end), value });
    }

    /// Puts a complete value where it belongs: into the innermost open list or mapping, or as a document of its own.
    fn place(&mut self, node: Node<'s>) {
        match self.open.last_mut().map(|open| &mut open.value) {
            None => self.documents.push(node),
            Some(Growing::List(items)) => items.push(node),
            Some(Growing::Map { entries, key }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                None => *key = Some((key_text(node.value, node.span, self.findings), node.span)),
            },
        }
    }

    fn check_keys(&mut self, entries: &[Entry<'s>]) {
        let mut first: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
        for Entry { key, key_span, .. } in entries {
            if key == "<<" {
                self.refuse("merge-key", "a merge key", "write the keys out", *key_span);
            } else if let Some(before) = first.insert(key, *key_span) {
                self.findings.add(|| {
                    let message = format!("key {:?} is given twice: expected every key once", shortened(key, 40));
                    Diagnostic::error("duplicate-key", message).at(*key_span, "again").also(before, "first here")
                });
            }
        }
    }
}

fn key_text<'s>(value: Value<'s>, span: Span, findings: &mut Findings) -> Cow<'s, str> {
    match value {
        Value::Text(text) => text,
        Value::Nothing => Cow::Borrowed(""),
        Value::List(_) | Value::Map(_) => {
            let message = "a list or mapping as a key: expected a word";
            findings.add(|| Diagnostic::error("key-not-text", message).at(span, ""));
            Cow::Borrowed("")
        }
    }
}

fn unreadable(source: &Source, error: &ScanError) -> Diagnostic {
    let offset = error.marker().byte_offset().unwrap_or(source.text().len());
    let rest = source.text().get(offset..).unwrap_or_default();
    let length = rest.chars().next().filter(|&c| c != '\n').map_or(0, char::len_utf8);
    let span = Span::new(offset, offset + length);
    let nested = matches!(error.kind(), granit_parser::ErrorKind::RecursionLimitExceeded);
    if nested {
        let message = format!("lists and mappings lie more than {MAX_DEPTH} deep: expected fewer");
        return Diagnostic::error("too-deep", message).at(span, "");
    }
    let diagnostic = Diagnostic::error("not-yaml", format!("not YAML: {}", error.info())).at(span, "here");
    let line_start = source.text().get(..offset).unwrap_or_default().rfind('\n').map_or(0, |newline| newline + 1);
    let line = source.text().get(line_start..).unwrap_or_default();
    let indent = line.len() - line.trim_start().len();
    if line.get(..indent).is_some_and(|indent| indent.contains('\t')) {
        return diagnostic.help("indent with spaces: YAML does not take tabs there");
    }
    diagnostic
}

fn span(span: &granit_parser::Span) -> Span {
    // A parser of a `str` knows byte offsets everywhere.
    let range = span.byte_range().unwrap_or_default();
    Span::new(range.start, range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let source = Source::new("test.yaml", text);
        let mut findings = Findings::default();
        drop(documents(&source, &mut findings));
        if findings.is_empty() { Vec::new() } else { findings.about(&source).iter().map(Diagnostic::code).collect() }
    }

    #[test]
    fn every_part_has_its_place() {
        let text = "a: 1 # one\nb:\n  - x\n  - {c: \"d e\", f: [g]}\n\nh:\n  i: 'é'\n";
        let source = Source::new("test.yaml", text);
        let mut findings = Findings::default();
        let documents = documents(&source, &mut findings);
        assert!(findings.is_empty());
        let root = documents.first().unwrap();
        let at = |node: &Node<'_>| source.at(node.span).to_owned();
        assert_eq!(at(root), &text[..text.len() - 1]);
        assert_eq!(at(root.get("a").unwrap()), "1");
        let b = root.get("b").unwrap();
        assert_eq!(at(b), "- x\n  - {c: \"d e\", f: [g]}");
        let second = &b.as_list().unwrap()[1];
        assert_eq!(at(second), "{c: \"d e\", f: [g]}");
        assert_eq!(at(second.get("c").unwrap()), "\"d e\"");
        assert_eq!(second.get("c").unwrap().as_text(), Some("d e"));
        assert_eq!(at(second.get("f").unwrap()), "[g]");
        assert_eq!(at(root.get("h").unwrap()), "i: 'é'");
        assert_eq!(source.at(root.as_map().unwrap()[2].key_span), "h");
    }

    #[test]
    fn a_scalar_stays_the_text_it_was_written_as() {
        for text in ["no", "1e3", ".nan", "~", "null", "0x10", "99.9%", "14.40", "30d", "2001-01-01", "a#b"] {
            let whole = format!("a: {text}");
            let source = Source::new("test.yaml", whole.as_str());
            let mut findings = Findings::default();
            let documents = documents(&source, &mut findings);
            assert_eq!(documents[0].get("a").unwrap().as_text(), Some(text));
        }
    }

    #[test]
    fn a_key_with_nothing_after_it_has_no_value() {
        for text in ["a:", "a: # nothing", "{a: , b: 1}", "{a, b: 1}", "a:\nb: 1"] {
            let source = Source::new("test.yaml", text);
            let documents = documents(&source, &mut Findings::default());
            assert_eq!(documents[0].get("a").unwrap().value, Value::Nothing, "{text}");
        }
    }

    #[test]
    fn what_a_definition_does_not_need_is_refused() {
        for (text, expected) in [
            ("a: &x 1", "anchor"),
            ("a: &x\n  b: 1", "anchor"),
            ("a: *x", "alias"),
            ("*x : a", "alias"),
            ("a: !!str 1", "tag"),
            ("a: !x {b: 1}", "tag"),
            ("a: {<<: 1}", "merge-key"),
            ("a: 1\nb: 2\na: 3", "duplicate-key"),
            ("? [a]\n: b", "key-not-text"),
            ("a: \u{1}", "control-character"),
            ("a: 1\rb: 2", "control-character"),
            ("a: \u{85}", "control-character"),
            ("a: b # \u{202e}c", "control-character"),
            ("a: \u{2066}b", "control-character"),
            ("%YAML 1.1\n---\na: 1", "not-yaml"),
            ("a:\n\tb: 1", "not-yaml"),
            ("a: [", "not-yaml"),
            ("a: b: c", "not-yaml"),
            ("\0", "control-character"),
        ] {
            assert!(codes(text).contains(&expected), "{text:?}: {:?}", codes(text));
        }
        assert_eq!(codes(&"[".repeat(33)), ["too-deep"]);
        assert_eq!(codes(&format!("{}x", "- ".repeat(33))), ["too-deep"]);
        assert_eq!(codes(&format!("{}{}", "[".repeat(32), "]".repeat(32))), [""; 0]);
        assert_eq!(codes(&"a".repeat(10_001)), ["scalar-too-long"]);
        assert_eq!(codes(&"a".repeat(10_000)), [""; 0]);
        assert_eq!(codes(&"a\n".repeat((1 << 19) + 1)), ["too-long"]);
        assert_eq!(codes(&format!("[{}]", "a,".repeat(200_000))), ["too-many-values"]);
    }
}
