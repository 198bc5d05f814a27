//! Whatever an Alertmanager does, a sink stays within its bounds, says what happened, and harms no request.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod faults {
    pub(crate) mod servers;
}

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use faults::servers::{Seen, black_hole, flood, nobody, say, say_and_leave, serve, slow_loris};
use goodput_core::{Definition, Goodput, Role, Slo, Timeline};
use goodput_notify::{AlertmanagerSink, Pace, SendError, SinkStatus};

const TIMEOUT: Duration = Duration::from_millis(400);
const ROUND: Duration = Duration::from_millis(200);

fn goodput() -> Arc<Goodput> {
    Arc::new(Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build().unwrap())
}

/// One with an alert that fires, and goes on firing as its timeline stands still.
fn firing() -> Arc<Goodput> {
    let (timeline, hand) = Timeline::manual();
    let mut definition = Definition::new("checkout");
    definition.slos.push(Slo::availability("checkout-ok", "99.9%"));
    definition.role = Role::Notify;
    let goodput = Goodput::builder("checkout").definition(definition).timeline(timeline).build().unwrap();
    for _ in 0..6 {
        (0..100).for_each(|_| goodput.work("loop").bad("no_stock"));
        hand.advance(Duration::from_secs(10));
        goodput.tick(goodput.now());
    }
    assert!(!goodput.alerts().is_empty());
    Arc::new(goodput)
}

fn sink(address: impl std::fmt::Display) -> AlertmanagerSink {
    let pace = Pace { every: ROUND, ends_after: 4 * ROUND, ..Pace::default() };
    AlertmanagerSink::to([format!("http://{address}")]).timeout(TIMEOUT).pace(pace).start(goodput()).unwrap()
}

fn status(sink: &AlertmanagerSink) -> SinkStatus {
    sink.statuses().remove(0)
}

/// The status once `holds` is true of it, which it has to be within five seconds.
#[track_caller]
fn once(sink: &AlertmanagerSink, holds: impl Fn(&SinkStatus) -> bool) -> SinkStatus {
    for _ in 0..1_000 {
        let status = status(sink);
        if holds(&status) {
            return status;
        }
        thread::sleep(Duration::from_millis(5));
    }
    unreachable!("not within five seconds: {:?}", status(sink));
}

/// How long `work` takes.
fn timed<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let clock = Timeline::system();
    let result = work();
    (result, clock.now().since_origin())
}

/// One failure is visible as `error` within the timeout and what a busy machine adds, and the sink is let go of within its second.
#[track_caller]
fn check(address: impl std::fmt::Display, errors: &[SendError]) {
    let sink = sink(address);
    let (failed, took) = timed(|| once(&sink, |status| status.failures_in_a_row > 0));
    let (error, _) = failed.last_error.unwrap();
    assert!(errors.contains(&error), "{error:?}: expected one of {errors:?}");
    assert!(took < TIMEOUT + Duration::from_secs(2), "{took:?} until the failure showed");
    assert_eq!((failed.last_success, failed.panics, failed.running), (None, 0, true));
    let ((), took) = timed(|| drop(sink));
    assert!(took < Duration::from_millis(1_200), "{took:?} to let go of the sink");
}

#[test]
fn each_fault_is_told_for_what_it_is_within_the_timeout() {
    check(nobody(), &[SendError::Refused]);
    check("nobody.invalid:9093", &[SendError::NoSuchHost, SendError::TimedOut]); // as the resolver has it
    check(black_hole().0, &[SendError::TimedOut]);
    check(slow_loris().0, &[SendError::TimedOut]);
    check(say("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\n\r\noops").0, &[SendError::Status(500)]);
    check(say("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").0, &[SendError::Status(404)]);
    check(
        say("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").0,
        &[SendError::Status(302)],
    );
    check(say_and_leave("SSH-2.0-OpenSSH_9.2\r\n").0, &[SendError::NotHttp]);
    check(say_and_leave("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nnot all").0, &[SendError::Cut]);
    check(say_and_leave("HTTP/1.1 200").0, &[SendError::Cut]);
    check(say_and_leave("").0, &[SendError::Cut]);
}

#[cfg(feature = "tls")]
#[test]
fn a_server_without_tls_behind_https_is_told_for_what_it_is() {
    let pace = Pace { every: ROUND, ends_after: 4 * ROUND, ..Pace::default() };
    let sink = AlertmanagerSink::to([format!("https://{}", faults::servers::no_tls())]).timeout(TIMEOUT).pace(pace);
    let sink = sink.start(goodput()).unwrap();
    let failed = once(&sink, |status| status.failures_in_a_row > 0);
    assert_eq!(failed.last_error.unwrap().0, SendError::Tls);
}

