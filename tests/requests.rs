//! Real servers and real clients over TCP: every request is counted once, as what it was, over HTTP/1.1 and HTTP/2, in axum
//! and on bare hyper.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "requests/clients.rs"]
mod clients;
#[path = "requests/crowd.rs"]
mod crowd;
#[path = "requests/servers.rs"]
mod servers;
#[path = "requests/service.rs"]
mod service;
#[path = "requests/ways.rs"]
mod ways;

use std::sync::Arc;
use std::time::Duration;

use goodput::{Goodput, SliLayer, Slo, Stopwatch, Timeline, Window};
use http::header::{CONNECTION, TE, UPGRADE};
use http::{HeaderValue, Method, Request};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, sleep, timeout};

use clients::{Line, Pause, Protocol};
use crowd::{DEALT, Lane, SEATS, play_round};
use servers::{House, Server, start_on_hyper};
use ways::{Client, Counted, Stands, Way, ways};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_thousand_mixed_requests_are_counted_to_the_unit() {
    const ROUNDS: u64 = 5;
    let ((stopwatch, hand), (timeline, time)) = (Stopwatch::manual(), Timeline::manual());
    let goodput = ways::instance(true).stopwatch(stopwatch).timeline(timeline).build().unwrap().leak();
    let reader = tokio::spawn(read_and_check(goodput));
    let mut lanes = Vec::new();
    for server in Server::BOTH {
        let house = Arc::new(server.start(goodput, SEATS).await);
        lanes.extend(Protocol::BOTH.map(|protocol| Lane { house: Arc::clone(&house), protocol }));
    }

    let (ways, mut happened) = (Arc::from(ways()), Counted::default());
    for round in 0..ROUNDS {
        let played = timeout(Duration::from_secs(60), play_round(&lanes, &ways, goodput, &hand, round)).await;
        let tally = played.unwrap_or_else(|_| panic!("round {round} does not end: {:#?}", Counted::by(goodput)));
        for (way, times) in ways.iter().zip(tally) {
            happened.expect(way, times, true);
        }
        Counted::by(goodput).assert_is(&happened, &format!("round {round}"));
        time.advance(Duration::from_secs(10));
        goodput.tick(goodput.now());
    }

    assert_eq!(happened.count("begun"), 100_000);
    assert_eq!(DEALT as u64 * 4 * ROUNDS, 100_000);
    for slo in goodput.status().slos {
        assert_eq!(slo.window(Window::M5).unwrap().seen.counts, slo.counts, "{} in its window", slo.name);
        assert_eq!(slo.counts.good + slo.counts.bad + slo.counts.excluded, 100_000, "{}", slo.name);
    }
    assert!(!reader.is_finished(), "the reader found a fault: {:?}", reader.await);
}

/// Reads again and again while requests come and go.
async fn read_and_check(goodput: &'static Goodput) {
    let (mut before, mut pause) = (Counted::default(), interval(Duration::from_millis(2)));
    loop {
        pause.tick().await;
        let now = Counted::by(goodput);
        now.assert_is_sound();
        now.assert_has_grown_from(&before);
        before = now;
    }
}

