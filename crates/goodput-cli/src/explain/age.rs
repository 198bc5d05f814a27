//! What a process can know that is younger than the windows it looks back through.

use goodput_model::{
    Budget, Counts, MinBad, Objective, Observation, Period, Policy, Remaining, Row, UnseenTime, Window, evaluate,
};

use super::report::{Age, Young};

/// One line for the age asked for, else one each for a minute, an hour, a day and the period.
pub(super) fn table(policy: &Policy, objective: Objective, period: Period, asked: Option<Window>) -> Vec<Age> {
    let usual = [Window::M1, Window::H1, Window::D1, period.window()];
    let mut ages = asked.map_or_else(|| usual.to_vec(), |age| vec![age]);
    ages.dedup();
    ages.into_iter().map(|age| line(policy, objective, period, age)).collect()
}

fn line(policy: &Policy, objective: Objective, period: Period, age: Window) -> Age {
    let seen = |window: Window| Observation::partial(window, ONE_GOOD, age.duration());
    let whole = seen(period.window());
    Age {
        length: age.to_string(),
        seconds: age.secs(),
        period_coverage: whole.covered_share(),
        remaining: match Budget::new(objective, &whole).remaining() {
            Remaining::Is(_) => "is",
            Remaining::AtMost(_) | Remaining::NoData => "at_most",
        },
        rows: policy.rows().iter().map(|row| young(row, &seen(row.long()), &seen(row.short()))).collect(),
    }
}

/// Something has to have happened: without events there would be nothing to say about the budget.
const ONE_GOOD: Counts = Counts { good: 1, bad: 0, excluded: 0 };

fn young(row: &Row, long: &Observation, short: &Observation) -> Young {
    let found = evaluate(row, row.objective(), long, short, MinBad::Auto, UnseenTime::Scaled, false);
    Young {
        row: row.to_string(),
        window: row.long().to_string(),
        coverage: long.covered_share(),
        effective_factor: found.effective_factor,
        can_fire: long.covered() > row.full_outage(),
    }
}
