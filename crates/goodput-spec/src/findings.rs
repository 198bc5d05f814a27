//! What was found wrong so far, bounded: a file of a million mistakes costs no more than one of a hundred.

use crate::{Diagnostic, Diagnostics, Label, Source, Span};

/// Collects diagnostics up to a bound and counts the rest.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    more: usize,
}

impl Findings {
    /// Nobody reads further than this; the rest is a number.
    pub(crate) const MOST: usize = 100;

    /// Adds one. It is only made if there is room: making one may take longer than finding it.
    pub(crate) fn add(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.list.push(diagnostic());
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= Self::MOST
    }

    /// One more that is not kept.
    pub(crate) fn count_only(&mut self) {
        self.more += 1;
    }

    /// Where something was found.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.list.iter().filter_map(Diagnostic::primary).map(Label::span).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of it, in the order of the source.
    pub(crate) fn about(self, source: &Source) -> Diagnostics {
        Diagnostics::of(source, self.list).and_more(self.more)
    }
}
