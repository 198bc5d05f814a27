//! The answer as sentences and tables.

use std::time::Duration;

use super::report::{Age, Alert, Answer, Budget, Detection, Explained, First, OneBad};
use crate::text::{Page, Took, factor, number, percent, plural};

pub(super) fn page(answer: &Answer) -> String {
    let mut page = Page::default();
    for slo in &answer.slos {
        explain(&mut page, slo);
    }
    if answer.slos.is_empty() {
        page.say(0, &format!("{} has no SLO.", answer.service));
    }
    page.into_text()
}

fn explain(page: &mut Page, slo: &Explained) {
    page.head(&format!("{}: {} over {}", slo.name, slo.objective, period(slo)));
    let journey = slo.journey.as_ref().map_or_else(String::new, |journey| format!(" (journey {journey})"));
    page.say(2, &format!("The {}{journey}.", slo.subject));
    if let Some(description) = &slo.description {
        page.say(2, description);
    }
    classification(page, slo);
    budget(page, slo, &slo.budget);
    alerts(page, slo);
    if let Some(one) = &slo.one_bad {
        one_bad(page, slo, one);
    }
    ages(page, slo);
}

fn classification(page: &mut Page, slo: &Explained) {
    page.gap();
    let words = &slo.classification;
    for (verdict, list) in [("good", &words.good), ("bad", &words.bad), ("excluded", &words.excluded)] {
        if !list.is_empty() {
            page.term(2, 10, verdict, &list.join("; "));
        }
    }
    page.term(2, 10, "", &words.judged);
}

fn budget(page: &mut Page, slo: &Explained, budget: &Budget) {
    page.gap();
    page.say(2, &format!("Error budget: 100 % - {} = {} of the {}s.", slo.objective, percent(budget.ratio), slo.unit));
    let (share, outage) = (percent(budget.ratio), Took(seconds(budget.outage_seconds)));
    let days = Took(Duration::from_secs(u64::from(slo.period_seconds)));
    let calendar = if slo.is_calendar { format!(" (calculated as {days})") } else { String::new() };
    page.term(4, 8, "time", &format!("{share} x {}{calendar} = {outage} of total outage", slo.period));
    match (budget.expected_in_period, budget.bad_allowed_in_period) {
        (Some(expected), Some(bad)) => {
            let from = match (&budget.traffic, slo.slice_seconds) {
                (Some(traffic), _) => format!("{traffic} x {days}"),
                (None, Some(slice)) => format!("{days} / {}", Took(Duration::from_secs(u64::from(slice)))),
                (None, None) => String::new(),
            };
            let things = format!("{}s", slo.unit);
            page.term(
                4,
                8,
                &things,
                &format!("{from} = {}, of which {} may be bad", number(expected as f64), number(bad as f64)),
            );
        }
        _ => page.term(4, 8, "events", "a stated traffic (traffic: 10/h) would tell how many"),
    }
}

fn alerts(page: &mut Page, slo: &Explained) {
    page.gap();
    if slo.alerts.is_empty() {
        page.say(2, "No alerts.");
        return;
    }
    let whose = if slo.default_alerts {
        "the default ones, which spend the same share of any period's budget"
    } else {
        "as written in the file"
    };
    page.say(2, &format!("Alerts: {whose}. Each fires while more than these errors come over both of its windows."));
    let rows: Vec<Vec<String>> = slo.alerts.iter().map(conditions).collect();
    page.table(4, &["alert", "burn", "is errors above", "spent when it fires", "bad needed"], &rows);
    slo.adaptations.iter().for_each(|adaptation| page.say(4, &sentence(adaptation)));

    page.gap();
    let errors_of = slo.errors_of;
    page.say(2, &format!("From a clean history, with this share of the {errors_of} bad, an alert fires after:"));
    times(page, slo, |detection| detection.seconds);
    if let Some(traffic) = &slo.budget.traffic
        && slo.alerts.iter().any(|alert| alert.detection.iter().any(differs))
    {
        page.gap();
        page.say(2, &format!("At {traffic}, where events are few and the least number of bad ones counts, after:"));
        times(page, slo, |detection| detection.seconds_at_traffic);
    }
    page.gap();
    slo.first_alerts.iter().for_each(|first| page.say(4, &comes_first(first, slo.errors_of)));
}

