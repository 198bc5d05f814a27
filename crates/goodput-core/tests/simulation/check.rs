//! What an instance says, held to the naive model.

use goodput_core::{
    AlarmState, BurnRate, Case, Cause, ConditionStatus, Counts, Evidence, MinBad, Objective, Observation, Row,
    SloStatus, Status, Transition, Turn, WindowStatus,
};

use super::model::{AlertOf, Model};

/// Floats that are for display may differ by their rounding.
const ROUNDING: f64 = 1.0e-9;

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= ROUNDING * one.abs().max(other.abs()).max(1.0)
}

/// All windows and budgets of a status; of what is said at a tick, where alerts stand as well.
pub(crate) fn status(status: &Status, model: &mut Model, is_tick: bool, when: &str) {
    for (index, slo) in status.slos.iter().enumerate() {
        for window in &slo.windows {
            check_window(window, slo.objective, model, index, &format!("{when}, {}", slo.name));
        }
        check_budget(slo, when);
        for condition in slo.conditions.iter().filter(|_| is_tick) {
            check_condition(slo, condition, model, when);
        }
    }
}

/// I6, I7, I10.
fn check_window(window: &WindowStatus, objective: Objective, model: &Model, slo: usize, when: &str) {
    let Observation { window: length, counts, coverage, edge_gap, .. } = window.seen;
    let when = || format!("{when}: {length}, gap {edge_gap:?}");
    let exact = model.within(length.duration(), slo);
    let reached = model.within(length.duration() + edge_gap, slo);
    for (exact, seen, reached) in [
        (exact.good, counts.good, reached.good),
        (exact.bad, counts.bad, reached.bad),
        (exact.excluded, counts.excluded, reached.excluded),
    ] {
        assert!(exact <= seen && seen <= reached, "I6 {}: {exact} <= {seen} <= {reached}", when());
    }
    // The far edge is a mark of history, and the gap says which: nothing lies between.
    assert_eq!(counts, reached, "I6 {}", when());

    if exact.valid() > 0 {
        let ratio = |bad: u64, valid: u64| bad as f64 / valid as f64;
        let off = (ratio(counts.bad, counts.valid()) - ratio(exact.bad, exact.valid())).abs();
        let most = ratio(counts.valid() - exact.valid(), counts.valid());
        assert!(off <= most + ROUNDING, "I7 {}: off by {off}, at most {most}", when());
    }

    let seen = model.seen(length.duration());
    assert!(coverage.seen() <= seen, "I10 {}: {:?} of {seen:?}", when(), coverage.seen());
    assert!(coverage.seen() + edge_gap >= seen, "I10 {}: {:?} of {seen:?}", when(), coverage.seen());
    assert_eq!(coverage.whole(), length.duration(), "I10 {}", when());
    match window.scaled_burn {
        BurnRate::Of(scaled) => {
            let burn = counts.bad as f64 / counts.valid() as f64 / allowed(objective);
            let expected = burn * coverage.seen().as_secs_f64() / length.duration().as_secs_f64();
            assert!(is_close(scaled, expected), "I10 {}: burn {scaled}, not {expected}", when());
        }
        BurnRate::NoData => assert_eq!(counts.valid(), 0, "I10 {}", when()),
    }
}

fn allowed(objective: Objective) -> f64 {
    f64::from(objective.bad_ppb()) / 1.0e9
}

/// I9, of what three instances might say.
pub(crate) fn merges(cases: [&Case; 3], when: &str) {
    let [one, two, three] = cases;
    let add = |one: &Case, other: &Case| one.clone().merge(other.clone()).unwrap();
    let both = add(one, two);
    assert_eq!(both, add(two, one), "I9 {when}");
    assert_eq!(add(&both, three), add(one, &add(two, three)), "I9 {when}");
    let windows = |case: &Case| -> Vec<Counts> {
        let mut slos: Vec<_> = case.slos.iter().collect();
        slos.sort_by(|a, b| a.slo.cmp(&b.slo));
        let pages = |slo: &Evidence| slo.pages.iter().map(|page| page.long).collect::<Vec<_>>();
        let windows = slos.iter().flat_map(|slo| [vec![slo.seen, slo.hour, slo.six_hours], pages(slo)].concat());
        windows.map(|seen| seen.counts).collect()
    };
    for ((one, two), both) in windows(one).into_iter().zip(windows(two)).zip(windows(&both)) {
        assert_eq!(both, one + two, "I9 {when}");
        // Crosswise: whether the first ratio is at most the other.
        let at_most = |one: Counts, other: Counts| {
            u128::from(one.bad) * u128::from(other.valid()) <= u128::from(other.bad) * u128::from(one.valid())
        };
        if one.valid() > 0 && two.valid() > 0 {
            let (least, most) = if at_most(one, two) { (one, two) } else { (two, one) };
            assert!(at_most(least, both) && at_most(both, most), "I9 {when}: {one:?} {two:?}");
        }
    }
}

