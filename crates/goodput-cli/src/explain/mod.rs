//! `goodput explain`: what an SLO file means, in numbers and in words.

mod age;
mod alerts;
mod classification;
mod codes;
mod counted;
mod human;
mod one_bad;
mod report;
mod subject;
#[cfg(test)]
mod tests;

use clap::Args;
use goodput_model::{Budget as Allowed, Counts};
use goodput_model::{Definition, Observation, Slo, Window};

use self::counted::Counted;
use self::report::{Answer, Budget, Explained};
use crate::failure::Failure;
use crate::form::Form;
use crate::read::FileArg;
use crate::{exit, read};

/// What an SLO file means: which events are good, what the budget allows, when each alert fires
#[derive(Args, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    input: FileArg,
    /// Only the SLO of this name
    #[arg(long, value_name = "NAME")]
    slo: Option<String>,
    /// What a process of this age can know, in place of ages from a minute to the period
    #[arg(long, value_name = "WINDOW")]
    age: Option<Window>,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Form,
}

pub(crate) fn run(explain: &Explain) -> Result<u8, Failure> {
    let source = read::source(&explain.input.file)?;
    let document = goodput_spec::read(&source)?;
    let answer = answer(&document.definition, explain.slo.as_deref(), explain.age)
        .map_err(|what| Failure::input(format!("{}: {what}", source.name())))?;
    explain.output.print(&answer, human::page)?;
    Ok(exit::OK)
}

fn answer(definition: &Definition, name: Option<&str>, age: Option<Window>) -> Result<Answer, String> {
    let chosen: Vec<&Slo> = definition.slos.iter().filter(|slo| name.is_none_or(|name| slo.name() == name)).collect();
    if let (true, Some(name)) = (chosen.is_empty(), name) {
        let names: Vec<&str> = definition.slos.iter().map(Slo::name).take(20).collect();
        return Err(format!("no SLO is called {name:?}: expected one of {}", names.join(", ")));
    }
    let slos = chosen.into_iter().map(|slo| explained(definition, slo, age)).collect::<Result<_, _>>()?;
    Ok(Answer { schema: "goodput/explain/1", service: definition.service.clone(), slos })
}

fn explained(definition: &Definition, slo: &Slo, age: Option<Window>) -> Result<Explained, String> {
    let objective = slo.objective().map_err(ToString::to_string)?;
    let period = slo.judged_over();
    let counted = Counted::of(slo);
    let (policy, default) = alerts::policy(slo, objective)?;
    Ok(Explained {
        name: slo.name().to_owned(),
        description: slo.purpose().map(str::to_owned),
        journey: slo.journey_name().map(str::to_owned),
        indicator: slo.indicator().label(),
        subject: subject::words(definition, slo),
        objective: objective.to_string(),
        objective_ratio: objective.ratio(),
        period: period.to_string(),
        period_seconds: period.window().secs(),
        is_calendar: matches!(period, goodput_model::Period::Calendar(_)),
        budgeting: slo.budgeting_method().label(),
        unit: counted.unit(),
        slice_seconds: slo.budgeting_method().slice().map(Window::secs),
        errors_of: if counted.judges_whole_slices() { "slices" } else { "events" },
        classification: classification::words(definition, slo),
        budget: budget(&counted, objective, period.window()),
        default_alerts: default,
        alerts: alerts::rows(&policy, &counted, slo.least_bad_in_force()),
        adaptations: policy.adaptations().iter().map(ToString::to_string).collect(),
        first_alerts: alerts::first(&policy, &counted, slo.least_bad_in_force()),
        one_bad: one_bad::cost(&policy, &counted, objective, period.window(), slo.least_bad_in_force()),
        one_bad_reason: counted.in_window(Window::D1).is_none().then_some("no-traffic"),
        ages: age::table(&policy, objective, period, age),
    })
}

fn budget(counted: &Counted, objective: goodput_model::Objective, period: Window) -> Budget {
    let expected = counted.in_window(period);
    let counts = Counts { good: expected.unwrap_or(0), bad: 0, excluded: 0 };
    let allowed = Allowed::new(objective, &Observation::full(period, counts));
    Budget {
        ratio: f64::from(objective.bad_ppb()) / 1.0e9,
        outage_seconds: allowed.allowed_time().as_secs_f64(),
        traffic: counted.traffic().map(|rate| rate.to_string()),
        expected_in_period: expected.map(|count| count / counted.parts()),
        bad_allowed_in_period: expected.map(|_| allowed.allowed_events() / counted.parts()),
        reason: expected.is_none().then_some("no-traffic"),
    }
}
