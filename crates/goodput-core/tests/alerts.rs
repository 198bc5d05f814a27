//! What fires, when it resolves and why, who hears of it and what they are told, on a manual clock.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

#[path = "alerts/frozen.rs"]
mod frozen;
#[path = "alerts/house.rs"]
mod house;
#[path = "alerts/news.rs"]
mod news;
#[path = "alerts/properties.rs"]
mod properties;
#[path = "alerts/signals.rs"]
mod signals;

use goodput_core::{
    AlarmState, Audience, Cause, Cleared, Definition, MinBad, Mute, Period, Role, Severity, Slo, Turn, Window,
};
use house::{House, minutes, row, slo};

#[test]
fn an_outage_that_ends_is_one_episode_and_resolves_when_it_has_been_good_for_long_enough() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
    house.pass(minutes(60), 10, 0);
    house.pass(minutes(5), 0, 10);
    house.pass(minutes(60), 10, 0);
    let told = house.told();
    assert_eq!(
        told.iter().map(|(_, change, _)| *change).collect::<Vec<_>>(),
        [Turn::Fired, Turn::Resolved(Cleared::ShortWindowGood)]
    );
    // 51.84 s of total outage exceed it, which the sixth tick sees. The short window is good again 4 min 56 s after it was over, and
    // 15 minutes later it is.
    assert_eq!((told[0].0, told[1].0), (minutes(61).as_secs(), minutes(65).as_secs() + 300 + 900));
}

#[test]
fn silence_is_no_recovery_and_what_ends_it_is_named() {
    for (after, cleared) in [
        // Nothing comes: the last bad event leaves the hour.
        ((0, 0), Cleared::TrafficGone),
        ((10, 0), Cleared::ShortWindowGood),
    ] {
        let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
        house.pass(minutes(60), 10, 0);
        house.pass(minutes(5), 0, 10);
        house.pass(minutes(120), after.0, after.1);
        let told = house.told();
        assert_eq!((told.len(), told[1].1), (2, Turn::Resolved(cleared)));
        if cleared == Cleared::TrafficGone {
            let fired_until = told[1].0 - 900;
            assert!((minutes(124).as_secs()..=minutes(126).as_secs()).contains(&fired_until), "{fired_until}");
        }
    }
}

#[test]
fn bad_events_that_age_out_in_silence_are_no_recovery_either() {
    // A few stragglers are all that is left of the outage after an hour, and too few to fire for.
    let page = row(Severity::Page, Window::H1, Window::M5);
    let house = House::of([slo().min_bad(MinBad::AtLeast(10)).alert(page)]);
    house.pass(minutes(60), 0, 0);
    house.pass(minutes(5), 0, 10);
    house.pass(minutes(2), 0, 0);
    house.step(0, 5);
    house.pass(minutes(90), 0, 0);
    let told: Vec<_> = house.told().into_iter().map(|(_, change, _)| change).collect();
    assert_eq!(told, [Turn::Fired, Turn::Resolved(Cleared::WindowAgedOut)]);
}

#[test]
fn a_less_severe_alert_is_quiet_while_a_more_severe_one_fires_and_told_if_it_outlives_it() {
    let rows = [row(Severity::Page, Window::H1, Window::M5), row(Severity::Ticket, Window::D1, Window::H2)];
    let house = House::of([rows.into_iter().fold(slo(), Slo::alert)]);
    house.pass(minutes(60 * 24), 10, 0);
    house.pass(minutes(30), 0, 10);
    house.pass(minutes(60 * 30), 10, 0);
    let told: Vec<_> = house.told_with_severity();
    let resolved = Turn::Resolved(Cleared::ShortWindowGood);
    assert_eq!(
        told,
        [
            (Severity::Page, Turn::Fired, true),
            (Severity::Ticket, Turn::Fired, false),
            (Severity::Page, resolved, true),
            (Severity::Ticket, Turn::Emerged, true),
            (Severity::Ticket, resolved, true),
        ]
    );
}

#[test]
fn one_that_was_told_before_is_told_to_be_over_though_it_is_suppressed_meanwhile() {
    let rows = [row(Severity::Page, Window::H6, Window::M30), row(Severity::Ticket, Window::H1, Window::M5)];
    let house = House::of([rows.into_iter().fold(slo(), Slo::alert)]);
    house.pass(minutes(60 * 6), 10, 0);
    house.pass(minutes(30), 0, 10);
    house.pass(minutes(60 * 10), 10, 0);
    let told = house.told_with_severity();
    assert_eq!(told[0], (Severity::Ticket, Turn::Fired, true));
    assert_eq!(told[1], (Severity::Page, Turn::Fired, true));
    assert!(told[2..].iter().all(|(_, change, notifies)| matches!(change, Turn::Resolved(_)) && *notifies), "{told:?}");
    assert_eq!(told.len(), 4);
}

