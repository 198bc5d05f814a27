//! What the layers between an outer layer and the service do to requests is seen.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use goodput_core::{Goodput, Outcome, Reason, Verdict};
use goodput_tower::{OuterLayer, SliLayer};
use http::{Method, Request, Response};
use http_body_util::Full;
use tokio::sync::Notify;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::house::{Bad, Excluded, Good, Handle, House, poll, request};

type Answer = Result<Response<Full<Bytes>>, BoxError>;

#[expect(clippy::unnecessary_wraps, reason = "what a service answers")]
fn hello() -> Answer {
    Ok(Response::new(Full::from("hello")))
}

#[expect(clippy::unnecessary_wraps, reason = "what a service answers")]
fn status(status: u16) -> Answer {
    Ok(Response::builder().status(status).body(Full::default()).unwrap())
}

/// A service that answers once it is let go on.
fn held(
    release: &Arc<Notify>,
) -> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = BoxError, Future: Sized> + Clone + use<> {
    let release = Arc::clone(release);
    service_fn(move |_: Request<()>| {
        let release = Arc::clone(&release);
        async move {
            release.notified().await;
            hello()
        }
    })
}

fn outer(house: &House) -> OuterLayer<Handle> {
    OuterLayer::new(house.handle())
}

/// One request through all of it, which has to be answered.
async fn call<S>(stack: S) -> Result<S::Response, S::Error>
where
    S: Service<Request<()>>,
{
    stack.oneshot(request(Method::GET)).await
}

