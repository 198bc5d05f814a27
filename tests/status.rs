//! The status on a manual clock: what it says of windows, budgets and conditions, and how it reads.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use goodput::{
    BurnRate, Code, Goodput, GoodputBuilder, ManualStopwatch, ManualTimeline, Position, Remaining, Severity, Slo,
    SlotPlan, Stopwatch, Timeline, Verdict, Window,
};

struct House {
    goodput: Goodput,
    timeline: ManualTimeline,
    stopwatch: ManualStopwatch,
}

impl House {
    fn new(slos: impl IntoIterator<Item = Slo>) -> Self {
        let (timeline, hand) = Timeline::manual();
        let (stopwatch, stopwatch_hand) = Stopwatch::manual();
        let builder = Goodput::builder("shop").timeline(timeline).stopwatch(stopwatch);
        let builder = slos.into_iter().fold(builder.exclude_routes(["/health"]), GoodputBuilder::slo);
        let goodput = builder.build().expect("a definition that holds");
        Self { goodput, timeline: hand, stopwatch: stopwatch_hand }
    }

    /// Plays `count` events of each verdict every ten seconds for `time`, ticking after each.
    fn play(&self, time: Duration, good: u64, bad: u64) {
        for _ in 0..time.as_secs() / 10 {
            let work = self.goodput.work("/checkout");
            (0..good).for_each(|_| work.record(Verdict::Good, Duration::from_millis(20)));
            (0..bad).for_each(|_| work.record(Verdict::bad("payment_down"), Duration::from_millis(900)));
            self.timeline.advance(Duration::from_secs(10));
            self.goodput.tick(self.timeline.now());
        }
    }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn ok() -> Slo {
    Slo::availability("ok", "99.9%").routes(["/checkout"])
}

#[test]
fn without_events_nothing_is_known_and_nothing_fires() {
    let house = House::new([ok()]);
    house.play(minutes(10), 0, 0);
    let status = house.goodput.status();
    let slo = status.slo("ok").expect("an SLO of this name");
    assert!(slo.windows.iter().all(|window| window.burn == BurnRate::NoData));
    assert_eq!(slo.budget.remaining(), Remaining::NoData);
    assert!(slo.conditions.iter().all(|condition| condition.now.position == Position::NoData));
}

#[test]
fn a_window_sees_only_its_own_length() {
    let house = House::new([ok()]);
    house.play(minutes(60), 1, 1);
    house.play(minutes(60), 1, 0);
    let status = house.goodput.status();
    let bad = |window: Window| status.slo("ok").and_then(|slo| slo.window(window)).map(|window| window.seen.counts.bad);
    assert_eq!([Window::M5, Window::H1, Window::H2].map(bad), [Some(0), Some(0), Some(360)]);
}

#[test]
fn a_total_outage_from_boot_is_firing_within_its_52_seconds_and_one_tick() {
    let house = House::new([ok()]);
    let mut fired = None;
    for second in 1..=120 {
        house.goodput.work("/checkout").bad("down");
        house.timeline.advance(Duration::from_secs(1));
        if second % 10 == 0 {
            house.goodput.tick(house.timeline.now());
            let status = house.goodput.status();
            let page = status.slo("ok").and_then(|slo| slo.conditions.first().copied()).expect("a page");
            assert_eq!(page.row.severity(), Severity::Page);
            if page.now.position == Position::Firing {
                fired = fired.or(Some(second));
            }
        }
    }
    assert_eq!(fired, Some(60), "51.84 s, seen by the tick at 60 s");
}

#[test]
fn one_error_at_boot_is_no_alert() {
    let house = House::new([ok()]);
    house.goodput.work("/checkout").bad("once");
    house.play(minutes(10), 1, 0);
    let status = house.goodput.status();
    assert!(status.slo("ok").is_some_and(|slo| slo.conditions.iter().all(|c| c.now.position != Position::Firing)));
}

#[test]
fn a_firing_condition_does_not_clear_by_silence() {
    let house = House::new([ok()]);
    house.play(minutes(30), 0, 10);
    let firing = |house: &House| {
        let status = house.goodput.status();
        status.slo("ok").and_then(|slo| slo.conditions.first().map(|page| page.now.active))
    };
    assert_eq!(firing(&house), Some(true));
    house.play(minutes(20), 0, 0);
    assert_eq!(firing(&house), Some(true), "nobody has seen it work again");
    house.play(minutes(10), 10, 0);
    assert_eq!(firing(&house), Some(false), "and now somebody has");
}

#[test]
fn what_is_left_is_at_most_until_nine_tenths_of_the_period_were_seen() {
    let house = House::new([ok()]);
    let remaining = |house: &House| house.goodput.status().slo("ok").map(|slo| slo.budget.remaining());
    let day = Duration::from_secs(86_400);
    house.play(day * 26, 1, 0);
    assert!(matches!(remaining(&house), Some(Remaining::AtMost(_))));
    house.play(day * 2, 1, 0);
    assert!(matches!(remaining(&house), Some(Remaining::Is(_))));
}

#[test]
fn suspended_time_is_not_covered() {
    let house = House::new([ok()]);
    house.play(minutes(30), 1, 0);
    house.timeline.suspend(minutes(30));
    let status = house.goodput.status();
    let hour = status.slo("ok").and_then(|slo| slo.window(Window::H1)).expect("an hour");
    assert_eq!(hour.seen.coverage.seen(), minutes(30));
    assert_eq!(status.slo("ok").and_then(|slo| slo.window(Window::M5)).map(|w| w.burn), Some(BurnRate::NoData));
}

#[test]
fn the_compact_plan_answers_the_same_questions() {
    let (timeline, hand) = Timeline::manual();
    let builder = Goodput::builder("compact").timeline(timeline).slots(SlotPlan::compact(goodput::Period::D30));
    let goodput = builder.slo(ok()).build().expect("a definition that holds");
    for _ in 0..6 * 60 {
        goodput.work("/checkout").good();
        hand.advance(Duration::from_secs(10));
        goodput.tick(hand.now());
    }
    let status = goodput.status();
    let hour = status.slo("ok").and_then(|slo| slo.window(Window::H1)).expect("an hour");
    assert_eq!((hour.seen.counts.good, hour.seen.coverage.is_full()), (360, true));
}

#[test]
fn it_reads_as_a_person_wants_to_read_it() {
    let fast = Slo::latency("fast", "95%", Duration::from_millis(300)).routes(["/checkout"]);
    let idle = Slo::availability("search-ok", "99%").routes(["/search"]).period(goodput::Period::D7);
    let house = House::new([ok(), fast, idle]);
    house.play(minutes(60), 20, 0);
    house.play(minutes(10), 16, 4);
    let waiting = house.goodput.work("/checkout").start();
    house.stopwatch.advance(Duration::from_millis(5));
    let mut probe = goodput::Request::begin(&house.goodput, house.goodput.route(Some("/health")));
    probe.respond(&house.goodput, Code::http(200));
    let shown = house.goodput.status().to_string();
    drop(waiting);
    let golden = include_str!("golden/status.txt");
    assert!(shown == golden, "tests/golden/status.txt should be:\n{shown}");
}
