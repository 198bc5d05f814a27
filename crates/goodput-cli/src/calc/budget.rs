//! What an objective allows: so many bad events, so much total outage.

use clap::Args;
use goodput_model::{Budget as Allowed, Counts, Observation, Rate};
use serde::Serialize;

use super::{SCHEMA, Target};
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Over, Page, Took, number, percent};

/// What an objective allows: so much total outage, so many bad events
#[derive(Args, Debug)]
pub(super) struct Budget {
    #[command(flatten)]
    target: Target,
    /// The traffic to expect, such as 10/h or 1000000/d
    #[arg(long)]
    traffic: Option<Rate>,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    objective: String,
    period: String,
    period_seconds: u32,
    budget_ratio: f64,
    outage_seconds: f64,
    traffic: Option<String>,
    events: Option<Events>,
    /// Why there are no events.
    reason: Option<&'static str>,
    #[serde(skip)]
    human: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Events {
    in_period: f64,
    bad_in_period: u64,
    bad_in_day: f64,
}

pub(super) fn run(question: &Budget, form: Form) -> Result<u8, Failure> {
    form.print(&answer(question), |answer| answer.human.clone())?;
    Ok(exit::OK)
}

fn answer(question: &Budget) -> Answer {
    let target = question.target;
    let events = question.traffic.map(|rate| events(target, rate));
    let window = target.period.window();
    let allowed = Allowed::new(target.objective, &Observation::full(window, Counts::default())).allowed_time();
    let (objective, period, share) = (target.objective, target.period, target.budget_share());

    let mut page = Page::default();
    page.say(0, &format!("{objective} over {} allows {} of the events to be bad.", Over(period), percent(share)));
    page.gap();
    let time = format!(
        "{} x {window} = {} of total outage; partial outages last longer in proportion",
        percent(share),
        Took(allowed)
    );
    page.term(2, 8, "time", &time);
    if let (Some(rate), Some(events)) = (question.traffic, events) {
        let count = format!(
            "{rate} x {window} = {} events, of which {} may be bad: {} a day",
            number(events.in_period),
            number(events.bad_in_period as f64),
            number(events.bad_in_day)
        );
        page.term(2, 8, "events", &count);
    } else {
        page.term(2, 8, "events", "with --traffic, such as 10/h or 1000000/d");
    }
    if let Some(note) = target.note() {
        page.gap();
        page.say(0, &note);
    }

    Answer {
        schema: SCHEMA,
        kind: "budget",
        objective: objective.to_string(),
        period: period.to_string(),
        period_seconds: window.secs(),
        budget_ratio: share,
        outage_seconds: allowed.as_secs_f64(),
        traffic: question.traffic.map(|rate| rate.to_string()),
        reason: events.is_none().then_some("no-traffic"),
        events,
        human: page.into_text(),
    }
}

/// Whole events, counted down: the last part of one is not allowed.
fn events(target: Target, rate: Rate) -> Events {
    let window = target.period.window();
    // Exact: a 32-bit number of events a second for 400 days is below 2^57.
    let parts = u64::from(rate.events()) * u64::from(window.secs());
    let valid = parts / u64::from(rate.unit().secs());
    let budget =
        Allowed::new(target.objective, &Observation::full(window, Counts { good: valid, bad: 0, excluded: 0 }));
    Events {
        in_period: rate.events_in(window),
        bad_in_period: budget.allowed_events(),
        bad_in_day: rate.events_in(goodput_model::Window::D1) * target.budget_share(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(objective: &str, period: &str, traffic: Option<&str>) -> Answer {
        let target = Target { objective: objective.parse().unwrap(), period: period.parse().unwrap() };
        answer(&Budget { target, traffic: traffic.map(|traffic| traffic.parse().unwrap()) })
    }

    #[test]
    fn a_budget_is_so_much_total_outage() {
        for (objective, period, seconds) in [
            ("99%", "30d", 432.0 * 60.0),
            ("99.5%", "30d", 216.0 * 60.0),
            ("99.9%", "30d", 43.2 * 60.0),
            ("99.9%", "28d", 40.32 * 60.0),
            ("99.9%", "4w", 40.32 * 60.0),
            ("99.9%", "7d", 10.08 * 60.0),
            ("99.9%", "90d", 129.6 * 60.0),
            ("99.95%", "30d", 21.6 * 60.0),
            ("99.99%", "30d", 4.32 * 60.0),
            ("99.99%", "28d", 4.032 * 60.0),
            ("99.99%", "month", 4.32 * 60.0),
            ("99.999%", "30d", 25.92),
        ] {
            let found = ask(objective, period, None).outage_seconds;
            assert!((found - seconds).abs() < 1.0e-6, "{objective} over {period}: {found}, expected {seconds}");
        }
    }

    #[test]
    fn a_budget_is_so_many_events() {
        for (objective, traffic, in_period, bad, daily) in [
            ("99.5%", "1000000/d", 30_000_000.0, 150_000, 5_000.0),
            ("99.9%", "10/h", 7_200.0, 7, 0.24),
            ("99.9%", "50/s", 129_600_000.0, 129_600, 4_320.0),
            ("99.999%", "1/d", 30.0, 0, 0.000_01),
        ] {
            let events = ask(objective, "30d", Some(traffic)).events.unwrap();
            assert_eq!((events.in_period, events.bad_in_period), (in_period, bad), "{objective} at {traffic}");
            assert!((events.bad_in_day - daily).abs() < 1.0e-9 * daily, "{}", events.bad_in_day);
        }
    }
}
