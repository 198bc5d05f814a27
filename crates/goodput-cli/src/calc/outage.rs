//! What an outage costs the budget.

use clap::Args;
use goodput_model::{Budget, Counts, Observation, Share, Window};
use serde::Serialize;

use super::{SCHEMA, Target, ratio};
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Over, Page, Took, percent};

/// What an outage costs the budget
#[derive(Args, Debug)]
pub(super) struct Outage {
    #[command(flatten)]
    target: Target,
    /// How long it lasts, such as 8m
    #[arg(long = "for", value_name = "WINDOW")]
    lasting: Window,
    /// The share of events that is bad meanwhile
    #[arg(long, value_name = "SHARE", default_value_t = Share::ALL)]
    errors: Share,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    objective: String,
    period: String,
    outage_seconds: u32,
    error_ratio: f64,
    budget_seconds: f64,
    spent_seconds: f64,
    spent_ratio: f64,
    #[serde(skip)]
    human: String,
}

pub(super) fn run(question: &Outage, form: Form) -> Result<u8, Failure> {
    form.print(&answer(question)?, |answer| answer.human.clone())?;
    Ok(exit::OK)
}

fn answer(question: &Outage) -> Result<Answer, Failure> {
    let Target { objective, period } = question.target;
    let (lasting, errors) = (question.lasting, question.errors);
    if lasting > period.window() {
        return Err(Failure::usage(format!("--for {lasting} is longer than the period: expected at most {period}")));
    }
    let allowed = Budget::new(objective, &Observation::full(period.window(), Counts::default())).allowed_time();
    // Milliseconds times thousandths of a percent: 400 days of them are below 2^53.
    let spent = f64::from(lasting.secs()) * f64::from(errors.milli_percent()) / f64::from(Share::ALL.milli_percent());
    let share = spent / allowed.as_secs_f64(); // never by zero: an objective leaves a budget

    let mut page = Page::default();
    let equal = std::time::Duration::try_from_secs_f64(spent).unwrap_or_default();
    let cost = format!(
        "{lasting} of {} errors is as much as {} of total outage: {} / {} = {} of the budget of {objective} over \
         {}.",
        percent(ratio(errors)),
        Took(equal),
        Took(equal),
        Took(allowed),
        percent(share),
        Over(period)
    );
    page.say(0, &cost);
    page.say(0, "As if traffic were even: in a busy hour it costs more, in a quiet one less.");
    if let Some(note) = question.target.note() {
        page.say(0, &note);
    }

    Ok(Answer {
        schema: SCHEMA,
        kind: "outage",
        objective: objective.to_string(),
        period: period.to_string(),
        outage_seconds: lasting.secs(),
        error_ratio: ratio(errors),
        budget_seconds: allowed.as_secs_f64(),
        spent_seconds: spent,
        spent_ratio: share,
        human: page.into_text(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use goodput_model::Period;

    #[test]
    fn incidents_spend_so_much_of_it() {
        for (objective, period, lasting, errors, percent) in [
            ("99.9%", Period::D30, "8m", "100%", 18.518_518),
            ("99.99%", Period::D30, "8m", "100%", 185.185_185),
            ("99.9%", Period::D30, "10m", "0.1%", 0.023_148),
            ("99.9%", Period::D30, "1h", "100%", 138.888_888),
            ("99.9%", Period::D30, "5m", "100%", 11.574_074),
            ("90%", Period::D30, "1h", "100%", 1.388_888),
            ("99.9%", Period::D7, "1h", "14.4%", 85.714_285),
        ] {
            let target = Target { objective: objective.parse().unwrap(), period };
            let question = Outage { target, lasting: lasting.parse().unwrap(), errors: errors.parse().unwrap() };
            let found = answer(&question).unwrap().spent_ratio * 100.0;
            assert!((found - percent).abs() < 1.0e-6, "{lasting} of {errors} at {objective}: {found}");
        }
    }
}
