//! What no error ratio shows is told all the same, once.

use std::time::Duration;

use goodput_core::{
    Cause, Cleared, Ending, Frozen, Period, Request, Severity, Signal, SignalDetail, SignalStatus, Slo, Turn, Verdict,
    Window,
};

use crate::house::{House, minutes, row, slo};

/// The signals that were told, with their change.
fn told(house: &House) -> Vec<(Signal, &'static str)> {
    let told = house.transitions().into_iter();
    told.filter_map(|told| match told.alert.cause {
        Cause::Signal(signal) => Some((signal, told.change.label())),
        Cause::Row(_) => None,
    })
    .collect()
}

#[test]
fn three_requests_that_never_end_are_a_stall_that_is_told_once() {
    let house = House::of([slo()]);
    house.pass(minutes(5), 10, 0);
    let route = house.goodput.route(Some("/slow"));
    let mut stuck: Vec<_> = (0..3).map(|_| Request::begin(&house.goodput, route)).collect();
    house.pass(minutes(10), 10, 0);
    let transitions = house.transitions();
    let told_of: Vec<_> = transitions.iter().map(|told| (told.alert.cause, told.change)).collect();
    assert_eq!(told_of, [(Cause::Signal(Signal::Stalled), Turn::Fired)]);
    assert_eq!(
        (transitions[0].alert.name(), transitions[0].alert.severity),
        ("GoodputInstanceStalled", Severity::Page)
    );
    assert_eq!(transitions[0].alert.routes[0].template, "/slow");
    assert_eq!(house.status().slo("ok").unwrap().firing(), Some(Severity::Page));
    for request in &mut stuck {
        request.end(&house.goodput, Ending::Failed);
    }
    house.pass(minutes(20), 10, 0);
    assert!(told(&house).contains(&(Signal::Stalled, "resolved")));
}

#[test]
fn two_requests_that_never_end_are_none() {
    let house = House::of([slo()]);
    let route = house.goodput.route(Some("/slow"));
    let _stuck: Vec<_> = (0..2).map(|_| Request::begin(&house.goodput, route)).collect();
    house.pass(minutes(10), 10, 0);
    assert!(told(&house).is_empty());
}

#[test]
fn traffic_that_stops_is_lost_and_silence_of_a_small_service_is_not() {
    // After five minutes without any, an hour of twelve in ten seconds has 1.1 a second.
    for (events_a_tick, lost) in [(12, true), (9, false)] {
        let house = House::of([slo()]);
        house.pass(minutes(60), events_a_tick, 0);
        house.pass(minutes(10), 0, 0);
        let expected: &[_] = if lost { &[(Signal::TrafficLost, "fired")] } else { &[] };
        assert_eq!(told(&house), expected, "{events_a_tick} events in ten seconds");
    }
}

#[test]
fn traffic_that_does_not_come_back_is_no_recovery_when_less_is_usual() {
    // Within a quarter of an hour the mean of what was seen is below one a second, and nothing is lost any more.
    for (after, cleared) in [(0, Cleared::TrafficGone), (12, Cleared::Over)] {
        let house = House::of([slo()]);
        house.pass(minutes(60), 12, 0);
        house.pass(minutes(10), 0, 0);
        house.pass(minutes(90), after, 0);
        let told: Vec<_> = house.transitions().into_iter().map(|told| told.change).collect();
        assert_eq!(told, [Turn::Fired, Turn::Resolved(cleared)]);
    }
}

#[test]
fn declared_traffic_that_does_not_come_is_no_data() {
    let house = House::of([slo().traffic("10/m".parse().unwrap())]);
    house.pass(minutes(4), 0, 0);
    assert!(told(&house).is_empty(), "too early to tell");
    house.pass(minutes(2), 0, 0);
    assert_eq!(told(&house), [(Signal::TrafficLost, "fired"), (Signal::NoData, "fired")]);
}

