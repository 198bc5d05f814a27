//! Compares what the client did with what the server counted.

use std::time::Duration;

use anyhow::ensure;
use goodput::{Goodput, Outcome, Reason, Status};
use tokio::time::sleep;

use crate::greeter::{GREET, GREET_DAILY};
use crate::{HEALTH_CHECK, HEALTH_WATCH};

/// The status once both streams have ended: that a client left is noticed a moment later. Waits at most five seconds.
pub(crate) async fn settled(goodput: &Goodput) -> Status {
    let both = |status: &Status| status.route(GREET_DAILY).is_some_and(|route| route.streams.count() == 2);
    for _ in 0..500 {
        if both(&goodput.status()) {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    goodput.status()
}

/// What has to be counted: by route, how calls ended, and how often.
const OUTCOMES: [(&str, Outcome, u64); 7] = [
    (GREET, Outcome::Success, 2),
    (GREET, Outcome::ClientError, 1),
    (GREET, Outcome::ServerError, 1),
    (GREET_DAILY, Outcome::Success, 2),
    (GREET_DAILY, Outcome::ClientError, 1),
    ("unmatched", Outcome::ServerError, 1),
    (HEALTH_CHECK, Outcome::Success, 1),
];

/// By SLO: good, bad and excluded. A failed call says nothing about speed.
const COUNTS: [(&str, [u64; 3]); 2] = [("greetings-ok", [6, 1, 0]), ("greetings-fast", [6, 0, 1])];

/// Fails where the server has counted something else.
pub(crate) fn check(status: &Status) -> anyhow::Result<()> {
    ensure!(status.in_flight == 0, "expected nothing in flight: {}", status.in_flight);
    for (template, outcome, expected) in OUTCOMES {
        let counted = status.route(template).map_or(0, |route| route.outcome(outcome));
        ensure!(counted == expected, "expected {expected} x {outcome} on {template}: {counted}");
    }
    let finished: u64 = status.routes.iter().map(|route| route.finished).sum();
    let expected: u64 = OUTCOMES.iter().map(|(_, _, count)| count).sum();
    ensure!(finished == expected, "expected {expected} calls in all: {finished}");
    ensure!(status.route(HEALTH_WATCH).is_none(), "nobody watched");

    let errors = status.route(GREET).map(|route| route.errors.as_slice()).unwrap_or_default();
    let errors: Vec<_> = errors.iter().map(|error| (error.error_type, error.count)).collect();
    ensure!(errors == [(Reason::new("UNAVAILABLE"), 1)], "expected one UNAVAILABLE: {errors:?}");
    let streams = status.route(GREET_DAILY).map_or(0, |route| route.streams.count());
    ensure!(streams == 2, "expected the lifetimes of 2 streams: {streams}");

    for (slo, expected) in COUNTS {
        let counts = status.slo(slo).map(|slo| slo.counts).unwrap_or_default();
        let counted = [counts.good, counts.bad, counts.excluded];
        ensure!(counted == expected, "expected {expected:?} good, bad and excluded in {slo}: {counted:?}");
    }
    Ok(())
}
