//! What happens to a connection, and with it to every request that it carries.

use std::time::Duration;

use futures_util::future::join_all;
use http::Method;
use http_body_util::BodyExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::clients::{Client, Line, Protocol, dial, nothing};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{ROUTE, Server};

const GET: &str = "GET /way/of-it HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// How a client closes its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Close {
    /// With a FIN: it is done.
    Properly,
    /// With a RST: it is gone.
    Hard,
}

impl Close {
    const BOTH: [Self; 2] = [Self::Properly, Self::Hard];

    fn prepare(self, stream: TcpStream) -> TcpStream {
        if self == Self::Hard {
            stream.set_zero_linger().unwrap();
        }
        stream
    }
}

/// Reads until all of `until` has been seen.
async fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(until) {
        let byte = timeout(Duration::from_secs(10), stream.read_u8()).await;
        let byte = byte.unwrap_or_else(|_| panic!("no {until:?} in {:?}", String::from_utf8_lossy(&seen)));
        seen.push(byte.unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&seen))));
    }
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn an_http1_client_that_closes_before_the_head_is_cancelled_whether_by_fin_or_rst() {
    for server in Server::BOTH {
        for close in Close::BOTH {
            let what = format!("{close:?} on {server:?}");
            let house = House::new();
            let running = server.start(&house, &Plan::text(200, "").first([Step::Arrive, Step::Forever])).await;
            let mut stream = close.prepare(dial(running.address).await);
            stream.write_all(GET.as_bytes()).await.unwrap();
            house.scene.arrived.notified().await;
            drop(stream);
            house.ends_with(&what, &[(ROUTE, Ended::CANCELLED)], running).await;
        }
    }
}

#[tokio::test]
async fn an_http1_client_that_closes_in_the_body_has_dropped_it_whether_by_fin_or_rst() {
    for server in Server::BOTH {
        for close in Close::BOTH {
            let what = format!("{close:?} on {server:?}");
            let house = House::new();
            let plan = Plan::stream(200, [Step::Data("one"), Step::Arrive, Step::Forever]);
            let running = server.start(&house, &plan).await;
            let mut stream = close.prepare(dial(running.address).await);
            stream.write_all(GET.as_bytes()).await.unwrap();
            read_until(&mut stream, "one\r\n").await;
            house.scene.arrived.notified().await;
            drop(stream);
            house.ends_with(&what, &[(ROUTE, Ended::BODY_DROPPED)], running).await;
        }
    }
}

#[tokio::test]
async fn an_http1_client_that_closes_only_its_sending_half_is_gone_to_the_server() {
    for server in Server::BOTH {
        let house = House::new();
        let running = server.start(&house, &Plan::text(200, "").first([Step::Arrive, Step::Forever])).await;
        let mut stream = dial(running.address).await;
        stream.write_all(GET.as_bytes()).await.unwrap();
        house.scene.arrived.notified().await;
        stream.shutdown().await.unwrap();
        house.has_counted(&format!("{server:?}"), &[(ROUTE, Ended::CANCELLED)]).await;
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the server has closed its half as well");
    }
}

