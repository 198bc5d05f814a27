//! Panics under a layer that catches them: outside ours the request has panicked, inside ours it is a plain 500.

use std::time::Duration;

use goodput::Outcome;
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;

use crate::clients::{Client, Line, Protocol, one_request};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{ROUTE, Running, Server, on_axum, on_hyper, router, service};

const A_WHILE: Duration = Duration::from_secs(1);

/// Where panics are caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caught {
    Outside,
    Inside,
    OutsideAndInside,
}

impl Caught {
    async fn start(self, server: Server, house: &House, plan: &Plan) -> Running {
        let catch = CatchPanicLayer::new();
        match server {
            Server::Axum => {
                let (router, layer) = (router(plan, &house.scene), house.layer());
                on_axum(match self {
                    Self::Outside => router.layer(layer).layer(catch),
                    Self::Inside => router.layer(catch).layer(layer),
                    Self::OutsideAndInside => router.layer(catch).layer(layer).layer(catch),
                })
                .await
            }
            Server::Hyper => {
                let (service, layer) = (service(plan, &house.scene), house.layer_on(ROUTE));
                match self {
                    Self::Outside => on_hyper(catch.layer(layer.layer(service))).await,
                    Self::Inside => on_hyper(layer.layer(catch.layer(service))).await,
                    Self::OutsideAndInside => on_hyper(catch.layer(layer.layer(catch.layer(service)))).await,
                }
            }
        }
    }
}

async fn check(caught: Caught, plan: &Plan, client: Client, ended: Ended) {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            let what = format!("{plan:?} caught {caught:?} on {server:?}");
            let house = House::new();
            let running = caught.start(server, &house, plan).await;
            one_request(&what, house, running, protocol, client, ended).await;
        }
    }
}

/// In the call, in the future's first poll, after an await, and late.
fn panicking() -> [(Plan, Option<Duration>); 4] {
    let plan = || Plan::text(200, "never");
    [
        (Plan { panics_in_call: true, ..plan() }, None),
        (plan().first([Step::Panic]), None),
        (plan().first([Step::Yield, Step::Panic]), None),
        (plan().first([Step::Pass(A_WHILE), Step::Yield, Step::Panic]), Some(A_WHILE)),
    ]
}

fn failed(outcome: Outcome, bad: &'static str, took: Option<Duration>) -> Ended {
    took.map_or(Ended::failure(outcome, bad), |took| Ended::slow_failure(outcome, bad, took))
}

const CAUGHT: Client = Client::Reads(500, "Service panicked");

#[tokio::test]
async fn a_panic_that_is_caught_outside_the_layer_has_panicked_and_is_not_cancelled() {
    for (plan, took) in panicking() {
        check(Caught::Outside, &plan, CAUGHT, failed(Outcome::Panicked, "bad (panic)", took)).await;
    }
}

#[tokio::test]
async fn a_panic_that_is_caught_inside_the_layer_is_a_plain_500() {
    for caught in [Caught::Inside, Caught::OutsideAndInside] {
        for (plan, took) in panicking() {
            check(caught, &plan, CAUGHT, failed(Outcome::ServerError, "bad (server_error)", took)).await;
        }
    }
}

#[tokio::test]
async fn a_panic_in_the_body_is_caught_by_nobody() {
    let bodies = [vec![Step::Data("one"), Step::Yield, Step::Panic], vec![Step::Yield, Step::Panic]];
    for caught in [Caught::Outside, Caught::Inside, Caught::OutsideAndInside] {
        for body in &bodies {
            let plan = Plan::stream(200, body.iter().copied());
            check(caught, &plan, Client::SeesItBreak(200), Ended::BODY_PANICKED).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_a_panic_was_caught_on_serves_the_next_request() {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            let what = format!("{server:?} over {protocol:?}");
            let house = House::new();
            let plan = Plan::text(200, "never").first([Step::Panic]);
            let running = Caught::Outside.start(server, &house, &plan).await;
            let mut line = Line::connect(running.address, protocol).await;
            for _ in 0..3 {
                assert_eq!(line.get("/way/of-it").await.0, 500, "{what}");
            }
            let panicked = Ended::failure(Outcome::Panicked, "bad (panic)");
            house.ends_with(&what, &[(ROUTE, panicked); 3], (line, running)).await;
        }
    }
}
