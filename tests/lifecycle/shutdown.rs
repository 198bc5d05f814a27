//! Servers that stop while they serve.

use axum::Router;
use axum::routing::get;
use http::Method;
use http_body_util::BodyExt;
use tokio::sync::oneshot;

use crate::clients::{Line, Protocol, nothing};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{ROUTE, Server, listen};

#[tokio::test]
async fn a_server_that_is_torn_down_gives_up_what_it_has_begun() {
    for protocol in Protocol::BOTH {
        for (plan, client, ended) in [
            (Plan::text(200, "").first([Step::Arrive, Step::Forever]), "waits for the head", Ended::CANCELLED),
            (Plan::stream(200, [Step::Data("one"), Step::Arrive, Step::Forever]), "reads", Ended::BODY_DROPPED),
        ] {
            let what = format!("{client} over {protocol:?}");
            let house = House::new();
            let running = Server::Hyper.start(&house, &plan).await;
            let mut line = Line::connect(running.address, protocol).await;
            let request = line.request(Method::GET, "/way/of-it", nothing());
            let answer = tokio::spawn(line.send(request).await);
            house.scene.arrived.notified().await;
            drop(running);
            house.ends_with(&what, &[(ROUTE, ended)], (answer, line)).await;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_shut_down_gracefully_serves_what_it_has_begun() {
    for protocol in Protocol::BOTH {
        let what = format!("{protocol:?}");
        let house = House::new();
        let scene = house.scene.clone();
        let handler = move || async move {
            scene.arrived.notify_one();
            scene.released.acquire().await.unwrap().forget();
            "hello"
        };
        let app = Router::new().route("/slow", get(handler)).layer(house.layer());
        let (listener, address) = listen().await;
        let (shut_down, told) = oneshot::channel::<()>();
        let served = axum::serve(listener, app).with_graceful_shutdown(async { told.await.unwrap() });
        let served = tokio::spawn(served.into_future());
        let mut line = Line::connect(address, protocol).await;
        let request = line.request(Method::GET, "/slow", nothing());
        let answer = tokio::spawn(line.send(request).await);
        house.scene.arrived.notified().await;
        shut_down.send(()).unwrap();
        house.scene.released.add_permits(1);
        let text = answer.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(text, "hello", "{what}");
        served.await.unwrap().unwrap();
        house.ends_with(&what, &[("/slow", Ended::SUCCESS)], line).await;
    }
}
