//! What ends a call before the service has answered: its client, a timeout, a shed load, a panic.

use std::time::Duration;

use tonic::service::RecoverErrorLayer;
use tonic::transport::Server;
use tonic::{Code, Status, TimeoutExpired};
use tower::BoxError;
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::util::MapErrLayer;

use crate::client::{Bare, Client};
use crate::counted::{assert_counts, until};
use crate::desk::{Ask, GET};
use crate::house::House;
use crate::scene::{A_WHILE, LONG, Scene, lines};

fn waiting() -> Ask {
    Ask { wait: true, ..Ask::default() }
}

/// How old a call was when nobody waited for it any more, and what availability and latency make of that.
const AGES: [(Duration, &str, &str); 3] = [
    (Duration::ZERO, "excluded (cancelled)", "excluded (cancelled)"),
    (A_WHILE, "excluded (cancelled)", "bad (cancelled)"),
    (LONG, "bad (cancelled)", "bad (cancelled)"),
];

#[tokio::test]
async fn a_call_that_its_client_leaves_is_cancelled_by_its_age() {
    for (age, available, fast) in AGES {
        let scene = Scene::new();
        let house = scene.open().await;
        let mut client = Client::connect(&house).await;
        let call = tokio::spawn(async move { client.get(waiting()).await });
        scene.desk.has_arrived().await;
        assert_eq!(scene.goodput.status().in_flight, 1);
        scene.hand.advance(age);
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_counts(&scene.goodput, &format!("{age:?}"), lines(GET, "cancelled", available, fast)).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_an_unknown_method_leaves_it_unknown() {
    let scene = Scene::new();
    let house = scene.open_with(scene.unlisted()).await;
    let mut client = Client::connect(&house).await;
    let call = tokio::spawn(async move { client.get(waiting()).await });
    scene.desk.has_arrived().await;
    call.abort();
    let cancelled = "excluded (cancelled)";
    assert_counts(&scene.goodput, "left", lines("unmatched", "cancelled", cancelled, cancelled)).await;
}

/// Tonic's own timeout stands outside of every layer a service can add.
#[tokio::test]
async fn a_deadline_that_tonic_enforces_looks_like_a_client_that_left() {
    for (age, available, fast) in AGES {
        let scene = Scene::new();
        let house = scene.open().await;
        let ask = Ask { millis: age.as_millis().try_into().unwrap(), ..waiting() };
        let seen = Bare::connect(&house).await.call(GET, &[("grpc-timeout", "250m")], &ask).await;
        assert!(seen.head_only);
        assert_eq!(seen.head["grpc-status"], "1");
        assert_counts(&scene.goodput, &format!("{age:?}"), lines(GET, "cancelled", available, fast)).await;
    }
}

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_timeout_inside_is_the_services_own_failure() {
    let failed = "excluded (failed)";

    let scene = Scene::new();
    let server = Server::builder().layer(scene.layer()).layer(TimeoutLayer::new(SHORT));
    let house = House::start(server, scene.routes()).await;
    assert!(Client::connect(&house).await.get(waiting()).await.is_err());
    let expected = lines(GET, "service_error", "bad (service_error)", failed);
    assert_counts(&scene.goodput, "an error in place of an answer", expected).await;

    let scene = Scene::new();
    let server = Server::builder()
        .layer(scene.layer())
        .layer(RecoverErrorLayer::new())
        .layer(MapErrLayer::new(|_: BoxError| Status::deadline_exceeded("too slow")))
        .layer(TimeoutLayer::new(SHORT));
    let house = House::start(server, scene.routes()).await;
    let answer = Client::connect(&house).await.get(waiting()).await;
    assert_eq!(answer.unwrap_err().code(), Code::DeadlineExceeded);
    let mut expected = lines(GET, "server_error", "bad (timeout)", failed);
    expected.push(format!("{GET} error DEADLINE_EXCEEDED"));
    assert_counts(&scene.goodput, "an answer that says so", expected).await;

    // What tonic itself makes of a timeout is no failure of the service's.
    let scene = Scene::new();
    let server = Server::builder()
        .layer(scene.layer())
        .layer(RecoverErrorLayer::new())
        .layer(MapErrLayer::new(|_: BoxError| TimeoutExpired(())))
        .layer(TimeoutLayer::new(SHORT));
    let house = House::start(server, scene.routes()).await;
    let answer = Client::connect(&house).await.get(waiting()).await;
    assert_eq!(answer.unwrap_err().code(), Code::Cancelled);
    let expected = lines(GET, "client_error", "good", "good");
    assert_counts(&scene.goodput, "an answer that says something else", expected).await;
}

#[tokio::test]
async fn a_load_that_is_shed_inside_is_the_services_own_failure() {
    let failed = "excluded (failed)";
    let one_served = lines(GET, "success", "good", "good");

    let scene = Scene::new();
    let server =
        Server::builder().layer(scene.layer()).layer(LoadShedLayer::new()).layer(ConcurrencyLimitLayer::new(1));
    shed(&scene, House::start(server, scene.routes()).await).await;
    let expected = lines(GET, "service_error", "bad (service_error)", failed);
    assert_counts(&scene.goodput, "an error in place of an answer", [one_served.clone(), expected].concat()).await;

    let scene = Scene::new();
    let server = Server::builder()
        .layer(scene.layer())
        .layer(RecoverErrorLayer::new())
        .layer(LoadShedLayer::new())
        .layer(ConcurrencyLimitLayer::new(1));
    shed(&scene, House::start(server, scene.routes()).await).await;
    let mut expected = lines(GET, "server_error", "bad (resource_exhausted)", failed);
    expected.push(format!("{GET} error RESOURCE_EXHAUSTED"));
    assert_counts(&scene.goodput, "an answer that says so", [one_served, expected].concat()).await;
}

/// Makes one call that stands, one that is shed, and lets the first go.
async fn shed(scene: &Scene, house: House) {
    let mut client = Client::connect(&house).await;
    let mut other = client.clone();
    let stands = tokio::spawn(async move { other.get(waiting()).await });
    scene.desk.has_arrived().await;
    assert_eq!(client.get(Ask::default()).await.unwrap_err().code(), Code::ResourceExhausted);
    scene.desk.release.notify_one();
    assert!(stands.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_load_that_is_shed_outside_is_never_seen() {
    let scene = Scene::new();
    let server = Server::builder().layer(scene.layer()).load_shed(true).concurrency_limit_per_connection(1);
    shed(&scene, House::start(server, scene.routes()).await).await;
    assert_counts(&scene.goodput, "shed", lines(GET, "success", "good", "good")).await;
}

#[tokio::test]
async fn a_panic_in_a_handler_is_bad_before_and_after_it_has_waited() {
    for wait in [false, true] {
        let scene = Scene::new();
        let house = scene.open().await;
        scene.desk.release.notify_one();
        let answer = Client::connect(&house).await.get(Ask { panic: true, wait, ..Ask::default() }).await;
        assert!(answer.is_err());
        let expected = lines(GET, "panicked", "bad (panic)", "excluded (failed)");
        assert_counts(&scene.goodput, &format!("waited: {wait}"), expected).await;
    }
}

#[tokio::test]
async fn a_connection_that_breaks_cancels_every_call_on_it() {
    const CALLS: usize = 8;
    let scene = Scene::new();
    let house = scene.open().await;
    let bare = Bare::connect(&house).await;
    let calls: Vec<_> = (0..CALLS).map(|_| tokio::spawn(bare.send(GET, &[], &waiting()))).collect();
    until("all calls stand", || scene.goodput.status().in_flight == CALLS as u64).await;
    bare.hang_up();
    for call in calls {
        assert!(call.await.unwrap().is_err());
    }
    let cancelled = lines(GET, "cancelled", "excluded (cancelled)", "excluded (cancelled)");
    assert_counts(&scene.goodput, "broken", vec![cancelled; CALLS].concat()).await;
}
