//! Slices of time on a manual timeline: which are good, bad and unknown, and what becomes of them.
//!
//! Property: whatever the ticks and the sleep of the machine, each slice is what a list of all events says it was.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_core::{
    AlertRow, Budgeting, Counts, Goodput, GoodputBuilder, ManualTimeline, Moment, Severity, Slo, SloStatus, Timeline,
    Trigger, Verdict, Window,
};
use proptest::prelude::*;

struct House {
    goodput: Goodput,
    hand: ManualTimeline,
}

impl House {
    /// Ticks are 10 s apart.
    fn new(slos: impl IntoIterator<Item = Slo>) -> Self {
        let (timeline, hand) = Timeline::manual();
        let builder = Goodput::builder("sliced").timeline(timeline);
        Self { goodput: slos.into_iter().fold(builder, GoodputBuilder::slo).build().unwrap(), hand }
    }

    fn count(&self, good: u64, bad: u64) {
        self.goodput.work("work").add(Counts { good, bad, excluded: 1 });
    }

    fn tick_after(&self, millis: u64) {
        self.hand.advance(Duration::from_millis(millis));
        self.goodput.tick(self.hand.now());
    }

    /// A minute of six ticks.
    fn minute(&self, good: u64, bad: u64) {
        self.count(good, bad);
        (0..6).for_each(|_| self.tick_after(10_000));
    }

    fn slo(&self, name: &str) -> SloStatus {
        self.goodput.status().slo(name).unwrap().clone()
    }

    /// Good, bad and unknown slices.
    fn slices(&self, name: &str) -> (u64, u64, u64) {
        let slo = self.slo(name);
        (slo.counts.good, slo.counts.bad, slo.slices.unwrap().unknown)
    }
}

fn minutes_of(target: &str) -> Slo {
    let target = Some(target.parse().unwrap());
    Slo::availability("ok", "99%").budgeting(Budgeting::Timeslices { slice: Window::M1, target })
}

#[test]
fn each_slice_is_judged_by_its_own_events_and_one_without_any_is_unknown() {
    let house = House::new([minutes_of("90%")]);
    for (good, bad, so_far) in
        [(9, 1, (1, 0, 0)), (8, 1, (1, 1, 0)), (0, 0, (1, 1, 1)), (1, 0, (2, 1, 1)), (0, 1, (2, 2, 1))]
    {
        house.minute(good, bad);
        assert_eq!(house.slices("ok"), so_far, "{good} good, {bad} bad");
    }
    let slo = house.slo("ok");
    assert_eq!(slo.counts, Counts { good: 2, bad: 2, excluded: 0 }, "excluded events are in no slice");
    let slices = slo.slices.unwrap();
    assert_eq!((slices.judged, slices.events), (4, Counts { good: 18, bad: 3, excluded: 5 }));
    let reasons: Vec<_> = slo.reasons.iter().map(|reason| (reason.verdict.to_string(), reason.count)).collect();
    assert_eq!(reasons, [("bad (too_few_good)".to_owned(), 2)]);
    let reasons = slices.event_reasons.iter();
    let reasons: Vec<_> = reasons.map(|reason| (reason.verdict.to_string(), reason.count)).collect();
    assert_eq!(reasons, [("excluded (batch)".to_owned(), 5), ("bad (batch)".to_owned(), 3)]);
}

#[test]
fn the_running_slice_is_shown_and_not_counted() {
    let house = House::new([minutes_of("90%")]);
    house.minute(1, 0);
    house.count(0, 3);
    house.tick_after(10_000);
    house.hand.advance(Duration::from_secs(5));
    let slo = house.slo("ok");
    let running = slo.slices.unwrap().running;
    assert_eq!((slo.counts.valid(), running.so_far, running.events.bad), (1, Duration::from_secs(15), 3));
    assert_eq!(running.verdict.map(Verdict::label), Some("bad"));
}

#[test]
fn a_tick_may_come_late_by_a_tenth_of_the_slice_and_no_more() {
    for (late, slices) in [
        (0, [(1, 0, 0), (2, 0, 0), (3, 0, 0)]),
        (6_000, [(1, 0, 0), (2, 0, 0), (3, 0, 0)]),
        (6_001, [(0, 0, 1), (0, 0, 2), (1, 0, 2)]),
        (59_999, [(0, 0, 1), (0, 0, 2), (1, 0, 2)]),
        (60_000, [(0, 0, 2), (1, 0, 2), (2, 0, 2)]),
        (120_000, [(0, 0, 3), (1, 0, 3), (2, 0, 3)]),
    ] {
        let house = House::new([minutes_of("90%")]);
        house.count(9, 0);
        house.tick_after(60_000 + late);
        assert_eq!(house.slices("ok"), slices[0], "late by {late} ms");
        for rest in &slices[1..] {
            house.count(9, 0);
            let gone = u64::try_from(house.hand.now().since_origin().as_millis()).unwrap();
            house.tick_after(60_000 - gone % 60_000);
            assert_eq!(house.slices("ok"), *rest, "after one that was late by {late} ms");
        }
    }
}

