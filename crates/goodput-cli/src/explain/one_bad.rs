//! What a single bad event costs, and whether it alone would wake somebody.

use goodput_model::{Budget, MinBad, Objective, Policy, Row, Severity, UnseenTime, Window, evaluate};

use super::counted::{Counted, full};
use super::report::{Alone, OneBad};

/// One bad event among the good ones that the traffic brings; `None` where nobody says how many come.
pub(super) fn cost(
    policy: &Policy,
    counted: &Counted,
    objective: Objective,
    period: Window,
    min_bad: MinBad,
) -> Option<OneBad> {
    let one = counted.parts();
    let valid = counted.in_window(period)?.max(one);
    let spent = Budget::new(objective, &full(period, valid, one)).spent()?;
    let rows: Vec<(Severity, Alone)> =
        policy.rows().iter().filter_map(|row| Some((row.severity(), alone(row, counted, min_bad, one)?))).collect();
    Some(OneBad {
        budget_share: spent,
        pages: rows.iter().any(|(severity, alone)| *severity == Severity::Page && alone.fires),
        rows: rows.into_iter().map(|(_, alone)| alone).collect(),
    })
}

fn alone(row: &Row, counted: &Counted, min_bad: MinBad, one: u64) -> Option<Alone> {
    // The bad one itself came, however few come on average.
    let seen = |window| Some(full(window, counted.in_window(window)?.max(one), one));
    let (long, short) = (seen(row.long())?, seen(row.short())?);
    let judge = |min_bad| evaluate(row, row.objective(), &long, &short, min_bad, UnseenTime::Scaled, false);
    let found = judge(min_bad);
    Some(Alone {
        row: row.to_string(),
        burn: found.long.value(),
        exceeds: judge(MinBad::AtLeast(0)).active,
        min_bad: counted.things(found.min_bad),
        fires: found.active,
    })
}
