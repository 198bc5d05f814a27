//! Where the lines of a text begin, found once for all its diagnostics.

use crate::{Source, Span};

/// A text with the offsets at which its lines begin.
pub(crate) struct Lines<'s> {
    source: &'s Source,
    starts: Vec<usize>, // the first is 0
}

/// The line a place begins on.
pub(crate) struct Line<'s> {
    /// From 1.
    pub(crate) number: usize,
    /// The offset of its first byte.
    pub(crate) start: usize,
    /// Without its end of line.
    pub(crate) text: &'s str,
}

impl Line<'_> {
    /// The offset after its last byte.
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

impl<'s> Lines<'s> {
    pub(crate) fn of(source: &'s Source) -> Self {
        let breaks = source.text().bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let starts = std::iter::once(0).chain(breaks.map(|(offset, _)| offset + 1)).collect();
        Self { source, starts }
    }

    /// The line that holds this offset.
    pub(crate) fn at(&self, offset: usize) -> Line<'s> {
        let number = self.starts.partition_point(|&start| start <= offset); // at least 1: the first line starts at 0
        let start = number.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let rest = self.source.text().get(start..).unwrap_or_default();
        let text = match self.starts.get(number) {
            Some(next) => rest.get(..next - start).unwrap_or_default(),
            None => rest,
        };
        Line { number, start, text: text.trim_end_matches(['\n', '\r']) }
    }

    /// Line and column of an offset, both from 1; the column counts characters.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.at(offset);
        let end = self.source.floor(offset);
        (line.number, self.source.at(Span::new(line.start, end)).chars().count() + 1)
    }
}