/// I18.
fn check_budget(slo: &SloStatus, when: &str) {
    let period = slo.windows.last().unwrap().seen;
    assert_eq!(period.window, slo.period.window());
    let (bad, valid) = (period.counts.bad as f64, period.counts.valid() as f64);
    let covered = period.coverage.seen().as_secs_f64() / slo.period.window().duration().as_secs_f64();
    match slo.budget.spent() {
        None => assert!(period.counts.valid() == 0, "I18 {when}, {}", slo.name),
        Some(spent) => {
            let expected = bad / (allowed(slo.objective) * valid) * covered;
            assert!(is_close(spent, expected), "I18 {when}, {}: spent {spent}, not {expected}", slo.name);
        }
    }
}

/// I8, I13: what holds at a tick fires, as no row here waits.
fn check_condition(slo: &SloStatus, condition: &ConditionStatus, model: &mut Model, when: &str) {
    let row = condition.row;
    let fires = matches!(condition.alarm, AlarmState::Firing { .. });
    let of = (slo.name.clone(), Cause::Row(row).to_string());
    assert_eq!(fires, model.told.firing.contains(&of), "I15 {when}: {of:?}");
    if holds(&row, slo.objective, slo.min_bad, &slo.windows) {
        assert!(fires, "I13 {when}: {of:?} holds and does not fire");
        model.told.last_held.insert(of, model.now);
    }
}

/// Whether both windows burn too fast, by I8, and enough events were bad.
fn holds(row: &Row, objective: Objective, min_bad: MinBad, windows: &[WindowStatus]) -> bool {
    let find = |length| windows.iter().map(|window| window.seen).find(|seen| seen.window == length).unwrap();
    let (long, short) = (find(row.long()), find(row.short()));
    let (long_secs, short_secs) = (u128::from(row.long().secs()), u128::from(row.short().secs()));
    // Bad over valid, times the time seen, is more than the outage that the row allows in the long window; in the short one its part.
    let outage = |seen: &Observation| u128::from(seen.counts.bad) * seen.coverage.seen().as_nanos() * 1_000_000_000;
    let allowed = |seen: &Observation| row.full_outage_attos() * u128::from(seen.counts.valid());
    outage(&long) > allowed(&long)
        && outage(&short) * long_secs > allowed(&short) * short_secs
        && long.counts.bad >= min_bad.floor(objective, row, &long)
}

/// I12 to I15, of one transition that was told at the model's now.
pub(crate) fn transition(told: &Transition, of: &Status, model: &mut Model, when: &str) {
    let alert = &told.alert;
    let key: AlertOf = (alert.slo.clone(), alert.cause.to_string());
    let index = of.slos.iter().position(|slo| slo.name == alert.slo).unwrap();
    let slo = &of.slos[index];
    assert_eq!(told.at.since_origin(), model.now, "{when}: {key:?}");
    let rows = if let Cause::Row(row) = &alert.cause { Some(row) } else { None };
    let held = rows.is_some_and(|row| holds(row, slo.objective, slo.min_bad, &alert.windows));
    match told.change {
        Turn::Fired => {
            assert!(model.told.firing.insert(key.clone()), "I15 {when}: {key:?} fires twice");
            if let Some(row) = rows {
                let long = alert.windows.iter().find(|window| window.seen.window == row.long()).unwrap().seen;
                let valid = model.within(long.window.duration() + long.edge_gap, index).valid();
                assert!(valid > 0, "I12 {when}: {key:?} fires and there is nothing");
                assert!(held, "I13 {when}: {key:?} fires and does not hold");
            }
        }
        Turn::Resolved(_) => {
            assert!(model.told.firing.remove(&key), "I15 {when}: {key:?} resolves and does not fire");
            assert!(!held, "I14 {when}: {key:?} resolves and holds");
            if let Some(last) = model.told.last_held.get(&key) {
                let quiet = model.now - *last;
                assert!(quiet >= alert.cause.timing().keep_firing, "I14 {when}: {key:?} was quiet for {quiet:?} only");
            }
        }
        _ => assert!(model.told.firing.contains(&key), "I15 {when}: {key:?} emerges and does not fire"),
    }
}
