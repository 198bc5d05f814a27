//! Scale changes no count: any number of threads, however short they live, of routes and of SLOs is counted to the unit, in
//! memory that is promised.
//!
//! `GOODPUT_SCALE=10` makes ten times as many events where threads are many; routes and SLOs stay as many as they are.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the benches need more of it")]
#[path = "../benches/common/instances.rs"]
mod instances;

use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use allocation_counter::measure;
use goodput::{
    Code, Counts, Ending, Goodput, GoodputBuilder, Period, Request, SlotPlan, Status, Stopwatch, Timeline, Verdict,
    Window,
};
use instances::{Ticks, built, four_slos_on_all, named, slos_on, templates};
use parking_lot::Mutex;

/// Held by every test: threads lease shards, and those of another test would take some meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

/// How many shards there are. Three quarters are leased, one to a thread; threads beyond that share the rest.
fn shards() -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).next_power_of_two().clamp(16, 64)
}

fn scale() -> u64 {
    std::env::var("GOODPUT_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// An instance for which every request takes no time: on a busy machine, one that is given up at once may have taken longer than its
/// SLO's threshold, and be bad.
fn timeless(builder: GoodputBuilder) -> Goodput {
    built(builder.stopwatch(Stopwatch::manual().0))
}

/// One request to its end: every fourth fails, every fourth is given up at once.
fn request(goodput: &Goodput, template: &str, number: u64) {
    let mut request = Request::begin(goodput, goodput.route(Some(template)));
    match number % 4 {
        0 => request.end(goodput, Ending::Dropped),
        1 => {
            request.respond(goodput, Code::http(500));
            request.end(goodput, Ending::Completed);
        }
        _ => {
            request.respond(goodput, Code::http(200));
            request.end(goodput, Ending::Completed);
        }
    }
}

/// What so many requests come to, a multiple of four.
fn of(requests: u64) -> Counts {
    Counts { good: requests / 2, bad: requests / 4, excluded: requests / 4 }
}

fn counts(status: &Status, slo: &str) -> Counts {
    status.slo(slo).expect("an SLO of this name").counts
}

#[test]
fn two_hundred_threads_at_once_are_counted_to_the_unit_on_every_route() {
    const THREADS: u64 = 200;
    let _alone = ALONE.lock();
    let goodput = timeless(four_slos_on_all(20));
    let templates = templates(20);
    let each = 4_000 * scale(); // longer than a slice of the scheduler, so that threads of one shard meet
    let all_there = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                all_there.wait();
                (0..each).for_each(|number| templates.iter().for_each(|route| request(&goodput, route, number)));
            });
        }
    });
    let status = goodput.status();
    assert_eq!(counts(&status, "ok"), of(THREADS * each * 20));
    assert_eq!((status.routes.len(), status.in_flight), (20, 0));
    for route in &status.routes {
        let latencies = route.success.count() + route.error.count();
        assert_eq!(
            (route.begun, route.finished, route.failures()),
            (THREADS * each, THREADS * each, THREADS * each / 4)
        );
        assert_eq!(latencies, THREADS * each * 3 / 4, "{}", route.template);
    }
}

/// Some threads hold every lease; of those that come after them two at least lie on each shard.
#[test]
fn threads_that_share_a_shard_are_counted_to_the_unit() {
    let _alone = ALONE.lock();
    let goodput = timeless(four_slos_on_all(2));
    let each = 400_000 * scale();
    let (holders, sharers) = (shards(), shards() / 2);
    let (all_hold, all_share, all_done) =
        (Barrier::new(holders + 1), Barrier::new(sharers), Barrier::new(holders + sharers));
    thread::scope(|scope| {
        for _ in 0..holders {
            scope.spawn(|| {
                goodput.work("/held").good();
                all_hold.wait();
                all_done.wait();
            });
        }
        all_hold.wait();
        for _ in 0..sharers {
            scope.spawn(|| {
                all_share.wait();
                (0..each).for_each(|number| request(&goodput, "/busy", number));
                all_done.wait();
            });
        }
    });
    let requests = each * sharers as u64;
    assert_eq!(goodput.status().route("/busy").map(|route| (route.begun, route.in_flight)), Some((requests, 0)));
    let all = counts(&goodput.status(), "ok");
    assert_eq!(all, Counts { good: of(requests).good + holders as u64, ..of(requests) });
}

/// One thread for the beginning of each request and one for its end: both are gone when it is read.
#[test]
fn threads_that_live_for_half_a_request_are_counted_to_the_unit() {
    let _alone = ALONE.lock();
    let goodput = timeless(four_slos_on_all(1));
    let pairs = 10_000 * scale();
    let on_a_thread = |work: Box<dyn FnOnce() -> Request + Send + '_>| {
        thread::scope(|scope| scope.spawn(work).join().expect("a thread that does not panic"))
    };
    for number in 0..pairs {
        let mut begun = on_a_thread(Box::new(|| Request::begin(&goodput, goodput.route(Some("/halves")))));
        on_a_thread(Box::new(|| {
            begun.respond(&goodput, Code::http(if number % 2 == 0 { 200 } else { 503 }));
            begun.end(&goodput, Ending::Completed);
            begun
        }));
    }
    let status = goodput.status();
    assert_eq!(counts(&status, "ok"), Counts { good: pairs / 2, bad: pairs / 2, excluded: 0 });
    assert_eq!(status.in_flight, 0);
}

