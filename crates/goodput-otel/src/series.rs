//! The reason series of each SLO: a function of the definitions there were, never of the traffic.

use std::collections::BTreeMap;

use goodput_core::{Goodput, Reason, ReasonCount, Verdict};
use opentelemetry::StringValue;

use crate::attributes::text;

/// The labels of an SLO's reason series, verdict and reason, with the reason as an attribute value.
pub(crate) type Reasons = BTreeMap<(&'static str, String), StringValue>;

/// The bad and excluded verdicts that have a series of their own, by SLO: those its rules can give, the declared words of
/// handlers, and `other` for their undeclared ones.
pub(crate) fn reasons(goodput: &Goodput) -> BTreeMap<String, Reasons> {
    let definition = goodput.definition();
    let blames = definition.all_dependencies().into_iter().map(|name| format!("{}{name}", Reason::DEPENDENCY));
    let declared: Vec<String> = definition.reasons.iter().cloned().chain(blames).collect();
    let series_of = |verdicts: Vec<Verdict>| {
        let mut series = Reasons::new();
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
    goodput.possible_verdicts().into_iter().map(|(slo, verdicts)| (slo, series_of(verdicts))).collect()
}

/// The series of an SLO whose rules are not known any longer: those of the reasons that were given.
pub(crate) fn given(counted: &[ReasonCount]) -> Reasons {
    counted.iter().filter_map(|count| key(count.verdict)).map(|key| (key.clone(), text(&key.1))).collect()
}

/// The labels of the series that a verdict has if there is one of its own.
pub(crate) fn key(verdict: Verdict) -> Option<(&'static str, String)> {
    Some((verdict.label(), verdict.reason()?.to_string()))
}
