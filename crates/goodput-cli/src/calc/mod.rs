//! `goodput calc`: the arithmetic of error budgets, without a file.

mod budget;
mod burn;
mod detect;
mod outage;
mod risk;

use clap::{Args, Subcommand};
use goodput_model::{Objective, Period, Share, Window};

use crate::failure::Failure;
use crate::form::Form;

const SCHEMA: &str = "goodput/calc/1";

/// The pocket calculator of error budgets
///
/// Every answer shows how it is reached. Percentages carry their sign (99.9%), lengths of time their unit (8m), rates
/// what they are per (10/h).
#[derive(Args, Debug)]
pub(crate) struct Calc {
    #[command(subcommand)]
    question: Question,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, global = true, value_name = "FORM", display_order = 800)]
    output: Form,
}

#[derive(Debug, Subcommand)]
enum Question {
    Budget(budget::Budget),
    Burn(burn::Burn),
    Detect(detect::Detect),
    Outage(outage::Outage),
    Risk(risk::Risk),
}

pub(crate) fn run(calc: &Calc) -> Result<u8, Failure> {
    match &calc.question {
        Question::Budget(question) => budget::run(question, calc.output),
        Question::Burn(question) => burn::run(question, calc.output),
        Question::Detect(question) => detect::run(question, calc.output),
        Question::Outage(question) => outage::run(question, calc.output),
        Question::Risk(question) => risk::run(question, calc.output),
    }
}

/// What most questions are about.
#[derive(Args, Clone, Copy, Debug)]
struct Target {
    /// The share of events that has to be good, such as 99.9%
    #[arg(long)]
    objective: Objective,
    /// What it is judged over: 30d, 4w, month, quarter
    #[arg(long, default_value_t, value_parser = period)]
    period: Period,
}

/// A period as an SLO file takes it: in `1m`, a minute, a month is meant.
pub(crate) fn period(text: &str) -> Result<Period, String> {
    let period: Period = text.parse().map_err(|error: goodput_model::WindowError| error.to_string())?;
    if period.window() < Window::D1 {
        return Err(format!(
            "period {period}: expected at least 1d (m means minutes; calendar periods are month and quarter)"
        ));
    }
    Ok(period)
}

impl Target {
    /// The error budget as a share of the events.
    fn budget_share(self) -> f64 {
        f64::from(self.objective.bad_ppb()) / 1.0e9
    }

    /// What everybody should know about a period that is no fixed length of time.
    fn note(self) -> Option<String> {
        let Period::Calendar(unit) = self.period else { return None };
        Some(format!("A {} has no length of its own; this calculates with {}.", unit.label(), self.period.window()))
    }
}

/// A share in the words of programs: between 0 and 1.
fn ratio(share: Share) -> f64 {
    share.ratio()
}