#[test]
fn ten_thousand_routes_are_counted_to_the_unit_by_eight_threads_that_meet_them_first() {
    const ROUTES: usize = 10_000;
    let _alone = ALONE.lock();
    let goodput = timeless(four_slos_on_all(ROUTES));
    let templates = templates(ROUTES);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (goodput, templates) = (&goodput, &templates);
            // Each begins elsewhere, so that first sights are shared out.
            let in_turn = templates.iter().cycle().skip(thread * ROUTES / 8).take(ROUTES);
            scope.spawn(move || in_turn.for_each(|route| (0..4).for_each(|number| request(goodput, route, number))));
        }
    });
    let status = goodput.status();
    assert_eq!(counts(&status, "ok"), of(8 * 4 * ROUTES as u64));
    assert_eq!(status.routes.len(), ROUTES);
    assert!(status.routes.iter().all(|route| (route.begun, route.finished) == (32, 32)));
}

#[test]
fn ten_thousand_slos_are_counted_to_the_unit_and_their_windows_with_them() {
    const SLOS: usize = 10_000;
    let _alone = ALONE.lock();
    let (timeline, time) = Timeline::manual();
    let goodput = timeless(slos_on(SLOS, SLOS / 10).slots(SlotPlan::compact(Period::D30)).timeline(timeline));
    let tick_after = |seconds| {
        time.advance(Duration::from_secs(seconds));
        goodput.tick(goodput.now());
    };
    let templates = named(&goodput);
    let load = || {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| templates.iter().for_each(|route| (0..4).for_each(|n| request(&goodput, route, n))));
            }
        });
    };
    load();
    tick_after(10);
    tick_after(3_000);
    load();
    tick_after(10);
    let status = goodput.status();
    assert_eq!(status.slos.len(), SLOS);
    for slo in &status.slos {
        // The default rules: a failure within the threshold is not measured, and who leaves at once is excluded.
        let expected =
            if slo.indicator.threshold().is_none() { of(32) } else { Counts { good: 16, bad: 0, excluded: 16 } };
        assert_eq!(slo.counts, expected, "{}", slo.name);
        let lately = slo.window(Window::M5).expect("a standard window").seen.counts;
        assert_eq!((lately.good, lately.bad), (expected.good / 2, expected.bad / 2), "{}", slo.name);
    }
}

fn each(count: usize) -> i64 {
    i64::try_from(count).expect("a count")
}

/// What a thread allocates and keeps while it records on routes, for each of them.
fn kept_by_a_thread(goodput: &Goodput, templates: &[String], record: impl Fn(&Goodput, &str) + Sync) -> i64 {
    let first = || measure(|| templates.iter().for_each(|route| record(goodput, route))).bytes_current;
    let kept = thread::scope(|scope| scope.spawn(first).join().expect("a thread that does not panic"));
    kept / each(templates.len())
}

#[test]
fn a_route_takes_no_more_than_2_2_kb_of_memory_on_each_shard_that_touches_it() {
    let _alone = ALONE.lock();
    let templates = templates(100);
    let goodput = built(four_slos_on_all(100));
    let seen_first = measure(|| {
        for route in &templates {
            goodput.route(Some(route));
        }
    });
    let own = seen_first.bytes_current / 100;
    let quick = |goodput: &Goodput, route: &str| goodput.work(route).record(Verdict::Good, Duration::from_millis(5));
    let failing = |goodput: &Goodput, route: &str| request(goodput, route, 1);
    let touched = kept_by_a_thread(&goodput, &templates, quick);
    let again = kept_by_a_thread(&goodput, &templates, quick);
    let failed = kept_by_a_thread(&goodput, &templates, failing);
    println!("a route: {own} bytes; a shard that times it: {touched}, then {again}; one where it fails: {failed} more");
    assert_eq!(again, 0, "a thread that comes after another takes its place");
    assert!(own <= 1_200 && touched > 0 && touched <= 2_200, "{own} bytes a route and {touched} a shard");
    assert!(failed > 0 && failed <= 2_200, "{failed} bytes a shard where it fails: a histogram, and what went wrong");
}

/// By what history takes: the tick allocates it, on the thread that ticks.
#[test]
fn an_slo_takes_no_more_memory_than_its_slot_plan_says() {
    let _alone = ALONE.lock();
    for (plan, promised) in [(SlotPlan::standard(Period::D30), 33 * 1_024), (SlotPlan::compact(Period::D30), 9_000)] {
        let slos = 500;
        let goodput = built(slos_on(slos, slos).slots(plan.clone()));
        let mut ticks = Ticks::of(goodput);
        let kept = measure(|| ticks.fill_history()).bytes_current / each(slos);
        println!("{} slots: {kept} bytes an SLO", plan.slots());
        assert!(
            i128::from(kept) > 24 * plan.slots().cast_signed(),
            "history is full: {kept} bytes an SLO for {} slots",
            plan.slots()
        );
        assert!(kept <= promised, "{kept} bytes an SLO for {} slots", plan.slots());
    }
}
