//! What recording allocates: nothing, once a route has been seen by a thread's shard of the counters.
//!
//! Every figure is a difference: what the calling thread allocates with the layer, less what it allocates without, over the
//! same thousand requests. What the service itself allocates, a panic or a header map, is in both.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

#[path = "allocations/ways.rs"]
mod ways;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use goodput::{
    Budgeting, Counts, Goodput, Guard, GuardLayer, Outcome, OuterLayer, Shed, SliLayer, Slo, Timeline, Verdict, Work,
};
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body::{Body, Frame};
use http_body_util::Empty;
use tower::layer::util::Identity;
use tower::{Layer, Service};

use ways::{CALLED, Caller, Does, Failed, Inner, Piece, Pieces, Refused, SERVED, STREAMED, WAYS, Way};

const REQUESTS: u64 = 1_000;

#[test]
fn recording_allocates_nothing_in_whichever_way_a_request_ends() {
    for way in WAYS {
        for judged_at_head in [false, true] {
            let goodput: &'static Goodput = instance(judged_at_head).leak();
            let shared = Arc::new(instance(judged_at_head));
            let bare = cost(&Inner(way), way);
            let counted = cost(&SliLayer::new(goodput).route_fn(route_of).layer(Inner(way)), way);
            assert_eq!(counted, bare, "{} (judged at the head: {judged_at_head})", way.name);
            let counted = cost(&SliLayer::new(Arc::clone(&shared)).route_fn(route_of).layer(Inner(way)), way);
            assert_eq!(counted, bare, "{} (in an Arc, judged at the head: {judged_at_head})", way.name);
            for goodput in [goodput, &shared] {
                was_recorded(goodput, way, judged_at_head);
            }
        }
    }
}

#[test]
fn a_layer_within_a_layer_allocates_nothing() {
    for way in WAYS {
        let goodput: &'static Goodput = instance(false).leak();
        let layer = SliLayer::new(goodput).route_fn(route_of);
        assert_eq!(cost(&layer.layer(layer.layer(Inner(way))), way), cost(&Inner(way), way), "{}", way.name);
        was_recorded(goodput, way, false);
    }
}

#[test]
fn a_call_to_a_dependency_allocates_nothing() {
    for way in WAYS {
        let goodput: &'static Goodput = instance(false).leak();
        let layer = SliLayer::new(goodput).dependency("payments");
        assert_eq!(cost(&layer.layer(Inner(way)), way), cost(&Inner(way), way), "{}", way.name);
        let status = goodput.status();
        assert_eq!(status.route("dependency:payments").unwrap().finished, REQUESTS + WARM_UP, "{}", way.name);
    }
}

#[test]
fn a_grpc_call_of_a_known_method_allocates_nothing() {
    for way in WAYS.iter().filter(|way| way.path == CALLED.path) {
        let goodput: &'static Goodput = instance(false).leak();
        let methods = goodput::grpc::Methods::new().unary(CALLED.path);
        let layer = goodput::grpc::SliLayer::new(goodput).methods(methods);
        assert_eq!(cost(&layer.layer(Inner(way)), way), cost(&Inner(way), way), "{}", way.name);
        was_recorded(goodput, way, false);
    }
}

#[test]
fn a_guard_allocates_nothing_for_what_it_admits() {
    for way in WAYS {
        for acting in [false, true] {
            // While it acts, it looks for the route of every request, and holds back another one.
            let goodput: &'static Goodput = guarded("/elsewhere", "50%", acting).leak();
            let guards = GuardLayer::new(goodput).route_fn(route_of).answer_by(refuse);
            let layered = SliLayer::new(goodput).route_fn(route_of).layer(guards.layer(Inner(way)));
            assert_eq!(cost(&layered, way), cost(&Inner(way), way), "{} (acting: {acting})", way.name);
            was_recorded(goodput, way, false);
        }
    }
}

#[test]
fn of_the_requests_of_a_guarded_route_only_those_that_are_shed_allocate() {
    let cost_at = |floor| {
        let goodput: &'static Goodput = guarded(SERVED.path, floor, true).leak();
        let guards = GuardLayer::new(goodput).route_fn(route_of).answer_by(refuse);
        let cost = cost(&SliLayer::new(goodput).route_fn(route_of).layer(guards.layer(Inner(&SERVED))), &SERVED);
        let shed = goodput.status().guards[0].held_back;
        assert_eq!(cost.count_current, 0);
        (cost.count_total - cost_of_inner().count_total, shed)
    };
    // Half of the requests, and half of the allocations; the warm-up took one of each.
    let ((half, half_shed), (few, few_shed)) = (cost_at("50%"), cost_at("99%"));
    assert_eq!((half_shed, few_shed), (u64::midpoint(REQUESTS, WARM_UP), 11));
    assert!(few > 0 && half == few * 50, "{half} for 500, {few} for 10");
}

