//! The answer for people.

use std::time::Duration;

use super::report::{Alert, Answer, KeepsFiring};
use crate::text::{Page, Took, factor, percent};

/// The answer as a page.
pub(super) fn page(answer: &Answer) -> String {
    let mut page = Page::default();
    page.say(0, &beginning(answer));
    page.gap();
    if answer.alerts.is_empty() {
        page.say(2, "No alert fired.");
    } else {
        let rows: Vec<_> = answer.alerts.iter().map(row).collect();
        page.table(2, &["alert", "fired after", "spent", "resolved after", "spent"], &rows);
    }
    let quiet = answer.conditions.iter().filter(|condition| condition.fired == 0);
    let quiet: Vec<_> = quiet.map(|row| format!("{} {}/{}", row.severity, row.long, row.short)).collect();
    if !quiet.is_empty() && !answer.alerts.is_empty() {
        page.gap();
        page.say(2, &format!("Did not fire: {}.", quiet.join(", ")));
    }
    if !answer.signals.is_empty() {
        page.gap();
    }
    for signal in &answer.signals {
        let until = signal.resolved_at_seconds.map_or_else(String::new, |at| format!(", resolved after {}", took(at)));
        page.say(2, &format!("Signal: {}, after {}{until}.", signal.signal, took(signal.fired_at_seconds)));
    }
    page.gap();
    page.say(0, &end(answer));
    if let Some(note) = note(answer) {
        page.say(0, &note);
    }
    page.into_text()
}

/// What was replayed, against what.
pub(super) fn title(answer: &Answer) -> String {
    let Answer { objective, period, .. } = answer;
    let slo = answer.slo.as_ref().map_or_else(String::new, |name| format!("{name}, "));
    let what = if let Some(outage) = &answer.outage {
        let lasting = Took(Duration::from_secs(u64::from(outage.seconds)));
        format!("{} errors for {lasting}", percent(outage.error_ratio))
    } else {
        let began = answer.began_at.as_deref().unwrap_or_default();
        format!("{} from {began} on", took(answer.lasted_seconds))
    };
    format!("{what}, against {slo}{objective} over {period}")
}

fn beginning(answer: &Answer) -> String {
    let period = &answer.period;
    let before = match (answer.history, &answer.outage) {
        ("clean", Some(_)) => format!("after {period} that were seen and free of errors"),
        ("clean", None) => format!("as if {period} free of errors came before"),
        _ => "from the start of a process, which knows nothing of the time before".to_owned(),
    };
    format!("{}, {before}.", title(answer))
}

fn row(alert: &Alert) -> Vec<String> {
    let spent = |share: Option<f64>| share.map_or_else(|| "no data".to_owned(), percent);
    let (resolved, then) = match alert.resolved_at_seconds {
        Some(at) => (took(at), spent(alert.budget_spent_when_resolved)),
        None => ("fires still".to_owned(), String::new()),
    };
    vec![
        format!("{} {}/{} at {}", alert.severity, alert.long, alert.short, factor(alert.factor)),
        took(alert.fired_at_seconds),
        spent(alert.budget_spent),
        resolved,
        then,
    ]
}

fn end(answer: &Answer) -> String {
    let what = if answer.outage.is_some() { "The outage" } else { "All of it" };
    match answer.budget_spent {
        Some(spent) => format!("{what} has spent {} of the budget of {}.", percent(spent), answer.period),
        None => "No events: nothing is known of the budget.".to_owned(),
    }
}

/// What a service does otherwise.
fn note(answer: &Answer) -> Option<String> {
    let lasting = match answer.keeps_firing {
        KeepsFiring::For(lasting) if lasting.is_zero() => "as soon as its condition is over".to_owned(),
        KeepsFiring::For(lasting) => format!("{} after its condition is over", Took(lasting)),
        KeepsFiring::AsUsual => return None,
    };
    let note = "a service waits 15m more for pages and 1h for tickets (--keep-firing default)";
    Some(format!("Each alert is resolved {lasting}; {note}."))
}

fn took(seconds: f64) -> String {
    Took(Duration::try_from_secs_f64(seconds).unwrap_or_default()).to_string()
}