#[test]
fn a_slice_in_which_the_machine_slept_for_more_than_a_tenth_is_unknown() {
    for (asleep, slices) in [(6_000, (1, 0, 0)), (6_001, (0, 0, 1)), (60_000, (0, 0, 1)), (3_600_000, (0, 0, 60))] {
        let house = House::new([minutes_of("90%")]);
        house.count(9, 0);
        house.hand.suspend(Duration::from_millis(asleep));
        house.tick_after(60_000_u64.saturating_sub(asleep));
        assert_eq!(house.slices("ok"), slices, "asleep for {asleep} ms");
    }
}

#[test]
fn a_slice_by_its_ratio_counts_for_as_much_as_any_other() {
    let ratio = Slo::availability("ok", "99%").budgeting(Budgeting::RatioTimeslices { slice: Window::M1 });
    let house = House::new([ratio]);
    house.minute(999_999, 1);
    house.minute(1, 1);
    house.minute(0, 0);
    house.minute(2, 1);
    let slo = house.slo("ok");
    assert_eq!((slo.counts.bad, slo.counts.good), (1 + 500_000 + 333_334, 3_000_000 - 833_335));
    assert_eq!(slo.slices.map(|slices| (slices.judged, slices.unknown)), Some((3, 1)));
    assert_eq!(slo.reasons.iter().map(|reason| reason.verdict.to_string()).collect::<Vec<_>>(), ["bad (bad_events)"]);
}

#[test]
fn silence_is_too_few_events_and_what_failed_is_enough() {
    let house = House::new([Slo::throughput("enough", "99%", "10/m".parse().unwrap())]);
    for (good, bad, so_far) in [(10, 0, (1, 0, 0)), (9, 0, (1, 1, 0)), (0, 0, (1, 2, 0)), (0, 10, (2, 2, 0))] {
        house.minute(good, bad);
        assert_eq!(house.slices("enough"), so_far, "{good} good, {bad} bad");
    }
    let reasons = house.slo("enough").reasons;
    assert_eq!(reasons.iter().map(|reason| reason.verdict.to_string()).collect::<Vec<_>>(), ["bad (too_few)"]);
}

#[test]
fn a_tick_that_is_late_by_milliseconds_asks_for_no_more_events_than_its_slice() {
    let house = House::new([Slo::throughput("every-minute", "99%", "1/m".parse().unwrap())]);
    let late = [0, 3, 1, 2, 0, 4, 1, 5];
    for (minute, late) in (1_u64..=40).zip(late.into_iter().cycle()) {
        house.count(1, 0);
        let gone = u64::try_from(house.hand.now().since_origin().as_millis()).unwrap();
        house.tick_after(minute * 60_000 + late - gone);
    }
    assert_eq!(house.slices("every-minute"), (40, 0, 0));
    house.tick_after(60_000);
    assert_eq!(house.slices("every-minute"), (40, 1, 0));
}

#[test]
fn windows_burns_budgets_and_conditions_are_of_slices() {
    let page = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::Factor { milli: 10_000 });
    let house = House::new([minutes_of("90%").alert(page)]);
    // A thousand times the traffic in good minutes.
    (0..50).for_each(|_| house.minute(1_000, 0));
    (0..10).for_each(|_| house.minute(0, 1));
    let slo = house.slo("ok");
    let hour = slo.window(Window::H1).unwrap();
    assert_eq!(hour.seen.counts, Counts { good: 50, bad: 10, excluded: 0 });
    let burn = hour.burn.value().unwrap();
    assert!((burn - 10.0 / 60.0 / 0.01).abs() < 1.0e-9, "{burn}");
    assert_eq!(slo.firing(), Some(Severity::Page));
    assert_eq!(slo.budget.left_events(), -10);
}

#[test]
fn slices_that_end_between_ticks_are_refused() {
    for (slice, every, fits) in [(60, 10, true), (60, 60, true), (10, 10, true), (5, 10, false), (65, 10, false)] {
        let slice = Window::from_secs(slice).unwrap();
        let slo = Slo::availability("ok", "99%").budgeting(Budgeting::RatioTimeslices { slice });
        let plan = goodput_core::SlotPlan::dense(Duration::from_secs(60), goodput_core::Period::D30).unwrap();
        let builder = Goodput::builder("sliced").slots(plan).tick_every(Duration::from_secs(every));
        match builder.slo(slo).build() {
            Ok(_) => assert!(fits, "{slice} every {every}"),
            Err(error) => {
                let message = error.to_string();
                assert!(!fits && message.contains(&slice.to_string()) && message.contains("10s"), "{message}");
            }
        }
    }
}

