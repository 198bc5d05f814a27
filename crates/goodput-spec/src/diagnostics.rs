//! Everything there is to say about one text, rendered for people or given as items for machines.

use std::error::Error;
use std::fmt;

use annotate_snippets::Renderer;

use crate::lines::Lines;
use crate::{Diagnostic, Label, Level, Source, render};

/// Everything there is to say about one source, in the order of the text.
///
/// [`Display`](fmt::Display) shows each with its line and what is wrong in it underlined.
#[derive(Clone, PartialEq)]
pub struct Diagnostics {
    source: Option<Source>,
    list: Vec<Diagnostic>,
    more: usize,
}

impl Diagnostics {
    /// About this source. The caller has at least one.
    pub fn of(source: &Source, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| diagnostic.primary().map(|label| label.span().start()));
        Self { source: Some(source.clone()), list, more: 0 }
    }

    /// About a definition that no text holds: the diagnostics have no places.
    pub fn without_source(list: Vec<Diagnostic>) -> Self {
        Self { source: None, list, more: 0 }
    }

    /// So many more were found than are kept.
    pub(crate) fn and_more(self, more: usize) -> Self {
        Self { more, ..self }
    }

    /// The text they are about.
    pub fn source(&self) -> Option<&Source> {
        self.source.as_ref()
    }

    /// Each of them: at most 100 of one reading.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// How many were found beyond those that are kept. A reader that finds the text itself unreadable stops and does not
    /// count on.
    pub fn more(&self) -> usize {
        self.more
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.iter().any(|diagnostic| diagnostic.level() == Level::Error)
    }

    /// The lines of the text, where any of it is pointed at: a text that is too long to read is too long for this as well.
    pub(crate) fn lines(&self) -> Option<Lines<'_>> {
        let source = self.source()?;
        self.iter().any(|diagnostic| diagnostic.primary().is_some()).then(|| Lines::of(source))
    }

    /// For a terminal, with colours.
    pub fn styled(&self) -> String {
        render::all(self, &Renderer::styled())
    }

    /// For machines, such as `--output json`.
    pub fn items(&self) -> Vec<Item> {
        let lines = self.lines();
        let item = |diagnostic: &Diagnostic| {
            let span = diagnostic.primary().map(Label::span);
            let position = |offset| lines.as_ref().map(|lines: &Lines<'_>| lines.position(offset));
            Item {
                source: self.source().map(|source| source.name().to_owned()),
                start: span.and_then(|span| position(span.start())),
                end: span.and_then(|span| position(span.end())),
                level: diagnostic.level().word(),
                code: diagnostic.code(),
                message: diagnostic.message().to_owned(),
                help: diagnostic.help_text().map(str::to_owned),
            }
        };
        self.iter().map(item).collect()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// For people, without colours and without an end of line.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::all(self, &Renderer::plain()))
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Diagnostics {}

/// A diagnostic for machines: its place by line and column, both from 1, the end exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// The source's name; `None` for a definition built in code.
    pub source: Option<String>,
    /// Line and column of the first character.
    pub start: Option<(usize, usize)>,
    /// Line and column after the last character.
    pub end: Option<(usize, usize)>,
    /// `error` or `warning`.
    pub level: &'static str,
    /// The stable word for its kind.
    pub code: &'static str,
    /// The value and what was expected.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