fn cost_of_inner() -> AllocationInfo {
    cost(&Inner(&SERVED), &SERVED)
}

fn refuse(_: Shed) -> Response<Pieces> {
    let mut answer = Response::new(Pieces { left: &[], sized: true });
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer
}

/// An instance with a guard over one route, which is at its floor where it is acting.
fn guarded(route: &str, floor: &str, acting: bool) -> Goodput {
    let (timeline, calendar) = Timeline::manual();
    let builder = Goodput::builder("house").timeline(timeline).stream_routes(["/feed"]);
    let builder = builder.slo(Slo::availability("available", "99.9%"));
    let builder = builder.slo(Slo::availability("checkout", "99%").routes(["/checkout"]));
    let guard = Guard::shed("guard", "checkout").routes([route]).above("10").floor(floor);
    let goodput = builder.guard(guard).build().unwrap();
    for _ in 0..if acting { 15 } else { 0 } {
        (0..10).for_each(|_| goodput.work("/checkout").bad("down"));
        calendar.advance(Duration::from_secs(10));
        goodput.tick(calendar.now());
    }
    assert_eq!(goodput.guards_are_acting(), acting);
    goodput
}

#[test]
fn a_request_that_brings_its_class_allocates_nothing() {
    let goodput =
        Goodput::builder("house").classes(["paying"]).slo(Slo::availability("ok", "99%")).build().unwrap().leak();
    let counted = SliLayer::new(goodput).route_fn(route_of).class("paying").layer(Inner(&SERVED));
    assert_eq!(cost(&counted, &SERVED), cost(&Inner(&SERVED), &SERVED));
    assert_eq!(goodput.status().route(SERVED.path).unwrap().class.as_deref(), Some("paying"));
}

#[test]
fn an_outer_layer_allocates_twice_a_request() {
    for way in WAYS {
        let goodput: &'static Goodput = instance(false).leak();
        let outer = OuterLayer::new(goodput);
        let layered = outer.layer(SliLayer::new(goodput).route_fn(route_of).layer(Inner(way)));
        let (with, without) = (cost(&layered, way), cost(&Inner(way), way));
        let reached = way.caller != Caller::DropsFuture(0);
        let expected = if reached { 2 * REQUESTS } else { REQUESTS };
        assert_eq!(with.count_total - without.count_total, expected, "{}", way.name);
        assert_eq!(with.count_current, 0, "{}", way.name);
        if reached {
            was_recorded(goodput, way, false);
        }
    }
}

/// The measurement is of requests that were recorded, each once and as what it was.
#[track_caller]
fn was_recorded(goodput: &Goodput, way: &Way, judged_at_head: bool) {
    let status = goodput.status();
    let template = if way.path == "/nowhere" { "unmatched" } else { way.path };
    let route = status.route(template).unwrap();
    let ended_before_its_head = matches!(way.outcome, Outcome::Panicked | Outcome::Cancelled | Outcome::ServiceError);
    assert_eq!(status.in_flight, 0, "{}", way.name);
    assert_eq!(route.finished, REQUESTS + WARM_UP, "{}", way.name);
    if !judged_at_head || (ended_before_its_head && way.body.is_empty()) {
        assert_eq!(route.outcome(way.outcome), REQUESTS + WARM_UP, "{}: {:?}", way.name, route.outcomes);
    }
}

#[test]
fn an_axum_router_pays_one_box_where_a_body_is_waited_for_and_nothing_elsewhere() {
    // The request, and the boxes it costs where some SLO waits for the end, and where none does. Streams are followed in any
    // case: their lifetime is a figure of its own.
    let rows = [
        (Method::GET, "/users/7", 1, 0),
        (Method::HEAD, "/users/7", 0, 0),
        (Method::GET, "/stream", 1, 0),
        (Method::GET, "/empty", 0, 0),
        (Method::GET, "/events", 1, 1),
        (Method::GET, "/health", 0, 0),
        (Method::DELETE, "/users/7", 0, 0),
        (Method::GET, "/nowhere", 0, 0),
    ];
    for (method, path, boxes, boxes_at_head) in rows {
        for judged_at_head in [false, true] {
            let goodput = instance(judged_at_head).leak();
            let bare = axum_cost(router().layer(Identity::new()), &method, path);
            let counted = axum_cost(router().layer(goodput::axum::SliLayer::new(goodput)), &method, path);
            let expected = if judged_at_head { boxes_at_head } else { boxes } * REQUESTS;
            assert_eq!(
                counted.count_total - bare.count_total,
                expected,
                "{method} {path}, {REQUESTS} times (judged at the head: {judged_at_head}): {} allocations with the layer, {} \
                 without; one a request is the box of axum's `Body` around ours",
                counted.count_total,
                bare.count_total
            );
            let status = goodput.status();
            let finished: u64 = status.routes.iter().map(|route| route.finished).sum();
            assert_eq!(finished, REQUESTS + WARM_UP, "{method} {path}");
        }
    }
}

