//! A sink tells of what happens when it happens, and of nothing when it ends.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod faults {
    pub(crate) mod servers;
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use faults::servers::{Seen, say};
use goodput_core::{AlertRow, Definition, Goodput, ManualTimeline, Role, Severity, Slo, Timeline, Trigger, Window};
use goodput_notify::{AlertmanagerSink, Pace};
use serde_json::Value;

/// Rounds that no test lives to see.
const SELDOM: Pace = {
    let mut pace = Pace::DEFAULT;
    pace.every = Duration::from_secs(3_600);
    pace.ends_after = Duration::from_secs(4 * 3_600);
    pace
};

const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn goodput(timeline: Timeline) -> Arc<Goodput> {
    let row = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::factor("14.4").unwrap());
    let mut definition = Definition::new("shop");
    definition.slos.push(Slo::availability("shop-ok", "99.9%").alert(row));
    definition.role = Role::Notify;
    Arc::new(Goodput::builder("shop").definition(definition).timeline(timeline).build().unwrap())
}

/// Lets an hour go by in ticks of ten seconds, or less where so many alerts fire before.
fn until_alerts(goodput: &Goodput, hand: &ManualTimeline, alerts: usize, record: impl Fn(&Goodput)) {
    for _ in 0..360 {
        if goodput.alerts().len() == alerts {
            return;
        }
        (0..100).for_each(|_| record(goodput));
        hand.advance(Duration::from_secs(10));
        goodput.tick(goodput.now());
    }
    unreachable!("{alerts} alerts expected: {:?}", goodput.alerts());
}

fn fail(goodput: &Goodput) {
    goodput.work("/").bad("no_stock");
}

fn succeed(goodput: &Goodput) {
    goodput.work("/").good();
}

/// The alerts of each request, once there are so many requests.
#[track_caller]
fn requests(seen: &Seen, count: usize) -> Vec<Vec<Value>> {
    for _ in 0..1_000 {
        if seen.bodies().len() >= count {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let requests: Vec<_> = seen.bodies().iter().map(|body| serde_json::from_slice(body).unwrap()).collect();
    assert!(requests.len() >= count, "{count} requests expected within five seconds: {requests:?}");
    requests
}

#[test]
fn what_fires_and_what_resolves_is_sent_at_once_though_the_next_round_is_an_hour_away() {
    let (address, seen) = say(TAKEN);
    let (timeline, hand) = Timeline::manual();
    let goodput = goodput(timeline);
    let _sink = AlertmanagerSink::to([format!("http://{address}")]).pace(SELDOM).start(Arc::clone(&goodput)).unwrap();
    assert!(requests(&seen, 1)[0].is_empty(), "the first one asks whether it is there");
    until_alerts(&goodput, &hand, 1, fail);
    let fired = requests(&seen, 2)[1][0].clone();
    assert_eq!(fired["labels"]["slo"], "shop-ok");
    assert!(fired["endsAt"].as_str() > fired["startsAt"].as_str());
    until_alerts(&goodput, &hand, 0, succeed);
    let resolved = requests(&seen, 3)[2][0].clone();
    assert_eq!((&resolved["labels"], &resolved["startsAt"]), (&fired["labels"], &fired["startsAt"]));
    assert!(resolved["endsAt"].as_str() < fired["endsAt"].as_str());
    assert_eq!(seen.bodies().len(), 3);
}

#[test]
fn a_ticker_and_a_sink_do_the_whole_of_it_by_themselves() {
    let (address, seen) = say(TAKEN);
    // Ten seconds go by in ten milliseconds.
    let goodput = goodput(Timeline::accelerated(1_000));
    let _ticker = goodput_core::Ticker::start(Arc::clone(&goodput)).unwrap();
    let _sink = AlertmanagerSink::to([format!("http://{address}")]).pace(SELDOM).start(Arc::clone(&goodput)).unwrap();
    requests(&seen, 1);
    while seen.bodies().len() < 2 {
        fail(&goodput);
        thread::sleep(Duration::from_millis(1));
    }
    let before = humantime::format_rfc3339_millis(Timeline::system().wall()).to_string();
    let fired = requests(&seen, 2)[1][0].clone();
    assert!(fired["startsAt"].as_str() <= Some(&before), "{fired}: a timeline that hurries is not the Alertmanager's");
}

#[test]
fn nothing_is_sent_when_a_sink_is_dropped_also_while_its_thread_unwinds() {
    for unwinds in [false, true] {
        let (address, seen) = say(TAKEN);
        let (timeline, hand) = Timeline::manual();
        let goodput = goodput(timeline);
        let sink =
            AlertmanagerSink::to([format!("http://{address}")]).pace(SELDOM).start(Arc::clone(&goodput)).unwrap();
        until_alerts(&goodput, &hand, 1, fail);
        let before = loop {
            // The greeting may or may not have come before it fired.
            let bodies = seen.bodies();
            if bodies.last().is_some_and(|body| body.len() > 2) {
                break bodies.len();
            }
            thread::sleep(Duration::from_millis(1));
        };
        let ended = catch_unwind(AssertUnwindSafe(move || {
            let _sink = sink;
            assert!(!unwinds, "as planned");
        }));
        assert_eq!(ended.is_err(), unwinds);
        assert_eq!(seen.bodies().len(), before);
        assert_eq!(Arc::strong_count(&goodput), 1, "the thread has given back the instance");
    }
}

#[test]
fn what_cannot_be_started_is_refused_with_what_was_expected() {
    let to = |address: &str| AlertmanagerSink::to([address.to_owned()]);
    let too_slow = Pace { ends_after: Duration::from_secs(60), ..Pace::default() };
    let none: [String; 0] = [];
    for (builder, expected) in [
        (AlertmanagerSink::to(none), "0 alertmanagers: expected 1 to 16"),
        (to("alertmanager"), "expected one such as http://alertmanager:9093"),
        (to("http://am").pace(too_slow), "alerts each 60s that end after 60s"),
        (to("http://am").timeout(Duration::ZERO), "with a timeout of 0ns"),
        (to("http://am").authorization("Bearer\n"), "no value of a header"),
    ] {
        let error = builder.start(goodput(Timeline::manual().0)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
