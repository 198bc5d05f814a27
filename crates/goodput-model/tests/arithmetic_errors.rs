//! Arithmetic that circulates in published guides and is wrong, each with what is right.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use goodput_model::{
    AlertRow, Budget, BurnRate, Counts, MinBad, Objective, Observation, OutageTime, Period, Position, ReleaseCost,
    Remaining, Row, RowProblem, Severity, Trigger, UnseenTime, Window, evaluate,
};
use std::time::Duration;

fn target(objective: &str) -> Objective {
    objective.parse().unwrap()
}

fn counts(good: u64, bad: u64) -> Counts {
    Counts { good, bad, excluded: 0 }
}

fn budget(objective: &str, period: Window, counts: Counts) -> Budget {
    Budget::new(target(objective), &Observation::full(period, counts))
}

fn minutes(minutes: f64) -> Duration {
    Duration::from_secs_f64(minutes * 60.0)
}

fn share_of_month(factor: &str, long: Window) -> f64 {
    let alert = AlertRow::new(Severity::Page, long, Window::M5, Trigger::factor(factor).unwrap());
    Row::resolve(alert, target("99.9%"), Period::D30).unwrap().budget_share()
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1.0e-9, "{found}, expected {expected}");
}

#[test]
fn e1_half_a_percent_of_thirty_days_is_3_6_hours_and_not_14_4() {
    let allowed = budget("99.5%", Period::D30.window(), Counts::default()).allowed_time();
    assert_eq!(allowed, Duration::from_secs(3 * 3_600 + 36 * 60));
}

#[test]
fn e2_four_nines_allow_4_38_minutes_only_of_a_mean_month() {
    let mean_month = Window::from_secs(2_629_746).unwrap(); // 30.436875 days
    for (period, expected, tolerance) in
        [(Period::D30.window(), 4.32, 1.0e-9), (Period::D28.window(), 4.032, 1.0e-9), (mean_month, 4.38, 0.005)]
    {
        let allowed = budget("99.99%", period, Counts::default()).allowed_time().as_secs_f64() / 60.0;
        assert!((allowed - expected).abs() < tolerance, "{allowed} minutes of {period}");
    }
}

#[test]
fn e7_ratios_come_from_events_and_not_from_averages_of_ratios() {
    // A night at 10 % errors and a day at none: the average of the ratios is 5 %, the users saw 0.1 %.
    let (night, day) = (counts(90, 10), counts(9_900, 0));
    let averaged = f64::midpoint(night.bad_ratio().unwrap(), day.bad_ratio().unwrap());
    assert_close(averaged, 0.05);
    assert_close((night + day).bad_ratio().unwrap(), 0.001);
}

#[test]
fn e7_without_a_short_window_an_alert_outlives_its_outage() {
    let alert = AlertRow::new(Severity::Page, Window::H6, Window::M30, Trigger::factor("6").unwrap());
    let row = Row::resolve(alert, target("99.9%"), Period::D30).unwrap();
    let long = Observation::full(Window::H6, counts(90_000, 10_000));
    let recovered = Observation::full(Window::M30, counts(10_000, 0));
    let found = evaluate(&row, row.objective(), &long, &recovered, MinBad::Auto, UnseenTime::Scaled, true);
    assert_eq!((found.active, found.position), (false, Position::Recovering));
}

#[test]
fn e9_three_times_over_six_hours_spends_2_5_percent_and_not_10() {
    assert_close(share_of_month("3", Window::H6), 0.025);
    for (factor, long) in [("12", Window::H6), ("3", Window::D1), ("1", Window::D3)] {
        assert_close(share_of_month(factor, long), 0.1);
    }
}

#[test]
fn e10_a_perfect_month_spends_nothing() {
    let perfect = budget("99.9%", Period::D30.window(), counts(1_000_000, 0));
    assert_eq!(perfect.spent(), Some(0.0));
    assert_eq!(perfect.spent_time(), Some(Duration::ZERO));
    assert_eq!(perfect.left_time(), Some(OutageTime::Left(minutes(43.2))));

    // What was spent is the downtime, not the uptime that was expected less the uptime there was.
    let down_for_ten = budget("99.9%", Period::D30.window(), counts(43_190, 10)); // one event a minute
    assert_eq!(down_for_ten.spent_time(), Some(minutes(10.0)));
    assert_eq!(down_for_ten.left_time(), Some(OutageTime::Left(minutes(33.2))));
}

#[test]
fn e11_budget_and_burn_are_two_axes() {
    let month = Period::D30.window();
    for (spent, hour, remaining, burn) in [
        (counts(999_990, 10), counts(970, 30), Remaining::Is(0.99), 30.0), // nothing spent, and burning
        (counts(998_000, 2_000), counts(1_000, 0), Remaining::Is(-1.0), 0.0), // overspent, and quiet
        (counts(998_000, 2_000), counts(970, 30), Remaining::Is(-1.0), 30.0),
        (counts(999_990, 10), counts(1_000, 0), Remaining::Is(0.99), 0.0),
    ] {
        let level = budget("99.9%", month, spent).remaining();
        assert_close(level.value().unwrap(), remaining.value().unwrap());
        assert_close(BurnRate::raw(target("99.9%"), hour).value().unwrap(), burn);
    }
}

#[test]
fn e14_a_tolerated_error_ratio_follows_from_the_objective() {
    for (objective, published_ppm, right_ppm) in
        [("99.95%", 1_000, 500), ("99.9%", 10_000, 1_000), ("99.5%", 50_000, 5_000), ("99.0%", 100_000, 10_000)]
    {
        let allowed = target(objective).bad_ppb() / 1_000;
        assert_eq!(allowed, right_ppm, "{objective}");
        assert!(
            published_ppm >= 2 * allowed && published_ppm <= 10 * allowed,
            "{objective}: twice to ten times the budget"
        );
    }
}

#[test]
fn e12_swapped_windows_are_refused() {
    let alert = AlertRow::new(Severity::Page, Window::M5, Window::H1, Trigger::factor("14.4").unwrap());
    assert_eq!(Row::resolve(alert, target("99.9%"), Period::D30), Err(RowProblem::ShortNotShorter));
}

#[test]
fn e18_a_risk_has_an_expected_and_a_worst_cost() {
    // "12 minutes left, a 20 % chance of a 5-minute outage": expected one minute, at worst five, and both fit.
    let left = OutageTime::Left(minutes(12.0));
    let cost = ReleaseCost::new(0.2, minutes(5.0));
    assert_eq!((cost.expected(), cost.worst()), (minutes(1.0), minutes(5.0)));
    assert_close(cost.expected_share(left).unwrap(), 1.0 / 12.0);
    assert_close(cost.worst_share(left).unwrap(), 5.0 / 12.0);
}
