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
    let definition = goodput.definition();
    let blames = definition.all_dependencies().into_iter().map(|name| format!("{}{name}", Reason::DEPENDENCY));
    let declared: Vec<String> = definition.reasons.iter().cloned().chain(blames).collect();
    let series_of = |verdicts: Vec<Verdict>| {
        let mut series = BTreeMap::new();
        let mut add = |verdict: Verdict, word: String| {
            let value = text(&word);
            series.insert((verdict.label(), word), value);
        };
        for verdict in verdicts {
            match verdict.reason() {
                None => {}
                Some(Reason::HANDLER) => {
                    let words = declared.iter().cloned().chain([Reason::OTHER.to_string()]);
                    words.for_each(|word| add(verdict, word));
                }
                Some(reason) => add(verdict, reason.to_string()),
            }
        }
        series
    };
    goodput.possible_verdicts().into_iter().map(series_of).collect()
}