fn reasons(goodput: &Goodput) -> Vec<String> {
    let status = goodput.status();
    status.slos[0].reasons.iter().map(|reason| format!("{} x{}", reason.verdict, reason.count)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_timeout_in_between_is_the_services_and_not_the_clients() {
    // With the future dropped before the outer layer sees the answer, and after.
    for keeps in [false, true] {
        let house = House::new();
        let service = house.layer().layer(service_fn(|_: Request<()>| pending::<Answer>()));
        let between = ServiceBuilder::new().timeout(Duration::from_secs(1));
        let boxed = tower::util::BoxCloneService::new(between.clone().service(service.clone()));
        let failed = if keeps {
            call(outer(&house).layer(between.service(service))).await.is_err()
        } else {
            call(outer(&house).layer(boxed)).await.is_err()
        };
        assert!(failed);
        house.check("timed out", Outcome::TimedOut, Bad);
        assert_eq!(reasons(&house.goodput), ["bad (timeout) x1"]);
    }
}

#[tokio::test]
async fn a_request_that_is_refused_in_between_is_counted_on_the_outer_layers_route() {
    let house = House::new();
    let release = Arc::new(Notify::new());
    let service = house.layer().layer(held(&release));
    let stack =
        outer(&house).route("/outside").layer(ServiceBuilder::new().load_shed().concurrency_limit(1).service(service));
    let mut first = pin!(call(stack.clone()));
    assert!(poll(first.as_mut()).is_pending());
    assert!(call(stack).await.is_err());
    let refused = house.goodput.status();
    assert_eq!(refused.route("/outside").unwrap().outcomes, [(Outcome::Refused, 1)]);
    assert_eq!(reasons(&house.goodput), ["bad (shed) x1"]);
    release.notify_one();
    drop(first.await.unwrap());
    let route = house.goodput.status().route("/route").cloned().unwrap();
    assert_eq!((route.begun, route.finished), (1, 1));
}

#[tokio::test]
async fn what_a_layer_in_between_answers_is_judged_by_its_status() {
    let rows = [
        (503, Outcome::Refused, Bad),
        (429, Outcome::ClientError, Excluded),
        (401, Outcome::ClientError, Good),
        (204, Outcome::Success, Good),
    ];
    for (answer, outcome, judged) in rows {
        let house = House::new();
        let between = service_fn(move |_: Request<()>| async move { status(answer) });
        call(outer(&house).layer(between)).await.unwrap();
        house.check_on(&format!("{answer}"), "unmatched", outcome, judged);
        assert_eq!(house.goodput.status().queued, 0);
    }
}

#[tokio::test]
async fn a_word_of_a_layer_in_between_is_heard() {
    let house = House::new();
    let between = service_fn(|_: Request<()>| async {
        let mut answer = status(503)?;
        answer.extensions_mut().insert(Verdict::excluded("maintenance"));
        Ok::<_, BoxError>(answer)
    });
    call(outer(&house).layer(between)).await.unwrap();
    house.check_on("maintenance", "unmatched", Outcome::SaidExcluded, Excluded);
}

#[test]
fn a_client_that_leaves_is_cancelled_wherever_its_request_is() {
    // While it waits for its turn, and in the service.
    for (served, route) in [(false, "unmatched"), (true, "/route")] {
        let house = House::new();
        let service = house.layer().layer(service_fn(|_: Request<()>| pending::<Answer>()));
        let limit = ServiceBuilder::new().concurrency_limit(1).service(service);
        let stack = outer(&house).layer(limit.clone());
        let mut before = Box::pin(call(limit));
        if !served {
            assert!(poll(before.as_mut()).is_pending());
        }
        let mut left = Box::pin(stack.oneshot(request(Method::GET)));
        assert!(poll(left.as_mut()).is_pending());
        house.wait(60);
        drop(left);
        let status = house.goodput.status();
        let seen = status.route(route).unwrap();
        assert_eq!(seen.outcome(Outcome::Cancelled), 1, "served: {served}, {:?}", status.routes);
        assert_eq!(status.slos[0].counts.bad, 1, "it had waited for a minute");
        assert_eq!(status.queued, 0);
    }
}

#[tokio::test]
async fn waiting_for_a_turn_is_part_of_the_latency_and_a_figure_of_its_own() {
    let house = House::new();
    let release = Arc::new(Notify::new());
    let service = house.layer().layer(held(&release));
    let stack = outer(&house).layer(ServiceBuilder::new().concurrency_limit(1).service(service));
    let (mut first, mut second) = (Box::pin(call(stack.clone())), Box::pin(call(stack)));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!((house.goodput.status().queued, house.goodput.status().in_flight), (1, 1));
    house.wait(5);
    release.notify_one();
    drop(first.await);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!((house.goodput.status().queued, house.goodput.status().in_flight), (0, 1));
    house.wait(2);
    release.notify_one();
    drop(second.await);
    let route = house.goodput.status().route("/route").cloned().unwrap();
    let within = |latency: Option<Duration>, seconds: f64| {
        let latency = latency.unwrap().as_secs_f64();
        assert!((latency - seconds).abs() <= seconds * 0.0625, "{latency} s for {seconds} s");
    };
    assert_eq!(route.queue.count(), 2);
    within(route.queue.quantile(1.0), 5.0);
    within(route.success.quantile(1.0), 7.0);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_of_a_retry_in_between_is_an_event_and_one_given_up_is_timed_out() {
    let house = House::new();
    let attempts = std::sync::atomic::AtomicU64::new(0);
    let attempts: &'static _ = Box::leak(Box::new(attempts));
    let service = house.layer().layer(service_fn(|_: Request<()>| async {
        match attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => pending().await,
            1 => status(500),
            _ => hello(),
        }
    }));
    let timed = ServiceBuilder::new().timeout(Duration::from_secs(1)).service(service);
    let retried = service_fn(move |_: Request<()>| {
        let timed = timed.clone();
        async move {
            loop {
                match call(timed.clone()).await {
                    Ok(answer) if answer.status() == 200 => return Ok::<_, BoxError>(answer),
                    _ => {}
                }
            }
        }
    });
    drop(call(outer(&house).layer(retried)).await.unwrap());
    let route = house.goodput.status().route("/route").cloned().unwrap();
    assert_eq!((route.begun, route.finished), (3, 3));
    // The body of the 500 and of the 200 were dropped unread; what they were is said by their heads.
    assert_eq!(route.outcome(Outcome::TimedOut), 1, "{:?}", route.outcomes);
    assert_eq!(house.goodput.status().slos[0].counts.bad, 2);
    assert_eq!(house.goodput.status().slos[0].counts.good, 1);
}

#[tokio::test(start_paused = true)]
async fn a_buffer_in_between_hides_nothing() {
    let house = House::new();
    let answering = house.layer().layer(service_fn(|_: Request<()>| async { hello() }));
    let stack = outer(&house).layer(ServiceBuilder::new().buffer(4).service(answering));
    drop(call(stack).await.unwrap());
    let hanging = house.layer().layer(service_fn(|_: Request<()>| pending::<Answer>()));
    let timed = ServiceBuilder::new().timeout(Duration::from_secs(1)).buffer(4).service(hanging);
    assert!(call(outer(&house).layer(timed)).await.is_err());
    let status = house.goodput.status();
    let route = status.route("/route").unwrap();
    assert_eq!((route.begun, route.finished, status.queued), (2, 2, 0), "{:?}", status.routes);
    assert_eq!(route.outcome(Outcome::TimedOut), 1, "{:?}", route.outcomes);
    assert_eq!(status.routes.len(), 1, "{:?}", status.routes);
}

#[tokio::test]
async fn where_a_task_parts_the_two_layers_an_answer_is_still_counted_once() {
    let house = House::new();
    let service = house.layer().layer(service_fn(|_: Request<()>| async { hello() }));
    let spawned = service_fn(move |asked: Request<()>| {
        let service = service.clone();
        async move { tokio::spawn(service.oneshot(asked)).await.unwrap() }
    });
    drop(call(outer(&house).layer(spawned)).await.unwrap());
    let status = house.goodput.status();
    assert_eq!(status.routes.iter().map(|route| route.begun).sum::<u64>(), 1, "{:?}", status.routes);
    assert_eq!(status.queued, 0);
}

#[test]
fn a_panic_in_between_is_recorded_once() {
    let house = House::new();
    let between = service_fn(|_: Request<()>| async {
        assert!(std::hint::black_box(false), "in between");
        hello()
    });
    crate::house::panics(|| drop(poll(pin!(call(outer(&house).layer(between))).as_mut())));
    house.check_on("in between", "unmatched", Outcome::Panicked, Bad);
}

#[tokio::test]
async fn two_outer_layers_count_a_request_once() {
    let house = House::new();
    let stack = outer(&house).layer(outer(&house).layer(service_fn(|_: Request<()>| async { status(503) })));
    call(stack).await.unwrap();
    house.check_on("twice", "unmatched", Outcome::Refused, Bad);
    assert!(house.goodput.status().flags.iter().any(|flag| flag.label() == "nested_layers"));
}

#[tokio::test]
async fn a_request_that_comes_past_the_outer_layer_is_recorded_as_ever() {
    let house = House::new();
    let _outer = outer(&house);
    let service = house.layer().layer(service_fn(|_: Request<()>| async { status(204) }));
    call(service).await.unwrap();
    house.check("past it", Outcome::Success, Good);
}

#[tokio::test]
async fn a_dependency_called_under_an_outer_layer_is_not_taken_for_the_request() {
    let house = House::new();
    let payments = SliLayer::new(house.handle()).dependency("payments");
    let between = service_fn(move |_: Request<()>| {
        let payments = payments.layer(service_fn(|_: Request<()>| async { status(500) }));
        async move { call(payments).await }
    });
    let refused = call(outer(&house).layer(between)).await.unwrap();
    assert_eq!(refused.status(), 500);
    let status = house.goodput.status();
    assert_eq!(status.route("unmatched").unwrap().outcomes, [(Outcome::Refused, 1)]);
    assert_eq!(status.route("dependency:payments").unwrap().begun, 1);
    assert_eq!(status.slos[0].reasons.iter().filter_map(|r| r.verdict.reason()).collect::<Vec<_>>(), [Reason::SHED]);
}

#[tokio::test]
async fn a_request_that_another_instance_recorded_is_not_taken_for_recorded() {
    let (house, other) = (House::new(), House::new());
    // It marks what it records, since some of its requests come through an outer layer.
    let _outer = outer(&other);
    let service = other.layer().layer(service_fn(|_: Request<()>| async { status(204) }));
    call(outer(&house).layer(service)).await.unwrap();
    other.check("the other's", Outcome::Success, Good);
    house.check_on("its own", "unmatched", Outcome::Success, Good);
}

#[test]
fn a_future_that_is_polled_after_its_panic_is_counted_once() {
    let house = House::new();
    let service = house.layer().layer(service_fn(|_: Request<()>| {
        let mut polled = false;
        poll_fn(move |_| {
            assert!(std::mem::replace(&mut polled, true), "the first poll");
            Poll::<Answer>::Pending
        })
    }));
    let between = service_fn(|request: Request<()>| {
        let mut future = Box::pin(service.clone().oneshot(request));
        poll_fn(move |cx| catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))).unwrap_or(Poll::Pending))
    });
    let mut stack = Box::pin(call(outer(&house).layer(between)));
    assert!(poll(stack.as_mut()).is_pending());
    assert!(poll(stack.as_mut()).is_pending());
    drop(stack);
    house.check("panicked", Outcome::Panicked, Bad);
}