#[test]
fn of_an_answer_of_a_gigabyte_no_more_is_read_than_64_kib_and_what_is_under_way() {
    for head in [
        "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-endless: ",
    ] {
        let before = resident();
        let (address, seen): (_, Seen) = flood(head);
        check(address, &[SendError::TooLarge]);
        // What is beyond 64 KiB waits in the buffers of the two sockets, and is thrown away there.
        assert!(seen.written() < 32 << 20, "{} bytes were taken", seen.written());
        assert!(resident() < before + (16 << 20), "{before} bytes, then {}", resident());
    }
}

#[test]
fn a_server_that_asks_for_a_second_is_left_alone_for_a_second() {
    let (address, seen) = say("HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n");
    let sink = sink(address);
    let failed = once(&sink, |status| status.failures_in_a_row >= 3);
    assert_eq!(failed.last_error.unwrap().0, SendError::Status(429));
    let requests = seen.requests();
    for pair in requests.windows(2) {
        let apart = pair[1].saturating_sub(pair[0]);
        assert!(apart >= Duration::from_millis(990), "{requests:?}, though a round is {ROUND:?}");
    }
}

#[test]
fn a_failure_that_will_not_pass_by_itself_is_not_tried_again_before_its_time() {
    let (address, seen) = say("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
    let sink = sink(address);
    once(&sink, |status| status.failures_in_a_row >= 1);
    thread::sleep(5 * ROUND);
    // With nothing to tell, one round in ten asks whether anybody is there.
    assert_eq!(seen.requests().len(), 1);
}

#[test]
fn an_alertmanager_that_comes_back_ends_the_row_of_failures() {
    let counted = std::sync::atomic::AtomicU32::new(0);
    let (address, _) = serve(move |stream, _| {
        use std::io::Write;
        let is_early = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2;
        let answer = if is_early { "503 Service Unavailable" } else { "200 OK" };
        drop(stream.write_all(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()));
    });
    let sink = sink(address);
    let back = once(&sink, |status| status.last_success.is_some());
    assert_eq!(back.failures_in_a_row, 0);
    assert_eq!(back.last_error.unwrap().0, SendError::Status(503), "it is remembered");
    assert_eq!(back.requests, 3);
}

#[test]
fn one_that_hangs_delays_no_other() {
    let (hangs, _) = black_hole();
    let (answers, _) = say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let addresses = [format!("http://{hangs}"), format!("http://{answers}")];
    let sink = AlertmanagerSink::to(addresses).timeout(Duration::from_secs(5)).start(goodput()).unwrap();
    let ((), took) = timed(|| {
        while sink.statuses()[1].last_success.is_none() {
            thread::sleep(Duration::from_millis(1));
        }
    });
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(sink.statuses()[0].last_error, None, "the other one is still waited for");
    let ((), took) = timed(|| drop(sink));
    assert!(took < Duration::from_millis(1_200), "{took:?} to let go of a sink that hangs in a request of 5 s");
}

#[test]
fn a_sink_works_within_any_runtime_and_without_one() {
    let work = || {
        let (address, _) = say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let sink = sink(address);
        once(&sink, |status| status.last_success.is_some());
        let ((), took) = timed(|| drop(sink));
        assert!(took < Duration::from_secs(1), "{took:?}");
    };
    work();
    let (mut one, mut many) =
        (tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread());
    for runtime in [&mut one, &mut many] {
        runtime.enable_all().build().unwrap().block_on(async { work() });
    }
}

#[test]
fn a_dropped_sink_gives_back_the_instance() {
    let goodput = goodput();
    let (address, _) = say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let sink = AlertmanagerSink::to([format!("http://{address}")]).start(Arc::clone(&goodput)).unwrap();
    assert_eq!(Arc::strong_count(&goodput), 2);
    drop(sink);
    assert_eq!(Arc::strong_count(&goodput), 1);
}

#[test]
fn events_are_recorded_as_fast_beside_sinks_that_fail_as_without() {
    let goodput = firing();
    // The median of many short loops: what else the machine does falls out.
    let record = || {
        let work = goodput.work("loop");
        let mut loops: Vec<_> = (0..20_000).map(|_| timed(|| (0..2_000).for_each(|_| work.good())).1).collect();
        loops.sort_unstable();
        loops[10_000]
    };
    record(); // the first touch of everything
    let without = record();
    let floods = flood("HTTP/1.1 200 OK\r\n\r\n").0;
    let addresses = [black_hole().0, slow_loris().0, nobody(), floods].map(|address| format!("http://{address}"));
    let pace = Pace { every: ROUND, ends_after: 4 * ROUND, ..Pace::default() };
    let sink = AlertmanagerSink::to(addresses).timeout(TIMEOUT).pace(pace).start(Arc::clone(&goodput)).unwrap();
    let beside = record();
    let statuses = sink.statuses();
    println!("2,000 events in {without:?} without a sink, in {beside:?} beside four that fail: {statuses:#?}");
    assert!(statuses.iter().all(|status| status.firing > 0 && status.last_success.is_none()));
    assert!(beside < 3 * without, "{without:?} without, {beside:?} beside");
    drop(sink);
}

/// Bytes of memory that the process has.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
