//! What is remembered beside counts: bands, mutes, conditions that wait, what is excluded, and the processes themselves.

use std::time::{Duration, SystemTime};

use goodput_core::{
    Action, AlarmState, AlertRow, BudgetBands, Cause, Counts, Definition, Flag, Goodput, Memory, Mute, Period,
    Severity, Signal, SignalStatus, Slo, Trigger, Window,
};

use crate::clock::written_at;
use crate::{DAY, MINUTE, Process, TICK, WALL, service};

/// A process of a service of one SLO, with the default bands or others.
fn banded(bands: BudgetBands, wall: Duration, memory: Option<Memory>) -> Process {
    let mut definition = Definition::new("shop");
    definition.bands = bands;
    definition.slos = vec![Slo::availability("ok", "99%").period(Period::days(1).unwrap())];
    Process::start(definition, wall, memory)
}

#[test]
fn a_budget_that_has_hardly_recovered_permits_no_more_after_a_restart_than_before() {
    let band = |process: &Process| {
        let band = process.status().slo("ok").unwrap().band.clone().unwrap();
        (band.name, band.since.since_origin())
    };
    let first = banded(BudgetBands::default(), WALL, None);
    first.count(9_950, 50);
    first.tick(DAY); // half of the budget is left: yellow
    let yellow = ("yellow".to_owned(), first.wall());
    assert_eq!(band(&first), yellow);
    first.count(100, 0);
    first.tick(TICK); // 50.5 % are left, which is above the line and not beyond the hysteresis
    assert_eq!(band(&first), yellow);
    let memory = Some(first.memory());
    let second = banded(BudgetBands::default(), first.wall(), memory.clone());
    assert_eq!(band(&second), yellow);
    second.tick(TICK);
    assert_eq!(band(&second), yellow);
    // Of bands that permit something else it stands where its budget alone has it; so it does where nobody remembers.
    let mut other = BudgetBands::default();
    other.bands[1].action = Action::Defer;
    assert_eq!(band(&banded(other, first.wall(), memory)).0, "green");
    let unaware = banded(BudgetBands::default(), WALL, None);
    unaware.count(10_050, 50);
    unaware.tick(DAY);
    assert_eq!(band(&unaware).0, "green");
}

#[test]
fn a_mute_outlives_the_process_and_ends_when_it_would_have() {
    let first = Process::start(service(), WALL, None);
    first.goodput.mute(Mute::of("ok", 60 * MINUTE, "database upgrade")).unwrap();
    first.goodput.mute(Mute::of_all(MINUTE, "restart")).unwrap();
    first.goodput.mute(Mute::of("week", 60 * MINUTE, "of an SLO that will be no more")).unwrap();
    first.tick(10 * TICK / 2);
    let (memory, wall) = (first.memory(), first.wall());
    let mut definition = service();
    definition.slos.remove(1);
    let mutes = |at: Duration| Process::start(definition.clone(), at, Some(memory.clone())).goodput.mutes();
    let upgrade = |left| Mute::of("ok", left, "database upgrade");
    assert_eq!(mutes(wall), [upgrade(60 * MINUTE - 5 * TICK), Mute::of_all(TICK, "restart")]);
    assert_eq!(mutes(wall + 20 * MINUTE), [upgrade(40 * MINUTE - 5 * TICK)]);
    assert_eq!(mutes(wall + 2 * DAY), []);
    // However a clock was set, it mutes nobody for longer than somebody may have asked for.
    let far = written_at(&memory, WALL - 4_000 * DAY);
    let second = Process::start(service(), WALL - 4_000 * DAY, Some(far));
    assert!(second.goodput.mutes().iter().all(|mute| mute.lasting <= 60 * MINUTE), "{:?}", second.goodput.mutes());
}

/// What fires of the row, as it is before the first tick: whether it is muted, and until when an earlier process told it.
fn fires(process: &Process) -> Vec<(bool, Option<SystemTime>)> {
    let rows = process.goodput.alerts().into_iter().filter(|alert| matches!(alert.cause, Cause::Row(_)));
    rows.map(|alert| (alert.muted, alert.told_until)).collect()
}

