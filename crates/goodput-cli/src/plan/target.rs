//! The objective that measurements bear out: round, a little looser than what was achieved, no tighter than can be told.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use goodput_model::{Objective, Window};
use serde::Serialize;

use super::SCHEMA;
use super::ladder::{budget, rungs};
use super::latency::{Quantile, quantile};
use super::measured::{self, Measured};
use super::wilson::interval;
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::terminal::warn;
use crate::text::{Exactly, Page, number, percent};

/// The objective that measurements bear out
///
/// The tightest round objective that allows a tenth more errors than were measured, more than the truth may be (19
/// times of 20, by Wilson's interval), and at least 5 bad events in what was measured: of fewer nobody can tell.
/// Thresholds are round and leave a tenth of room. Measure two to four weeks, ask your users, set it, and ask again.
#[derive(Args, Debug)]
pub(super) struct Target {
    /// A CSV file (or - for standard input) with the columns day,good,bad, a day such as 2026-03-31, or latency_ms,count
    #[arg(long, value_name = "FILE", conflicts_with_all = ["good", "total", "quantiles"])]
    #[arg(required_unless_present_any = ["good", "quantiles"])]
    measured: Option<PathBuf>,
    /// How many events were good
    #[arg(long, value_name = "N", requires = "total")]
    good: Option<u64>,
    /// How many events there were, without the excluded ones
    #[arg(long, value_name = "N", requires = "good")]
    total: Option<u64>,
    /// Measured quantiles of latency, such as p50=120ms,p99=800ms
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    quantiles: Vec<Quantile>,
    /// How long it was measured, such as 28d; a file with days says so itself
    #[arg(long, value_name = "WINDOW")]
    over: Option<Window>,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    measured_seconds: Option<u64>,
    events: Option<Events>,
    objective: Option<String>,
    /// Why there is none.
    reason: Option<&'static str>,
    latency: Vec<Fast>,
    warnings: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Events {
    good: u64,
    total: u64,
    good_ratio: f64,
    /// Between these the true share of bad events lies, 19 times of 20.
    bad_ratio_low: f64,
    bad_ratio_high: f64,
    /// How much of the advised budget the measured time would have spent.
    budget_spent_ratio: Option<f64>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Fast {
    objective: String,
    measured_seconds: f64,
    threshold_seconds: f64,
    threshold: String,
}

pub(super) fn run(question: &Target, form: Form) -> Result<u8, Failure> {
    let answer = answer(question)?;
    if form == Form::Human {
        answer.warnings.iter().for_each(|warning| warn(warning));
    }
    form.print(&answer, human)?;
    let advised = answer.objective.is_some() || !answer.latency.is_empty();
    Ok(if advised { exit::OK } else { exit::BAD })
}

/// The quantiles advised on when a file holds them all.
const USUAL: [u32; 3] = [500_000_000, 950_000_000, 990_000_000];
/// Fewer bad events than these are chance.
const HANDFUL: f64 = 5.0;
const FORTNIGHT: Duration = Duration::from_secs(14 * 86_400);

fn answer(question: &Target) -> Result<Answer, Failure> {
    let mut over = question.over.map(Window::duration);
    let mut counts = None;
    let mut quantiles = question.quantiles.clone();
    let mut requests = None;
    match question.measured.as_deref().map(measured::read).transpose()? {
        None => {
            if let (Some(good), Some(total)) = (question.good, question.total) {
                let bad = total.checked_sub(good).ok_or_else(|| {
                    Failure::usage(format!(
                        "--good {good} of --total {total}: expected no more good events than events"
                    ))
                })?;
                counts = Some((bad, total));
            }
            requests = question.total;
        }
        Some(Measured::Days { good, bad, days }) => {
            over = Some(Duration::from_secs(u64::from(days) * 86_400));
            counts = Some((bad, good.saturating_add(bad)));
        }
        Some(Measured::Latencies(counted)) => {
            let usual = USUAL.into_iter().filter_map(|ppb| Objective::from_good_ppb(ppb).ok());
            quantiles = usual.filter_map(|share| quantile(&counted, share)).collect();
            requests = Some(counted.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)));
        }
    }
    if counts.is_some_and(|(_, total)| total == 0) || requests == Some(0) {
        return Err(Failure::input("nothing was measured: expected at least one event"));
    }

