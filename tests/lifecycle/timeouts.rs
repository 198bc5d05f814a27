//! Timeouts: inside ours they are the service's failure, outside ours they look like a client that leaves.

use std::time::Duration;

use axum::BoxError;
use axum::error_handling::HandleErrorLayer;
use goodput::Outcome;
use http::StatusCode;
use tower::timeout::TimeoutLayer as TowerTimeoutLayer;
use tower::{Layer, ServiceBuilder};
use tower_http::timeout::{ResponseBodyTimeoutLayer, TimeoutLayer};

use crate::clients::{Client, Protocol, one_request};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{Place, ROUTE, on_hyper, service};

/// Of real time: long enough for the service to be asked at all, which is once.
const SOON: Duration = Duration::from_millis(50);
const A_WHILE: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);

/// A handler that has taken so long when it is asked first, and then never answers.
fn never_after(time: Duration) -> Plan {
    Plan::text(200, "never").first([Step::Pass(time), Step::Forever])
}

const EXCLUDED: &str = "excluded (cancelled)";
const BAD: &str = "bad (cancelled)";

#[tokio::test]
async fn a_timeout_inside_the_layer_is_a_failure_by_its_status() {
    for (status, bad) in [(408, "bad (timeout)"), (503, "bad (server_error)"), (504, "bad (timeout)")] {
        for protocol in Protocol::BOTH {
            let house = House::new();
            let layer = TimeoutLayer::with_status_code(StatusCode::from_u16(status).unwrap(), SOON);
            let running = Place::Inside.start(&house, &never_after(A_WHILE), |router| router.layer(layer)).await;
            let ended = Ended::slow_failure(Outcome::ServerError, bad, A_WHILE);
            one_request(&format!("{status}"), house, running, protocol, Client::Reads(status, ""), ended).await;
        }
    }
}

#[tokio::test]
async fn a_timeout_outside_the_layer_looks_like_a_client_that_leaves_and_is_judged_by_age() {
    for (age, verdicts) in [
        (Duration::ZERO, [EXCLUDED; 4]),
        (A_WHILE, [EXCLUDED, BAD, EXCLUDED, EXCLUDED]),
        (LONG, [BAD, BAD, BAD, EXCLUDED]),
    ] {
        for protocol in Protocol::BOTH {
            let house = House::new();
            let layer = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, SOON);
            let running = Place::Outside.start(&house, &never_after(age), |router| router.layer(layer)).await;
            let ended = Ended { verdicts, ..Ended::CANCELLED };
            one_request(&format!("{age:?}"), house, running, protocol, Client::Reads(408, ""), ended).await;
        }
    }
}

#[tokio::test]
async fn a_timeout_that_is_an_error_counts_as_what_it_is_turned_into_inside_and_is_cancelled_outside() {
    let ended = |place| match place {
        Place::Inside => Ended::slow_failure(Outcome::ServerError, "bad (timeout)", A_WHILE),
        Place::Outside => Ended { verdicts: [EXCLUDED, BAD, EXCLUDED, EXCLUDED], ..Ended::CANCELLED },
    };
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            let house = House::new();
            let handled = HandleErrorLayer::new(async |_: BoxError| StatusCode::GATEWAY_TIMEOUT);
            let layer = ServiceBuilder::new().layer(handled).layer(TowerTimeoutLayer::new(SOON));
            let running = place.start(&house, &never_after(A_WHILE), |router| router.layer(layer)).await;
            one_request(&format!("{place:?}"), house, running, protocol, Client::Reads(504, ""), ended(place)).await;
        }
    }
}

#[tokio::test]
async fn a_timeout_that_nobody_turns_into_an_answer_is_a_service_error_inside_and_cancelled_outside() {
    let timeout = TowerTimeoutLayer::new(SOON);
    for protocol in Protocol::BOTH {
        let house = House::new();
        let service = service(&never_after(A_WHILE), &house.scene);
        let running = on_hyper(house.layer_on(ROUTE).layer(timeout.layer(service))).await;
        let ended = Ended::slow_failure(Outcome::ServiceError, "bad (service_error)", A_WHILE);
        one_request("inside", house, running, protocol, Client::GetsNoAnswer, ended).await;
    }
    for protocol in Protocol::BOTH {
        let house = House::new();
        let service = service(&never_after(A_WHILE), &house.scene);
        let running = on_hyper(timeout.layer(house.layer_on(ROUTE).layer(service))).await;
        let ended = Ended { verdicts: [EXCLUDED, BAD, EXCLUDED, EXCLUDED], ..Ended::CANCELLED };
        one_request("outside", house, running, protocol, Client::GetsNoAnswer, ended).await;
    }
}

#[tokio::test]
async fn a_body_that_times_out_has_failed_inside_and_is_dropped_outside() {
    let stuck = Plan::stream(200, [Step::Data("one"), Step::Forever]);
    for (place, ended) in [(Place::Inside, Ended::BODY_FAILED), (Place::Outside, Ended::BODY_DROPPED)] {
        for protocol in Protocol::BOTH {
            let house = House::new();
            let layer = ResponseBodyTimeoutLayer::new(SOON);
            let running = place.start(&house, &stuck, |router| router.layer(layer)).await;
            one_request(&format!("{place:?}"), house, running, protocol, Client::SeesItBreak(200), ended).await;
        }
    }
}

#[tokio::test]
async fn a_timeout_that_does_not_strike_changes_nothing() {
    let never = Duration::from_secs(3_600);
    for place in Place::BOTH {
        for protocol in Protocol::BOTH {
            for plan in
                [Plan::text(200, "onetwo"), Plan::stream(200, [Step::Data("one"), Step::Yield, Step::Data("two")])]
            {
                let house = House::new();
                let head = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, never);
                // Its body forgets size and end of the one inside.
                let body = ResponseBodyTimeoutLayer::new(never);
                let running = place.start(&house, &plan, |router| router.layer(body).layer(head)).await;
                let client = Client::Reads(200, "onetwo");
                one_request(&format!("{place:?}"), house, running, protocol, client, Ended::SUCCESS).await;
            }
        }
    }
}
