//! Requests that never get a response: the service fails or panics, or the caller goes away.

use std::convert::Infallible;
use std::future::{self, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;
use goodput_core::{CancelPolicy, Outcome, Slo};
use goodput_tower::ResponseFuture;
use http::{Method, Request, Response};
use http_body_util::Empty;
use tower::{Layer, Service, service_fn};

use crate::house::{Bad, Excluded, Good, Handle, House, frames, panics, poll, request};

type Answer = Response<Empty<Bytes>>;

/// A future that is pending for `polls` polls, then answers.
fn after(polls: usize, answer: fn() -> Answer) -> impl Future<Output = Result<Answer, Infallible>> {
    let mut left = polls;
    poll_fn(move |_| {
        if left == 0 {
            return Poll::Ready(Ok(answer()));
        }
        left -= 1;
        Poll::Pending
    })
}

fn empty() -> Answer {
    Response::new(Empty::new())
}

/// Calls a service that is this function.
fn call<F, E>(house: &House, serve: impl FnMut(Request<()>) -> F) -> Pin<Box<ResponseFuture<F, Handle>>>
where
    F: Future<Output = Result<Answer, E>>,
{
    Box::pin(house.layer().layer(service_fn(serve)).call(request(Method::GET)))
}

#[test]
fn a_service_error_is_recorded_and_handed_on_untouched() {
    let house = House::new();
    let mut future = call(&house, |_| ready(Err::<Answer, _>("refused")));
    assert_eq!(poll(future.as_mut()).map(Result::unwrap_err), Poll::Ready("refused"));
    house.check("Err", Outcome::ServiceError, Bad);
    drop(future);
    house.check("Err, dropped", Outcome::ServiceError, Bad);
}

#[test]
fn a_panic_in_call_is_recorded_once() {
    let house = House::new();
    let mut service = house
        .layer()
        .layer(service_fn(|_: Request<()>| -> future::Ready<Result<Answer, Infallible>> { panic!("in call") }));
    panics(|| drop(service.call(request(Method::GET))));
    house.check("in call", Outcome::Panicked, Bad);
    drop(service);
    house.check("in call, service dropped", Outcome::Panicked, Bad);
}

#[test]
fn a_panic_in_the_future_is_recorded_when_it_happens_and_not_again_when_the_future_is_dropped() {
    for polls in 0..3 {
        let house = House::new();
        let mut future = call(&house, |_| after(polls, || panic!("in the future")));
        for _ in 0..polls {
            assert!(poll(future.as_mut()).is_pending());
        }
        panics(|| drop(poll(future.as_mut())));
        house.check("caught", Outcome::Panicked, Bad);
        drop(future);
        house.check("dropped", Outcome::Panicked, Bad);
    }
}

#[test]
fn a_future_dropped_by_the_panic_itself_is_recorded_as_panicked() {
    let house = House::new();
    panics(|| {
        let mut future = call(&house, |_| after(0, || panic!("in the future")));
        let _ = poll(future.as_mut());
    });
    house.check("unwound", Outcome::Panicked, Bad);
}

#[test]
fn a_future_dropped_by_a_panic_elsewhere_is_recorded_as_cancelled() {
    let house = House::new();
    panics(|| {
        let mut future = call(&house, |_| pending::<Result<Answer, Infallible>>());
        assert!(poll(future.as_mut()).is_pending());
        panic!("elsewhere");
    });
    house.check("unwound", Outcome::Cancelled, Excluded);
}

#[test]
fn a_future_dropped_before_its_head_is_cancelled_after_any_number_of_polls() {
    for polls in 0..5 {
        let house = House::new();
        let mut future = call(&house, |_| after(9, empty));
        for _ in 0..polls {
            assert!(poll(future.as_mut()).is_pending());
        }
        house.check_in_flight("waiting");
        drop(future);
        house.check(&format!("dropped after {polls} polls"), Outcome::Cancelled, Excluded);
    }
}

#[test]
fn a_cancelled_request_is_bad_when_it_waited_longer_than_the_grace() {
    // Without a latency threshold or a server deadline, the grace is 5 s.
    for (waited, judged) in [(0, Excluded), (5, Excluded), (6, Bad)] {
        let house = House::new();
        let mut future = call(&house, |_| pending::<Result<Answer, Infallible>>());
        assert!(poll(future.as_mut()).is_pending());
        house.wait(waited);
        drop(future);
        house.check(&format!("dropped after {waited} s"), Outcome::Cancelled, judged);
    }
}

#[test]
fn a_cancelled_request_counts_as_its_slo_says() {
    let rows = [(CancelPolicy::Good, Good), (CancelPolicy::Bad, Bad), (CancelPolicy::Exclude, Excluded)];
    for (policy, judged) in rows {
        let house = House::with(|builder| builder.slo(Slo::availability("ok", "99%").cancel(policy)));
        drop(call(&house, |_| pending::<Result<Answer, Infallible>>()));
        house.check(&format!("{policy:?}"), Outcome::Cancelled, judged);
    }
}

#[test]
fn a_future_polled_again_after_it_was_ready_records_nothing_more() {
    let house = House::new();
    let mut polls = 0;
    let mut future = call(&house, |_| {
        poll_fn(move |_| {
            polls += 1;
            match polls {
                1 => Poll::Ready(Ok(empty())),
                2 => Poll::Pending,
                _ => Poll::Ready(Err("again")),
            }
        })
    });
    assert!(matches!(poll(future.as_mut()), Poll::Ready(Ok(_))));
    assert!(matches!(poll(future.as_mut()), Poll::Pending));
    assert!(matches!(poll(future.as_mut()), Poll::Ready(Err("again"))));
    drop(future);
    house.check("polled again", Outcome::Success, Good);
}

#[test]
fn a_future_that_is_kept_after_its_head_is_not_in_flight() {
    let house = House::judging_heads();
    let mut future = pin!(house.layer().layer(service_fn(|_: Request<()>| after(1, empty))).call(request(Method::GET)));
    assert!(poll(future.as_mut()).is_pending());
    house.check_in_flight("waiting");
    let Poll::Ready(Ok(mut response)) = poll(future.as_mut()) else { panic!("not ready") };
    house.check("ready", Outcome::Success, Good);
    frames(response.body_mut(), 2);
    house.check("read", Outcome::Success, Good);
}
