//! The fast stopwatch on a real instance: latencies are as the system has them, and what it reads is told.

use std::thread;
use std::time::Duration;

use goodput::{Code, Flag, Goodput, Moment, Request, Slo, Stopwatch, StopwatchKind};

#[test]
fn a_request_timed_by_the_fast_stopwatch_is_judged_by_how_long_it_really_took() {
    let goodput = Goodput::builder("fast")
        .slo(Slo::latency("slept", "99%", Duration::from_millis(30)))
        .stopwatch(Stopwatch::fast())
        .build()
        .expect("a definition that holds");
    let route = goodput.route(Some("/"));
    for sleeps in [Duration::ZERO, Duration::from_millis(40)] {
        let mut request = Request::begin(&goodput, route);
        thread::sleep(sleeps);
        request.respond(&goodput, Code::http(200));
    }
    let status = goodput.status();
    let counts = status.slo("slept").expect("an SLO of this name").counts;
    assert_eq!((counts.good, counts.bad), (1, 1));
    let slowest = status.route("/").expect("a route that was seen").success.quantile(1.0).expect("a latency");
    // A quantile is right within 6.25 %.
    assert!((37..10_000).contains(&slowest.as_millis()), "{slowest:?}");
}

#[test]
fn the_status_says_what_the_fast_stopwatch_reads_and_raises_a_flag_unless_that_is_the_counter() {
    let builder = || Goodput::builder("fast").slo(Slo::availability("ok", "99%"));
    let fast = builder().stopwatch(Stopwatch::fast()).build().expect("a definition that holds");
    fast.tick(Moment::at(Duration::from_secs(10)));
    let status = fast.status();
    let flagged = status.flags.iter().any(|flag| matches!(flag, Flag::CounterDistrusted { .. }));
    match status.stopwatch {
        StopwatchKind::Counter => assert!(!flagged),
        StopwatchKind::SystemInstead(why) => {
            println!("the counter is not used here: {why}");
            assert!(flagged);
        }
        other => unreachable!("a fast stopwatch reads {other}"),
    }
    let system = builder().build().expect("a definition that holds").status();
    assert_eq!(system.stopwatch, StopwatchKind::System);
}
