//! A method has a route of its own when it is listed, or once it has answered; what nobody serves has none.

use goodput::grpc::Methods;
use prost::Message;
use prost_types::{FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic::transport::Server;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::client::{Bare, Client};
use crate::counted::assert_counts;
use crate::desk::{Ask, CHAT, GET, LIST, SUM};
use crate::house::{House, PATIENCE};
use crate::scene::{CODES, Scene, lines};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const NOT_FOUND: &str = "excluded (not_found)";

/// What a call leaves behind of a method that nobody serves.
fn unserved() -> Vec<String> {
    let mut lines = lines("unmatched", "server_error", NOT_FOUND, NOT_FOUND);
    lines.push("unmatched error UNIMPLEMENTED".to_owned());
    lines
}

#[tokio::test]
async fn a_method_or_service_that_nobody_serves_is_excluded_and_gets_no_route() {
    for path in ["/house.Desk/Nothing", "/house.Nobody/Get", "/house.Desk/", "/wp-login.php", "/"] {
        for listed in [true, false] {
            let scene = Scene::new();
            let house = scene.open_with(if listed { scene.layer() } else { scene.unlisted() }).await;
            for _ in 0..2 {
                let answer = Bare::connect(&house).await.call(path, &[], &Ask::default()).await;
                assert_eq!(answer.head["grpc-status"], "12");
            }
            let twice = [unserved(), unserved()].concat();
            assert_counts(&scene.goodput, &format!("{path}, others listed: {listed}"), twice).await;
        }
    }
}

#[tokio::test]
async fn ten_thousand_methods_that_nobody_serves_leave_room_for_the_one_that_somebody_does() {
    const LANES: u64 = 20;
    const EACH: u64 = 500;
    let scene = Scene::with(|instance| instance.max_routes(4));
    let house = scene.open_with(scene.unlisted()).await;
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        let bare = Bare::connect(&house).await;
        lanes.spawn(async move {
            for number in 0..EACH {
                let service = if number % 2 == 0 { "house.Desk" } else { "scan" };
                let path = format!("/{service}/{lane}-{number}");
                let answer = bare.call(&path, &[], &Ask::default()).await;
                assert_eq!(answer.head["grpc-status"], "12");
            }
        });
    }
    lanes.join_all().await;
    let status = scene.goodput.status();
    let routes: Vec<_> = status.routes.iter().map(|route| (route.template.as_str(), route.finished)).collect();
    assert_eq!(routes, [("unmatched", LANES * EACH)]);
    let available = status.slo("available").unwrap().counts;
    assert_eq!((available.good, available.bad, available.excluded), (0, 0, LANES * EACH));

    let mut client = Client::connect(&house).await;
    for _ in 0..2 {
        client.get(Ask::default()).await.unwrap();
    }
    assert_eq!(scene.goodput.status().route(GET).unwrap().finished, 1);
    assert!(scene.goodput.status().flags.iter().all(|flag| flag.label() != "routes_full"));
}

#[tokio::test]
async fn a_method_is_known_from_its_first_answer_that_only_it_can_have_given() {
    for row in CODES {
        let scene = Scene::new();
        let house = scene.open_with(scene.unlisted()).await;
        let mut client = Client::connect(&house).await;
        drop(client.get(Ask { code: row.code.into(), ..Ask::default() }).await);
        let mut expected = match row.code {
            Code::Unimplemented => unserved(),
            _ => row.lines("unmatched"),
        };
        assert_counts(&scene.goodput, &format!("the first: {:?}", row.code), expected.clone()).await;

        client.get(Ask::default()).await.unwrap();
        let second = if row.admits { GET } else { "unmatched" };
        expected.extend(lines(second, "success", "good", "good"));
        assert_counts(&scene.goodput, &format!("the second, after {:?}", row.code), expected.clone()).await;

        client.get(Ask::default()).await.unwrap();
        expected.extend(lines(GET, "success", "good", "good"));
        assert_counts(&scene.goodput, &format!("the third, after {:?}", row.code), expected).await;
    }
}

#[tokio::test]
async fn a_known_method_that_is_not_implemented_is_a_failure() {
    let scene = Scene::new();
    let house = scene.open_with(scene.unlisted()).await;
    let mut client = Client::connect(&house).await;
    client.get(Ask::default()).await.unwrap();
    let refused = client.get(Ask { code: Code::Unimplemented.into(), ..Ask::default() }).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    let mut expected = lines("unmatched", "success", "good", "good");
    expected.extend(lines(GET, "server_error", "bad (server_error)", "excluded (failed)"));
    expected.push(format!("{GET} error UNIMPLEMENTED"));
    assert_counts(&scene.goodput, "known", expected).await;
}

