//! Memory across restarts, on timelines moved by hand: what goes on, what begins anew, and what is not believed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unchecked_time_subtraction,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "restart/beside_counts.rs"]
mod beside_counts;
#[path = "simulation/clock.rs"]
mod clock;

use std::time::{Duration, SystemTime};

use clock::written_at;
use goodput_core::{
    Budgeting, Counts, Definition, Flag, Goodput, ManualTimeline, Memory, Period, Slo, SloStatus, Status, Timeline,
    Window, WindowStatus,
};
use proptest::prelude::*;

/// Some Tuesday in 2026.
const WALL: Duration = Duration::from_secs(1_770_000_000);
const TICK: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

fn service() -> Definition {
    let mut definition = Definition::new("shop");
    definition.slos = vec![
        Slo::availability("ok", "99.9%").routes(["/orders"]),
        Slo::availability("week", "95%").period(Period::days(7).unwrap()),
        Slo::availability("minutes", "99%")
            .budgeting(Budgeting::Timeslices { slice: Window::M1, target: Some("95%".parse().unwrap()) }),
    ];
    if cfg!(feature = "calendar") {
        definition.slos.push(Slo::availability("month", "99.5%").period(Period::MONTH));
    }
    definition
}

/// One process of the service.
struct Process {
    goodput: Goodput,
    hand: ManualTimeline,
    began: Duration,
}

impl Process {
    fn start(definition: Definition, wall: Duration, memory: Option<Memory>) -> Self {
        let (timeline, hand) = Timeline::manual();
        let goodput = Goodput::builder("shop")
            .definition(definition)
            .timeline(timeline.beginning_at(SystemTime::UNIX_EPOCH + wall))
            .remember(memory)
            .build()
            .unwrap();
        Self { goodput, hand, began: wall }
    }

    fn wall(&self) -> Duration {
        self.began + self.hand.now().since_origin()
    }

    fn count(&self, good: u64, bad: u64) {
        self.goodput.work("/orders").add(Counts { good, bad, excluded: bad / 2 });
    }

    fn tick(&self, after: Duration) {
        self.hand.advance(after);
        self.goodput.tick(self.goodput.now());
    }

    fn memory(&self) -> Memory {
        self.goodput.memory().unwrap()
    }

    /// Stops, and starts again after a while.
    fn restart(self, after: Duration) -> Self {
        let (memory, wall) = (self.memory(), self.wall() + after);
        drop(self);
        Self::start(service(), wall, Some(memory))
    }

    fn status(&self) -> Status {
        self.goodput.status()
    }

    fn window(&self, slo: &str, window: Window) -> WindowStatus {
        let status = self.status();
        let windows = &status.slo(slo).unwrap().windows;
        *windows.iter().find(|status| status.seen.window == window).unwrap()
    }
}

/// All that is said of the past, and not of this process alone.
fn verdicts(status: &Status) -> Vec<String> {
    let of = |slo: &SloStatus| {
        let windows = slo.windows.iter().map(|window| format!("{window:?}"));
        let conditions = slo.conditions.iter().map(|condition| format!("{condition:?}"));
        let band = slo.band.as_ref().map(|band| (&band.name, band.since.since_origin()));
        let budget = format!("{:?} {:?} {band:?}", slo.budget, slo.exhaustion);
        windows.chain(conditions).chain([budget]).map(|said| format!("{}: {said}", slo.name)).collect::<Vec<_>>()
    };
    status.slos.iter().flat_map(of).collect()
}

/// Only what differs is shown.
fn check(one: &Status, other: &Status, when: &str) {
    let (one, other) = (verdicts(one), verdicts(other));
    assert_eq!(one.len(), other.len());
    for (one, other) in one.into_iter().zip(other) {
        assert_eq!(one, other, "{when}");
    }
}

#[derive(Clone, Debug)]
struct Step {
    ticks: u32,
    good: u64,
    bad: u64,
    /// Of every tick.
    restarts: bool,
    asleep: Duration,
}

