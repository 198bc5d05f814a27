//! In process: what is over may be polled again or kept, and nothing is counted for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use goodput::Outcome;
use http::Request;
use http_body::Body as _;
use tower::{Layer, Service};

use crate::house::{Ended, House};
use crate::polled::{Polled, frame, head, panics, poll};
use crate::script::{Plan, Step};
use crate::servers::{ROUTE, service};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_body_polled_again_after_its_end_adds_nothing() {
    let plan = |steps: &[Step]| Plan::stream(200, steps.iter().copied());
    let rows = [
        ("over", plan(&[]), Ended::SUCCESS),
        ("over with its frame", Plan::text(200, "one"), Ended::SUCCESS),
        (
            "over with its length",
            plan(&[Step::Data("one"), Step::Data("two")]).with("content-length", "3"),
            Ended::SUCCESS,
        ),
        ("over with its trailers", plan(&[Step::Trailers, Step::Data("two"), Step::Fail]), Ended::SUCCESS),
        ("failed", plan(&[Step::Fail, Step::Data("two"), Step::Fail]), Ended::BODY_FAILED),
        ("panicked", plan(&[Step::Panic, Step::Data("two"), Step::Fail, Step::Panic]), Ended::BODY_PANICKED),
    ];
    for polled in Polled::ALL {
        for (what, plan, ended) in &rows {
            let house = House::new();
            let mut body = head(polled.ask(&house, plan)).into_body();
            for _ in 0..6 {
                let _ = catch_unwind(AssertUnwindSafe(|| frame(&mut body)));
                house.scene.hand.advance(10 * SECOND);
                house.compare(&format!("{what}, {polled:?}"), &[(polled.route(), *ended)]);
            }
            drop(body);
            house.compare(&format!("{what}, {polled:?}, dropped"), &[(polled.route(), *ended)]);
        }
    }
}

#[test]
fn a_future_polled_again_after_it_was_ready_adds_nothing() {
    // An async block panics when polled again, which is no matter of the request that is over.
    let rows = [
        ("served", Plan::text(200, ""), Ended::SUCCESS),
        (
            "refused",
            Plan::text(200, "").first([Step::Fail]),
            Ended::failure(Outcome::ServiceError, "bad (service_error)"),
        ),
        ("panicked", Plan::text(200, "").first([Step::Panic]), Ended::failure(Outcome::Panicked, "bad (panic)")),
    ];
    for (what, plan, ended) in rows {
        let house = House::new();
        let request = Request::new(Body::empty());
        let mut answer = Box::pin(house.layer_on(ROUTE).layer(service(&plan, &house.scene)).call(request));
        let _ = catch_unwind(AssertUnwindSafe(|| poll(&mut answer)));
        house.compare(what, &[(ROUTE, ended)]);
        for _ in 0..3 {
            panics(|| poll(&mut answer));
        }
        drop(answer);
        house.compare(what, &[(ROUTE, ended)]);
    }
}

#[test]
fn a_response_that_is_kept_after_its_end_is_not_in_flight() {
    for polled in Polled::ALL {
        for plan in
            [Plan::text(200, "hello"), Plan::text(200, ""), Plan::stream(200, [Step::Data("one"), Step::Trailers])]
        {
            let house = House::new();
            let mut answer = polled.ask(&house, &plan);
            let Poll::Ready(Ok(mut response)) = poll(&mut answer) else { panic!("the head is not ready") };
            while frame(response.body_mut()) == Poll::Ready(Some(Ok(()))) && !response.body().is_end_stream() {}
            house.scene.hand.advance(100 * SECOND);
            house.compare(&format!("{polled:?} kept"), &[(polled.route(), Ended::SUCCESS)]);
            drop((answer, response));
            house.compare(&format!("{polled:?} dropped"), &[(polled.route(), Ended::SUCCESS)]);
        }
    }
}
