//! Requests whose body matters: read whole, read slowly, broken off half-way, or never read.

use std::io;
use std::time::Duration;

use http::Method;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::clients::{Client, Line, Protocol, Upload, dial};
use crate::house::{Ended, House};
use crate::script::{Plan, Reads, Scene, Step, body};
use crate::servers::{ROUTE, Server};

const A_WHILE: Duration = Duration::from_secs(1);

/// Answers 200 to an upload that comes whole, and 400 to one that does not.
fn reader(text: &'static str) -> Plan {
    Plan { reads: Reads::AllOrRefuses, ..Plan::text(200, text) }
}

/// An upload by script. The scene is the client's own.
fn upload(steps: impl IntoIterator<Item = Step>, scene: &Scene) -> Upload {
    body(steps, scene).map_err(io::Error::other).boxed_unsync()
}

async fn check(protocols: &[Protocol], what: &str, plan: Plan, steps: &[Step], client: Client, ended: Ended) {
    for server in Server::BOTH {
        for &protocol in protocols {
            let what = format!("{what} on {server:?} over {protocol:?}");
            let house = House::new();
            let running = server.start(&house, &plan).await;
            let line = Line::connect(running.address, protocol).await;
            let body = upload(steps.iter().copied(), &house.scene);
            let request = line.request(Method::POST, "/way/of-it", body);
            let line = client.act(line, request, &house.scene, &what).await;
            house.ends_with(&what, &[(ROUTE, ended)], (line, running)).await;
        }
    }
}

#[tokio::test]
async fn an_upload_that_comes_whole_is_served() {
    let thanked = Client::Reads(200, "thank you");
    for steps in [
        vec![],
        vec![Step::Data("one")],
        vec![Step::Data("one"), Step::Yield, Step::Data("two")],
        vec![Step::Filled(1 << 20); 4],
        vec![Step::Data("one"), Step::Trailers],
    ] {
        check(&Protocol::BOTH, "uploaded", reader("thank you"), &steps, thanked, Ended::SUCCESS).await;
    }
}

#[tokio::test]
async fn a_slow_upload_is_waited_for_and_makes_the_request_slow() {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            let what = format!("{server:?} over {protocol:?}");
            let house = House::new();
            let running = server.start(&house, &reader("thank you")).await;
            let mut line = Line::connect(running.address, protocol).await;
            let steps = [Step::Data("one"), Step::Wait, Step::Pass(A_WHILE), Step::Data("two")];
            let request = line.request(Method::POST, "/way/of-it", upload(steps, &house.scene));
            let answer = tokio::spawn(line.send(request).await);
            house.in_flight(&what, 1).await;
            // It has begun by now, and its time counts.
            house.scene.released.add_permits(1);
            assert_eq!(answer.await.unwrap().unwrap().status(), 200, "{what}");
            house.ends_with(&what, &[(ROUTE, Ended::slow_success(A_WHILE))], (line, running)).await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_does_not_wait_for_the_upload_is_served() {
    let too_large = Plan::text(413, "too large");
    let steps = [Step::Filled(1 << 10), Step::Forever];
    check(&Protocol::BOTH, "refused unread", too_large, &steps, Client::Reads(413, "too large"), Ended::CLIENT_ERROR)
        .await;
    check(&Protocol::BOTH, "accepted unread", Plan::text(202, ""), &steps, Client::Reads(202, ""), Ended::SUCCESS)
        .await;
}

/// An upload of which half comes, and then no more since the client has given up.
async fn break_off(plan: &Plan, server: Server, protocol: Protocol, ended: Ended) {
    let what = format!("{plan:?} on {server:?} over {protocol:?}");
    let house = House::new();
    let running = server.start(&house, plan).await;
    let mut line = Line::connect(running.address, protocol).await;
    let steps = [Step::Data("half"), Step::Wait, Step::Fail];
    let request = line.request(Method::POST, "/way/of-it", upload(steps, &house.scene));
    let answer = tokio::spawn(line.send(request).await);
    house.in_flight(&what, 1).await;
    house.scene.released.add_permits(1);
    answer.await.unwrap().unwrap_err();
    if plan.reads == Reads::WhatComes && protocol == Protocol::Http1 {
        // The handler has read the last of the connection, and hyper waits for nothing but its answer.
        house.in_flight(&what, 1).await;
        house.scene.released.add_permits(1);
    }
    house.ends_with(&what, &[(ROUTE, ended)], (line, running)).await;
}

#[tokio::test]
async fn an_upload_broken_off_half_way_is_what_the_handler_makes_of_it() {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            break_off(&reader(""), server, protocol, Ended::CLIENT_ERROR).await;
        }
    }
}

