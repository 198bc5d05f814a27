//! Random responses with random ends:
//!
//! 1. every request has exactly one outcome, and it is the first thing that ended it;
//! 2. at every moment, what began is either finished or in flight;
//! 3. whoever follows a body sees the same frames as without us.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use goodput_core::Outcome;
use http::{Method, Request, Response};
use proptest::prelude::*;
use tower::{Layer, Service, service_fn};

use crate::house::{House, frame, poll, request};
use crate::script::{Script, Step};

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_usize).prop_map(Step::Data),
        2 => Just(Step::Pending),
        1 => Just(Step::Trailers),
        1 => Just(Step::Error),
        1 => Just(Step::Panic),
    ]
}

fn script() -> impl Strategy<Value = Script> {
    (proptest::collection::vec(step(), 0..20), any::<bool>(), any::<bool>()).prop_map(
        |(steps, knows_its_end, knows_its_size)| Script { steps: steps.into(), knows_its_end, knows_its_size },
    )
}

/// How the body should be recorded when it is polled this often and then dropped: the slow, obvious way.
fn expected(body: &Script, declared: Option<u64>, polls: usize) -> Outcome {
    let length = if body.knows_its_size { Some(body.bytes()) } else { declared };
    if length == Some(0) || (body.knows_its_end && body.steps.is_empty()) {
        return Outcome::Success;
    }
    let mut sent = 0;
    let over =
        |sent: u64| if length.is_none_or(|length| sent >= length) { Outcome::Success } else { Outcome::BodyFailed };
    for polled in 0..polls {
        match body.steps.get(polled) {
            None | Some(Step::Trailers) => return over(sent),
            Some(Step::Error) => return Outcome::BodyFailed,
            Some(Step::Panic) => return Outcome::Panicked,
            Some(Step::Pending) => {}
            Some(Step::Data(bytes)) => {
                sent += *bytes as u64;
                let last = body.knows_its_end && polled + 1 == body.steps.len();
                if last || length.is_some_and(|length| sent >= length) {
                    return over(sent);
                }
            }
        }
    }
    Outcome::BodyDropped
}

/// What began is finished or in flight, and finished at most once.
fn balance(house: &House) -> (u64, Vec<Outcome>) {
    let status = house.goodput.status();
    let route = &status.routes[0];
    let outcomes: u64 = route.outcomes.iter().map(|(_, count)| count).sum();
    assert_eq!(route.begun, 1);
    assert_eq!(route.begun, outcomes + route.in_flight);
    let ended = route.outcomes.iter().filter(|(_, count)| *count > 0);
    (route.in_flight, ended.map(|(outcome, _)| *outcome).collect())
}

proptest! {
    #[test]
    fn a_body_has_one_outcome(
        body in script(),
        declared in proptest::option::of(0..30_u64),
        polls in 0..24_usize,
    ) {
        let house = House::new();
        let mut response = Response::builder();
        if let Some(declared) = declared {
            response = response.header("content-length", declared);
        }
        let expected = expected(&body, declared, polls);
        let mut bare = body.clone();
        let mut followed = house.answer(Method::GET, response.body(body).unwrap()).into_body();
        for _ in 0..polls {
            balance(&house);
            let ours = catch_unwind(AssertUnwindSafe(|| format!("{:?}", frame(&mut followed)))).ok();
            let theirs = catch_unwind(AssertUnwindSafe(|| format!("{:?}", frame(&mut bare)))).ok();
            prop_assert_eq!(ours, theirs);
        }
        let (in_flight, _) = balance(&house);
        prop_assert_eq!(in_flight == 1, expected == Outcome::BodyDropped);
        drop(followed);
        prop_assert_eq!(balance(&house), (0, vec![expected]));
    }

    #[test]
    fn a_future_has_one_outcome(pending in 0..5_usize, polls in 0..8_usize, end in 0..4_u8) {
        let house = House::new();
        let (mut left, ready_at) = (pending, pending + 1);
        let mut service = house.layer().layer(service_fn(move |_: Request<()>| {
            poll_fn(move |_| {
                if left > 0 {
                    left -= 1;
                    return Poll::Pending;
                }
                match end {
                    0 => panic!("the service panics"),
                    1 => Poll::Ready(Err("refused")),
                    2 => Poll::Ready(Ok(Response::new(Script::new([])))),
                    _ => Poll::Ready(Ok(Response::builder().status(500).body(Script::new([])).unwrap())),
                }
            })
        }));
        let mut future = Box::pin(service.call(request(Method::GET)));
        for _ in 0..polls {
            balance(&house);
            let _ = catch_unwind(AssertUnwindSafe(|| drop(poll(future.as_mut()))));
        }
        drop(future);
        let expected = match end {
            _ if polls < ready_at => Outcome::Cancelled,
            0 => Outcome::Panicked,
            1 => Outcome::ServiceError,
            _ => Outcome::BodyDropped,
        };
        prop_assert_eq!(balance(&house), (0, vec![expected]));
    }
}