fn paging() -> Definition {
    let mut definition = Definition::new("shop");
    definition.slos = vec![Slo::availability("ok", "99%").alert(AlertRow::new(
        Severity::Page,
        Window::H1,
        Window::M5,
        Trigger::Factor { milli: 14_400 },
    ))];
    definition
}

/// Ten minutes in which all is bad.
fn outage(process: &Process) {
    for _ in 0..60 {
        process.count(0, 100);
        process.tick(TICK);
    }
}

/// The process that comes after it, after a while.
fn again(process: &Process, after: Duration) -> Process {
    Process::start(paging(), process.wall() + after, Some(process.memory()))
}

#[test]
fn what_is_muted_is_muted_before_the_first_tick_as_well() {
    let first = Process::start(paging(), WALL, None);
    first.goodput.mute(Mute::of_all(120 * MINUTE, "maintenance")).unwrap();
    outage(&first);
    assert_eq!(fires(&first), [(true, None)]);
    let second = again(&first, MINUTE);
    assert_eq!(fires(&second), [(true, None)]);
    assert_eq!(fires(&again(&second, 119 * MINUTE)), [(false, None)]);
}

#[test]
fn until_when_an_earlier_process_told_it_is_known_unless_it_kept_quiet_after_too_long_a_time() {
    let first = Process::start(paging(), WALL, None);
    outage(&first);
    assert_eq!(fires(&first), [(false, None)], "this one told it");
    let told = SystemTime::UNIX_EPOCH + first.wall();
    for away in [TICK, 10 * MINUTE] {
        assert_eq!(fires(&again(&first, away)), [(false, Some(told))], "{away:?}");
    }
    // Who kept quiet since has gone on telling it if it was there in time, and has not else, however short the next time away is.
    for (away, goes_on) in [(3 * MINUTE - TICK, true), (3 * MINUTE, false)] {
        let second = again(&first, away);
        second.goodput.mute(Mute::of_all(60 * MINUTE, "maintenance")).unwrap();
        second.tick(TICK);
        let told = SystemTime::UNIX_EPOCH + second.wall();
        assert_eq!(fires(&again(&second, TICK)), [(true, goes_on.then_some(told))], "{away:?}");
    }
    // Who did not, has.
    let second = again(&first, 10 * MINUTE);
    second.tick(TICK);
    let told = SystemTime::UNIX_EPOCH + second.wall();
    assert_eq!(fires(&again(&second, TICK)), [(false, Some(told))]);
}

#[test]
fn the_time_in_which_nobody_was_there_is_no_part_of_how_long_a_condition_has_held() {
    let start = |wall, memory| {
        let mut definition = Definition::new("shop");
        let row = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::Factor { milli: 14_400 });
        definition.slos = vec![Slo::availability("ok", "99%").alert(row.after(5 * MINUTE))];
        Process::start(definition, wall, memory)
    };
    let burn = |process: &Process, ticks: u32| {
        let news = process.goodput.subscribe(100);
        for _ in 0..ticks {
            process.count(0, 100);
            process.tick(TICK);
        }
        std::iter::from_fn(|| news.try_recv()).any(|told| matches!(told.alert.cause, Cause::Row(_)))
    };
    let first = start(WALL, None);
    // An outage of nine minutes is enough for the row; then it has to hold for five minutes more.
    let held = (0..100).find(|_| {
        assert!(!burn(&first, 1));
        matches!(first.status().slo("ok").unwrap().conditions[0].alarm, AlarmState::Waiting { .. })
    });
    assert!(held.is_some() && !burn(&first, 11));
    let second = start(first.wall() + 2 * MINUTE, Some(first.memory()));
    // Two minutes of the five have passed, and the two in which nobody was there do not count.
    assert!(!burn(&second, 17));
    assert!(burn(&second, 3));
}

