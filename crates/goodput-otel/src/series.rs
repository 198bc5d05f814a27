//! How many series each instrument will have: a function of the definition, never of the traffic.

use std::collections::BTreeSet;

use goodput_core::{Goodput, Reason, Verdict, names};

/// The bad and excluded verdicts of each SLO that have a series of their own: those its rules can give, the declared words
/// of handlers, and `other` for their undeclared ones.
pub(crate) fn reason_series(goodput: &Goodput) -> Vec<BTreeSet<(&'static str, String)>> {
    let declared = &goodput.definition().reasons;
    let series_of = |verdicts: Vec<Verdict>| {
        let mut series = BTreeSet::new();
        for verdict in verdicts {
            match verdict.reason() {
                None => {}
                Some(Reason::HANDLER) => {
                    let words = declared.iter().map(String::as_str).chain([Reason::OTHER.as_str()]);
                    series.extend(words.map(|word| (verdict.label(), word.to_owned())));
                }
                Some(reason) => {
                    series.insert((verdict.label(), reason.as_str().to_owned()));
                }
            }
        }
        series
    };
    goodput.possible_verdicts().into_iter().map(series_of).collect()
}

/// Each instrument's name and number of series.
pub(crate) fn count(goodput: &Goodput) -> Vec<(&'static str, usize)> {
    let slos = goodput.definition().slos.len();
    let windows = goodput.status().slos.iter().map(|slo| slo.windows.len()).sum();
    vec![
        (names::EVENTS.name, slos * 3),
        (names::EVENT_REASONS.name, reason_series(goodput).iter().map(BTreeSet::len).sum()),
        (names::BURN_RATE.name, windows),
        (names::COVERAGE.name, windows),
        (names::BUDGET_REMAINING.name, slos * 2),
        (names::IN_FLIGHT.name, 1),
        (names::OBJECTIVE.name, slos),
    ]
}
