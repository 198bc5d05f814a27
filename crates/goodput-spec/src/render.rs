//! A diagnostic as people read it: the line, what is wrong in it underlined, and what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Renderer, Snippet};

use crate::lines::{Line, Lines};
use crate::{Diagnostic, Diagnostics, Level, Source};

/// All diagnostics, an empty line between them.
pub(crate) fn all(diagnostics: &Diagnostics, renderer: &Renderer) -> String {
    let lines = diagnostics.source().zip(diagnostics.lines());
    let shown = diagnostics.iter().map(|diagnostic| {
        let excerpts = lines.as_ref().map(|(source, lines)| excerpts(diagnostic, source, lines)).unwrap_or_default();
        renderer.render(&[group(diagnostic, &excerpts)])
    });
    let mut text = shown.collect::<Vec<_>>().join("\n\n");
    if diagnostics.more() > 0 {
        let more = Title::NOTE.primary_title(format!("and {} more", diagnostics.more()));
        text.push_str("\n\n");
        text.push_str(&renderer.render(&[Group::with_title(more)]));
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, excerpts: &'a [Excerpt<'a>]) -> Group<'a> {
    let level = match diagnostic.level() {
        Level::Error => Title::ERROR,
        Level::Warning => Title::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message()).id(diagnostic.code()));
    for excerpt in excerpts {
        let annotations = excerpt.marks.iter().map(|mark| {
            let annotation = mark.kind.span(mark.range(excerpt));
            if mark.text.is_empty() { annotation } else { annotation.label(mark.text) }
        });
        let snippet = Snippet::source(excerpt.text).line_start(excerpt.line).annotations(annotations);
        // The column within a part of a line would be wrong.
        group = match excerpt.cut_at {
            Some(column) => {
                group.element(Origin::path(excerpt.name).line(excerpt.line).char_column(column)).element(snippet)
            }
            None => group.element(snippet.path(excerpt.name)),
        };
    }
    match diagnostic.help_text() {
        Some(help) => group.element(Title::HELP.message(help)),
        None => group,
    }
}

/// A few lines of the source, or as much of a long one as people can read, with what is underlined in them.
struct Excerpt<'a> {
    name: &'a str,
    text: &'a str,
    /// The offset of its first byte in the source.
    start: usize,
    /// The number of its first line, from 1.
    line: usize,
    /// Of a part of a line, the column of what is underlined.
    cut_at: Option<usize>,
    marks: Vec<Mark<'a>>,
}

impl Excerpt<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

struct Mark<'a> {
    kind: AnnotationKind,
    text: &'a str,
    /// In the source, and on one line: a place of several lines is known by its first.
    start: usize,
    end: usize,
}

impl Mark<'_> {
    fn range(&self, excerpt: &Excerpt<'_>) -> Range<usize> {
        let within = |offset: usize| offset.clamp(excerpt.start, excerpt.end()) - excerpt.start;
        within(self.start)..within(self.end)
    }
}

/// The longest line that is shown whole, in bytes.
const LONG: usize = 200;
/// The longest stretch of lines from one place of a diagnostic to another, in bytes; the renderer leaves out those between.
const STRETCH: usize = 4_096;

