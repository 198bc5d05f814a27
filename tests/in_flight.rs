//! A hang is seen while it hangs: what is overdue, since when at least, and where nothing comes to an end any more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "measures how late a hang is reported")]

use std::convert::Infallible;
use std::future::pending;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use goodput::{
    Code, Ending, Goodput, GoodputBuilder, Head, JudgedAt, ManualTimeline, Request, RouteStatus, SliLayer, Slo,
    Timeline,
};
use http::Response;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::{Layer, service_fn};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// An instance whose timeline is moved by hand, a tick at a time.
struct House {
    goodput: Goodput,
    time: ManualTimeline,
    now: u64,
}

impl House {
    fn new(define: impl FnOnce(GoodputBuilder) -> GoodputBuilder) -> Self {
        let (timeline, time) = Timeline::manual();
        let builder = Goodput::builder("house").slo(Slo::availability("ok", "99%")).timeline(timeline);
        Self { goodput: define(builder).build().unwrap(), time, now: 0 }
    }

    /// Goes on for so many seconds, ticking every ten.
    fn go_on(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += 1;
            self.time.advance(secs(1));
            if self.now.is_multiple_of(10) {
                self.goodput.tick(self.goodput.now());
            }
        }
    }

    fn begin(&self) -> Request {
        Request::begin(&self.goodput, self.goodput.route(Some("/job")))
    }

    fn fast(&self) {
        let mut request = self.begin();
        request.respond(&self.goodput, Code::http(200));
        request.end(&self.goodput, Ending::Completed);
    }

    fn route(&self) -> RouteStatus {
        self.goodput.status().route("/job").unwrap().clone()
    }
}

#[test]
fn a_request_stuck_for_200_s_among_fast_ones_is_reported_as_such() {
    let mut house = House::new(|builder| builder);
    let mut stuck = house.begin();
    for second in 1..=200 {
        house.fast();
        house.go_on(1);
        house.fast();
        let route = house.route();
        let age = route.oldest.unwrap();
        assert!(age <= secs(second) && age + secs(10) >= secs(second), "{age:?} after {second} s");
        assert_eq!(route.in_flight, 1);
        // The limit is 5 s; how old a request is at least is known a slot of 10 s later.
        assert!(second < 15 || route.overdue == 1, "after {second} s: {route:?}");
        assert!(second > 5 || route.overdue == 0, "after {second} s: {route:?}");
        assert!(!route.stalled, "others come to an end");
    }
    stuck.end(&house.goodput, Ending::Dropped);
    let route = house.route();
    assert_eq!((route.in_flight, route.overdue, route.oldest), (0, 0, None));
}

#[test]
fn a_thousand_stuck_requests_are_told_apart_by_age() {
    let mut house = House::new(|builder| builder.slo(Slo::latency("fast", "99%", secs(60))).server_deadline(secs(120)));
    let mut stuck = Vec::new();
    for _ in 0..1_000 {
        stuck.push(house.begin());
        house.go_on(1);
    }
    let status = house.goodput.status();
    // One a second: older than 120 s are 880, older than 60 s are 940. Ages are known to a slot of 10 s.
    let route = status.route("/job").unwrap();
    assert!((869..=880).contains(&route.overdue), "{}", route.overdue);
    assert_eq!((route.in_flight, route.limit), (1_000, secs(120)));
    assert!((929..=940).contains(&status.slo("fast").unwrap().overdue), "{}", status.slo("fast").unwrap().overdue);
    assert_eq!(status.slo("ok").unwrap().overdue, route.overdue);
    assert!(route.stalled);
    // As they end, oldest first or youngest first, the rest is what is left.
    for (ended, mut request) in (1..).zip(stuck.drain(..500)) {
        request.end(&house.goodput, Ending::Dropped);
        assert_eq!(house.route().in_flight, 1_000 - ended);
    }
    house.go_on(10);
    assert!((369..=390).contains(&house.route().overdue), "{}", house.route().overdue);
    stuck.into_iter().rev().for_each(|mut request| request.end(&house.goodput, Ending::Dropped));
    assert_eq!((house.route().in_flight, house.route().overdue), (0, 0));
}

#[test]
fn three_overdue_requests_and_no_end_are_a_stall_and_one_end_is_none() {
    for (waiting, stalled) in [(2, false), (3, true)] {
        let mut house = House::new(|builder| builder);
        house.fast();
        let mut stuck: Vec<_> = (0..waiting).map(|_| house.begin()).collect();
        house.go_on(60);
        assert_eq!((house.route().overdue, house.route().stalled), (waiting, stalled));
        house.fast();
        assert!(!house.route().stalled, "something ended");
        house.go_on(30);
        assert_eq!(house.route().stalled, stalled);
        for request in &mut stuck {
            request.end(&house.goodput, Ending::Dropped);
        }
        assert!(!house.route().stalled);
    }
}

