//! Which reasons of an SLO have a series: a function of the definitions there were, never of the traffic, which only grows.
//!
//! A series that pauses or falls starts over for whoever reads differences. So a reason that a reload declares begins at 0, and what was
//! counted as `other` before it had a series of its own stays there.

use std::collections::BTreeMap;
use std::sync::Arc;

use goodput_core::{Definition, Goodput, Reason, ReasonCount, Status, Verdict};

/// Verdict and reason, as labels.
pub(crate) type Key = (&'static str, String);

/// The reason series of every SLO.
#[derive(Debug, Default)]
pub(crate) struct Series {
    /// What they were made for last.
    definition: Option<Arc<Definition>>,
    /// By SLO: each series, and how many events were counted as `other` before it was there.
    slos: BTreeMap<String, BTreeMap<Key, u64>>,
}

impl Series {
    /// Takes in what the definition in force adds to those there were. To be called after the status was read that is to be shown, so
    /// that there is a series for all it has.
    pub(crate) fn follow(&mut self, goodput: &Goodput) {
        let definition = goodput.definition();
        if self.definition.as_ref().is_some_and(|known| Arc::ptr_eq(known, &definition)) {
            return;
        }
        let status = goodput.status();
        let mut possible = possible(goodput, &definition);
        for (name, counted) in counted(&status) {
            let were_there = self.slos.get(name).cloned();
            let keys = possible.remove(name).unwrap_or_else(|| counted.iter().filter_map(key_of).collect());
            let series = self.slos.entry(name.to_owned()).or_default();
            for key in keys {
                let other = (key.0, Reason::OTHER.to_string());
                let was_other = were_there.as_ref().is_some_and(|series| series.contains_key(&other));
                let before = counted.iter().filter(|count| was_other && key_of(count).as_ref() == Some(&key));
                let before = before.fold(0, |sum: u64, count| sum.saturating_add(count.count));
                series.entry(key).or_insert(before);
            }
        }
        self.definition = Some(definition);
    }

    /// How many events each series of this SLO has.
    pub(crate) fn sums(&self, slo: &str, counted: &[ReasonCount]) -> BTreeMap<Key, u64> {
        let Some(series) = self.slos.get(slo) else { return BTreeMap::new() };
        let mut sums: BTreeMap<Key, u64> = series.keys().map(|key| (key.clone(), 0)).collect();
        let mut add = |key: Key, events: u64| {
            if let Some(sum) = sums.get_mut(&key) {
                *sum = sum.saturating_add(events);
            }
        };
        for count in counted {
            let Some(key) = key_of(count) else { continue };
            let other = (key.0, Reason::OTHER.to_string());
            match series.get(&key) {
                Some(before) => {
                    let before = count.count.min(*before);
                    add(other, before);
                    add(key, count.count - before);
                }
                None => add(other, count.count),
            }
        }
        sums
    }
}

fn counted(status: &Status) -> impl Iterator<Item = (&str, &[ReasonCount])> {
    let current = status.slos.iter().map(|slo| (&*slo.name, &*slo.reasons));
    current.chain(status.removed.iter().map(|slo| (&*slo.name, &*slo.reasons)))
}

/// By SLO, what its rules can give, the declared words of handlers, and `other` for their undeclared ones.
fn possible(goodput: &Goodput, definition: &Definition) -> BTreeMap<String, Vec<Key>> {
    let blames = definition.all_dependencies().into_iter().map(|name| format!("{}{name}", Reason::DEPENDENCY));
    let declared: Vec<String> = definition.reasons.iter().cloned().chain(blames).collect();
    let keys = |verdict: Verdict| {
        let words = match verdict.reason() {
            None => Vec::new(),
            Some(Reason::HANDLER) => declared.iter().cloned().chain([Reason::OTHER.to_string()]).collect(),
            Some(reason) => vec![reason.to_string()],
        };
        words.into_iter().map(move |word| (verdict.label(), word))
    };
    let slos = goodput.possible_verdicts().into_iter();
    slos.map(|(slo, verdicts)| (slo, verdicts.into_iter().flat_map(keys).collect())).collect()
}

fn key_of(count: &ReasonCount) -> Option<Key> {
    Some((count.verdict.label(), count.verdict.reason()?.to_string()))
}
