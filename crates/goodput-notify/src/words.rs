//! What is said of an alert, for people: the same facts in annotations and in the log.

use std::fmt::Write as _;

use goodput_core::{Alert, Cause, Exhaustion, Verdict, WindowStatus};

/// One line: whose SLO, and how much against how much.
pub(crate) fn summary(alert: &Alert) -> String {
    format!("{} of {} (this instance alone): {}", alert.slo, alert.service, alert.summary())
}

/// The facts below each other, the most telling first.
pub(crate) fn description(alert: &Alert) -> String {
    let mut text = summary(alert);
    for (name, fact) in facts(alert) {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n{}: {fact}", name.replace('_', " "));
    }
    text
}

/// Each fact that there is, under its name.
pub(crate) fn facts(alert: &Alert) -> Vec<(&'static str, String)> {
    let facts = [
        ("what", alert.cause.to_string()),
        ("current", current(alert)),
        ("expected", expected(alert)),
        ("burn", burn(&alert.windows)),
        ("budget", alert.budget.map(|budget| budget.remaining().to_string()).unwrap_or_default()),
        ("exhaustion", exhaustion(alert.exhaustion)),
        ("spent", spent(alert)),
        ("post_mortem", post_mortem(alert)),
        ("events", events(alert)),
        ("routes", routes(alert)),
        ("reasons", reasons(alert)),
        ("trace_ids", trace_ids(alert)),
        ("frozen", alert.frozen.map(|frozen| frozen.to_string()).unwrap_or_default()),
        ("deploy", alert.deploy.as_deref().unwrap_or_default().to_owned()),
        ("owner", alert.owner.clone().unwrap_or_default()),
    ];
    facts.into_iter().filter(|(_, fact)| !fact.is_empty()).collect()
}

/// How much: the burns that the row compares, or the numbers of the signal.
pub(crate) fn current(alert: &Alert) -> String {
    match (alert.cause, alert.evaluation, alert.detail) {
        (Cause::Row(row), Some(now), _) => {
            format!("{} over {}, {} over {}", now.long, row.long(), now.short, row.short())
        }
        (Cause::Signal(_), _, Some(detail)) => detail.to_string(),
        _ => String::new(),
    }
}

/// Against how much: what the burn must not exceed. Of a signal, its numbers say it themselves.
pub(crate) fn expected(alert: &Alert) -> String {
    match alert.cause {
        Cause::Row(row) => format!("at most {}", goodput_core::BurnRate::Of(row.factor())),
        Cause::Signal(_) => String::new(),
    }
}

pub(crate) fn burn(windows: &[WindowStatus]) -> String {
    let burns: Vec<_> = windows.iter().map(|window| format!("{} {}", window.label(), window.burn)).collect();
    burns.join(", ")
}

fn exhaustion(exhaustion: Exhaustion) -> String {
    match exhaustion {
        Exhaustion::NoData => String::new(),
        known => known.to_string(),
    }
}

fn spent(alert: &Alert) -> String {
    let spent = alert.spent.filter(|spent| *spent > 0.0);
    spent.map(|spent| format!("{:.1} % of the budget in this episode", spent * 100.0)).unwrap_or_default()
}

fn post_mortem(alert: &Alert) -> String {
    let text = if alert.needs_post_mortem { "due: more than 20 % of the budget went in one incident" } else { "" };
    text.to_owned()
}

fn events(alert: &Alert) -> String {
    let counts = alert.episode;
    if counts == goodput_core::Counts::default() {
        return String::new();
    }
    format!("{} good, {} bad, {} excluded in this episode", counts.good, counts.bad, counts.excluded)
}

pub(crate) fn routes(alert: &Alert) -> String {
    let routes = alert.routes.iter().map(|route| match &route.class {
        Some(class) => format!("{} ({class}) {}", route.template, route.bad),
        None => format!("{} {}", route.template, route.bad),
    });
    routes.collect::<Vec<_>>().join(", ")
}

pub(crate) fn reasons(alert: &Alert) -> String {
    let reasons = alert.reasons.iter().map(|reason| match reason.verdict {
        Verdict::Bad(why) => format!("{why} {}", reason.count),
        other => format!("{other} {}", reason.count),
    });
    reasons.collect::<Vec<_>>().join(", ")
}

pub(crate) fn trace_ids(alert: &Alert) -> String {
    alert.examples.iter().map(|example| example.trace.trace_id()).collect::<Vec<_>>().join(", ")
}
