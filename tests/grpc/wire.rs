//! What a client sees is what the service sent, whatever the layer made of it.

use std::sync::Arc;
use std::time::Duration;

use goodput::{Flag, Goodput};
use tokio::time::{sleep, timeout};
use tonic::Code;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::client::{Bare, Client};
use crate::counted::assert_counts;
use crate::desk::{Ask, CHAT, GET, LIST, SUM};
use crate::house::{House, PATIENCE};
use crate::raw::{Raw, Reply};
use crate::scene::{CODES, Scene, lines};

const REPLIES: [Reply; 5] = [
    Reply::NoTrailers,
    Reply::Trailers(&[("grpc-status", b"0"), ("checksum", b"f97c5d29")]),
    Reply::Trailers(&[("grpc-message", b"fine")]),
    Reply::HeadOnly(&[("grpc-status", b"\xff"), ("checksum", b"f97c5d29")]),
    Reply::HeadAndTrailers(b"0", b"14"),
];

/// Some of all that can be asked.
fn asked() -> Vec<(String, Ask)> {
    let code = |code| Ask { code, ..Ask::default() };
    let mut asked = vec![
        (GET.to_owned(), code(0)),
        (GET.to_owned(), code(14)),
        (LIST.to_owned(), code(0)),
        (LIST.to_owned(), code(5)),
        (LIST.to_owned(), Ask { notes: 3, ..code(0) }),
        (LIST.to_owned(), Ask { notes: 3, ..code(13) }),
        (SUM.to_owned(), Ask { notes: 3, ..code(0) }),
        (CHAT.to_owned(), code(0)),
        (CHAT.to_owned(), code(8)),
        ("/house.Desk/Nothing".to_owned(), code(0)),
        ("/house.Nobody/Get".to_owned(), code(0)),
    ];
    asked.extend((0..REPLIES.len()).map(|index| (Raw::path(index), code(0))));
    asked
}

#[tokio::test]
async fn a_client_sees_what_it_sees_without_the_layer() {
    let bare = Scene::new().replying(&REPLIES);
    let without = House::start(Server::builder(), bare.routes()).await;
    let without_on_axum = House::start_on_axum(bare.routes().into_axum_router()).await;

    let listed = Scene::following_streams().replying(&REPLIES);
    let unlisted = Scene::new().replying(&REPLIES);
    let judging_heads = Scene::judging_heads().replying(&REPLIES);
    let on_axum = Scene::new().replying(&REPLIES);
    let houses = [
        (listed.open().await, &without),
        (unlisted.open_with(unlisted.unlisted()).await, &without),
        (judging_heads.open().await, &without),
        (axum_house(&on_axum).await, &without_on_axum),
    ];
    for (house, without) in &houses {
        // Twice, before and after a method is known.
        for _ in 0..2 {
            for (path, ask) in asked() {
                let seen = Bare::connect(house).await.call(&path, &[], &ask).await;
                let expected = Bare::connect(without).await.call(&path, &[], &ask).await;
                assert_eq!(seen, expected, "{path} {ask:?}");
            }
        }
    }
    // The frames are those the table is about, and not all alike.
    let seen = Bare::connect(&without).await.call(LIST, &[], &Ask { notes: 3, code: 13, ..Ask::default() }).await;
    assert_eq!((seen.head_only, seen.whole, seen.data.len()), (false, true, 3 * 8));
    assert_eq!(seen.trailers.unwrap()["grpc-status"], "13");
    let seen = Bare::connect(&without).await.call(GET, &[], &Ask { code: 14, ..Ask::default() }).await;
    assert_eq!((seen.head_only, seen.trailers), (true, None));
    assert_eq!(seen.head["grpc-status"], "14");
}

/// The routes in an axum router, with axum's layer around them.
async fn axum_house(scene: &Scene) -> House {
    let layer = goodput::axum::SliLayer::new(Arc::clone(&scene.goodput));
    House::start_on_axum(scene.routes().into_axum_router().layer(layer)).await
}

const ON_AXUM: &str = "/house.Desk/{*rest}";