#[tokio::test]
async fn a_client_that_leaves_after_any_number_of_frames_is_one_event() {
    const FRAMES: usize = 6;
    const READ: &str = "oneoneoneoneoneone";
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            for frames in 0..=FRAMES {
                let what = format!("{frames} frames from {server:?} over {protocol:?}");
                let house = House::new();
                let steps = [vec![Step::Data("one"); frames], vec![Step::Arrive, Step::Forever]].concat();
                let running = server.start(&house, &Plan::stream(200, steps)).await;
                let line = Line::connect(running.address, protocol).await;
                let request = line.request(Method::GET, "/way/of-it", nothing());
                let line = Client::LeavesAfter(&READ[..3 * frames]).act(line, request, &house.scene, &what).await;
                house.ends_with(&what, &[(ROUTE, Ended::BODY_DROPPED)], (line, running)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_alive_carries_one_event_for_each_request() {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            for plan in
                [Plan::text(200, "hello"), Plan::stream(200, [Step::Data("hel"), Step::Yield, Step::Data("lo")])]
            {
                let house = House::new();
                let running = server.start(&house, &plan).await;
                let mut line = Line::connect(running.address, protocol).await;
                for _ in 0..50 {
                    assert_eq!(line.get("/way/of-it").await, (200, "hello".to_owned()));
                }
                let what = format!("{server:?} over {protocol:?}");
                house.ends_with(&what, &[(ROUTE, Ended::SUCCESS); 50], (line, running)).await;
            }
        }
    }
}

#[tokio::test]
async fn ten_requests_written_at_once_are_ten_events() {
    for server in Server::BOTH {
        let house = House::new();
        let running = server.start(&house, &Plan::text(200, "hello")).await;
        let mut stream = dial(running.address).await;
        stream.write_all(GET.repeat(10).as_bytes()).await.unwrap();
        for _ in 0..10 {
            let answer = read_until(&mut stream, "hello").await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        }
        house.ends_with(&format!("{server:?}"), &[(ROUTE, Ended::SUCCESS); 10], (stream, running)).await;
    }
}

#[tokio::test]
async fn of_requests_written_at_once_those_behind_the_one_left_never_began() {
    for server in Server::BOTH {
        let house = House::new();
        let plan = Plan::stream(200, [Step::Data("one"), Step::Arrive, Step::Wait, Step::Data("two"), Step::Forever]);
        let running = server.start(&house, &plan).await;
        let mut stream = Close::Hard.prepare(dial(running.address).await);
        stream.write_all(GET.repeat(10).as_bytes()).await.unwrap();
        read_until(&mut stream, "one\r\n").await;
        house.scene.arrived.notified().await;
        drop(stream);
        // With more to read in its hands, hyper notices only when it has something to write.
        house.scene.released.add_permits(1);
        house.ends_with(&format!("{server:?}"), &[(ROUTE, Ended::BODY_DROPPED)], running).await;
    }
}

#[tokio::test]
async fn an_http10_client_reads_until_the_connection_closes_and_is_served() {
    for server in Server::BOTH {
        for (plan, text) in [
            (Plan::text(200, "hello"), "hello"),
            (Plan::stream(200, [Step::Data("one"), Step::Yield, Step::Data("two")]), "onetwo"),
            (Plan::stream(200, [Step::Data("one"), Step::Trailers]).with("trailer", "checksum"), "one"),
        ] {
            let house = House::new();
            let running = server.start(&house, &plan).await;
            let mut stream = dial(running.address).await;
            stream.write_all(b"GET /way/of-it HTTP/1.0\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(
                answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with(&format!("\r\n\r\n{text}")),
                "{answer}"
            );
            let what = format!("{text} from {server:?}");
            house.ends_with(&what, &[(ROUTE, Ended::SUCCESS)], (stream, running)).await;
        }
    }
}

#[tokio::test]
async fn what_the_server_refuses_itself_is_no_request() {
    let too_long = format!("GET /way/{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
    let refused =
        ["rubbish\r\n\r\n", "GET /way/of it HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", &too_long];
    for server in Server::BOTH {
        for bytes in refused {
            let house = House::new();
            let running = server.start(&house, &Plan::text(200, "hello")).await;
            let mut stream = dial(running.address).await;
            // The server may have closed before it was all sent.
            let _ = stream.write_all(bytes.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            house.ends_with(&format!("{bytes:.20} to {server:?}"), &[], (stream, running)).await;
        }
    }
}

#[tokio::test]
async fn an_http2_connection_that_breaks_ends_each_of_its_streams_once() {
    const STREAMS: usize = 10;
    for server in Server::BOTH {
        for close in Close::BOTH {
            let what = format!("{close:?} on {server:?}");
            let house = House::new();
            // The first ones get their heads, and the rest wait for theirs.
            let plan = Plan::stream(200, [Step::Data("one"), Step::Forever]).first([Step::Wait]);
            let running = server.start(&house, &plan).await;
            // hyper's client keeps a connection while it has streams, so what breaks is the wire.
            let mut stream = close.prepare(dial(running.address).await);
            let (mut near, far) = duplex(1 << 16);
            let wire = tokio::spawn(async move { copy_bidirectional(&mut near, &mut stream).await });
            let mut line = Line::over(far, Protocol::Http2).await;
            let (mut bodies, mut waiting) = (Vec::new(), Vec::new());
            for number in 0..STREAMS {
                let request = line.request(Method::GET, "/way/of-it", nothing());
                let answer = line.send(request).await;
                if number < STREAMS / 2 {
                    house.scene.released.add_permits(1);
                    let mut body = answer.await.unwrap().into_body();
                    body.frame().await.unwrap().unwrap();
                    bodies.push(body);
                } else {
                    waiting.push(tokio::spawn(answer));
                }
            }
            house.in_flight(&what, STREAMS as u64).await;
            wire.abort();
            let (dropped, cancelled) = ([Ended::BODY_DROPPED; STREAMS / 2], [Ended::CANCELLED; STREAMS / 2]);
            let ended: Vec<_> = dropped.into_iter().chain(cancelled).map(|ended| (ROUTE, ended)).collect();
            house.ends_with(&what, &ended, running).await;
            for answer in join_all(waiting).await {
                answer.unwrap().unwrap_err();
            }
        }
    }
}

#[tokio::test]
async fn one_stream_that_is_reset_leaves_the_others_of_its_connection_alone() {
    for server in Server::BOTH {
        let what = format!("{server:?}");
        let house = House::new();
        let plan = Plan::text(200, "hello").first([Step::Arrive, Step::Wait]);
        let running = server.start(&house, &plan).await;
        let mut line = Line::connect(running.address, Protocol::Http2).await;
        let mut answers = Vec::new();
        for _ in 0..3 {
            let request = line.request(Method::GET, "/way/of-it", nothing());
            answers.push(tokio::spawn(line.send(request).await));
            house.scene.arrived.notified().await;
        }
        answers[1].abort();
        house.in_flight(&what, 2).await;
        house.scene.released.add_permits(2);
        for answer in [answers.remove(0), answers.remove(1)] {
            let text = answer.await.unwrap().unwrap().into_body().collect().await.unwrap().to_bytes();
            assert_eq!(text, "hello");
        }
        let ended = [Ended::CANCELLED, Ended::SUCCESS, Ended::SUCCESS].map(|ended| (ROUTE, ended));
        house.ends_with(&what, &ended, (line, running)).await;
    }
}