#[test]
fn work_allocates_nothing() {
    type Act = fn(Work<'static>);
    let acts: [(&str, Act); 8] = [
        ("good", Work::good),
        ("bad", |work| work.bad("malformed")),
        ("excluded", |work| work.excluded("duplicate")),
        ("record good", |work| work.record(Verdict::Good, Duration::from_millis(3))),
        ("record bad", |work| work.record(Verdict::bad("malformed"), Duration::from_millis(3))),
        ("add", |work| work.add(Counts { good: 3, bad: 2, excluded: 1 })),
        ("start and finish", |work| work.start().finish(Verdict::Good)),
        ("start and drop", |work| drop(work.start())),
    ];
    for (name, act) in acts {
        let goodput = instance(false).leak();
        act(goodput.work("import"));
        let begun = goodput.status().route("import").unwrap().begun;
        let cost = measure(|| (0..REQUESTS).for_each(|_| act(goodput.work("import"))));
        assert_eq!(cost, AllocationInfo::default(), "{name}");
        assert_eq!(goodput.status().route("import").unwrap().begun, begun * (REQUESTS + 1), "{name}");
    }
}

#[test]
fn records_reads_levels_and_data_allocate_nothing() {
    let goodput = Goodput::builder("values")
        .slo(Slo::completeness("complete", "99%").routes(["import"]))
        .slo(Slo::freshness("read", "99%", Duration::from_secs(1)).routes(["import"]).budgeting(Budgeting::Occurrences))
        .slo(Slo::freshness("fresh", "99%", Duration::from_secs(1)).routes(["import"]))
        .slo(Slo::saturation("free", "99%", "80%".parse().unwrap()).routes(["pool"]))
        .build()
        .unwrap()
        .leak();
    let (pool, data) = (goodput.level("pool"), goodput.dataset("import"));
    let act = |used| {
        let import = goodput.work("import");
        import.arrived(1);
        import.missing(1);
        import.add_arrivals(3, 2);
        import.read_at_age(Duration::from_millis(used));
        pool.set(used, REQUESTS);
        data.refreshed(Duration::from_millis(used));
    };
    act(0);
    assert_eq!(measure(|| (1..REQUESTS).for_each(act)), AllocationInfo::default());
    let counts = |slo: &str| goodput.status().slo(slo).unwrap().counts;
    assert_eq!((counts("complete").bad, counts("read").good), (2 * REQUESTS, REQUESTS));
}

#[test]
fn a_route_is_paid_for_once_and_once_more_by_each_shard_of_the_counters() {
    let goodput: &'static Goodput = instance(false).leak();
    let act = |name: &'static str, verdict| measure(|| goodput.work(name).record(verdict, Duration::from_millis(3)));
    let on_a_new_thread =
        |name, verdict| thread::spawn(move || (act(name, verdict), act(name, verdict))).join().unwrap();
    let (touched, again) = on_a_new_thread("known", Verdict::Good);
    // A thread leases its shard: one that comes after another finds what that has left, unless a thread of another test has
    // given back a shard that none had here.
    let (touched_after, again_after) = on_a_new_thread("known", Verdict::Good);
    let (seen, again_seen) = on_a_new_thread("new", Verdict::Good);
    let (with_a_word, again_with_a_word) = on_a_new_thread("known", Verdict::bad("malformed"));
    println!(
        "a shard's cells of a route that the definition names: {} bytes\nthe first sight of a route it does not name, with one \
         shard's cells: {} bytes\na reason and a histogram of errors: {} bytes",
        touched.bytes_total, seen.bytes_total, with_a_word.bytes_total
    );
    assert!([AllocationInfo::default(), touched].contains(&touched_after), "{touched_after:?}");
    for paid_for in [again, again_after, again_seen, again_with_a_word] {
        assert_eq!(paid_for, AllocationInfo::default());
    }
    assert!(touched.bytes_current > 0, "the cells are kept");
    assert!(seen.bytes_current > touched.bytes_current, "a route and its cells");
    assert!(with_a_word.bytes_current > 0, "what only failures need");
    for first in [touched, seen, with_a_word] {
        assert_eq!(first.bytes_total, first.bytes_current as u64, "nothing was allocated only to be freed");
        assert!(first.bytes_total <= 4 * 1024, "{} bytes", first.bytes_total);
    }
}

fn instance(judged_at_head: bool) -> Goodput {
    let slo = if judged_at_head {
        Slo::latency("fast", "99%", Duration::from_secs(60))
    } else {
        Slo::availability("available", "99.9%")
    };
    let named = Slo::latency("known-fast", "99%", Duration::from_secs(60)).routes(["known"]);
    Goodput::builder("house").slo(slo).slo(named).exclude_routes(["/health"]).stream_routes(["/feed"]).build().unwrap()
}

fn route_of<B>(request: &Request<B>) -> Option<&str> {
    Some(request.uri().path()).filter(|path| *path != "/nowhere")
}

const WARM_UP: u64 = 2;

/// What [`REQUESTS`] requests allocate on this thread, after the first ones.
fn cost<S, B>(service: &S, way: &Way) -> AllocationInfo
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Refused> + Clone,
    B: Body<Data = Bytes, Error = Failed>,
{
    let mut service = service.clone();
    (0..WARM_UP).for_each(|_| perform(&mut service, way));
    measure(|| (0..REQUESTS).for_each(|_| perform(&mut service, way)))
}

fn perform<S, B>(service: &mut S, way: &Way)
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Refused>,
    B: Body<Data = Bytes, Error = Failed>,
{
    let mut request = Request::new(Empty::new());
    *request.method_mut() = Method::from_bytes(way.method.as_bytes()).unwrap();
    *request.uri_mut() = Uri::from_static(way.path);
    if way.method == "POST" {
        *request.version_mut() = Version::HTTP_2;
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let cx = &mut Context::from_waker(Waker::noop());
        let mut future = pin!(service.call(request));
        if let Caller::DropsFuture(polls) = way.caller {
            return (0..polls).for_each(|_| assert!(future.as_mut().poll(cx).is_pending()));
        }
        let answer = loop {
            if let Poll::Ready(answer) = future.as_mut().poll(cx) {
                break answer;
            }
        };
        assert_eq!(answer.is_err(), way.does == Does::Refuses);
        let Ok(answer) = answer else { return };
        let mut body = pin!(answer.into_body());
        let mut frames = if let Caller::DropsBody(frames) = way.caller { frames } else { u8::MAX };
        while frames > 0 && !body.is_end_stream() {
            match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(Ok(_))) => frames -= 1,
                Poll::Ready(Some(Err(Failed)) | None) => break,
                Poll::Pending => panic!("{}: no body here waits", way.name),
            }
        }
    }));
    let panics = matches!(way.does, Does::PanicsInCall | Does::PanicsInFuture) || way.body.contains(&Piece::Panics);
    assert_eq!(panicked.is_err(), panics, "{}", way.name);
}

