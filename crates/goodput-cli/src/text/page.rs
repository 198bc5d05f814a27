//! A page of sentences and columns, no wider than people like to read.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets};
use textwrap::{Options, fill};

use crate::terminal::{HEAD, styled};

/// Columns of text, at most.
const WIDTH: usize = 100;

/// A page that grows by paragraphs.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// A line that stands out, after a blank one unless it is the first.
    pub(crate) fn head(&mut self, text: &str) {
        self.gap();
        let _ = writeln!(self.text, "{}", styled(HEAD, text)); // a string takes everything
    }

    /// A blank line, unless nothing or a blank line came before.
    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A sentence, indented by so many columns in all its lines.
    pub(crate) fn say(&mut self, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        self.wrapped(text, &indent, &indent);
    }

    /// A word, and what there is to say about it in a column of its own.
    pub(crate) fn term(&mut self, indent: usize, width: usize, word: &str, text: &str) {
        let first = format!("{}{word:width$}", " ".repeat(indent));
        self.wrapped(text, &first, &" ".repeat(indent + width));
    }

    /// A table, indented.
    pub(crate) fn table(&mut self, indent: usize, head: &[&str], rows: &[Vec<String>]) {
        for line in columns(WIDTH.saturating_sub(indent), head, rows).lines() {
            let _ = writeln!(self.text, "{}{}", " ".repeat(indent), line.trim_end());
        }
    }

    fn wrapped(&mut self, text: &str, first: &str, others: &str) {
        let options = Options::new(WIDTH).initial_indent(first).subsequent_indent(others);
        for line in fill(text, options).lines() {
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Columns that line up, under a head, without lines between them; what does not fit is broken within its cell.
fn columns(width: usize, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head.to_vec()).add_rows(rows);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stay_within_the_width_and_keep_their_indentation() {
        let mut page = Page::default();
        page.term(2, 6, "good", &"word ".repeat(60));
        let text = page.into_text();
        assert!(text.lines().count() > 1);
        for (index, line) in text.lines().enumerate() {
            assert!(line.len() <= WIDTH && line.starts_with(if index == 0 { "  good  word" } else { "        word" }));
        }
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "22".to_owned()]];
        let lines: Vec<String> =
            columns(40, &["name", "n"], &rows).lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(lines, ["name  n", "a     1", "long  22"]);
    }
}