#[test]
fn declared_traffic_that_stops_is_told_to_people_once() {
    let house = House::of([slo().traffic("10/m".parse().unwrap())]);
    house.pass(minutes(60), 2, 0);
    house.pass(minutes(60), 0, 0);
    let told: Vec<_> = house.transitions().iter().map(|told| (told.alert.cause, told.notifies)).collect();
    let lost = Cause::Signal(Signal::TrafficLost);
    assert_eq!(told, [(lost, true), (Cause::Signal(Signal::NoData), false)], "one of them speaks for both");
}

#[test]
fn time_that_nobody_saw_ends_no_signal() {
    let house = House::of([slo().traffic("10/m".parse().unwrap())]);
    house.pass(minutes(10), 0, 0);
    house.transitions();
    house.hand.suspend(minutes(10));
    house.pass(minutes(4), 0, 0);
    let frozen = |house: &House| {
        let status = house.status();
        let signals = &status.slo("ok").unwrap().signals;
        signals.iter().filter(|signal| signal.fires()).map(|signal| signal.frozen).collect::<Vec<_>>()
    };
    assert_eq!((told(&house), frozen(&house)), (vec![], vec![Some(Frozen::Gap); 2]));
    // Seen again, it is still so; and when traffic comes, it is over.
    house.pass(minutes(10), 0, 0);
    assert_eq!((told(&house), frozen(&house)), (vec![], vec![None; 2]));
    house.pass(minutes(90), 2, 0);
    assert_eq!(told(&house), [(Signal::NoData, "resolved"), (Signal::TrafficLost, "resolved")]);
}

#[test]
fn a_budget_that_is_gone_is_not_back_because_nobody_looked() {
    let day = Period::days(1).unwrap();
    let house =
        House::of([Slo::availability("ok", "99%").period(day).alert(row(Severity::Log, Window::H1, Window::M5))]);
    house.pass(minutes(60 * 24), 100, 0);
    house.pass(minutes(10), 0, 300);
    let gone = told(&house);
    assert_eq!(gone.len(), 4, "{gone:?}");
    house.hand.suspend(minutes(60 * 6));
    house.pass(minutes(60 * 6), 100, 0);
    assert!(told(&house).is_empty());
    // What was bad has left the period, and all of it was seen again.
    house.pass(minutes(60 * 30), 100, 0);
    assert_eq!(told(&house).len(), 4);
}

#[test]
fn a_reason_that_excludes_far_more_than_usual_is_told_by_name() {
    let house = House::of([slo()]);
    house.pass(minutes(60 * 10), 20, 0);
    let work = house.goodput.work("work");
    for _ in 0..60 {
        (0..10).for_each(|_| work.record(Verdict::excluded("quota"), Duration::ZERO));
        house.step(20, 0);
    }
    let transitions = house.transitions();
    assert_eq!(transitions.len(), 1);
    let Some(SignalDetail::ExcludedSurge { reason, surge }) = transitions[0].alert.detail else {
        panic!("{transitions:?}")
    };
    assert_eq!(reason.to_string(), "quota");
    assert!(surge.hour > 5.0 * surge.day, "{surge:?}");
}

#[test]
fn a_known_budget_is_told_to_be_consumed_at_each_mark_once() {
    let day = Period::days(1).unwrap();
    // Rows of the default policy fire as well; these are about the budget.
    let house = House::of([Slo::availability("ok", "99%").period(day)]);
    house.pass(minutes(60 * 24), 100, 0);
    assert!(told(&house).is_empty());
    let percent = |percent| (Signal::BudgetConsumed { percent }, "fired");
    let mut marks = Vec::new();
    for _ in 0..100 {
        house.step(0, 100);
        marks.extend(told(&house));
    }
    assert_eq!(marks, [percent(50), percent(75), percent(90), percent(100)]);
    assert!(house.status().slo("ok").unwrap().signals.iter().all(SignalStatus::fires));
}

#[test]
fn a_young_process_is_not_told_that_its_budget_is_consumed() {
    let house = House::of([slo().alert(row(Severity::Log, Window::H1, Window::M5))]);
    house.pass(minutes(60), 50, 50);
    assert!(told(&house).is_empty());
}