#[test]
fn slices_read_as_a_person_wants_to_read_them() {
    let house = House::new([
        minutes_of("90%"),
        Slo::availability("mean", "99%").budgeting(Budgeting::RatioTimeslices { slice: Window::M5 }),
        Slo::throughput("enough", "95%", "2/m".parse().unwrap()),
        Slo::saturation("pool-free", "99%", "80%".parse().unwrap()).routes(["pool"]),
        Slo::freshness("prices-fresh", "99%", Duration::from_secs(90)).routes(["prices"]),
    ]);
    let (pool, prices) = (house.goodput.level("pool"), house.goodput.dataset("prices"));
    pool.set(7, 10);
    prices.refreshed(Duration::ZERO);
    (0..4).for_each(|_| house.minute(9, 0));
    pool.set(9, 10);
    house.minute(8, 2);
    pool.set(1, 3);
    house.minute(0, 0);
    prices.refreshed(Duration::from_secs(30));
    house.count(1, 0);
    house.hand.advance(Duration::from_secs(8));
    house.goodput.work("prices").read_at_age(Duration::ZERO);
    pool.set_share(f64::NAN);
    let shown = house.goodput.status().to_string();
    let golden = include_str!("golden/slices.txt");
    assert!(shown == golden, "tests/golden/slices.txt should be:\n{shown}");
}

/// What happened, one after the other.
#[derive(Clone, Debug)]
enum Step {
    Wait { millis: u64, asleep: bool },
    Events { good: u64, bad: u64 },
    Tick,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let usual = (9_000_u64..11_000).prop_map(|millis| vec![Step::Wait { millis, asleep: false }, Step::Tick]);
    let on_time = Just(vec![Step::Wait { millis: 10_000, asleep: false }, Step::Tick]);
    let wait = prop_oneof![4 => 1_u64..5_000, 1 => 1_u64..200_000];
    let wait = (wait, prop::bool::weighted(0.3)).prop_map(|(millis, asleep)| vec![Step::Wait { millis, asleep }]);
    let events = (0_u64..40, 0_u64..4).prop_map(|(good, bad)| vec![Step::Events { good, bad }]);
    let step = prop_oneof![4 => usual, 8 => on_time, 2 => wait, 6 => events, 1 => Just(vec![Step::Tick])];
    prop::collection::vec(step, 1..120).prop_map(|steps| steps.into_iter().flatten().collect())
}

/// Every tick with what had happened before it; the first one stands for the beginning.
struct Seen {
    at: Moment,
    events: Counts,
}

/// Good, bad and unknown slices of this length, by looking each of them up.
fn naive(ticks: &[Seen], slice: Duration, judge: impl Fn(Counts, Duration) -> Option<bool>) -> (u64, u64, u64) {
    let (mut good, mut bad, mut unknown) = (0, 0, 0);
    let last = ticks.last().unwrap().at.since_origin();
    for number in 0.. {
        let (begins, ends) = (slice * number, slice * (number + 1));
        if ends > last {
            return (good, bad, unknown);
        }
        let first_from = |time: Duration| ticks.iter().find(|tick| tick.at.since_origin() >= time).unwrap();
        let (from, to) = (first_from(begins), first_from(ends));
        let within = between(from.at.since_origin(), to.at.since_origin());
        let asleep = within.saturating_sub(between(from.at.awake(), to.at.awake()));
        let unseen = between(begins, from.at.since_origin()) + asleep;
        let seen = unseen <= slice / 10 && between(ends, to.at.since_origin()) <= slice / 10;
        match judge(to.events.since(from.events), within).filter(|_| seen) {
            None => unknown += 1,
            Some(true) => good += 1,
            Some(false) => bad += 1,
        }
    }
    unreachable!("slices end after the last tick")
}

fn between(from: Duration, to: Duration) -> Duration {
    to.checked_sub(from).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn slices_never_differ_from_a_list_of_all_events(steps in steps()) {
        let secs = |secs| Window::from_secs(secs).unwrap();
        let target = Some("90%".parse().unwrap());
        let house = House::new([
            Slo::availability("short", "99%").budgeting(Budgeting::Timeslices { slice: secs(20), target }),
            Slo::availability("long", "99%").budgeting(Budgeting::Timeslices { slice: secs(300), target }),
            Slo::throughput("enough", "99%", "30/m".parse().unwrap())
                .budgeting(Budgeting::Timeslices { slice: secs(60), target: None }),
        ]);
        let mut events = Counts::default();
        let mut ticks = vec![Seen { at: Moment::default(), events }];
        for step in steps {
            match step {
                Step::Wait { millis, asleep: true } => house.hand.suspend(Duration::from_millis(millis)),
                Step::Wait { millis, asleep: false } => house.hand.advance(Duration::from_millis(millis)),
                Step::Events { good, bad } => {
                    house.goodput.work("work").add(Counts { good, bad, excluded: 0 });
                    events += Counts { good, bad, excluded: 0 };
                }
                Step::Tick => {
                    house.goodput.tick(house.hand.now());
                    ticks.push(Seen { at: house.hand.now(), events });
                }
            }
        }
        let share = |events: Counts, _| (events.valid() > 0).then_some(events.good * 10 >= events.valid() * 9);
        let enough = |events: Counts, within: Duration| {
            Some(u128::from(events.valid()) * 2_000 >= within.as_millis().min(60_000))
        };
        prop_assert_eq!(house.slices("short"), naive(&ticks, Duration::from_secs(20), share));
        prop_assert_eq!(house.slices("long"), naive(&ticks, Duration::from_secs(300), share));
        prop_assert_eq!(house.slices("enough"), naive(&ticks, Duration::from_secs(60), enough));
    }
}