fn step() -> impl Strategy<Value = Step> {
    let bad = prop_oneof![3 => Just(0), 1 => 0..200_u64];
    (1..100_u32, 0..1_000_u64, bad, prop::bool::weighted(0.5), prop_oneof![5 => Just(0), 1 => 1..2_000_u32])
        .prop_map(|(ticks, good, bad, restarts, asleep)| Step { ticks, good, bad, restarts, asleep: asleep * TICK })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// I11. Slices are the one thing that a restart in their midst loses, so restarts fall on their ends; sleep is as long as slices.
    #[test]
    fn a_service_that_is_stopped_and_started_says_what_one_does_that_never_was(
        steps in prop::collection::vec(step(), 1..12),
    ) {
        let long_lived = Process::start(service(), WALL, None);
        let mut restarted = Process::start(service(), WALL, None);
        for (index, step) in steps.iter().enumerate() {
            for process in [&long_lived, &restarted] {
                process.hand.suspend(step.asleep);
            }
            for tick in 0..step.ticks * 6 {
                // One that ticks less often later in the trace, so that the coarse slots are in use as well.
                let after = if index % 3 == 2 { MINUTE } else { TICK };
                for process in [&long_lived, &restarted] {
                    process.count(step.good, step.bad);
                    process.tick(after);
                }
                let ends = restarted.wall().as_secs().is_multiple_of(60);
                if ends && step.restarts && tick % 97 < 6 {
                    restarted = restarted.restart(Duration::ZERO);
                    check(&restarted.status(), &long_lived.status(), "right after a restart");
                }
            }
            check(&restarted.status(), &long_lived.status(), "after a while");
        }
    }
}

#[test]
fn exported_counters_and_the_age_begin_at_nothing_in_every_process() {
    let first = Process::start(service(), WALL, None);
    first.count(900, 100);
    first.tick(TICK);
    let second = first.restart(Duration::ZERO);
    second.count(7, 0);
    second.tick(TICK);
    let status = second.status();
    assert_eq!(status.slo("ok").unwrap().counts, Counts { good: 7, bad: 0, excluded: 0 });
    assert_eq!((status.age, status.ticks, status.since_last_tick), (TICK, 1, Duration::ZERO));
    assert_eq!(second.window("ok", Window::H1).seen.counts, Counts { good: 907, bad: 100, excluded: 50 });
}

#[test]
fn the_time_between_two_processes_is_neither_good_nor_bad_and_not_covered() {
    let first = Process::start(service(), WALL, None);
    for _ in 0..360 {
        first.count(10, 0);
        first.tick(TICK);
    }
    assert!(first.window("ok", Window::H1).seen.coverage.is_full());
    let second = first.restart(20 * MINUTE);
    let hour = second.window("ok", Window::H1).seen;
    // The counts of the 40 minutes that it still sees.
    assert_eq!((hour.counts, hour.coverage.seen()), (Counts { good: 2_400, ..Counts::default() }, 40 * MINUTE));
    let third = second.restart(2 * DAY);
    let hour = third.window("ok", Window::H1).seen;
    assert_eq!((hour.counts.total(), hour.coverage.seen()), (0, Duration::ZERO));
    assert_eq!(third.window("ok", Window::D3).seen.counts.good, 3_600);
    assert_eq!(third.status().flags, []);
}

#[test]
fn an_outage_that_fires_goes_on_firing_after_a_restart_in_a_silent_time() {
    let first = Process::start(service(), WALL, None);
    for _ in 0..60 {
        first.count(0, 10);
        first.tick(TICK);
    }
    let fires = |process: &Process| process.status().slo("ok").unwrap().conditions[0].now.active;
    assert!(fires(&first));
    // The short window is empty by then, which is no recovery.
    let second = first.restart(6 * MINUTE);
    let (news, firing) = (second.goodput.subscribe(8), second.goodput.alerts());
    assert!(fires(&second) && firing.iter().any(|alert| alert.slo == "ok"));
    second.tick(TICK);
    assert!(fires(&second));
    // It was told before, and since when it fires is known.
    assert!(news.try_recv().is_none());
    assert!(firing.iter().all(|alert| alert.fired_at.since_origin() < second.began - 6 * MINUTE));
    // The same silence, of which nobody remembers that it fired.
    let unaware = Process::start(service(), second.wall(), None);
    unaware.tick(TICK);
    assert!(!fires(&unaware));
}