#[tokio::test]
async fn each_way_of_ending_is_counted_alike_over_both_protocols_and_on_both_servers() {
    for waits_for_the_end in [true, false] {
        for server in Server::BOTH {
            for protocol in Protocol::BOTH {
                let (stopwatch, hand) = Stopwatch::manual();
                let goodput = Arc::new(ways::instance(waits_for_the_end).stopwatch(stopwatch).build().unwrap());
                let house = server.start(Arc::clone(&goodput), 1).await;
                let mut line = Line::connect(&house, protocol).await;
                let mut expected = Counted::default();
                for way in ways().iter().filter(|way| way.exists_on(server)) {
                    line.perform(way, &house, 0, &Pause::Alone(hand.clone())).await;
                    expected.expect(way, 1, waits_for_the_end);
                    settled(&goodput, 0).await;
                    let when = format!("after {} on {server:?} over {protocol:?}", way.name);
                    Counted::by(&goodput).assert_is(&expected, &when);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_bytes_on_the_wire_are_those_of_the_service_without_the_layer() {
    const ASKED: [&str; 11] = [
        "GET /users/0",
        "HEAD /users/0",
        "DELETE /users/0",
        "GET /stream",
        "HEAD /stream",
        "GET /download",
        "HEAD /download",
        "GET /trailers",
        "GET /deleted",
        "GET /unchanged",
        "GET /nowhere",
    ];
    for server in Server::BOTH {
        let bare = server.start_bare().await;
        for waits_for_the_end in [true, false] {
            let goodput = Arc::new(ways::instance(waits_for_the_end).build().unwrap());
            let layered = server.start(Arc::clone(&goodput), 1).await;
            for asked in ASKED {
                let answer = bytes_of(&layered, asked).await;
                assert_eq!(answer, bytes_of(&bare, asked).await, "{asked} on {server:?}");
                // The size of a body reaches the server through the layer, and is not made up by it.
                let framing = (answer.contains("content-length: "), answer.contains("transfer-encoding: chunked"));
                match asked {
                    "GET /users/0" | "GET /download" => assert_eq!(framing, (true, false), "{answer}"),
                    "GET /stream" | "GET /trailers" => assert_eq!(framing, (false, true), "{answer}"),
                    _ => {}
                }
            }
            settled(&goodput, 0).await;
            assert_eq!(Counted::by(&goodput).count("finished"), ASKED.len() as u64);
        }
    }
}

/// One answer as it comes over HTTP/1.1, but for the date.
async fn bytes_of(house: &House, asked: &str) -> String {
    let mut stream = TcpStream::connect(house.address).await.unwrap();
    let request = format!("{asked} HTTP/1.1\r\nhost: localhost\r\nte: trailers\r\nconnection: close, te\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
}

#[tokio::test]
async fn trailers_pass_through_and_end_the_request() {
    for waits_for_the_end in [true, false] {
        for server in Server::BOTH {
            for protocol in Protocol::BOTH {
                let goodput = Arc::new(ways::instance(waits_for_the_end).build().unwrap());
                let house = server.start(Arc::clone(&goodput), 1).await;
                let mut line = Line::connect(&house, protocol).await;
                let mut request = line.request(&Method::GET, "/trailers");
                request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
                let read = line.send(request).await.await.unwrap().into_body().collect().await.unwrap();
                assert_eq!(read.trailers().unwrap()["checksum"], "f97c5d29", "{server:?} {protocol:?}");
                assert_eq!(read.to_bytes(), "one");
                settled(&goodput, 0).await;
                assert_eq!(Counted::by(&goodput).count("/trailers success"), 1);
            }
        }
    }
}

#[tokio::test]
async fn one_connection_carries_every_complete_answer() {
    for server in Server::BOTH {
        let (stopwatch, hand) = Stopwatch::manual();
        let goodput = Arc::new(ways::instance(true).stopwatch(stopwatch).build().unwrap());
        let house = server.start(Arc::clone(&goodput), 1).await;
        let mut line = Line::connect(&house, Protocol::Http1).await;
        let (alone, mut expected) = (Pause::Alone(hand), Counted::default());
        let complete = |way: &&Way| matches!(way.client, Client::Reads(..)) && way.stands == Stands::Nowhere;
        for _ in 0..20 {
            for way in ways().iter().filter(complete) {
                line.perform(way, &house, 0, &alone).await;
                expected.expect(way, 1, true);
            }
        }
        assert_eq!(line.dialled, 1, "{server:?}");
        settled(&goodput, 0).await;
        Counted::by(&goodput).assert_is(&expected, &format!("{server:?}"));
    }
}

#[tokio::test]
async fn a_route_is_excluded_by_its_template_and_no_other_is() {
    for server in Server::BOTH {
        let slo = Slo::availability("available", "99.9%");
        let goodput = Goodput::builder("house").slo(slo).exclude_routes(["/users/{seat}"]).build().unwrap();
        let goodput = Arc::new(goodput);
        let house = server.start(Arc::clone(&goodput), 1).await;
        let mut line = Line::connect(&house, Protocol::Http2).await;
        for path in ["/users/1", "/users/2", "/users/3", "/stream", "/health"] {
            let answer = line.send(line.request(&Method::GET, path)).await.await.unwrap();
            answer.into_body().collect().await.unwrap();
        }
        settled(&goodput, 0).await;
        let counted = Counted::by(&goodput);
        assert_eq!(counted.count("available: excluded (route_excluded)"), 3, "{server:?}");
        assert_eq!(counted.count("available: good"), 2, "{server:?}");
        assert_eq!(counted.count("/users/{seat} success"), 3, "{server:?}");
    }
}

#[tokio::test]
async fn a_layer_on_hyper_names_routes_as_it_was_told() {
    fn first_letter<B>(request: &Request<B>) -> Option<&str> {
        request.uri().path().get(..2)
    }
    let goodput = ways::instance(true).build().unwrap().leak();
    let layer = SliLayer::new(goodput);
    let houses = [
        (start_on_hyper(layer, 1).await, "unmatched success"),
        (start_on_hyper(layer.route("everything"), 1).await, "everything success"),
        (start_on_hyper(layer.route_fn(first_letter::<Incoming>), 1).await, "/u success"),
    ];
    for (house, counted_as) in houses {
        let mut line = Line::connect(&house, Protocol::Http1).await;
        let request = line.request(&Method::GET, "/users/0");
        line.send(request).await.await.unwrap().into_body().collect().await.unwrap();
        settled(goodput, 0).await;
        assert_eq!(Counted::by(goodput).count(counted_as), 1, "{counted_as}");
    }
}

#[tokio::test]
async fn a_switch_of_protocols_is_over_with_its_head_while_the_tunnel_lives_on() {
    for server in Server::BOTH {
        let goodput = Arc::new(ways::instance(true).build().unwrap());
        let house = server.start(Arc::clone(&goodput), 1).await;
        let mut line = Line::connect(&house, Protocol::Http1).await;
        let mut request = line.request(&Method::GET, "/tunnel");
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
        request.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
        let answer = line.send(request).await.await.unwrap();
        assert_eq!(answer.status(), 101);
        let mut tunnel = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());

        settled(&goodput, 0).await;
        for _ in 0..3 {
            tunnel.write_all(b"hello").await.unwrap();
            let mut echo = [0; 5];
            tunnel.read_exact(&mut echo).await.unwrap();
            assert_eq!(&echo, b"hello");
        }
        let counted = Counted::by(&goodput);
        assert_eq!((counted.count("begun"), counted.count("/tunnel success")), (1, 1), "{server:?}");
        assert_eq!((counted.count("available: good"), counted.count("whole: good")), (1, 1), "{server:?}");
    }
}

#[tokio::test]
async fn an_arc_handle_is_given_back_when_server_and_clients_are_gone() {
    for server in Server::BOTH {
        for protocol in Protocol::BOTH {
            let goodput = Arc::new(ways::instance(true).build().unwrap());
            let house = server.start(Arc::clone(&goodput), 1).await;
            let mut line = Line::connect(&house, protocol).await;
            let alone = Pause::Alone(Stopwatch::manual().1);
            for way in ways().iter().filter(|way| way.exists_on(server)) {
                line.perform(way, &house, 0, &alone).await;
            }
            assert!(Arc::strong_count(&goodput) > 1);
            drop((line, house));
            let given_back = async {
                while Arc::strong_count(&goodput) > 1 {
                    sleep(Duration::from_millis(1)).await;
                }
            };
            let given_back = timeout(Duration::from_secs(20), given_back).await;
            assert!(given_back.is_ok(), "{} handles left on {server:?} {protocol:?}", Arc::strong_count(&goodput));
        }
    }
}

/// Waits until this many requests are in flight. What a client has seen the end of may still be ending on the server.
async fn settled(goodput: &Goodput, in_flight: u64) {
    let settle = async {
        while goodput.status().in_flight != in_flight {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let settled = timeout(Duration::from_secs(20), settle).await;
    assert!(settled.is_ok(), "expected {in_flight} in flight: {:#?}", Counted::by(goodput));
}