#[tokio::test]
async fn a_handler_that_does_not_mind_a_broken_upload_is_cancelled_over_http2_and_served_over_http1() {
    let plan = Plan { reads: Reads::WhatComes, ..Plan::text(200, "hello").first([Step::Wait]) };
    for server in Server::BOTH {
        break_off(&plan, server, Protocol::Http1, Ended::SUCCESS).await;
        break_off(&plan, server, Protocol::Http2, Ended::CANCELLED).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_while_its_upload_lies_unread_is_cancelled_over_http2() {
    let waiting = Plan::text(200, "").first([Step::Arrive, Step::Forever]);
    for steps in [vec![Step::Data("half"), Step::Forever], vec![Step::Data("whole")]] {
        check(&[Protocol::Http2], "left", waiting.clone(), &steps, Client::LeavesBeforeTheHead, Ended::CANCELLED).await;
    }
}

#[tokio::test]
async fn over_http1_nobody_notices_that_a_client_leaves_while_its_upload_lies_unread() {
    let waiting = Plan::text(200, "hello").first([Step::Arrive, Step::Wait]);
    for server in Server::BOTH {
        let what = format!("{server:?}");
        let house = House::new();
        let running = server.start(&house, &waiting).await;
        let line = Line::connect(running.address, Protocol::Http1).await;
        let request =
            line.request(Method::POST, "/way/of-it", upload([Step::Data("half"), Step::Forever], &house.scene));
        Client::LeavesBeforeTheHead.act(line, request, &house.scene, &what).await;
        // hyper reads on only when the handler does, and so does not come to the end of what there is to read.
        house.scene.released.add_permits(1);
        house.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], running).await;
    }
}

#[tokio::test]
async fn an_http1_upload_whose_framing_is_wrong_is_what_the_handler_makes_of_it() {
    for server in Server::BOTH {
        let house = House::new();
        let running = server.start(&house, &reader("thank you")).await;
        let mut stream = dial(running.address).await;
        let head = "POST /way/of-it HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(format!("{head}4\r\nhalf\r\nno number\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer:?}");
        house.ends_with(&format!("{server:?}"), &[(ROUTE, Ended::CLIENT_ERROR)], (stream, running)).await;
    }
}

#[tokio::test]
async fn a_client_that_expects_to_be_told_to_continue_is_one_event_whether_it_is_told_or_not() {
    let head = "POST /way/of-it HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n";
    for server in Server::BOTH {
        for (plan, told, ended) in
            [(reader("thank you"), true, Ended::SUCCESS), (Plan::text(403, "no"), false, Ended::CLIENT_ERROR)]
        {
            let house = House::new();
            let running = server.start(&house, &plan).await;
            let mut stream = dial(running.address).await;
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut first = [0; 12];
            stream.read_exact(&mut first).await.unwrap();
            assert_eq!(&first == b"HTTP/1.1 100", told, "{}", String::from_utf8_lossy(&first));
            if told {
                stream.write_all(b"one").await.unwrap();
            }
            let what = format!("told {told} by {server:?}");
            house.ends_with(&what, &[(ROUTE, ended)], (stream, running)).await;
        }
    }
}