#[test]
fn a_memory_is_believed_as_far_as_the_clock_on_the_wall_allows() {
    let first = Process::start(service(), WALL, None);
    first.count(900, 100);
    first.tick(DAY);
    first.tick(TICK);
    let (memory, wall) = (first.memory(), first.wall());
    let future = |by: Duration| vec![Flag::StateFromTheFuture { by }];
    for (now, good, flags) in [
        (wall, 900, vec![]),
        (wall + 29 * DAY, 900, vec![]),
        (wall + 32 * DAY, 0, vec![]),
        (wall + 4_000 * DAY, 0, vec![]),
        (wall - 5 * MINUTE, 900, vec![]),
        (wall - 5 * MINUTE - TICK, 0, future(5 * MINUTE + TICK)),
        (Duration::ZERO, 0, future(wall)),
    ] {
        let second = Process::start(service(), now, Some(memory.clone()));
        let status = second.status();
        assert_eq!(
            (second.window("ok", Period::D30.window()).seen.counts.good, &status.flags),
            (good, &flags),
            "at {now:?}"
        );
        assert!(second.goodput.now().since_origin() >= now, "time never goes back");
        second.tick(TICK);
        assert_eq!(second.status().flags, flags, "at {now:?}");
    }
}

#[test]
fn a_clock_that_was_set_while_the_service_ran_does_not_change_how_long_ago_anything_was() {
    let ahead = [(WALL + 3_650 * DAY, WALL), (WALL, WALL + 3_650 * DAY), (WALL, WALL - 60 * MINUTE), (DAY, WALL)];
    for (at_start, at_end) in ahead {
        let first = Process::start(service(), at_start, None);
        first.count(900, 100);
        first.tick(30 * MINUTE);
        // The same memory, of a process whose clock was set: it says when it was written by the new time.
        let written = at_end + 30 * MINUTE;
        let memory = written_at(&first.memory(), written);
        let second = Process::start(service(), written + 10 * MINUTE, Some(memory));
        let hour = second.window("ok", Window::H1).seen;
        assert_eq!((hour.counts.good, hour.coverage.seen()), (900, 30 * MINUTE), "{at_start:?} {at_end:?}");
        assert_eq!(second.status().flags, []);
        assert_eq!(second.goodput.now().since_origin(), written + 10 * MINUTE);
    }
}

#[test]
fn an_slo_goes_on_if_it_judges_as_before_and_begins_anew_if_not() {
    let first = Process::start(service(), WALL, None);
    first.count(900, 100);
    first.tick(60 * MINUTE);
    let (memory, wall) = (first.memory(), first.wall());
    let base = Slo::availability("ok", "99.9%").routes(["/orders"]);
    for (what, slo, good) in [
        ("as it was", base.clone(), 900),
        ("another objective", Slo::availability("ok", "95%").routes(["/orders"]), 900),
        ("another period", base.clone().period(Period::days(7).unwrap()), 900),
        ("other routes", Slo::availability("ok", "99.9%").routes(["/orders", "/pay"]), 900),
        ("another name", Slo::availability("okay", "99.9%").routes(["/orders"]), 0),
        ("another rule", base.clone().bad_statuses([418]), 0),
        ("another indicator", Slo::latency("ok", "99.9%", TICK).routes(["/orders"]), 0),
    ] {
        let (name, mut definition) = (slo.name().to_owned(), Definition::new("shop"));
        definition.slos = vec![Slo::availability("new", "99%"), slo];
        let second = Process::start(definition, wall, Some(memory.clone()));
        second.tick(TICK);
        let day = |slo: &str| second.window(slo, Window::D1).seen;
        assert_eq!((day(&name).counts.good, day("new").counts.good), (good, 0), "{what}");
        let seen = if good > 0 { 60 * MINUTE + TICK } else { TICK };
        assert_eq!((day(&name).coverage.seen(), day("new").coverage.seen()), (seen, TICK), "{what}");
    }
}