    let mut warnings = Vec::new();
    warn_of_time(over, &mut warnings);
    let advised = counts.and_then(|(bad, total)| advise(bad, total, &mut warnings));
    let latency = quantiles.iter().filter_map(|quantile| fast(*quantile, requests, &mut warnings)).collect();
    Ok(Answer {
        schema: SCHEMA,
        kind: "target",
        measured_seconds: over.map(|over| over.as_secs()),
        events: counts.and_then(|(bad, total)| events(bad, total, advised)),
        objective: advised.map(|objective| objective.to_string()),
        reason: match (advised, counts) {
            (Some(_), _) => None,
            (None, None) => Some("no-counts"),
            (None, Some((bad, total))) if bad.saturating_mul(2) > total => Some("too-many-errors"),
            (None, Some(_)) => Some("too-few-events"),
        },
        latency,
        warnings,
    })
}

fn warn_of_time(over: Option<Duration>, warnings: &mut Vec<String>) {
    match over {
        None => warnings.push("how long it was measured is not said: expected --over, two weeks at least".to_owned()),
        Some(over) if over < FORTNIGHT => warnings.push(format!(
            "measured over {} only: expected two weeks at least, so that weekdays, weekends and a release are in it",
            Exactly(over)
        )),
        Some(_) => {}
    }
}

/// The tightest rung that holds; says so if more events might have borne out a tighter one.
fn advise(bad: u64, total: u64, warnings: &mut Vec<String>) -> Option<Objective> {
    let ratio = bad as f64 / total as f64; // never by zero: the caller has looked
    let (_, high) = interval(bad, total)?;
    let has_room = |rung: &Objective| budget(*rung) >= ratio * 1.1;
    let is_told = |rung: &Objective| budget(*rung) >= high && budget(*rung) * total as f64 >= HANDFUL;
    let tightest = rungs().rev().find(has_room);
    let advised = rungs().rev().find(|rung| has_room(rung) && is_told(rung));
    if advised != tightest {
        let shown = tightest.map_or_else(String::new, |rung| format!(" {rung}"));
        warnings.push(format!(
            "{} events are too few to tell whether{shown} holds: the true share of errors may be {}",
            number(total as f64),
            percent(high)
        ));
    }
    advised
}

fn events(bad: u64, total: u64, advised: Option<Objective>) -> Option<Events> {
    let (low, high) = interval(bad, total)?;
    let ratio = bad as f64 / total as f64;
    Some(Events {
        good: total - bad,
        total,
        good_ratio: (total - bad) as f64 / total as f64,
        bad_ratio_low: low,
        bad_ratio_high: high,
        budget_spent_ratio: advised.map(|objective| ratio / budget(objective)),
    })
}

fn fast(quantile: Quantile, requests: Option<u64>, warnings: &mut Vec<String>) -> Option<Fast> {
    let objective = quantile.share;
    if requests.is_some_and(|requests| requests as f64 * budget(objective) < HANDFUL) {
        let requests = number(requests.unwrap_or_default() as f64);
        warnings.push(format!("{objective} of {requests} requests leaves fewer than 5 that are slower: it is chance"));
    }
    let Some(threshold) = quantile.threshold() else {
        let measured = Exactly(quantile.at_most);
        warnings.push(format!("{objective} took up to {measured}: expected a threshold with room of at most a day"));
        return None;
    };
    Some(Fast {
        objective: objective.to_string(),
        measured_seconds: quantile.at_most.as_secs_f64(),
        threshold_seconds: threshold.as_secs_f64(),
        threshold: Exactly(threshold).to_string(),
    })
}