#[test]
fn restarts_are_counted_for_an_hour_and_many_are_told() {
    let mut process = Process::start(service(), WALL, None);
    assert_eq!((process.status().restarts_1h, process.status().flags), (Some(0), vec![]));
    for restarts in 1..=6 {
        process = process.restart(10 * MINUTE);
        let expected = restarts.min(6);
        assert_eq!(process.status().restarts_1h, Some(expected));
        let flags = if expected >= 5 { vec![Flag::RestartedOften { times: expected }] } else { vec![] };
        assert_eq!(process.status().flags, flags);
    }
    assert!(process.status().to_string().contains(", 6 restarts within an hour"), "{}", process.status());
    process.tick(10 * MINUTE);
    assert_eq!(process.status().restarts_1h, Some(5));
    process.tick(50 * MINUTE);
    assert_eq!((process.status().restarts_1h, process.memory()), (Some(0), process.memory()));
    // Whoever looks at it is no process of the service, and one that remembers nothing does not know.
    let looked_at = Goodput::recall(service(), process.memory(), SystemTime::UNIX_EPOCH + process.wall()).unwrap();
    assert_eq!(looked_at.status().restarts_1h, Some(0));
    assert_eq!(Goodput::builder("shop").build().unwrap().status().restarts_1h, None);
    // Far too many in no time.
    for _ in 0..1_100 {
        process = process.restart(Duration::ZERO);
    }
    assert_eq!(process.status().restarts_1h, Some(1_000));
}

#[test]
fn a_surge_that_began_before_a_restart_is_seen_after_it() {
    let process = |wall, memory| {
        let mut definition = Definition::new("shop");
        definition.slos = vec![Slo::availability("ok", "99%")];
        Process::start(definition, wall, memory)
    };
    let pass = |process: &Process, minutes: u32, excluded: u64| {
        for _ in 0..minutes {
            process.goodput.work("/orders").add(Counts { good: 100, ..Counts::default() });
            (0..excluded).for_each(|_| process.goodput.work("/orders").excluded("card_declined"));
            process.tick(MINUTE);
        }
    };
    let surges = |process: &Process| {
        let status = process.status();
        let surges = status.slo("ok").unwrap().signals.iter().find(|signal| signal.signal == Signal::ExcludedSurge);
        surges.is_some_and(SignalStatus::fires)
    };
    let first = process(WALL, None);
    pass(&first, 25 * 60, 1);
    assert!(!surges(&first));
    // A release that turns half of its customers away.
    let second = process(first.wall() + MINUTE, Some(first.memory()));
    pass(&second, 20, 100);
    assert!(surges(&second));
    let third = process(second.wall() + MINUTE, Some(second.memory()));
    assert!(surges(&third));
    pass(&third, 20, 100);
    assert!(surges(&third));
    // What is usual is none, after a restart as before.
    let usual = process(WALL, None);
    pass(&usual, 25 * 60, 20);
    let usual = process(usual.wall() + MINUTE, Some(usual.memory()));
    pass(&usual, 60, 20);
    assert!(!surges(&usual));
    // To one that remembers nothing that is how things are.
    let unaware = process(first.wall() + MINUTE, None);
    pass(&unaware, 40, 100);
    assert!(!surges(&unaware));
}

#[test]
fn however_many_reasons_excluded_something_over_many_processes_it_is_remembered() {
    let words: Vec<&'static str> = (0..400).map(|number| &*format!("word_{number}").leak()).collect();
    let mut process = Process::start(service(), WALL, None);
    for words in words.chunks(50) {
        for _ in 0..3 {
            for word in words {
                process.goodput.work("/orders").excluded(word);
            }
            process.tick(10 * MINUTE);
        }
        process = process.restart(MINUTE); // which fails if it cannot be written
    }
    process.tick(2 * DAY);
    process.tick(10 * MINUTE);
    assert_eq!(process.window("ok", Window::D3).seen.counts.excluded, 3 * 400);
}

#[test]
fn a_memory_says_which_instance_wrote_it() {
    let first = Process::start(service(), WALL, None);
    assert_eq!(first.memory().instance(), first.goodput.instance());
    let name = first.goodput.instance();
    let second = first.restart(TICK);
    assert_ne!(second.memory().instance(), name);
}
