//! When an alert on burn fires, when it lets go, and what has been spent by then.

use clap::Args;
use goodput_model::{AlertRow, Row, Severity, Share, Trigger, TriggerError, Window};
use serde::Serialize;

use super::{SCHEMA, Target, ratio};
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Page, Took, factor, percent};

/// When an alert on burn fires, when it lets go, and what has been spent by then
#[derive(Args, Debug)]
pub(super) struct Detect {
    #[command(flatten)]
    target: Target,
    /// The share of events that is bad while it lasts, such as 10%
    #[arg(long, value_name = "SHARE")]
    error_ratio: Share,
    /// The window that says it matters
    #[arg(long, value_name = "WINDOW")]
    long: Window,
    /// The window that says it still goes on
    #[arg(long, value_name = "WINDOW")]
    short: Window,
    /// The burn rate to exceed
    #[arg(long, value_name = "BURN", value_parser = trigger)]
    factor: Trigger,
}

fn trigger(text: &str) -> Result<Trigger, TriggerError> {
    Trigger::factor(text)
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    objective: String,
    period: String,
    error_ratio: f64,
    long_seconds: u32,
    short_seconds: u32,
    factor: f64,
    /// The errors to exceed.
    threshold_ratio: f64,
    /// Spent when it fires, whatever the errors are.
    budget_spent_ratio: f64,
    fires_after_seconds: Option<f64>,
    lets_go_after_seconds: Option<f64>,
    lets_go_without_short_after_seconds: Option<f64>,
    /// Why it never fires.
    reason: Option<&'static str>,
    #[serde(skip)]
    human: String,
}

pub(super) fn run(question: &Detect, form: Form) -> Result<u8, Failure> {
    form.print(&answer(question)?, |answer| answer.human.clone())?;
    Ok(exit::OK)
}

fn answer(question: &Detect) -> Result<Answer, Failure> {
    let Target { objective, period } = question.target;
    let alert = AlertRow::new(Severity::Page, question.long, question.short, question.factor);
    let row = Row::resolve(alert, objective, period).map_err(|problem| {
        Failure::usage(format!("an alert over {}/{} at {} {problem}", question.long, question.short, question.factor))
    })?;
    let errors = question.error_ratio;
    let fires = row.detection_time(errors);
    let lets_go = row.reset_time(errors);
    let alone = row.reset_time_without_short(errors);

    let mut page = Page::default();
    let budget = percent(question.target.budget_share());
    page.say(
        0,
        &format!(
            "Fires above {} x {budget} = {} errors over {} and over {}.",
            factor(row.factor()),
            percent(row.error_ratio()),
            row.long(),
            row.short()
        ),
    );
    page.gap();
    if let (Some(fires), Some(lets_go), Some(alone)) = (fires, lets_go, alone) {
        let bad = percent(ratio(errors));
        page.term(
            2,
            10,
            "fires",
            &format!(
                "{} after errors of {bad} begin: {} / {bad} x {}",
                Took(fires),
                percent(row.error_ratio()),
                row.long()
            ),
        );
        page.term(
            2,
            10,
            "lets go",
            &format!(
                "{} after they end, when {} is at the threshold again; without the short window after {}",
                Took(lets_go),
                row.short(),
                Took(alone)
            ),
        );
        page.term(
            2,
            10,
            "spent",
            &format!(
                "{} of the budget when it fires: {} x {} / {period}",
                percent(row.budget_share()),
                factor(row.factor()),
                row.long()
            ),
        );
    } else {
        page.term(2, 10, "fires", &format!("never: {} errors do not exceed that", percent(ratio(errors))));
    }

    Ok(Answer {
        schema: SCHEMA,
        kind: "detect",
        objective: objective.to_string(),
        period: period.to_string(),
        error_ratio: ratio(errors),
        long_seconds: row.long().secs(),
        short_seconds: row.short().secs(),
        factor: row.factor(),
        threshold_ratio: row.error_ratio(),
        budget_spent_ratio: row.budget_share(),
        fires_after_seconds: fires.map(|time| time.as_secs_f64()),
        lets_go_after_seconds: lets_go.map(|time| time.as_secs_f64()),
        lets_go_without_short_after_seconds: alone.map(|time| time.as_secs_f64()),
        reason: fires.is_none().then_some("threshold-not-exceeded"),
        human: page.into_text(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use goodput_model::Period;

    fn ask(objective: &str, errors: &str, long: &str, short: &str, factor: &str) -> Result<Answer, Failure> {
        answer(&Detect {
            target: Target { objective: objective.parse().unwrap(), period: Period::D30 },
            error_ratio: errors.parse().unwrap(),
            long: long.parse().unwrap(),
            short: short.parse().unwrap(),
            factor: trigger(factor).unwrap(),
        })
    }

    #[test]
    fn an_alert_fires_and_lets_go_as_published() {
        for (errors, fires, lets_go, alone) in [
            ("15%", Some(345.6), Some(271.2), Some(3_254.4)), // SRE Workbook, chapter 5, figure 5-6
            ("10%", Some(518.4), Some(256.8), Some(3_081.6)),
            ("100%", Some(51.84), Some(295.68), Some(3_548.16)),
            ("1%", None, None, None),
        ] {
            let found = ask("99.9%", errors, "1h", "5m", "14.4").unwrap();
            let times =
                (found.fires_after_seconds, found.lets_go_after_seconds, found.lets_go_without_short_after_seconds);
            assert_eq!(times, (fires, lets_go, alone), "{errors}");
            assert!((found.budget_spent_ratio - 0.02).abs() < 1.0e-12);
        }
    }

    #[test]
    fn windows_and_factors_that_make_no_alert_are_refused_with_what_was_expected() {
        for (objective, long, short, factor, part) in [
            ("99.9%", "5m", "1h", "14.4", "short window that is not shorter"),
            ("99.9%", "1h", "5m", "0.5", "expected at least 1"),
            ("90%", "1h", "5m", "14.4", "can never fire"),
        ] {
            let Err(Failure::Usage(message)) = ask(objective, "10%", long, short, factor) else {
                panic!("{factor} over {long}/{short} is an alert")
            };
            assert!(message.contains(part), "{message}");
        }
    }
}
