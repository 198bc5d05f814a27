//! Properties of the arithmetic, for all inputs:
//!
//! - conditions decide as exact rationals do, and count a threshold that is reached as not exceeded;
//! - scaling by coverage is the same as error-free traffic before the start;
//! - more bad events never calm a condition, more good ones never alarm it;
//! - of two observations that both exceed a row, the sum exceeds it as well, and of two that do not, it does not;
//! - excluded events change nothing;
//! - every objective from 50 % to 99.999 % loads over 7, 28, 30 and 90 days with a page that a total outage fires;
//! - unseen time never makes a budget look more spent.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use goodput_model::{
    AlertRow, Budget, BurnRate, Counts, Evaluation, MinBad, Objective, Observation, Period, Policy, Remaining, Row,
    Severity, Trigger, UnseenTime, Window, evaluate,
};
use proptest::prelude::*;
use std::time::Duration;

/// A row with a factor in thousandths that suits its objective, over one of the usual pairs of windows.
fn any_row() -> impl Strategy<Value = (Row, u32)> {
    let pairs = prop::sample::select(vec![
        (Window::H1, Window::M5),
        (Window::H6, Window::M30),
        (Window::D1, Window::H2),
        (Window::D3, Window::H6),
        (Window::from_secs(7_919).unwrap(), Window::from_secs(661).unwrap()),
    ]);
    (pairs, 500_000_000..1_000_000_000_u32, 1_000..100_000_u32).prop_filter_map(
        "reachable",
        |((long, short), ppb, milli)| {
            let objective = Objective::from_good_ppb(ppb).ok()?;
            let alert = AlertRow::new(Severity::Page, long, short, Trigger::Factor { milli });
            Row::resolve(alert, objective, Period::D30).ok().map(|row| (row, milli))
        },
    )
}

/// Counts of every magnitude, with error ratios near the budgets that rows ask for.
fn any_counts() -> impl Strategy<Value = Counts> {
    (1..1_u64 << 40, 0..=1_000_000_u64, 0..41_u32).prop_map(|(valid, bad_ppm, shift)| {
        let valid = (valid >> shift).max(1);
        let bad = u64::try_from(u128::from(valid) * u128::from(bad_ppm) / 1_000_000).unwrap();
        Counts { good: valid - bad, bad, excluded: 0 }
    })
}

fn judge(row: &Row, long: &Observation, short: &Observation) -> Evaluation {
    evaluate(row, row.objective(), long, short, MinBad::AtLeast(0), UnseenTime::Scaled, false)
}

/// The row judged on the same observation in both windows' terms: `seen` seconds of its long window, all of its short
/// one.
fn long_exceeds(row: &Row, counts: Counts, seen: u64) -> bool {
    let long = Observation::partial(row.long(), counts, Duration::from_secs(seen));
    let outage = Observation::full(row.short(), Counts { good: 0, bad: 1, excluded: 0 });
    judge(row, &long, &outage).active
}