/// Whether whole events make it later than a flow would, by more than a hundredth.
fn differs(detection: &Detection) -> bool {
    match (detection.seconds, detection.seconds_at_traffic) {
        (Some(flow), Some(whole)) => whole > flow * 1.01,
        (Some(_), None) => true,
        _ => false,
    }
}

fn conditions(alert: &Alert) -> Vec<String> {
    let needed = alert.bad_needed.as_ref().map_or_else(
        || "-".to_owned(),
        |needed| match needed.by_burn.max(needed.by_min_bad) {
            most if needed.by_min_bad > needed.by_burn => format!("{} (min_bad)", number(most)),
            most => number(most),
        },
    );
    vec![name(&alert.row), factor(alert.factor), percent(alert.error_ratio), percent(alert.budget_share), needed]
}

fn times(page: &mut Page, slo: &Explained, time: impl Fn(&Detection) -> Option<f64>) {
    let errors = slo.first_alerts.iter().map(|first| percent(first.error_ratio));
    let head: Vec<String> = ["alert".to_owned()].into_iter().chain(errors).collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let cell = |detection: &Detection| {
        time(detection).map_or_else(|| "never".to_owned(), |time| Took(seconds(time)).to_string())
    };
    let row = |alert: &Alert| [name(&alert.row)].into_iter().chain(alert.detection.iter().map(cell)).collect();
    page.table(4, &head, &slo.alerts.iter().map(row).collect::<Vec<Vec<String>>>());
}

fn comes_first(first: &First, errors_of: &str) -> String {
    let what = if errors_of == "slices" { "bad slices" } else { "errors" };
    let errors = format!("{} {what}", percent(first.error_ratio));
    match (&first.row, first.seconds) {
        (Some(row), Some(time)) => format!("{errors}: first {}, after {}.", name(row), Took(seconds(time))),
        _ => format!("{errors}: no alert, ever."),
    }
}

fn one_bad(page: &mut Page, slo: &Explained, one: &OneBad) {
    page.gap();
    let unit = slo.unit;
    let verdict = if one.pages { "It alone pages somebody." } else { "It alone pages nobody." };
    page.say(
        2,
        &format!("One bad {unit} spends {} of the {} budget. {verdict}", percent(one.budget_share), slo.period),
    );
    for alone in one.rows.iter().filter(|alone| alone.exceeds) {
        let burn =
            alone.burn.map_or_else(|| "an unknown burn".to_owned(), |burn| format!("a burn of {}", factor(burn)));
        let why = if alone.fires {
            "fires".to_owned()
        } else {
            format!("waits for {}", plural(alone.min_bad, &format!("bad {unit}")))
        };
        page.say(4, &format!("{}: {burn} exceeds it; it {why}.", name(&alone.row)));
    }
}

fn ages(page: &mut Page, slo: &Explained) {
    page.gap();
    page.say(
        2,
        "A young process has seen little and knows only bounds. By its age, what is left, and what it takes to fire:",
    );
    let windows = slo.alerts.iter().map(|alert| name(&alert.row));
    let head: Vec<String> = ["age".to_owned(), format!("of {}", slo.period), "budget left is".to_owned()]
        .into_iter()
        .chain(windows)
        .collect();
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    page.table(4, &head, &slo.ages.iter().map(age).collect::<Vec<Vec<String>>>());
    page.say(
        4,
        "The burn to exceed over what was seen of the long window (and how much of it that is); not yet: not even a \
         total outage since the start would have fired.",
    );
}

fn age(age: &Age) -> Vec<String> {
    let known = if age.remaining == "is" { "known" } else { "at most" };
    let cells = age.rows.iter().map(|young| match (young.can_fire, young.coverage < 1.0) {
        (false, _) => "not yet".to_owned(),
        (true, true) => format!("{} ({})", factor(young.effective_factor), percent(young.coverage)),
        (true, false) => factor(young.effective_factor),
    });
    [age.length.clone(), percent(age.period_coverage), known.to_owned()].into_iter().chain(cells).collect()
}

/// `30d`, `a month`.
fn period(slo: &Explained) -> String {
    if slo.is_calendar { format!("a {}", slo.period) } else { slo.period.clone() }
}

/// `page 1h/5m` of `page 1h/5m at 14.4x`.
fn name(row: &str) -> String {
    row.split_once(" at ").map_or(row, |(name, _)| name).to_owned()
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
