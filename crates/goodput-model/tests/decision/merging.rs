//! Cases of several instances: what can be added, and what the sum knows.

use crate::*;

#[test]
fn cases_of_two_definitions_are_not_added() {
    let one = case(vec![slo(0, 0, 0)]);
    let changed = |change: fn(&mut Case)| {
        let mut other = one.clone();
        change(&mut other);
        one.clone().merge(other).unwrap_err().to_string()
    };
    let alike = "expected the same in each";
    for (message, expected) in [
        (
            changed(|other| "cart".clone_into(&mut other.service)),
            r#"services "checkout" and "cart" cannot be added: expected instances of one service"#.to_owned(),
        ),
        (
            changed(|other| other.slos.clear()),
            r#"SLO "checkout-ok" is not in every instance: expected the same definition in each"#.to_owned(),
        ),
        (
            changed(|other| other.slos[0].objective = "99%".parse().unwrap()),
            format!(r#"SLO "checkout-ok" has an objective of 99.9% in one instance and of 99% in another: {alike}"#),
        ),
        (
            changed(|other| other.slos[0].period = Period::D7),
            format!(r#"SLO "checkout-ok" has a period of 30d in one instance and of 7d in another: {alike}"#),
        ),
        (
            changed(|other| other.slos[0].min_bad = MinBad::AtLeast(5)),
            format!(r#"SLO "checkout-ok" has different alert rows or floors of bad events in two instances: {alike}"#),
        ),
        (
            changed(|other| other.slos[0].hour.window = Window::M5),
            format!(r#"SLO "checkout-ok" was looked at over different windows in two instances: {alike}"#),
        ),
        (
            changed(|other| other.slos[0].seen.window = Window::D3),
            format!(r#"SLO "checkout-ok" was looked at over different windows in two instances: {alike}"#),
        ),
        (
            changed(|other| other.bands = BudgetBands::preset("75/25").unwrap()),
            format!(r#"service "checkout" has different budget bands in two instances: {alike}"#),
        ),
    ] {
        assert_eq!(message, expected);
    }
}

#[test]
fn instances_may_be_asked_at_different_times_of_one_month_and_not_in_two() {
    let asked = |days_gone: u32, days_long: u64| {
        let mut evidence = slo(0, 0, 0);
        evidence.period = Period::Calendar(CalendarUnit::Month);
        evidence.length = Some(Duration::from_secs(days_long * 86_400));
        evidence.seen = Observation::full(Window::from_secs(days_gone * 86_400).unwrap(), evidence.seen.counts);
        case(vec![evidence])
    };
    let together = asked(3, 31).merge(asked(4, 31)).unwrap();
    assert_eq!(together.slos.first().unwrap().seen.window.to_string(), "4d");
    let message = asked(3, 31).merge(asked(3, 28)).unwrap_err().to_string();
    assert_eq!(
        message,
        r#"SLO "checkout-ok" is in one month in one instance and in another in another: expected the same in each"#
    );
}

#[test]
fn a_sum_has_seen_the_least_of_its_parts_and_its_edge_is_as_vague_as_the_vaguest() {
    let part = |hours: u64, gap: u64| {
        let mut evidence = slo(0, 0, 0);
        let Observation { window, counts, .. } = evidence.seen;
        evidence.seen = Observation {
            edge_gap: Duration::from_secs(gap),
            ..Observation::partial(window, counts, Duration::from_secs(hours * 3_600))
        };
        case(vec![evidence])
    };
    let sum = part(20, 60).merge(part(30, 10)).unwrap();
    let seen = sum.slos.first().unwrap().seen;
    let expected = (Duration::from_secs(20 * 3_600), Duration::from_secs(60), 2 * MONTH);
    assert_eq!((seen.covered(), seen.edge_gap, seen.counts.good), expected);
}
