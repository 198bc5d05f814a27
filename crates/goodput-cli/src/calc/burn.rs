//! How fast errors spend a budget, and when nothing is left of it.

use std::time::Duration;

use clap::Args;
use goodput_model::{BurnRate, Counts, Exhaustion, Objective, Period, Remaining, Share, time_to_exhaustion};
use serde::Serialize;

use super::{SCHEMA, Target, ratio};
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Page, Took, factor, percent};

/// How fast errors spend a budget, and how long it lasts
#[derive(Args, Debug)]
pub(super) struct Burn {
    #[command(flatten)]
    target: Target,
    /// The share of events that is bad, such as 1%
    #[arg(long, value_name = "SHARE")]
    error_ratio: Share,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    objective: String,
    period: String,
    error_ratio: f64,
    burn_rate: f64,
    exhausted_after_seconds: Option<f64>,
    /// Why it is never exhausted.
    reason: Option<&'static str>,
    /// Other burn rates, to compare with.
    others: Vec<Lasting>,
    #[serde(skip)]
    human: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Lasting {
    burn_rate: f64,
    error_ratio: f64,
    exhausted_after_seconds: f64,
}

pub(super) fn run(question: &Burn, form: Form) -> Result<u8, Failure> {
    form.print(&answer(question), |answer| answer.human.clone())?;
    Ok(exit::OK)
}

fn answer(question: &Burn) -> Answer {
    let Target { objective, period } = question.target;
    let errors = question.error_ratio;
    let rate = burn(objective, errors);
    let lasts = lasts(rate, period);
    let others = others(objective, period);

    let mut page = Page::default();
    let (budget, bad) = (percent(question.target.budget_share()), percent(ratio(errors)));
    page.say(0, &format!("{bad} errors / {budget} error budget of {objective} = a burn rate of {}", factor(rate)));
    let end = match lasts {
        Some(time) => format!("{period} / {} = {} until a full budget is spent", factor(rate), Took(time)),
        None => "Nothing is spent: a full budget stays full.".to_owned(),
    };
    page.say(0, &end);
    page.gap();
    let row = |other: &Lasting| {
        let time = Duration::try_from_secs_f64(other.exhausted_after_seconds).unwrap_or_default();
        vec![factor(other.burn_rate), percent(other.error_ratio), Took(time).to_string()]
    };
    page.table(2, &["burn rate", "errors", "budget lasts"], &others.iter().map(row).collect::<Vec<_>>());

    Answer {
        schema: SCHEMA,
        kind: "burn",
        objective: objective.to_string(),
        period: period.to_string(),
        error_ratio: ratio(errors),
        burn_rate: rate,
        exhausted_after_seconds: lasts.map(|time| time.as_secs_f64()),
        reason: lasts.is_none().then_some("nothing-spent"),
        others,
        human: page.into_text(),
    }
}

/// The burn of a stream of events of which this share is bad.
fn burn(objective: Objective, errors: Share) -> f64 {
    let (bad, whole) = (u64::from(errors.milli_percent()), u64::from(Share::ALL.milli_percent()));
    BurnRate::raw(objective, Counts { good: whole - bad, bad, excluded: 0 }).value().unwrap_or(0.0)
}

fn lasts(rate: f64, period: Period) -> Option<Duration> {
    match time_to_exhaustion(Remaining::Is(1.0), BurnRate::Of(rate), period) {
        Exhaustion::In(time) | Exhaustion::Within(time) => Some(time),
        Exhaustion::NoData | Exhaustion::Never | Exhaustion::Exhausted => None,
    }
}

/// The burn rates of SRE Workbook, chapter 5, table 5-4, whose last one is a total outage; none beyond that.
fn others(objective: Objective, period: Period) -> Vec<Lasting> {
    let most = burn(objective, Share::ALL);
    let budget = f64::from(objective.bad_ppb()) / 1.0e9;
    let rates = [1.0, 2.0, 10.0].into_iter().filter(|rate| *rate < most).chain([most]);
    let lasting = |rate: f64| {
        let time = lasts(rate, period)?;
        Some(Lasting {
            burn_rate: rate,
            error_ratio: (rate * budget).min(1.0),
            exhausted_after_seconds: time.as_secs_f64(),
        })
    };
    rates.filter_map(lasting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(objective: &str, errors: &str) -> Answer {
        let target = Target { objective: objective.parse().unwrap(), period: Period::D30 };
        answer(&Burn { target, error_ratio: errors.parse().unwrap() })
    }

    const DAY: f64 = 86_400.0;

    #[test]
    fn burn_rates_exhaust_the_budget_as_tabulated() {
        for (objective, errors, rate, seconds) in [
            ("99.9%", "0.1%", 1.0, Some(30.0 * DAY)),
            ("99.9%", "0.2%", 2.0, Some(15.0 * DAY)),
            ("99.9%", "1%", 10.0, Some(3.0 * DAY)),
            ("99.9%", "100%", 1_000.0, Some(43.2 * 60.0)),
            ("99.9%", "3.5%", 35.0, Some(30.0 / 35.0 * DAY)),
            ("99.9%", "10%", 100.0, Some(0.3 * DAY)),
            ("99.999%", "100%", 100_000.0, Some(25.92)),
            ("99.9%", "0%", 0.0, None),
        ] {
            let found = ask(objective, errors);
            assert!((found.burn_rate - rate).abs() <= rate * 1.0e-12, "{errors} at {objective}: {}", found.burn_rate);
            match (found.exhausted_after_seconds, seconds) {
                (Some(found), Some(seconds)) => assert!((found - seconds).abs() < 1.0e-6 * seconds, "{found}"),
                (found, seconds) => assert_eq!(found, seconds),
            }
        }
    }

    #[test]
    fn the_rates_to_compare_with_are_those_of_the_book_and_none_beyond_a_total_outage() {
        let rates =
            |objective| ask(objective, "1%").others.iter().map(|other| other.burn_rate.round()).collect::<Vec<_>>();
        assert_eq!(rates("99.9%"), [1.0, 2.0, 10.0, 1_000.0]);
        assert_eq!(rates("90%"), [1.0, 2.0, 10.0]);
        assert_eq!(rates("50%"), [1.0, 2.0]);
    }
}