#[tokio::test]
async fn a_code_counts_alike_inside_axum_where_the_service_is_the_route() {
    for row in CODES {
        let ask = Ask { code: row.code.into(), ..Ask::default() };
        let scene = Scene::new();
        let house = axum_house(&scene).await;
        drop(Client::connect(&house).await.get(ask.clone()).await);
        assert_counts(&scene.goodput, &format!("{:?} at the head", row.code), row.lines(ON_AXUM)).await;

        let scene = Scene::new();
        let house = axum_house(&scene).await;
        Client::connect(&house).await.list(Ask { notes: 2, ..ask }).await.unwrap().rest().await;
        assert_counts(&scene.goodput, &format!("{:?} in trailers", row.code), row.lines_of_trailers(ON_AXUM)).await;
    }
}

#[tokio::test]
async fn inside_axum_an_unknown_service_is_unmatched_and_an_unknown_method_is_the_services_failure() {
    let scene = Scene::new().replying(&REPLIES);
    let house = axum_house(&scene).await;
    let bare = Bare::connect(&house).await;
    bare.call("/house.Nobody/Get", &[], &Ask::default()).await;
    let not_found = "excluded (not_found)";
    let mut expected = lines("unmatched", "server_error", not_found, not_found);
    expected.push("unmatched error UNIMPLEMENTED".to_owned());
    assert_counts(&scene.goodput, "service", expected.clone()).await;

    bare.call("/house.Desk/Nothing", &[], &Ask::default()).await;
    expected.extend(lines(ON_AXUM, "server_error", "bad (server_error)", "excluded (failed)"));
    expected.push(format!("{ON_AXUM} error UNIMPLEMENTED"));
    assert_counts(&scene.goodput, "method", expected.clone()).await;

    bare.call(&Raw::path(0), &[], &Ask::default()).await;
    expected.extend(lines("/house.Raw/{*rest}", "no_status", "bad (no_grpc_status)", "good"));
    assert_counts(&scene.goodput, "no status", expected).await;
}

#[tokio::test]
async fn a_call_through_both_layers_is_counted_by_the_outer_one() {
    let scene = Scene::new();
    let inner = goodput::axum::SliLayer::new(Arc::clone(&scene.goodput));
    let routes = Routes::from(scene.routes().into_axum_router().layer(inner));
    let house = House::start(Server::builder().layer(scene.layer()), routes).await;
    let mut client = Client::connect(&house).await;
    client.get(Ask::default()).await.unwrap();
    assert!(client.get(Ask { code: Code::Internal.into(), ..Ask::default() }).await.is_err());
    let failed = CODES.into_iter().find(|row| row.code == Code::Internal).unwrap();
    let expected = [lines(GET, "success", "good", "good"), failed.lines(GET)].concat();
    assert_counts(&scene.goodput, "twice layered", expected).await;
    assert!(scene.goodput.status().flags.iter().any(|flag| matches!(flag, Flag::NestedLayers { calls: 2, .. })));
}

#[tokio::test]
async fn compressed_messages_pass_and_are_counted_as_they_are() {
    let scene = Scene::new();
    let house = scene.open().await;
    let mut client = Client::connect(&house).await.compressing();
    let answer = client.get(Ask::default()).await.unwrap();
    assert_eq!(answer.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(answer.metadata().get("desk").unwrap(), "7");
    assert_eq!(answer.into_inner().text, "one");
    let failing = Ask { notes: 3, code: Code::Internal.into(), ..Ask::default() };
    let (notes, code) = client.list(failing).await.unwrap().rest().await;
    assert_eq!((notes.len(), code), (3, Code::Internal));
    let mut expected = lines(GET, "success", "good", "good");
    expected.extend(lines(LIST, "success", "good", "good"));
    expected.push(format!("{LIST} stream"));
    assert_counts(&scene.goodput, "compressed", expected).await;
}

#[tokio::test]
async fn the_handle_is_given_back_when_server_and_clients_are_gone() {
    let scene = Scene::following_streams();
    let house = scene.open().await;
    let mut client = Client::connect(&house).await;
    client.get(Ask::default()).await.unwrap();
    let mut notes = client.list(Ask { notes: 2, wait: true, ..Ask::default() }).await.unwrap();
    assert_eq!(notes.next().await, "0");
    let goodput: Arc<Goodput> = Arc::clone(&scene.goodput);
    drop((scene, house, client, notes));
    let given_back = async {
        while Arc::strong_count(&goodput) > 1 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    assert!(timeout(PATIENCE, given_back).await.is_ok(), "{} left", Arc::strong_count(&goodput));
}
