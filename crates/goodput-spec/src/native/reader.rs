//! Reads single values: records where each stands, and what is wrong with it.

use std::fmt;

use super::fields::At;
use crate::findings::Findings;
use crate::keys::{Kind, one_of};
use crate::source::shortened;
use crate::yaml::{Node, Value};
use crate::{Diagnostic, Places, Span};

/// What has been read so far.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) findings: Findings,
    pub(crate) places: Places,
    /// How many more routes SLOs may look at by name; `None` when it were too many. Journeys and thresholds repeat them.
    routes_left: Option<usize>,
}

/// The longest list or table. The longest thing anybody lists is routes.
const MAX_LIST: usize = 1_000;
/// The longest text of a value that is no text for people: the longest route.
const MAX_VALUE: usize = 300;
/// The most routes that all SLOs of a definition look at by name together.
const MAX_SELECTED: usize = 10_000;

impl Reader {
    pub(super) fn new(findings: Findings) -> Self {
        Self { findings, places: Places::default(), routes_left: Some(MAX_SELECTED) }
    }

    /// An error at this value.
    pub(super) fn wrong(&mut self, span: Span, code: &'static str, message: impl FnOnce() -> String) {
        self.findings.add(|| Diagnostic::error(code, message()).at(span, ""));
    }

    /// The value as text, whatever it says.
    pub(super) fn text<'n>(&mut self, at: &At<'n, '_>) -> Option<&'n str> {
        self.places.insert(at.path.as_str(), at.node.span);
        let text = at.node.as_text();
        if text.is_none() {
            self.wrong_shape(at.node, at.kind);
        }
        text
    }

    /// The value as its own parser reads it.
    pub(super) fn value<T, E: fmt::Display>(
        &mut self,
        at: &At<'_, '_>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(at)?;
        if text.len() > MAX_VALUE {
            let message = || format!("{:?}: expected {}", shortened(text, 40), at.kind.expected());
            self.wrong(at.node.span, "bad-value", message);
            return None;
        }
        parse(text).map_err(|error| self.wrong(at.node.span, "bad-value", || error.to_string())).ok()
    }

    /// The value as one of a few words.
    pub(super) fn word<T: Copy>(&mut self, at: &At<'_, '_>, all: &[T], label: impl Fn(T) -> &'static str) -> Option<T> {
        let text = self.text(at)?;
        let found = all.iter().copied().find(|&one| label(one) == text);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|&one| label(one)).collect();
            self.findings.add(|| unknown_word(text, at.node.span, &words, &at.kind.expected()));
        }
        found
    }

    /// The value as a number of things.
    pub(super) fn count<N: std::str::FromStr>(&mut self, at: &At<'_, '_>) -> Option<N> {
        self.value(at, |text| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| digits);
            number.ok_or_else(|| format!("{text:?} is not a count: expected a whole number, not too large"))
        })
    }

    /// Each value of a list.
    pub(super) fn list<'n, 's>(&mut self, at: &At<'n, 's>) -> Vec<At<'n, 's>> {
        self.places.insert(at.path.as_str(), at.node.span);
        let Some(items) = at.node.as_list() else {
            self.wrong_shape(at.node, at.kind);
            return Vec::new();
        };
        self.check_length(items.len(), MAX_LIST, at.node.span);
        let each = match at.kind {
            Kind::List(each) => each,
            Kind::Either(kinds) => kinds
                .iter()
                .find_map(|kind| if let Kind::List(each) = kind { Some(*each) } else { None })
                .unwrap_or(at.kind),
            kind => kind,
        };
        let item = |(index, node): (usize, &'n Node<'s>)| At { node, path: format!("{}.{index}", at.path), kind: each };
        items.iter().take(MAX_LIST).enumerate().map(item).collect()
    }

    /// Each name and value of a table.
    pub(super) fn table<'n, 's>(&mut self, at: &At<'n, 's>) -> Vec<(&'n str, At<'n, 's>)> {
        self.places.insert(at.path.as_str(), at.node.span);
        let Some(entries) = at.node.as_map() else {
            self.wrong_shape(at.node, at.kind);
            return Vec::new();
        };
        self.check_length(entries.len(), MAX_LIST, at.node.span);
        let each = if let Kind::Table(each) = at.kind { each } else { at.kind };
        let mut table = Vec::new();
        for entry in entries.iter().take(MAX_LIST) {
            let path = format!("{}.{}", at.path, entry.key);
            self.places.insert_key(path.as_str(), entry.key_span);
            table.push((entry.key.as_ref(), At { node: &entry.value, path, kind: each }));
        }
        table
    }

    /// Whether an SLO at this place may look at so many routes by name. Says once if it may not.
    pub(super) fn may_select(&mut self, routes: usize, span: Span) -> bool {
        let Some(left) = self.routes_left else {
            return false;
        };
        self.routes_left = left.checked_sub(routes);
        if self.routes_left.is_none() {
            let message = || format!("the SLOs name more than {MAX_SELECTED} routes: expected fewer");
            self.wrong(span, "too-many", message);
        }
        self.routes_left.is_some()
    }

    /// Refuses what is longer than anybody means it to be.
    pub(super) fn check_length(&mut self, length: usize, most: usize, span: Span) {
        if length > most {
            self.wrong(span, "too-many", || format!("a list of {length}: expected at most {most}"));
        }
    }

    pub(super) fn wrong_shape(&mut self, node: &Node<'_>, kind: &Kind) {
        let found = match &node.value {
            Value::Text(text) => format!("{:?}", shortened(text, 40)),
            _ => node.kind().to_owned(),
        };
        let code = if node.value == Value::Nothing { "no-value" } else { "wrong-shape" };
        self.wrong(node.span, code, || format!("{found}: expected {}", kind.expected()));
    }
}

/// The value is none of the words; perhaps it is nearly one.
fn unknown_word(text: &str, span: Span, words: &[&str], expected: &str) -> Diagnostic {
    let expected = if expected.is_empty() { one_of(words) } else { expected.to_owned() };
    let message = format!("{:?}: expected {expected}", shortened(text, 40));
    let diagnostic = Diagnostic::error("unknown-word", message).at(span, "");
    match nearest(text, words.iter().copied()) {
        Some(word) => diagnostic.help(format!("did you mean {word}?")),
        None => diagnostic,
    }
}

/// The word that was probably meant: at most a third of it differs.
pub(super) fn nearest<'w>(text: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    const LONGEST: usize = 40; // comparing takes time in proportion to both lengths
    if text.len() > LONGEST {
        return None;
    }
    let normal = text.to_lowercase().replace('-', "_");
    let distance = |word: &str| strsim::osa_distance(&normal, &word.replace('-', "_"));
    let close = words.map(|word| (distance(word), word)).filter(|&(distance, word)| distance <= word.len().div_ceil(3));
    close.min_by_key(|&(distance, _)| distance).map(|(_, word)| word)
}