/// The lines a diagnostic is about, the primary one first.
fn excerpts<'a>(diagnostic: &'a Diagnostic, source: &'a Source, lines: &Lines<'a>) -> Vec<Excerpt<'a>> {
    let primary = diagnostic.primary().map(|label| (AnnotationKind::Primary, label));
    let labels = primary.into_iter().chain(diagnostic.secondary().iter().map(|label| (AnnotationKind::Context, label)));
    let mut excerpts: Vec<Excerpt<'a>> = Vec::new();
    for (kind, label) in labels {
        let line = lines.at(label.span().start());
        let (start, end) = (source.floor(label.span().start()), line.end().min(source.floor(label.span().end())));
        let mark = Mark { kind, text: label.text(), start, end: end.max(start) };
        let whole = line.text.len() <= LONG;
        let near = excerpts.iter_mut().find(|excerpt| {
            whole
                && excerpt.cut_at.is_none()
                && excerpt.end().max(line.end()) - excerpt.start.min(line.start) <= STRETCH
        });
        if let Some(excerpt) = near {
            let end = excerpt.end().max(line.end());
            excerpt.start = excerpt.start.min(line.start);
            excerpt.line = excerpt.line.min(line.number);
            excerpt.text = source.text().get(excerpt.start..end).unwrap_or_default();
            excerpt.marks.push(mark);
            continue;
        }
        let shown = if whole { line.start..line.end() } else { surroundings(source, &line, start) };
        excerpts.push(Excerpt {
            name: source.name(),
            start: shown.start,
            text: source.text().get(shown).unwrap_or_default(),
            line: line.number,
            cut_at: (!whole).then(|| lines.position(start).1),
            marks: vec![mark],
        });
    }
    excerpts
}

/// As much of a line too long to read as stands around a place in it.
fn surroundings(source: &Source, line: &Line<'_>, place: usize) -> Range<usize> {
    let from = source.floor(place.saturating_sub(LONG / 4)).clamp(line.start, line.end());
    from..source.floor((from + LONG).min(line.end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    fn source(text: impl Into<String>) -> Source {
        Source::new("slo.yaml", text.into())
    }

    fn error() -> Diagnostic {
        Diagnostic::error("some-code", "\"x\": expected y")
    }

    #[test]
    fn both_places_of_one_diagnostic_are_underlined_where_they_are() {
        let source = source("a: 1\nbé: 2\n\n\nc: xyz # more\nd: 3\n");
        let two = error().at(Span::new(17, 20), "here").also(Span::new(0, 1), "first").help("write y");
        let shown = Diagnostics::of(&source, vec![two]);
        assert_eq!(
            shown.to_string(),
            "error[some-code]: \"x\": expected y\n --> slo.yaml:5:4\n  |\n1 | a: 1\n  | - first\n...\n5 | c: xyz # more\n  |    ^^^ here\n  |\n  = help: write y"
        );
        let item = shown.items().remove(0);
        assert_eq!((item.start, item.end, item.level), (Some((5, 4)), Some((5, 7)), "error"));
        assert!(shown.styled().contains("\u{1b}["));
    }

    #[test]
    fn of_a_line_too_long_to_read_the_place_is_shown_and_its_column_is_right() {
        let source = source(format!("a: 1\n{} XX{}\n", "é".repeat(500_000), "cd".repeat(10_000)));
        let place = 5 + 1_000_000 + 1;
        let shown = Diagnostics::of(&source, vec![error().at(Span::new(place, place + 2), "")]).to_string();
        assert!(shown.contains("--> slo.yaml:2:500002\n"), "{shown}");
        assert!(shown.contains("é XXcdcd") && shown.len() < 1_000, "{shown}");
    }

    #[test]
    fn what_has_no_place_is_shown_without_one() {
        let shown = Diagnostics::without_source(vec![Diagnostic::warning("some-code", "this")]);
        assert_eq!(shown.to_string(), "warning[some-code]: this");
        assert!(!shown.has_errors());
    }

    #[test]
    fn a_place_beyond_the_text_or_within_a_character_is_shown_nearby() {
        let source = source("é: 1\r\nb");
        for (start, end) in [(1, 2), (0, 100), (100, 200), (5, 6), (8, 8), (7, 1)] {
            let shown = Diagnostics::of(&source, vec![error().at(Span::new(start, end), "here")]);
            assert!(shown.to_string().contains("--> slo.yaml:"), "{start} to {end}");
            assert_eq!(shown.items().len(), 1);
        }
    }

    #[test]
    fn what_would_move_the_cursor_is_shown_as_what_it_is() {
        let source = source("a: \u{202e}b\u{1b}[31m");
        let shown = Diagnostics::of(&source, vec![error().at(Span::new(0, 1), "")]).to_string();
        assert!(!shown.contains(['\u{202e}', '\u{1b}']), "{shown:?}");
    }
}
