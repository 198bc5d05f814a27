//! While it cannot be told whether a condition holds, it stands as it stood, and not for ever.

use std::time::Duration;

use goodput_core::{Cause, Cleared, Frozen, Row, Severity, Turn, UnseenTime, Window};

use crate::house::{House, TICK, minutes, row, slo};

fn page() -> goodput_core::AlertRow {
    row(Severity::Page, Window::H1, Window::M5).keep_firing(Duration::ZERO)
}

fn frozen(house: &House) -> Option<Frozen> {
    house.status().slo("ok").unwrap().conditions[0].frozen
}

#[test]
fn where_unseen_time_freezes_nothing_fires_before_its_windows_were_seen() {
    for (mode, first) in [(UnseenTime::Scaled, 60), (UnseenTime::Freeze, 3_240)] {
        let house = House::of([slo().alert(page()).unseen(mode)]);
        house.pass(minutes(60), 0, 10);
        assert_eq!(house.told().first().unwrap().0, first, "{mode:?}");
    }
}

#[test]
fn a_page_that_fires_in_silence_is_frozen_for_want_of_data() {
    let house = House::of([slo().alert(page())]);
    house.pass(minutes(60), 10, 0);
    house.pass(minutes(5), 0, 10);
    assert_eq!(frozen(&house), None);
    house.pass(minutes(10), 0, 0);
    assert_eq!(frozen(&house), Some(Frozen::NoData));
    assert_eq!(house.told().len(), 1, "it fires all the while");
}

#[test]
fn a_gap_is_no_recovery_where_what_was_seen_after_it_goes_on_burning() {
    // 3 % errors burn at 30, and over ten seconds of five minutes count as 1.
    let house = House::of([slo().alert(page())]);
    house.pass(minutes(60), 97, 3);
    assert_eq!(house.told().len(), 1);
    house.hand.suspend(minutes(120));
    house.step(97, 3);
    assert_eq!(frozen(&house), Some(Frozen::Gap));
    house.pass(minutes(10), 97, 3);
    assert!(house.told().is_empty(), "still the same episode");
}

#[test]
fn a_gap_is_a_recovery_where_what_was_seen_after_it_is_good() {
    let house = House::of([slo().alert(page())]);
    house.pass(minutes(60), 97, 3);
    house.hand.suspend(minutes(120));
    house.step(100, 0);
    assert_eq!(house.told().last().unwrap().1, Turn::Resolved(Cleared::ShortWindowGood));
}

#[test]
fn what_stays_frozen_for_as_long_as_the_long_window_is_over() {
    // Asleep nearly all the time: no window is ever seen, and each look finds a few bad events.
    let house = House::of([slo().alert(page())]);
    house.pass(minutes(60), 97, 3);
    let (mut slept, mut over) = (Duration::ZERO, None);
    while over.is_none() && slept < minutes(300) {
        house.hand.suspend(minutes(10));
        house.step(97, 3);
        slept += minutes(10) + TICK;
        over = house.told().into_iter().find(|(_, change, _)| *change != Turn::Fired);
    }
    assert_eq!(over.unwrap().1, Turn::Resolved(Cleared::FrozenTimeout));
    assert!(slept > minutes(60) && slept < minutes(85), "{slept:?}");
}

#[test]
fn an_outage_that_freezes_because_too_little_is_seen_is_told_after_the_long_window() {
    // Asleep every other minute: neither window is ever nearly full, and all that is seen is bad.
    let house = House::of([slo().alert(page()).unseen(UnseenTime::Freeze)]);
    let mut fired = Vec::new();
    while fired.is_empty() && house.goodput.now().since_origin() < minutes(300) {
        house.hand.suspend(minutes(1));
        house.pass(minutes(1), 0, 10);
        fired = house.told();
    }
    let (at, change, _) = fired[0];
    assert_eq!(change, Turn::Fired);
    assert!((3_600..3_800).contains(&at), "{at}");
}

#[test]
fn while_nobody_ticks_every_condition_is_stale() {
    let house = House::of([slo().alert(page())]);
    house.pass(minutes(10), 10, 0);
    house.hand.advance(3 * TICK);
    assert_eq!(frozen(&house), None);
    house.hand.advance(Duration::from_nanos(1));
    assert_eq!(frozen(&house), Some(Frozen::StaleTick));
    house.step(10, 0);
    assert_eq!(frozen(&house), None);
}

#[test]
fn while_nobody_ticks_an_alert_goes_on_for_as_long_as_it_may_be_frozen() {
    let house = House::of([slo()]);
    house.pass(minutes(10), 0, 10);
    let firing = || {
        let alerts = house.goodput.alerts().into_iter().filter_map(|alert| match alert.cause {
            Cause::Row(row) => Some((row, alert.suppressed)),
            Cause::Signal(_) => None,
        });
        let (rows, suppressed): (Vec<_>, Vec<_>) = alerts.unzip();
        // The worst of what is left speaks for the rest.
        let worst = rows.iter().map(Row::severity).max();
        assert!(rows.iter().zip(suppressed).all(|(row, hushed)| hushed == (Some(row.severity()) != worst)), "{rows:?}");
        rows.iter().map(Row::long).collect::<Vec<_>>()
    };
    let all = [Window::H1, Window::H6, Window::D1, Window::D3];
    assert_eq!(firing(), all);
    let last = house.goodput.now().since_origin();
    for (fewer, window) in (1..).zip(all) {
        let gone = house.goodput.now().since_origin().abs_diff(last);
        house.hand.advance(window.duration().abs_diff(gone));
        assert_eq!(firing(), all[fewer - 1..], "{window}");
        house.hand.advance(Duration::from_nanos(1));
        assert_eq!(firing(), all[fewer..], "{window}");
    }
}

#[test]
fn while_nobody_ticks_every_alert_says_that_it_stands_as_it_stood() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5)).traffic("10/m".parse().unwrap())]);
    house.pass(minutes(10), 0, 10);
    let frozen = |house: &House| house.goodput.alerts().iter().map(|alert| alert.frozen).collect::<Vec<_>>();
    let firing = frozen(&house);
    assert!(!firing.is_empty() && firing.iter().all(Option::is_none), "{firing:?}");
    house.hand.advance(minutes(10));
    assert_eq!(frozen(&house), vec![Some(Frozen::StaleTick); firing.len()]);
}