#[test]
fn the_memory_of_another_service_is_none() {
    let first = Process::start(service(), WALL, None);
    first.count(900, 100);
    first.tick(TICK);
    let mut other = Definition::new("bakery");
    other.slos = service().slos;
    let second = Process::start(other, first.wall(), Some(first.memory()));
    assert_eq!(second.window("ok", Window::H1).seen.counts.total(), 0);
    assert_eq!(second.status().flags, [Flag::StateForeign { service: Some("shop".to_owned()) }]);
}

#[test]
fn a_reload_keeps_the_past_of_what_goes_on_and_forgets_that_of_what_begins_anew() {
    let first = Process::start(service(), WALL, None);
    first.count(900, 100);
    first.tick(TICK);
    let second = first.restart(Duration::ZERO);
    second.count(5, 0);
    second.tick(TICK);
    let mut definition = service();
    definition.slos.swap(0, 1);
    definition.slos[0] = Slo::availability("week", "90%").period(Period::days(7).unwrap()).bad_statuses([418]);
    second.goodput.reload(definition).unwrap();
    second.count(3, 0);
    second.tick(TICK);
    assert_eq!(second.window("ok", Window::H1).seen.counts.good, 908);
    assert_eq!(second.window("week", Window::H1).seen.counts.good, 3);
    // And once more across a restart.
    let memory = second.memory();
    let mut definition = service();
    definition.slos[1] = Slo::availability("week", "90%").period(Period::days(7).unwrap()).bad_statuses([418]);
    let third = Process::start(definition, second.wall(), Some(memory));
    assert_eq!(third.window("ok", Window::H1).seen.counts.good, 908);
    assert_eq!(third.window("week", Window::H1).seen.counts.good, 3);
}

#[test]
fn a_memory_is_taken_from_any_instance_and_lies_on_the_epochs_grid() {
    let (timeline, hand) = Timeline::manual();
    let wall = SystemTime::UNIX_EPOCH + WALL;
    let builder = Goodput::builder("shop").definition(service());
    let never_remembers = builder.timeline(timeline.beginning_at(wall)).build().unwrap();
    never_remembers.work("/orders").add(Counts { good: 900, ..Counts::default() });
    for _ in 0..6 {
        hand.advance(TICK);
        never_remembers.tick(hand.now());
    }
    let memory = never_remembers.memory().unwrap();
    assert_eq!((memory.service(), memory.written()), ("shop", wall + MINUTE));
    let second = Process::start(service(), WALL + 2 * MINUTE, Some(memory));
    let seen = second.window("ok", Window::M5).seen;
    assert_eq!((seen.counts.good, seen.coverage.seen()), (900, MINUTE));
}

#[test]
fn a_state_is_looked_at_as_the_instance_would_say_it() {
    let first = Process::start(service(), WALL, None);
    for tick in 0..100 {
        first.count(10, tick % 3);
        first.tick(TICK);
    }
    let wall = SystemTime::UNIX_EPOCH + first.wall();
    let looked_at = Goodput::recall(service(), first.memory(), wall).unwrap();
    check(&looked_at.status(), &first.status(), "at once");
    let later = Goodput::recall(service(), first.memory(), wall + 10 * MINUTE).unwrap();
    first.hand.suspend(10 * MINUTE);
    check(&later.status(), &first.status(), "later");
    assert_eq!(later.status().since_last_tick, 10 * MINUTE);
}