#[test]
fn a_mute_keeps_it_from_being_told_and_counts_every_event() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
    house.pass(minutes(60), 10, 0);
    house.goodput.mute(Mute::of("ok", minutes(10), "upgrade")).unwrap();
    house.pass(minutes(20), 0, 10);
    let told = house.told_with_severity();
    assert_eq!(told, [(Severity::Page, Turn::Fired, false), (Severity::Page, Turn::Emerged, true)]);
    assert_eq!(house.status().slo("ok").unwrap().counts.bad, 20 * 6 * 10);
    let unknown = house.goodput.mute(Mute::of("other", minutes(1), "")).unwrap_err();
    assert_eq!(unknown.to_string(), "mute of SLO \"other\": expected an SLO of the definition");
}

#[test]
fn a_mute_that_outlives_the_episode_leaves_nothing_to_tell() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
    house.pass(minutes(60), 10, 0);
    house.goodput.mute(Mute::of_all(minutes(120), "upgrade")).unwrap();
    house.pass(minutes(5), 0, 10);
    assert!(house.status().slo("ok").unwrap().conditions[0].muted);
    house.pass(minutes(60), 10, 0);
    assert!(house.told_with_severity().iter().all(|(_, _, notifies)| !notifies));
    assert_eq!(house.goodput.unmute(None), 1);
}

#[test]
fn after_a_wait_it_fires_only_if_its_condition_holds_without_a_break() {
    let slow = row(Severity::Page, Window::H1, Window::M5).after(minutes(2));
    let house = House::of([slo().alert(slow)]);
    house.pass(minutes(60), 10, 0);
    house.pass(minutes(10), 0, 10);
    assert_eq!(house.told().first().unwrap().0, minutes(63).as_secs());
}

#[test]
fn who_hears_of_it_follows_from_the_role_and_from_whether_there_are_others() {
    use Audience::{Nobody, Page, Ticket};
    for (role, single, of_page, of_ticket, of_log) in [
        (Role::Observe, false, Nobody, Nobody, Nobody),
        (Role::Observe, true, Nobody, Nobody, Nobody),
        (Role::Notify, false, Ticket, Nobody, Nobody),
        (Role::Notify, true, Page, Ticket, Nobody),
    ] {
        for (severity, audience) in [(Severity::Page, of_page), (Severity::Ticket, of_ticket), (Severity::Log, of_log)]
        {
            let mut definition = Definition::new("house");
            (definition.role, definition.single_instance) = (role, single);
            definition.slos = vec![slo().alert(row(severity, Window::H1, Window::M5))];
            let house = House::defined(definition);
            house.pass(minutes(2), 0, 10);
            assert_eq!(house.transitions()[0].alert.audience, audience, "{role:?}, single: {single}, {severity}");
        }
    }
}

#[test]
fn a_reload_resolves_what_it_removes_and_nothing_else() {
    let page = row(Severity::Page, Window::H1, Window::M5);
    let house = House::of([slo().alert(page), Slo::availability("other", "99.9%").alert(page)]);
    house.pass(minutes(2), 0, 10);
    assert_eq!(house.told().len(), 2);
    let mut next = (*house.goodput.definition()).clone();
    next.slos.remove(1);
    // Another delay is the same row all the same.
    next.slos[0] = slo().alert(page.keep_firing(minutes(5)));
    house.goodput.reload(next).unwrap();
    let told = house.transitions();
    assert_eq!(
        (told.len(), told[0].change, told[0].alert.slo.as_str()),
        (1, Turn::Resolved(Cleared::Removed), "other")
    );
    house.pass(minutes(1), 0, 10);
    assert!(house.transitions().is_empty());
    assert_eq!(house.goodput.alerts().len(), 1);
}

#[test]
fn what_was_consumed_of_the_budget_in_the_episode_is_told() {
    let house = House::of([slo().period(Period::days(1).unwrap()).alert(row(Severity::Page, Window::H1, Window::M5))]);
    house.pass(minutes(60 * 24), 10, 0);
    house.pass(minutes(5), 0, 10);
    house.pass(minutes(30), 10, 0);
    let told = house.transitions();
    let of_row = |change: &str| {
        let told = told.iter().find(|told| matches!(told.alert.cause, Cause::Row(_)) && told.change.label() == change);
        &told.unwrap().alert
    };
    let (fired, resolved) = (of_row("fired"), of_row("resolved"));
    // A day allows 86.4 s of total outage.
    assert!((fired.spent.unwrap() - 60.0 / 86.4).abs() < 0.02, "{:?}", fired.spent);
    assert_eq!(resolved.episode.bad, 5 * 6 * 10);
    assert!((resolved.spent.unwrap() - 300.0 / 86.4).abs() < 0.05, "{:?}", resolved.spent);
    assert!(resolved.needs_post_mortem, "it is more than a fifth");
}

#[test]
fn what_only_waits_when_a_reload_removes_it_is_told_to_nobody() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5).after(minutes(30)))]);
    house.pass(minutes(10), 0, 10);
    let waits = |house: &House| {
        let status = house.status();
        matches!(status.slo("ok").unwrap().conditions[0].alarm, AlarmState::Waiting { .. })
    };
    assert!(waits(&house));
    let mut definition = Definition::new("house");
    definition.slos = vec![Slo::availability("other", "99%")];
    house.goodput.reload(definition).unwrap();
    house.step(10, 0);
    assert!(house.told().is_empty());
}
