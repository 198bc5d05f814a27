//! Runs the table: every row on both servers and over both protocols, each with an instance of its own.

use std::time::Duration;

use tokio::time::timeout;
use tower::Layer;

use crate::bodies;
use crate::clients::{Line, Protocol, nothing};
use crate::house::House;
use crate::servers::{ROUTE, Running, Server, on_axum, on_hyper, router, service};
use crate::table::{self, Row};

#[tokio::test]
async fn a_whole_answer_is_counted_by_its_status_and_the_handlers_word() {
    play(table::answered()).await;
}

#[tokio::test]
async fn a_body_that_the_server_drops_unasked_is_complete_with_its_head() {
    play(bodies::unasked()).await;
}

#[tokio::test]
async fn a_whole_body_is_complete_whatever_kind_of_end_it_has() {
    play(bodies::whole()).await;
}

#[tokio::test]
async fn trailers_end_a_body_and_their_absence_ends_it_too() {
    play(bodies::trailers()).await;
}

#[tokio::test]
async fn a_body_that_breaks_off_on_our_side_has_failed_whatever_its_head_said() {
    play(bodies::broken()).await;
}

#[tokio::test]
async fn a_service_that_fails_in_place_of_an_answer_is_bad_once() {
    play(table::unanswered()).await;
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_once_wherever_it_leaves() {
    play(table::left()).await;
}

#[tokio::test]
async fn two_layers_of_one_instance_count_every_way_as_one_does() {
    let tables = [
        table::answered(),
        bodies::unasked(),
        bodies::whole(),
        bodies::trailers(),
        bodies::broken(),
        table::unanswered(),
        table::left(),
    ];
    for row in tables.iter().flatten() {
        each(row, async |server, protocol, what| {
            let house = House::new();
            let service = service(&row.plan, &house.scene);
            let running = match server {
                Server::Axum => {
                    on_axum(router(&row.plan, &house.scene).layer(house.layer()).layer(house.layer())).await
                }
                Server::Hyper => {
                    on_hyper(house.layer_on(ROUTE).layer(house.layer_on("never named").layer(service))).await
                }
            };
            perform(row, house, running, protocol, what).await;
        })
        .await;
    }
}

async fn play(rows: Vec<Row>) {
    for row in &rows {
        each(row, async |server, protocol, what| {
            let house = House::new();
            let running = server.start(&house, &row.plan).await;
            perform(row, house, running, protocol, what).await;
        })
        .await;
    }
}

/// Once for each server and protocol that the row is about.
async fn each(row: &Row, perform: impl AsyncFn(Server, Protocol, &str)) {
    for &server in row.servers {
        for &protocol in row.protocols {
            let what = format!("{:?} on {server:?} over {protocol:?}", row.name);
            let performed = timeout(Duration::from_secs(20), perform(server, protocol, &what)).await;
            assert!(performed.is_ok(), "{what} does not end");
        }
    }
}

async fn perform(row: &Row, house: House, running: Running, protocol: Protocol, what: &str) {
    let line = Line::connect(running.address, protocol).await;
    let request = line.request(row.method.clone(), "/way/of-it", nothing());
    let line = row.client.act(line, request, &house.scene, what).await;
    let ended = [(ROUTE, row.ended)];
    house.has_counted(what, &ended).await;
    if let Some(times) = row.body_polls {
        assert_eq!(house.scene.body_polls(), times, "{what}: how often the server asks the body");
    }
    house.ends_with(what, &ended, (line, running)).await;
}
