//! The promised numbers of the reading side: how long a status and a build take, and that memory stays where it is.
//!
//! One test after the other, in one test function: they measure time and the memory of the whole process. Times are medians,
//! and the limits are the promised ones, which leave room for a busy machine.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "measures real time")]
#![expect(clippy::print_stdout, reason = "a measured number is worth seeing")]

use std::thread;
use std::time::{Duration, Instant};

use goodput::{Ending, Goodput, Moment, Request, Slo};

/// 100 SLOs, availability and latency in turn, over ten routes each: 1,000 known routes.
fn hundred_slos() -> Goodput {
    let slo = |n: usize| {
        let routes = (0..10).map(|route| format!("/service/{n}/route/{route}"));
        if n.is_multiple_of(2) {
            Slo::availability(format!("ok-{n}"), "99.9%").routes(routes)
        } else {
            Slo::latency(format!("fast-{n}"), "99%", Duration::from_millis(n as u64)).routes(routes)
        }
    };
    let builder = (0..100).fold(Goodput::builder("numbers"), |builder, n| builder.slo(slo(n)));
    builder.build().expect("a definition that holds")
}

fn median_of(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[runs / 2]
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

#[test]
fn the_reading_side_keeps_its_promised_numbers() {
    builds_in_time();
    reads_a_status_in_time();
    stays_in_memory();
}

fn builds_in_time() {
    let took = median_of(5, || drop(hundred_slos()));
    println!("build() of 100 SLOs: {took:?}");
    assert!(took < Duration::from_millis(100), "build() took {took:?}");
}

fn reads_a_status_in_time() {
    let goodput = hundred_slos();
    for tick in 1..2_000 {
        goodput.tick(Moment::at(Duration::from_secs(tick * 10)));
    }
    let routes: Vec<_> = goodput.definition().slos.iter().flat_map(Slo::selected_routes).cloned().collect();
    for (n, route) in routes.iter().enumerate() {
        goodput.work(route).record(goodput::Verdict::Good, Duration::from_micros(n as u64));
    }
    let took = median_of(51, || drop(goodput.status()));
    println!("status() of 100 SLOs on {} routes: {took:?}", goodput.status().routes.len());
    assert!(took < Duration::from_millis(2), "status() took {took:?}");
}

/// Load at full speed with nobody reading. `GOODPUT_LOAD_SECONDS=300` for the promised five minutes.
fn stays_in_memory() {
    let seconds = std::env::var("GOODPUT_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let goodput = hundred_slos();
    let routes: Vec<_> = (0..100).map(|n| goodput.route(Some(&format!("/service/{n}/route/0")))).collect();
    let load = |time: Duration| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let (start, mut events) = (Instant::now(), 0_u64);
                    while start.elapsed() < time {
                        for route in &routes {
                            let mut request = Request::begin(&goodput, *route);
                            request.respond(&goodput, 200, None, false);
                            request.end(&goodput, Ending::Completed);
                            events += 1;
                        }
                    }
                    events
                });
            }
        });
    };
    // Threads get their shards one after the other: warm up on all of them.
    (0..16).for_each(|_| load(Duration::from_millis(50)));
    let before = resident_kib();
    load(Duration::from_secs(seconds));
    let after = resident_kib();
    let events: u64 = goodput.status().routes.iter().map(|route| route.begun).sum();
    println!("{events} events in {seconds} s with nobody reading: {before} KiB resident, then {after} KiB");
    assert!(events > 1_000_000 && before > 0, "{events} events, {before} KiB");
    assert!(after < before + 1_024, "{before} KiB resident, then {after} KiB");
}