/// The desk as its generator would describe it.
fn described() -> FileDescriptorSet {
    let method = |name: &str, client_streaming, server_streaming| MethodDescriptorProto {
        name: Some(name.to_owned()),
        client_streaming,
        server_streaming,
        ..MethodDescriptorProto::default()
    };
    let desk = ServiceDescriptorProto {
        name: Some("Desk".to_owned()),
        method: vec![
            method("Get", None, None),
            method("List", Some(false), Some(true)),
            method("Sum", Some(true), None),
            method("Chat", Some(true), Some(true)),
        ],
        ..ServiceDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        package: Some("house".to_owned()),
        service: vec![desk],
        ..FileDescriptorProto::default()
    };
    FileDescriptorSet { file: vec![FileDescriptorProto::default(), file] }
}

#[tokio::test]
async fn a_descriptor_set_lists_its_methods_and_tells_which_of_them_stream() {
    let two = Ask { notes: 2, ..Ask::default() };
    let scene = Scene::new();
    let methods = Methods::from_file_descriptor_set(&described().encode_to_vec()).unwrap();
    let house = scene.open_with(scene.unlisted().methods(methods)).await;
    let mut client = Client::connect(&house).await;
    client.get(Ask::default()).await.unwrap();
    client.list(two.clone()).await.unwrap().rest().await;
    client.sum(tokio_stream::iter([two.clone()])).await.unwrap();
    client.chat(tokio_stream::iter([two])).await.unwrap().rest().await;
    let mut expected: Vec<_> =
        [GET, LIST, SUM, CHAT].into_iter().flat_map(|route| lines(route, "success", "good", "good")).collect();
    expected.extend([LIST, SUM, CHAT].map(|route| format!("{route} stream")));
    assert_counts(&scene.goodput, "described", expected).await;
}

#[tokio::test]
async fn the_descriptor_set_of_the_health_service_lists_it() {
    let scene = Scene::new();
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let methods = Methods::from_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET).unwrap();
    let server = Server::builder().layer(scene.unlisted().methods(methods));
    let house = House::start(server, scene.routes().add_service(health)).await;
    check_health(&house).await;
    let mut expected = lines(CHECK, "success", "good", "good");
    expected.extend(lines(WATCH, "success", "good", "good"));
    expected.push(format!("{WATCH} stream"));
    assert_counts(&scene.goodput, "listed", expected).await;
}

/// Checks once, and watches until the first word.
async fn check_health(house: &House) {
    let mut client = HealthClient::new(house.channel().await);
    client.check(HealthCheckRequest::default()).await.unwrap();
    let mut watch = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert!(timeout(PATIENCE, watch.next()).await.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn the_health_service_is_excluded_by_its_routes_listed_or_not() {
    let excluded = "excluded (route_excluded)";
    for listed in [true, false] {
        let scene = Scene::with(|instance| instance.exclude_routes([CHECK, WATCH]));
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let methods = if listed { Methods::new().unary(CHECK).streaming(WATCH) } else { Methods::new() };
        let server = Server::builder().layer(scene.layer().methods(methods));
        let house = House::start(server, scene.routes().add_service(health)).await;
        check_health(&house).await;
        Client::connect(&house).await.get(Ask::default()).await.unwrap();
        let mut expected = lines(GET, "success", "good", "good");
        expected.extend(lines(CHECK, "success", excluded, excluded));
        expected.extend(lines(WATCH, "success", excluded, excluded));
        expected.extend(listed.then(|| format!("{WATCH} stream")));
        assert_counts(&scene.goodput, &format!("listed: {listed}"), expected).await;
    }
}

#[tokio::test]
async fn a_method_becomes_known_where_no_slo_waits_for_the_end() {
    let scene = Scene::judging_heads();
    let house = scene.open_with(scene.unlisted()).await;
    let mut client = Client::connect(&house).await;
    client.get(Ask::default()).await.unwrap();
    client.get(Ask::default()).await.unwrap();
    let expected = ["unmatched success", "/house.Desk/Get success", "fast: good", "fast: good"];
    assert_counts(&scene.goodput, "twice", expected).await;
}

#[test]
fn a_descriptor_set_that_does_not_hold_is_refused_with_a_reason() {
    let whole = described().encode_to_vec();
    let rows: [&[u8]; 3] = [b"\xff", b"not a descriptor set", &whole[..whole.len() - 1]];
    for bytes in rows {
        let refused = Methods::from_file_descriptor_set(bytes);
        assert!(!refused.unwrap_err().to_string().is_empty(), "{bytes:?}");
    }
}
