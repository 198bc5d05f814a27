//! From an objective that is met to one that is wanted, in phases.

use clap::Args;
use goodput_model::{Budget, Counts, Objective, Observation, Period};
use serde::Serialize;

use super::SCHEMA;
use super::ladder::rungs;
use crate::exit;
use crate::failure::Failure;
use crate::form::Form;
use crate::text::{Page, Took};

/// From an objective that is met to one that is wanted, in phases
///
/// Each phase is the next round objective: 50, 80, 90, 95, 98, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999 %. The
/// first lasts a month, the second two, every further one three, the last for ever: a smaller budget takes longer to
/// tell.
#[derive(Args, Debug)]
pub(super) struct Progress {
    /// The objective that is met now
    #[arg(long, value_name = "OBJECTIVE")]
    from: Objective,
    /// The objective that is wanted
    #[arg(long, value_name = "OBJECTIVE")]
    to: Objective,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    kind: &'static str,
    phases: Vec<Phase>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Phase {
    objective: String,
    /// `None`: from then on.
    months: Option<u32>,
    /// Total outage that 30 days allow.
    outage_seconds: f64,
    /// What has to be met in every month of this phase before the next begins.
    next: Option<String>,
}

pub(super) fn run(question: &Progress, form: Form) -> Result<u8, Failure> {
    let answer = Answer { schema: SCHEMA, kind: "progress", phases: phases(question.from, question.to)? };
    form.print(&answer, human)?;
    Ok(exit::OK)
}

fn phases(from: Objective, to: Objective) -> Result<Vec<Phase>, Failure> {
    if from >= to {
        return Err(Failure::usage(format!(
            "--to {to} is no tighter than --from {from}: expected a greater objective"
        )));
    }
    let between = rungs().filter(|rung| (from..to).contains(rung) && *rung != from);
    let steps: Vec<Objective> = [from].into_iter().chain(between).chain([to]).collect();
    let phase = |(index, objective): (usize, &Objective)| {
        let next = steps.get(index + 1);
        let allowed = Budget::new(*objective, &Observation::full(Period::D30.window(), Counts::default()));
        Phase {
            objective: objective.to_string(),
            months: next.map(|_| u32::try_from(index + 1).unwrap_or(LONGEST).min(LONGEST)),
            outage_seconds: allowed.allowed_time().as_secs_f64(),
            next: next.map(Objective::to_string),
        }
    };
    Ok(steps.iter().enumerate().map(phase).collect())
}

/// Months: who has met an objective for a quarter may have the next.
const LONGEST: u32 = 3;

fn human(answer: &Answer) -> String {
    let mut page = Page::default();
    let row = |phase: &Phase| {
        let outage = std::time::Duration::try_from_secs_f64(phase.outage_seconds).unwrap_or_default();
        let lasts = match phase.months {
            Some(1) => "1 month".to_owned(),
            Some(months) => format!("{months} months"),
            None => "from then on".to_owned(),
        };
        let next = phase.next.as_ref().map_or_else(String::new, |next| format!("{next} is met in each month"));
        vec![phase.objective.clone(), lasts, Took(outage).to_string(), next]
    };
    let rows: Vec<Vec<String>> = answer.phases.iter().map(row).collect();
    page.table(0, &["objective", "lasts", "outage in 30d", "goes on when"], &rows);
    page.gap();
    page.say(0, "Stay in a phase until its condition holds, and go back one if the budget is spent twice in a row.");
    page.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, expected: &[(&str, Option<u32>)]) {
        let phases = phases(from.parse().unwrap(), to.parse().unwrap()).unwrap();
        let found: Vec<_> = phases.iter().map(|phase| (phase.objective.as_str(), phase.months)).collect();
        assert_eq!(found, expected, "{from} to {to}");
    }

    #[test]
    fn phases_get_longer_until_a_quarter_and_the_last_has_no_end() {
        check("99%", "99.95%", &[("99%", Some(1)), ("99.5%", Some(2)), ("99.9%", Some(3)), ("99.95%", None)]);
        check("90%", "99%", &[("90%", Some(1)), ("95%", Some(2)), ("98%", Some(3)), ("99%", None)]);
        check("99.2%", "99.93%", &[("99.2%", Some(1)), ("99.5%", Some(2)), ("99.9%", Some(3)), ("99.93%", None)]);
        check("99.9999%", "99.99999%", &[("99.9999%", Some(1)), ("99.99999%", None)]);
        check(
            "98%",
            "99.95%",
            &[("98%", Some(1)), ("99%", Some(2)), ("99.5%", Some(3)), ("99.9%", Some(3)), ("99.95%", None)],
        );
    }

    #[test]
    fn one_does_not_get_better_by_going_back() {
        for (from, to) in [("99.9%", "99.9%"), ("99.9%", "99%")] {
            let refused = phases(from.parse().unwrap(), to.parse().unwrap());
            assert!(matches!(refused, Err(Failure::Usage(_))), "{from} to {to}");
        }
    }
}