#[test]
fn a_stream_is_overdue_until_its_head_and_never_after_it() {
    for follows in [JudgedAt::Head, JudgedAt::End] {
        let mut house = House::new(|builder| {
            builder.slo(Slo::availability("streams", "99%").streams_judged_at(follows)).stream_routes(["/job"])
        });
        let mut streams: Vec<_> = (0..5).map(|_| house.begin()).collect();
        house.go_on(30);
        assert_eq!((house.route().overdue, house.route().stalled), (5, true));
        for stream in &mut streams {
            assert!(stream.respond(&house.goodput, Head::new(Code::http(200))), "its end is of interest");
        }
        house.go_on(3_600);
        let route = house.route();
        assert_eq!((route.overdue, route.stalled, route.open_streams), (0, false, 5), "{follows:?}");
        assert_eq!(route.in_flight, if follows == JudgedAt::End { 5 } else { 0 });
        for stream in &mut streams {
            stream.end(&house.goodput, Ending::Dropped);
        }
        let route = house.route();
        assert_eq!((route.in_flight, route.open_streams, route.streams.count()), (0, 0, 5));
        assert_eq!(route.success.count(), 5, "their latency is the time to the head");
        assert_eq!(house.goodput.status().slo("streams").unwrap().counts.good, 5);
    }
}

#[test]
fn a_late_tick_and_a_suspended_machine_make_nothing_look_older_than_it_is() {
    let mut house = House::new(|builder| builder);
    let mut stuck = house.begin();
    house.time.advance(secs(1_000)); // nobody ticks
    assert!(house.route().oldest.unwrap() <= secs(1_000));
    house.goodput.tick(house.goodput.now());
    house.time.suspend(secs(86_400));
    house.goodput.tick(house.goodput.now());
    house.go_on(20);
    let age = house.route().oldest.unwrap();
    assert!(age <= secs(1_020), "a machine's sleep is nobody's fault: {age:?}");
    assert!(age + secs(10) >= secs(20), "{age:?}");
    stuck.end(&house.goodput, Ending::Dropped);
    assert_eq!(house.route().oldest, None);
}

#[tokio::test]
async fn a_service_that_accepts_and_never_answers_is_reported_within_one_tick_of_its_limit() {
    const LIMIT: Duration = secs(1);
    const TICK: Duration = Duration::from_millis(500);
    let instance = || {
        let builder = Goodput::builder("hung").slo(Slo::availability("ok", "99%")).server_deadline(LIMIT);
        builder.tick_every(TICK).build().unwrap().leak()
    };
    let (on_axum, on_hyper) = (instance(), instance());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let axum_address = listener.local_addr().unwrap();
    let app = Router::new().route("/hangs", get(pending::<()>)).layer(goodput::axum::SliLayer::new(on_axum));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hyper_address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let hangs = service_fn(|_| pending::<Result<Response<Full<Bytes>>, Infallible>>());
        let service = SliLayer::new(on_hyper).route("/hangs").layer(hangs);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                drop(auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });

    for (goodput, address) in [(on_axum, axum_address), (on_hyper, hyper_address)] {
        let _ticker = goodput.start_ticker().unwrap();
        let begun = Instant::now();
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET /hangs HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
            clients.push(client);
        }
        let reported = async {
            while !goodput.status().route("/hangs").is_some_and(|route| route.stalled && route.overdue == 3) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), reported).await.unwrap();
        let after = begun.elapsed();
        // A busy machine may wake the ticker late; half a second is left for that.
        assert!(after >= LIMIT && after <= LIMIT + TICK + Duration::from_millis(500), "reported after {after:?}");
        assert_eq!(goodput.status().overdue, 3);
        assert_eq!(goodput.status().slos[0].counts.bad, 0, "no error ratio says so");
        drop(clients);
        let left = async {
            while goodput.status().in_flight > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), left).await.unwrap();
        assert_eq!((goodput.status().overdue, goodput.status().slos[0].counts.bad), (0, 3));
    }
}

#[test]
fn a_long_threshold_elsewhere_does_not_delay_the_report_of_a_hang() {
    let job = Slo::latency("job-fast", "99%", secs(24 * 60 * 60)).routes(["nightly"]);
    let mut house = House::new(|builder| builder.slo(job));
    let _stuck: Vec<_> = (0..3).map(|_| house.begin()).collect();
    house.go_on(20);
    assert!(house.route().stalled, "{:?}", house.route());
}

#[test]
fn a_tick_that_comes_a_little_early_does_not_delay_the_report_of_a_hang() {
    let house = House::new(|builder| builder);
    let tick = |millis| {
        house.time.advance(Duration::from_millis(millis));
        house.goodput.tick(house.goodput.now());
    };
    tick(10_001);
    let _stuck = house.begin();
    tick(9_999);
    house.time.advance(secs(9));
    assert_eq!(house.route().oldest, Some(secs(9)));
}
