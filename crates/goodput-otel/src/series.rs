//! The reason series of each SLO: a function of the definition, never of the traffic.

use std::collections::BTreeMap;

use goodput_core::{Goodput, Reason, Verdict};
use opentelemetry::StringValue;

use crate::attributes::text;

/// For each SLO, the labels of its reason series, verdict and reason, with the reason as an attribute value.
pub(crate) type ReasonSeries = Vec<BTreeMap<(&'static str, String), StringValue>>;

/// The bad and excluded verdicts that have a series of their own: those the SLO's rules can give, the declared words of
/// handlers, and `other` for their undeclared ones.
pub(crate) fn reasons(goodput: &Goodput) -> ReasonSeries {
    let declared = &goodput.definition().reasons;
    let series_of = |verdicts: Vec<Verdict>| {
        let mut series = BTreeMap::new();
        let mut add = |verdict: Verdict, word: &str| series.insert((verdict.label(), word.to_owned()), text(word));
        for verdict in verdicts {
            match verdict.reason() {
                None => {}
                Some(Reason::HANDLER) => {
                    let words = declared.iter().map(String::as_str).chain([Reason::OTHER.as_str()]);
                    words.for_each(|word| drop(add(verdict, word)));
                }
                Some(reason) => drop(add(verdict, reason.as_str())),
            }
        }
        series
    };
    goodput.possible_verdicts().into_iter().map(series_of).collect()
}
