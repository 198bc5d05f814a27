//! What an Alertmanager is told of an episode, row by row and for any sequence of looks, failures and mutes.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::*;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

fn notice(name: &str, fired_at: u64) -> Notice {
    let labels = Labels::from([("slo".to_owned(), name.to_owned())]);
    Notice { labels, annotations: Annotations::new(), fired_at: at(fired_at), quiet: false, told_until: None }
}

fn quiet(name: &str, fired_at: u64) -> Notice {
    Notice { quiet: true, ..notice(name, fired_at) }
}

/// What is sent at `now` if it is taken: names with the seconds at which they start and end.
fn send(episodes: &mut Episodes, now: u64) -> Vec<(String, u64, u64)> {
    let due = episodes.due();
    let seconds = |time: SystemTime| time.duration_since(at(0)).unwrap().as_secs();
    let posted = episodes.posted(&due, at(now), &Pace::default(), None);
    let sent =
        posted.iter().map(|alert| (alert.labels["slo"].clone(), seconds(alert.starts_at), seconds(alert.ends_at)));
    let sent = sent.collect();
    episodes.taken(&due);
    sent
}

fn look(episodes: &mut Episodes, now: u64, firing: &[Notice]) {
    episodes.look(firing.to_vec(), at(now), &Pace::default());
}

fn alert(name: &str, starts: u64, ends: u64) -> (String, u64, u64) {
    (name.to_owned(), starts, ends)
}

#[test]
fn an_alert_is_sent_at_once_then_each_round_and_resolved_with_one_end_however_often() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[notice("a", 8)]);
    assert_eq!(send(&mut episodes, 10), [alert("a", 8, 250)]);
    assert_eq!(send(&mut episodes, 11), [], "not before the next round");
    for now in [70, 130] {
        look(&mut episodes, now, &[notice("a", 8)]);
        episodes.begin_round();
        assert_eq!(send(&mut episodes, now), [alert("a", 8, now + 240)]);
    }
    look(&mut episodes, 150, &[]);
    assert_eq!(send(&mut episodes, 150), [alert("a", 8, 150)], "at once");
    for now in [190, 250, 310, 370] {
        look(&mut episodes, now, &[]);
        episodes.begin_round();
        assert_eq!(send(&mut episodes, now), [alert("a", 8, 150)]);
    }
    look(&mut episodes, 430, &[]);
    episodes.begin_round();
    assert_eq!(send(&mut episodes, 430), [], "five times taken is enough");
}

#[test]
fn an_alert_that_fires_again_starts_again_and_is_no_longer_resolved() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[notice("a", 10)]);
    send(&mut episodes, 10);
    look(&mut episodes, 50, &[]);
    send(&mut episodes, 50);
    look(&mut episodes, 60, &[notice("a", 60)]);
    assert_eq!(send(&mut episodes, 60), [alert("a", 60, 300)]);
    assert_eq!(episodes.counts(), (1, 0));
}

#[test]
fn what_nobody_was_told_of_is_not_taken_back() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[notice("never sent", 10), quiet("suppressed", 10)]);
    look(&mut episodes, 20, &[]);
    assert_eq!(send(&mut episodes, 20), []);
    assert_eq!(episodes.counts(), (0, 0));
}

#[test]
fn a_quiet_alert_is_told_of_when_it_outlives_what_made_it_quiet() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[notice("page", 10), quiet("ticket", 10)]);
    assert_eq!(send(&mut episodes, 10), [alert("page", 10, 250)]);
    look(&mut episodes, 30, &[notice("ticket", 10)]);
    assert_eq!(send(&mut episodes, 30), [alert("page", 10, 30), alert("ticket", 10, 270)]);
}

#[test]
fn an_alert_that_was_told_of_before_it_became_quiet_does_not_resolve_by_itself() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[notice("ticket", 10)]);
    send(&mut episodes, 10);
    look(&mut episodes, 70, &[quiet("ticket", 10)]);
    episodes.begin_round();
    assert_eq!(send(&mut episodes, 70), [alert("ticket", 10, 310)]);
    look(&mut episodes, 80, &[]);
    assert_eq!(send(&mut episodes, 80), [alert("ticket", 10, 80)]);
}

#[test]
fn what_an_earlier_process_has_told_goes_on_being_told_though_it_is_quiet_by_now() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[Notice { told_until: Some(at(8)), ..quiet("ticket", 5) }]);
    assert_eq!(send(&mut episodes, 10), [alert("ticket", 5, 250)]);
    look(&mut episodes, 80, &[]);
    assert_eq!(send(&mut episodes, 80), [alert("ticket", 5, 80)]);
}

