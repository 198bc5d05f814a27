//! Reads alert rows.

use goodput_model::{AlertRow, Severity, Trigger, Window};

use super::fields::{At, Fields};
use super::reader::Reader;
use crate::Diagnostic;
use crate::{duration, keys};

/// The most alert rows of an SLO: the defaults have four.
const MAX_ROWS: usize = 20;

/// The rows, if all of them can be read: a policy without one of its rows is another policy.
pub(super) fn read(reader: &mut Reader, at: &At<'_, '_>) -> Option<Vec<AlertRow>> {
    let items = reader.list(at);
    if items.is_empty() && at.node.as_list().is_some() {
        let message =
            || "an empty list of alerts: expected at least one row, or no list for the default rows".to_owned();
        reader.wrong(at.node.span, "no-alerts", message);
    }
    reader.check_length(items.len(), MAX_ROWS, at.node.span);
    let rows: Vec<_> = items.iter().take(MAX_ROWS).filter_map(|at| row(reader, at)).collect();
    (rows.len() == items.len()).then_some(rows)
}

fn row(reader: &mut Reader, at: &At<'_, '_>) -> Option<AlertRow> {
    const SEVERITIES: [(Severity, &str); 3] =
        [(Severity::Page, "page"), (Severity::Ticket, "ticket"), (Severity::Log, "log")];
    let fields = reader.fields(at.node, &at.path, &keys::ALERT)?;
    let severity = fields.get("severity").and_then(|at| reader.word(&at, &SEVERITIES, |(_, word)| word));
    let long = fields.get("long").and_then(|at| reader.value(&at, str::parse::<Window>));
    let short = fields.get("short").and_then(|at| reader.value(&at, str::parse::<Window>));
    let trigger = trigger(reader, &fields);
    let mut time = |key| fields.get(key).map(|at| reader.value(&at, duration::parse));
    let (wait, keep_firing) = (time("for"), time("keep_firing"));
    let mut row = AlertRow::new(severity?.0, long?, short?, trigger?);
    if let Some(wait) = wait {
        row = row.after(wait?);
    }
    if let Some(keep_firing) = keep_firing {
        row = row.keep_firing(keep_firing?);
    }
    Some(row)
}

fn trigger(reader: &mut Reader, fields: &Fields<'_, '_>) -> Option<Trigger> {
    let factor = fields.get("factor").map(|at| reader.value(&at, Trigger::factor));
    let budget = fields.get("budget").map(|at| {
        reader.value(&at, |text| {
            let read = text.strip_suffix('%').and_then(|percent| Trigger::budget_percent(percent).ok());
            read.ok_or_else(|| format!("{text:?}: expected a percentage with at most three decimals, such as 2%"))
        })
    });
    match (factor, budget) {
        (Some(trigger), None) | (None, Some(trigger)) => trigger,
        (Some(_), Some(_)) => {
            let both = fields.key_span("budget").zip(fields.key_span("factor"));
            reader.findings.add(|| {
                let diagnostic = Diagnostic::error("two-triggers", "a factor and a budget: expected one of them");
                match both {
                    Some((budget, factor)) => diagnostic.at(budget, "").also(factor, "the other"),
                    None => diagnostic,
                }
            });
            None
        }
        (None, None) => {
            // A key without a value has been said to be so.
            if !fields.has("factor") && !fields.has("budget") {
                reader.findings.add(|| {
                    Diagnostic::error("missing-key", "alert without \"factor\" or \"budget\": expected one of them")
                        .at(fields.head(), "")
                        .help("add `factor: 14.4` or `budget: 2%`")
                });
            }
            None
        }
    }
}