fn human(answer: &Answer) -> String {
    let mut page = Page::default();
    if let Some(events) = &answer.events {
        let measured = format!(
            "{} of {} events were good: {}. The true share of errors lies between {} and {}, 19 times of 20.",
            number(events.good as f64),
            number(events.total as f64),
            percent(events.good_ratio),
            percent(events.bad_ratio_low),
            percent(events.bad_ratio_high)
        );
        page.say(0, &measured);
        match (&answer.objective, events.budget_spent_ratio) {
            (Some(objective), Some(spent)) => {
                let spent = percent(spent);
                page.say(0, &format!("Advice: {objective}. What was measured would have spent {spent} of its budget."));
            }
            _ => page.say(0, "No objective can be advised on: no round one from 50% on is borne out."),
        }
    }
    for fast in &answer.latency {
        let Fast { objective, threshold, .. } = fast;
        let measured = Duration::try_from_secs_f64(fast.measured_seconds).unwrap_or_default();
        page.say(
            0,
            &format!("{objective} took at most {}. Advice: {objective} within {threshold}.", Exactly(measured)),
        );
    }
    let slos = snippet(answer);
    if !slos.is_empty() {
        page.gap();
        page.say(0, "In an SLO file:");
        for line in &slos {
            page.say(2, line);
        }
    }
    page.into_text()
}

fn snippet(answer: &Answer) -> Vec<String> {
    let ok =
        answer.objective.iter().map(|objective| format!("- {{name: ok, sli: availability, objective: {objective}}}"));
    let fast = answer.latency.iter().map(|Fast { objective, threshold, .. }| {
        // Named by both: two quantiles may have one threshold, and an SLO file has no name twice.
        let quantile = objective.trim_end_matches('%');
        format!("- {{name: p{quantile}-within-{threshold}, sli: {{latency: {threshold}}}, objective: {objective}}}")
    });
    let mut slos: Vec<String> = ok.chain(fast).collect();
    slos.dedup();
    slos
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(good: u64, total: u64, over: &str) -> Answer {
        let question = Target {
            measured: None,
            good: Some(good),
            total: Some(total),
            quantiles: Vec::new(),
            over: Some(over.parse().unwrap()),
        };
        answer(&question).unwrap()
    }

    #[test]
    fn advice_is_a_little_looser_than_what_was_achieved() {
        for (good, total, objective) in [
            (997_000, 1_000_000, "99.5%"),
            (999_500, 1_000_000, "99.9%"), // a rung that is met exactly leaves no room
            (999_950, 1_000_000, "99.99%"),
            (999_300, 1_000_000, "99.9%"),
            (999_100, 1_000_000, "99.9%"),
            (999_050, 1_000_000, "99.5%"),
            (600_000, 1_000_000, "50%"),
            (999_050_000, 1_000_000_000, "99.5%"), // less than a tenth of room, however sure it is
        ] {
            let found = ask(good, total, "28d");
            assert_eq!(found.objective.as_deref(), Some(objective), "{good} of {total}");
        }
    }

    #[test]
    fn few_events_bear_out_less_than_they_seem_to() {
        for (good, total, objective, warnings) in [
            (10_000_000, 10_000_000, Some("99.999%"), 0),
            (10_000, 10_000, Some("99.95%"), 1),
            (1_000, 1_000, Some("99.5%"), 1),
            (100, 100, Some("95%"), 1),
            (8, 8, None, 1),
            (1, 1, None, 1),
        ] {
            let found = ask(good, total, "28d");
            let advice = (found.objective.as_deref(), found.warnings.len());
            assert_eq!(advice, (objective, warnings), "{good} of {total}: {:?}", found.warnings);
        }
        assert_eq!(ask(1, 1, "28d").reason, Some("too-few-events"));
        assert_eq!(ask(100_000, 1_000_000, "28d").reason, Some("too-many-errors"));
    }

    #[test]
    fn less_than_two_weeks_is_said() {
        assert!(ask(997_000, 1_000_000, "14d").warnings.is_empty());
        assert!(ask(997_000, 1_000_000, "13d").warnings[0].contains("two weeks"));
    }
}
