//! What a risky change may cost the budget: expected, and at worst.

use std::time::Duration;

use clap::Args;
use goodput_model::{Budget, Counts, Objective, Observation, OutageTime, Period, ReleaseCost, Share, Window};
use serde::Serialize;

use super::SCHEMA;
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Page, Took, percent};

/// What a risky change may cost the budget: expected, and at worst
///
/// What is left is given as a time of total outage, or as the share of a budget that is spent.
#[derive(Args, Debug)]
pub(super) struct Risk {
    /// What is left of the budget, as total outage, such as 12m
    #[arg(long, value_name = "WINDOW", conflicts_with = "spent", required_unless_present = "spent")]
    left: Option<Window>,
    /// What is spent of the budget, such as 70%
    #[arg(long, value_name = "SHARE", requires = "objective")]
    spent: Option<Share>,
    /// The objective whose budget that is
    #[arg(long, requires = "spent")]
    objective: Option<Objective>,
    /// What it is judged over
    #[arg(long, default_value_t, value_parser = super::period)]
    period: Period,
    /// How probable an incident is, such as 20%
    #[arg(long, value_name = "SHARE")]
    probability: Share,
    /// How long a total outage it would be, such as 5m
    #[arg(long, value_name = "WINDOW")]
    incident: Window,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    left_seconds: f64,
    probability: f64,
    incident_seconds: u32,
    expected_seconds: f64,
    expected_ratio: Option<f64>,
    worst_seconds: f64,
    worst_ratio: Option<f64>,
    /// Why there are no ratios.
    reason: Option<&'static str>,
    worst_fits: bool,
    #[serde(skip)]
    human: String,
}

pub(super) fn run(question: &Risk, form: Form) -> Result<u8, Failure> {
    form.print(&answer(question)?, |answer| answer.human.clone())?;
    Ok(exit::OK)
}

fn answer(question: &Risk) -> Result<Answer, Failure> {
    let left = left(question)?;
    let cost = ReleaseCost::new(question.probability.ratio(), question.incident.duration());
    let of = OutageTime::Left(left);
    let (expected, worst) = (cost.expected_share(of), cost.worst_share(of));
    let fits = cost.worst() <= left;

    let mut page = Page::default();
    page.say(0, &format!("{} of total outage is left.", Took(left)));
    page.gap();
    let of_left = |share: Option<f64>| share.map_or_else(String::new, |share| format!(", {} of it", percent(share)));
    let chance = percent(question.probability.ratio());
    let line = format!("{chance} x {} = {}{}", question.incident, Took(cost.expected()), of_left(expected));
    page.term(2, 10, "expected", &line);
    let fit = if fits { "which fits" } else { "which does not fit" };
    page.term(2, 10, "at worst", &format!("{}{}, {fit}", Took(cost.worst()), of_left(worst)));
    page.gap();
    page.say(0, "The first alone makes every gamble look cheap, the second alone forbids every change: weigh both.");

    Ok(Answer {
        schema: SCHEMA,
        kind: "risk",
        left_seconds: left.as_secs_f64(),
        probability: question.probability.ratio(),
        incident_seconds: question.incident.secs(),
        expected_seconds: cost.expected().as_secs_f64(),
        expected_ratio: expected,
        worst_seconds: cost.worst().as_secs_f64(),
        worst_ratio: worst,
        reason: expected.is_none().then_some("nothing-left"),
        worst_fits: fits,
        human: page.into_text(),
    })
}

fn left(question: &Risk) -> Result<Duration, Failure> {
    match (question.left, question.spent, question.objective) {
        (Some(left), _, _) => Ok(left.duration()),
        (None, Some(spent), Some(objective)) => {
            let whole = Observation::full(question.period.window(), Counts::default());
            let allowed = Budget::new(objective, &whole).allowed_time().as_nanos();
            // Below 2^55 * 2^17; the quotient is at most the budget.
            let rest = u128::from(Share::ALL.milli_percent() - spent.milli_percent());
            let nanos = allowed * rest / u128::from(Share::ALL.milli_percent());
            Ok(Duration::from_nanos(nanos.try_into().unwrap_or(u64::MAX)))
        }
        _ => Err(Failure::usage("expected --left, or --spent with --objective")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(left: Option<&str>, spent: Option<&str>, probability: &str, incident: &str) -> Answer {
        answer(&Risk {
            left: left.map(|left| left.parse().unwrap()),
            spent: spent.map(|spent| spent.parse().unwrap()),
            objective: spent.map(|_| "99.9%".parse().unwrap()),
            period: Period::D30,
            probability: probability.parse().unwrap(),
            incident: incident.parse().unwrap(),
        })
        .unwrap()
    }

    #[test]
    fn expected_and_worst_case_are_both_told() {
        let found = ask(Some("12m"), None, "20%", "5m");
        assert_eq!((found.expected_seconds, found.worst_seconds, found.worst_fits), (60.0, 300.0, true));
        assert!((found.expected_ratio.unwrap() - 1.0 / 12.0).abs() < 1.0e-12);
        assert!((found.worst_ratio.unwrap() - 5.0 / 12.0).abs() < 1.0e-12);
        assert!(!ask(Some("4m"), None, "20%", "5m").worst_fits);
    }

    #[test]
    fn what_is_left_follows_from_what_is_spent() {
        assert!((ask(None, Some("70%"), "10%", "8m").left_seconds - 777.6).abs() < 1.0e-9);
        let nothing = ask(None, Some("100%"), "10%", "8m");
        assert_eq!((nothing.expected_ratio, nothing.reason), (None, Some("nothing-left")));
    }
}
