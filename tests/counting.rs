//! Every event recorded is an event counted, whatever the number of threads and however long they live.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use goodput::{Code, Counts, Ending, Goodput, Head, Request, RouteId, Slo, Verdict};

fn instance() -> Arc<Goodput> {
    let builder = Goodput::builder("counting").slo(Slo::availability("ok", "99.9%")).slo(Slo::latency(
        "fast",
        "99%",
        Duration::from_secs(3600),
    ));
    Arc::new(builder.build().expect("a definition that holds"))
}

/// One request to its end; which one it is decides how it ends.
fn request(goodput: &Goodput, route: RouteId, number: u64) {
    let mut request = Request::begin(goodput, route);
    match number % 10 {
        0 => request.end(goodput, Ending::Panicked),
        1 => request.end(goodput, Ending::Dropped),
        2 => {
            request.respond(goodput, Code::http(200));
            request.end(goodput, Ending::Failed);
        }
        3 => {
            request.respond(goodput, Code::http(429));
            request.complete_at_head(goodput);
        }
        4 => {
            request.respond(goodput, Head { verdict: Some(Verdict::bad("declined")), ..Head::new(Code::http(200)) });
            request.complete_at_head(goodput);
        }
        _ => {
            request.respond(goodput, Code::http(200));
            request.first_byte(goodput);
            request.end(goodput, Ending::Completed);
        }
    }
}

/// What ten requests, numbered 0 to 9, come to.
const TEN: Counts = Counts { good: 5, bad: 3, excluded: 2 };

fn times(counts: Counts, times: u64) -> Counts {
    Counts { good: counts.good * times, bad: counts.bad * times, excluded: counts.excluded * times }
}

/// Records `per_thread` requests on each of `threads` threads while another reads, and compares at the end.
fn check(threads: u64, per_thread: u64) {
    let goodput = instance();
    let route = goodput.route(Some("/orders/{id}"));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|_| {
                let goodput = &goodput;
                scope.spawn(move || (0..per_thread).for_each(|number| request(goodput, route, number)))
            })
            .collect();
        let mut last = Counts::default();
        while !writers.iter().all(thread::ScopedJoinHandle::is_finished) {
            let status = goodput.status();
            let now = status.slo("ok").expect("an SLO of this name").counts;
            assert!(!now.went_backwards(last), "{last:?} then {now:?}");
            assert!(now.total() <= threads * per_thread);
            last = now;
        }
    });
    let status = goodput.status();
    assert_eq!(status.slo("ok").map(|slo| slo.counts), Some(times(TEN, threads * per_thread / 10)));
    assert_eq!(status.in_flight, 0);
    let declined =
        status.slo("ok").and_then(|slo| slo.reasons.iter().find(|count| count.verdict == Verdict::bad("declined")));
    assert_eq!(declined.map(|count| count.count), Some(threads * per_thread / 10));
}

#[test]
fn ten_million_events_from_two_threads_are_counted_to_the_unit() {
    check(2, 5_000_000);
}

#[test]
fn ten_million_events_from_more_threads_than_shards_are_counted_to_the_unit() {
    check(100, 100_000);
}

/// Requests begun on one thread and ended on another, as executors do.
#[test]
fn no_reading_shows_more_ends_than_beginnings() {
    let goodput = instance();
    let route = goodput.route(Some("/orders/{id}"));
    let (hand_over, ends) = mpsc::sync_channel(64);
    thread::scope(|scope| {
        let goodput = &goodput;
        scope.spawn(move || {
            for _ in 0..500_000 {
                hand_over.send(Request::begin(goodput, route)).expect("somebody who ends it");
            }
        });
        let ender = scope.spawn(move || ends.into_iter().for_each(|mut request| request.end(goodput, Ending::Failed)));
        let mut raced = 0;
        while !ender.is_finished() {
            let status = goodput.status();
            let Some(route) = status.route("/orders/{id}") else { continue };
            let finished: u64 = route.outcomes.iter().map(|(_, count)| count).sum();
            assert!(finished <= route.begun, "{finished} of {} ended", route.begun);
            raced += u64::from(finished > 0 && finished < 500_000);
        }
        assert!(raced > 10, "only {raced} readings fell into the race");
    });
    assert_eq!(goodput.status().in_flight, 0);
}

#[test]
fn a_hundred_thousand_short_lived_threads_are_counted_to_the_unit() {
    let goodput = instance();
    let work = goodput.work("batch");
    for _ in 0..1_000 {
        thread::scope(|scope| {
            (0..100).for_each(|_| drop(scope.spawn(|| work.good())));
        });
    }
    assert_eq!(goodput.status().slo("ok").map(|slo| slo.counts.good), Some(100_000));
}

#[test]
fn routes_first_seen_by_many_threads_at_once_are_one_route_each() {
    let goodput = instance();
    let templates: Vec<String> = (0..500).map(|n| format!("/route/{n}")).collect();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| templates.iter().for_each(|template| goodput.work(template).good()));
        }
    });
    let status = goodput.status();
    assert_eq!(status.routes.len(), 500);
    assert!(status.routes.iter().all(|route| route.begun == 16));
}

#[test]
fn events_beyond_the_bound_on_routes_are_counted_as_other_and_flagged() {
    let goodput = Goodput::builder("bounded")
        .slo(Slo::availability("ok", "99%"))
        .slo(Slo::availability("named", "99%").routes(["/named"]))
        .max_routes(50)
        .build()
        .expect("a definition that holds");
    (0..200).for_each(|n| goodput.work(&format!("/route/{n}")).good());
    goodput.work("/named").good();
    goodput.work(&"x".repeat(10_000)).good();
    let status = goodput.status();
    assert_eq!(status.slo("ok").map(|slo| slo.counts.good), Some(202), "nothing is lost");
    assert_eq!(status.slo("named").map(|slo| slo.counts.good), Some(1), "declared routes always have a place");
    let other = status.route("other").map_or(0, |route| route.begun);
    assert_eq!((status.routes.len(), other), (51, 152));
    assert!(
        status.flags.iter().any(|flag| matches!(flag, goodput::Flag::RoutesFull { bound: 50, counted_as_other: 152 })),
        "{:?}",
        status.flags
    );
}
