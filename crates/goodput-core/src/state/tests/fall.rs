//! A counter that fell in what was remembered (C15): what was before is forgotten there, and a flag says so.

use std::time::SystemTime;

use goodput_model::{Slo, Window};

use super::*;
use crate::clock::Timeline;
use crate::goodput::Goodput;
use crate::read::Flag;

const ORIGIN: u64 = 1_770_000_000;

/// A service that remembers marks every 10 s of one SLO whose good events stood at these, and the same of another that never fell.
fn check(stood_at: &[u64], good: u64, seen: u64, times: u64) {
    let builder =
        || Goodput::builder("shop").slo(Slo::availability("falls", "99%")).slo(Slo::availability("grows", "99%"));
    let keys = builder().build().unwrap().in_force().keys().to_vec();
    let moment = |index: usize| at(ORIGIN + 10 * (index as u64 + 1));
    let both = |index: usize, good: u64| [counts(good, 0, 0), counts(index as u64 + 1, 0, 0)];
    let (last, marks) = stood_at.split_last().unwrap();
    let marks = marks.iter().enumerate().map(|(index, good)| (moment(index), Arc::from(both(index, *good))));
    let marks: Vec<_> = marks.collect();
    let slos = keys.iter().zip(both(marks.len(), *last)).map(|(key, last)| PastSlo {
        key: Arc::clone(key),
        beginning: at(ORIGIN),
        began_with: Counts::default(),
        last,
        band: None,
        excluded: Excluded::default(),
        standings: Vec::new(),
    });
    let last = moment(marks.len());
    let past = Past {
        service: "shop".to_owned(),
        instance: String::new(),
        written: last.since_origin(),
        origin: at(ORIGIN),
        last,
        marks,
        bands: String::new(),
        mutes: Vec::new(),
        restarts: Vec::new(),
        looks: Default::default(),
        slos: slos.collect(),
    };
    let timeline = Timeline::manual().0.beginning_at(SystemTime::UNIX_EPOCH + past.written);
    let goodput = builder().timeline(timeline).remember(past.write().unwrap()).build().unwrap();
    let status = goodput.status();
    let hour =
        |slo: usize| status.slos[slo].windows.iter().find(|window| window.seen.window == Window::H1).unwrap().seen;
    let secs = Duration::from_secs;
    assert_eq!((hour(0).counts.good, hour(0).coverage.seen()), (good, secs(seen)), "{stood_at:?}");
    let all = stood_at.len() as u64;
    assert_eq!((hour(1).counts.good, hour(1).coverage.seen()), (all, secs(10 * all)), "{stood_at:?}");
    let flags: Vec<_> = status.flags.iter().filter(|flag| matches!(flag, Flag::Discontinuity { .. })).collect();
    let expected = Flag::Discontinuity { times };
    assert_eq!(flags, if times > 0 { vec![&expected] } else { vec![] }, "{stood_at:?}");
}

#[test]
fn what_was_before_a_counter_fell_is_in_no_window() {
    check(&[10, 20, 30, 40, 50], 50, 50, 0);
    check(&[10, 20, 30, 5, 15, 25, 35], 30, 30, 1);
    check(&[10, 20, 3], 0, 0, 1);
    check(&[10, 0, 7, 2, 4], 2, 10, 2);
    check(&[0, 0, 0], 0, 30, 0);
}

#[test]
fn what_a_file_says_of_the_future_is_forgotten_as_what_is_past() {
    let mut past = small();
    let far = Duration::from_secs(4_000_000_000);
    (past.restarts, past.looks) = (vec![far; 3], [vec![far; 2], vec![far]]);
    let written = past.written;
    let (timeline, hand) = Timeline::manual();
    let timeline = timeline.beginning_at(SystemTime::UNIX_EPOCH + written);
    let builder = Goodput::builder("shop").slo(Slo::availability("ok", "99%"));
    let goodput = builder.timeline(timeline).remember(past.write().unwrap()).build().unwrap();
    assert_eq!(goodput.status().restarts_1h, Some(4));
    hand.advance(Duration::from_secs(3_601));
    goodput.tick(goodput.now());
    assert_eq!(goodput.status().restarts_1h, Some(0));
    // It is looked at what is excluded, as was due.
    let now = written + Duration::from_secs(3_601);
    let looks = goodput.memory().unwrap().looks();
    assert!(looks.iter().flatten().all(|at| *at <= now) && looks[0].contains(&now), "{looks:?}");
}
