//! What was found so far: what several SLOs have from the same line is said once, and no lint is given more room than people read.

use std::collections::{BTreeMap, HashMap};

use super::site::Site;
use crate::{Diagnostic, Label, Span};

/// Collects diagnostics. A default that is wrong is wrong for every SLO that has it, and is said once, of the first of them.
#[derive(Debug, Default)]
pub(super) struct Report {
    list: Vec<Found>,
    by_place: HashMap<(&'static str, Span), usize>,
    /// How many there are of each lint.
    of_lint: BTreeMap<&'static str, usize>,
}

#[derive(Debug)]
struct Found {
    diagnostic: Diagnostic,
    /// Where the SLO stands that it is said of.
    own: Option<Span>,
    /// Where further SLOs stand that have it from the same place.
    too: Vec<Span>,
}

/// How many further SLOs are shown that have the same from the same place.
const SHOWN: usize = 3;
/// How many of one lint are said. A file of a million mistakes costs no more to show than one of a few hundred.
const MOST: usize = 20;

impl Report {
    /// About the definition as a whole.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        self.push(Found { diagnostic, own: None, too: Vec::new() });
    }

    /// About one SLO.
    pub(super) fn add_of(&mut self, site: &Site<'_>, diagnostic: Diagnostic) {
        // What has no place of its own stands at the SLO's name, and is said of each.
        let own = diagnostic.primary().map(Label::span).filter(|span| site.own_place() != Some(*span));
        let place = own.map(|span| (diagnostic.code(), span));
        let before = place.and_then(|place| self.by_place.get(&place)).and_then(|&index| self.list.get_mut(index));
        if let Some(before) = before {
            // One SLO of a file may make several of a definition.
            let own = site.own_place().filter(|own| before.own != Some(*own) && !before.too.contains(own));
            before.too.extend(own.filter(|_| before.too.len() < SHOWN));
            return;
        }
        let index = self.list.len();
        let is_kept = self.push(Found { diagnostic, own: site.own_place(), too: Vec::new() });
        self.by_place.extend(place.filter(|_| is_kept).map(|place| (place, index)));
    }

    /// Whether it is kept, and not only counted.
    fn push(&mut self, found: Found) -> bool {
        let count = self.of_lint.entry(found.diagnostic.code()).or_default();
        *count += 1;
        if *count <= MOST {
            self.list.push(found);
        }
        *count <= MOST
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let whole = |found: Found| {
            found.too.into_iter().fold(found.diagnostic, |diagnostic, span| diagnostic.also(span, "and this SLO"))
        };
        let more = self.of_lint.into_iter().filter(|(_, count)| *count > MOST);
        let more = more.map(|(code, count)| Diagnostic::warning(code, format!("and {} more like these", count - MOST)));
        self.list.into_iter().map(whole).chain(more).collect()
    }
}