#[test]
fn what_has_ended_by_itself_since_an_earlier_process_told_it_is_not_told_while_it_is_quiet() {
    for (now, is_told) in [(187, true), (188, false)] {
        let mut episodes = Episodes::default();
        look(&mut episodes, now, &[Notice { told_until: Some(at(8)), ..quiet("ticket", 5) }]);
        assert_eq!(!send(&mut episodes, now).is_empty(), is_told, "{now}");
    }
    // What this process has told in other ways, before there was anybody to tell the Alertmanager, that one never had.
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[quiet("ticket", 5)]);
    assert_eq!(send(&mut episodes, 10), []);
}

#[test]
fn what_an_earlier_process_has_told_is_resolved_though_it_is_over_before_this_one_could_tell_it() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 10, &[Notice { told_until: Some(at(8)), ..notice("page", 5) }]);
    look(&mut episodes, 20, &[]);
    assert_eq!(send(&mut episodes, 20), [alert("page", 5, 20)]);
}

#[test]
fn a_resolve_that_is_never_taken_is_given_up_after_an_hour() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 0, &[notice("a", 0)]);
    send(&mut episodes, 0);
    look(&mut episodes, 100, &[]);
    look(&mut episodes, 3_699, &[]);
    assert_eq!(episodes.counts(), (0, 1));
    look(&mut episodes, 3_700, &[]);
    assert_eq!(episodes.counts(), (0, 0));
}

#[test]
fn what_may_have_arrived_is_resolved_as_if_it_had() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 0, &[notice("a", 0)]);
    let due = episodes.due();
    episodes.may_have_arrived(&due);
    look(&mut episodes, 30, &[]);
    assert_eq!(send(&mut episodes, 30), [alert("a", 0, 30)]);
}

#[test]
fn no_alert_starts_after_it_ends_whatever_the_walls_say() {
    let mut episodes = Episodes::default();
    look(&mut episodes, 100, &[notice("hurried", 5_000)]);
    assert_eq!(send(&mut episodes, 100), [alert("hurried", 100, 340)]);
    look(&mut episodes, 40, &[notice("hurried", 5_000)]);
    episodes.begin_round();
    assert_eq!(send(&mut episodes, 40), [alert("hurried", 40, 280)], "the wall was set back");
    look(&mut episodes, 20, &[]);
    assert_eq!(send(&mut episodes, 20), [alert("hurried", 40, 40)], "and again");
}

#[derive(Clone, Debug)]
struct Step {
    fires: bool,
    quiet: bool,
    round: bool,
    /// Taken, perhaps, or not at all.
    fate: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<bool>(), any::<bool>(), any::<bool>(), 0..3_u8);
    prop::collection::vec(step.prop_map(|(fires, quiet, round, fate)| Step { fires, quiet, round, fate }), 1..60)
}

proptest! {
    /// - An alert that never had a loud moment is never sent.
    /// - What is sent as firing fires, and what is sent as resolved does not.
    /// - Every round sends a firing alert that the Alertmanager may know: none resolves by itself.
    /// - No alert starts after it ends.
    #[test]
    fn an_alertmanager_is_told_what_is_so(steps in steps()) {
        let mut episodes = Episodes::default();
        let (mut loud, mut may_know, mut fired) = (false, false, false);
        for (second, step) in steps.iter().enumerate() {
            let now = 10 * second as u64;
            if step.fires && !fired && !may_know {
                loud = false;
            }
            fired = step.fires;
            loud |= step.fires && !step.quiet;
            let firing = if step.fires { vec![Notice { quiet: step.quiet, ..notice("a", now) }] } else { Vec::new() };
            look(&mut episodes, now, &firing);
            if step.round {
                episodes.begin_round();
            }
            let due = episodes.due();
            for alert in episodes.posted(&due, at(now), &Pace::default(), None) {
                prop_assert!(loud || may_know, "sent though it was never loud");
                prop_assert_eq!(alert.ends_at > at(now), step.fires);
                prop_assert!(alert.starts_at <= alert.ends_at);
            }
            if step.round && step.fires && may_know {
                prop_assert_eq!(due.len(), 1, "left to resolve by itself");
            }
            match step.fate {
                0 => episodes.taken(&due),
                1 => episodes.may_have_arrived(&due),
                _ => {}
            }
            may_know |= step.fate < 2 && !due.is_empty();
            if episodes.counts() == (0, 0) && !step.fires {
                may_know = false;
            }
        }
    }
}