fn router() -> Router {
    let stream = || async { axum::body::Body::new(Stream(Pieces { left: STREAMED.body, sized: false })) };
    Router::new()
        .route("/users/{id}", get(|| async { "hello" }))
        .route("/stream", get(stream))
        .route("/empty", get(|| async {}))
        .route("/events", get(async move || ([(CONTENT_TYPE, "text/event-stream")], stream().await)))
        .route("/health", get(|| async { "up" }))
}

/// [`Pieces`] with an error that axum takes.
#[derive(Debug)]
struct Stream(Pieces);

impl Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let unfailing = |frame: Result<_, Failed>| Ok(frame.unwrap_or_else(|Failed| unreachable!("no piece fails")));
        Pin::new(&mut self.0).poll_frame(cx).map(|frame| frame.map(unfailing))
    }
}

/// What [`REQUESTS`] requests allocate on this thread, after the first ones.
///
/// As `axum::serve` does, it makes the router's services beforehand; otherwise every request clones every layer into a box.
fn axum_cost(router: Router, method: &Method, path: &'static str) -> AllocationInfo {
    let mut router: Router = router.with_state(());
    let mut perform = || {
        let mut request = Request::new(axum::body::Body::empty());
        *request.method_mut() = method.clone();
        *request.uri_mut() = Uri::from_static(path);
        let cx = &mut Context::from_waker(Waker::noop());
        let mut future = pin!(router.call(request));
        let Poll::Ready(Ok(answer)) = future.as_mut().poll(cx) else { panic!("no handler here waits") };
        let mut body = pin!(answer.into_body());
        while !body.is_end_stream() {
            match body.as_mut().poll_frame(cx) {
                Poll::Ready(Some(frame)) => drop(frame.unwrap()),
                Poll::Ready(None) => break,
                Poll::Pending => panic!("no body here waits"),
            }
        }
    };
    (0..WARM_UP).for_each(|_| perform());
    measure(|| (0..REQUESTS).for_each(|_| perform()))
}