fn short_exceeds(row: &Row, counts: Counts, seen: u64) -> bool {
    let outage = Observation::full(row.long(), Counts { good: 0, bad: 1, excluded: 0 });
    let short = Observation::partial(row.short(), counts, Duration::from_secs(seen));
    judge(row, &outage, &short).active
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn conditions_decide_as_rationals_do((row, milli) in any_row(), counts in any_counts(), part in 1..=1_000_u64) {
        // `bad * 10^12 * T > b_milli * e_ppb * n * W`: below 2^106 here, so the products are the rationals.
        let expected = |window: Window, seen: u64| {
            let left = u128::from(counts.bad) * 10_u128.pow(12) * u128::from(seen);
            let budget = u128::from(milli) * u128::from(row.objective().bad_ppb());
            left > budget * u128::from(counts.valid()) * u128::from(window.secs())
        };
        let seen = |window: Window| (u64::from(window.secs()) * part / 1_000).max(1);
        prop_assert_eq!(long_exceeds(&row, counts, seen(row.long())), expected(row.long(), seen(row.long())));
        prop_assert_eq!(short_exceeds(&row, counts, seen(row.short())), expected(row.short(), seen(row.short())));
    }

    #[test]
    fn a_threshold_that_is_reached_is_not_exceeded((row, milli) in any_row(), scale in 1..1_000_000_u64) {
        // b * e as a fraction of 10^12 events: exactly that many bad ones are at the threshold.
        let bad = u64::from(milli) * u64::from(row.objective().bad_ppb());
        let (valid, bad) = (1_000_000_000_000 * scale, bad * scale);
        let counts = |bad| Counts { good: valid - bad, bad, excluded: 0 };
        let full = u64::from(row.long().secs());
        prop_assert!(!long_exceeds(&row, counts(bad), full));
        prop_assert!(long_exceeds(&row, counts(bad + 1), full));
        prop_assert!(!short_exceeds(&row, counts(bad), u64::from(row.short().secs())));
        prop_assert!(short_exceeds(&row, counts(bad + 1), u64::from(row.short().secs())));
    }

    #[test]
    fn scaling_is_error_free_traffic_before_the_start(
        (row, _) in any_row(), per_second in 1..1_000_000_u64, bad_ppm in 0..=1_000_000_u64, part in 1..=1_000_u64,
    ) {
        let window = u64::from(row.long().secs());
        let seen = (window * part / 1_000).max(1);
        let valid = per_second * seen;
        let bad = valid / 1_000_000 * bad_ppm;
        let young = Counts { good: valid - bad, bad, excluded: 0 };
        let preceded = young + Counts { good: per_second * (window - seen), bad: 0, excluded: 0 };

        prop_assert_eq!(long_exceeds(&row, young, seen), long_exceeds(&row, preceded, window));

        let observation = Observation::partial(row.long(), young, Duration::from_secs(seen));
        let scaled = BurnRate::scaled(row.objective(), &observation).value().unwrap();
        let raw = BurnRate::raw(row.objective(), preceded).value().unwrap();
        prop_assert!((scaled - raw).abs() <= raw * 1.0e-12, "{} and {}", scaled, raw);
    }

    #[test]
    fn bad_events_never_calm_and_good_ones_never_alarm(
        (row, _) in any_row(), long in any_counts(), short in any_counts(), part in 1..=1_000_u32, more in 1..1_000_u64,
        min_bad in prop::sample::select(vec![MinBad::Auto, MinBad::AtLeast(3), MinBad::AtLeast(0)]), was_active: bool,
    ) {
        let seen = row.long().duration() * part / 1_000;
        let active = |long, short, was_active| {
            let (long, short) = (Observation::partial(row.long(), long, seen), Observation::full(row.short(), short));
            evaluate(&row, row.objective(), &long, &short, min_bad, UnseenTime::Scaled, was_active).active
        };
        let bad = Counts { bad: more, ..Counts::default() };
        let good = Counts { good: more, ..Counts::default() };
        if active(long, short, was_active) {
            prop_assert!(active(long + bad, short, was_active));
            prop_assert!(active(long + bad, short + bad, was_active));
        } else {
            prop_assert!(!active(long + good, short, was_active));
            prop_assert!(!active(long + good, short + good, was_active));
        }
    }

    #[test]
    fn a_sum_stands_where_both_of_its_parts_stand((row, _) in any_row(), one in any_counts(), other in any_counts()) {
        let full = u64::from(row.long().secs());
        let (first, second) = (long_exceeds(&row, one, full), long_exceeds(&row, other, full));
        if first == second {
            prop_assert_eq!(long_exceeds(&row, one + other, full), first);
        }
    }

    #[test]
    fn excluded_events_change_nothing((row, _) in any_row(), counts in any_counts(), excluded: u64) {
        let with = Counts { excluded, ..counts };
        let (long, short) = (Observation::full(row.long(), counts), Observation::full(row.short(), counts));
        let (long_with, short_with) = (Observation::full(row.long(), with), Observation::full(row.short(), with));
        prop_assert_eq!(judge(&row, &long, &short), judge(&row, &long_with, &short_with));
    }

    #[test]
    fn any_usual_objective_has_a_page(ppb in 500_000_000..=999_990_000_u32, period in any_period()) {
        check_policy(Objective::from_good_ppb(ppb).unwrap(), period)?;
    }

    #[test]
    fn even_objectives_nobody_has_get_a_page(ppb in 10_000_000..1_000_000_000_u32, days in 1..=400_u32) {
        check_policy(Objective::from_good_ppb(ppb).unwrap(), Period::days(days).unwrap())?;
    }

    #[test]
    fn unseen_time_never_spends(
        counts in any_counts(), ppb in 500_000_000..1_000_000_000_u32, seen in 0..=2_592_000_u64,
        more in 0..=2_592_000_u64,
    ) {
        let objective = Objective::from_good_ppb(ppb).unwrap();
        let period = |seen| Observation::partial(Period::D30.window(), counts, Duration::from_secs(seen));
        let budget = |seen| Budget::new(objective, &period(seen));
        let (less, more) = (budget(seen), budget(seen.saturating_add(more)));
        prop_assert!(less.spent() <= more.spent());
        prop_assert_eq!(less.left_events(), i128::from(less.allowed_events()) - i128::from(counts.bad));
        prop_assert!(less.spent_time().unwrap() <= Duration::from_secs(seen));
        let is_fact = matches!(less.remaining(), Remaining::Is(_));
        prop_assert_eq!(is_fact, seen * 10 >= 2_592_000 * 9);
    }
}

fn any_period() -> impl Strategy<Value = Period> {
    prop::sample::select(vec![Period::D7, Period::D28, Period::D30, Period::D90])
}

fn check_policy(objective: Objective, period: Period) -> Result<(), TestCaseError> {
    let policy = Policy::default_for(objective, period);
    let pages = policy.rows().iter().filter(|row| row.severity() == Severity::Page).count();
    prop_assert!(pages >= 1, "{} over {} has no page", objective, period);
    for row in policy.rows() {
        prop_assert!(row.factor() >= 1.0 && row.error_ratio() < 1.0, "{}", row);
        prop_assert!(row.full_outage() < row.long().duration(), "{}", row);
        let all_bad = Counts { good: 0, bad: 1_000, excluded: 0 };
        let (long, short) = (Observation::full(row.long(), all_bad), Observation::full(row.short(), all_bad));
        prop_assert!(judge(row, &long, &short).active, "{} is not fired by a total outage", row);
    }
    Ok(())
}

#[test]
fn every_usual_objective_loads_over_every_usual_period() {
    for period in [Period::D7, Period::D28, Period::D30, Period::D90] {
        for good_ppb in (500_000_000..=999_900_000).step_by(100_000).chain((999_900_000..=999_990_000).step_by(1_000)) {
            check_policy(Objective::from_good_ppb(good_ppb).unwrap(), period).unwrap();
        }
    }
}
