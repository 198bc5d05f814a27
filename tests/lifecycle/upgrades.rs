//! Connections that turn into something else, and answers without an end: over with their head, however long they live.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::{SinkExt, StreamExt, stream};
use goodput::Outcome;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Collected};
use hyper::body::Incoming;
use hyper::ext::Protocol as Connected;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};
use tower::{Layer, service_fn};

use crate::clients::{Line, Protocol, dial, nothing};
use crate::house::{Ended, House};
use crate::script::{Plan, Step};
use crate::servers::{ROUTE, Running, on_axum, on_hyper};

const A_WHILE: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(1_000);

/// A router whose handlers take a while before they agree to a websocket that sends everything back.
async fn websockets(house: &House) -> Running {
    let hand = house.scene.hand.clone();
    let handler = move |upgrade: WebSocketUpgrade| {
        hand.advance(A_WHILE);
        async {
            upgrade.on_upgrade(async |mut socket| {
                while let Some(Ok(message)) = socket.recv().await {
                    if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
                        return;
                    }
                }
            })
        }
    };
    on_axum(Router::new().route("/echo/{room}", any(handler)).layer(house.layer())).await
}

/// Three messages there and back; the request is over all the while.
async fn talk<S>(house: &House, socket: &mut WebSocketStream<S>, what: &str)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    for word in ["one", "two", "three"] {
        house.scene.hand.advance(LONG);
        socket.send(tungstenite::Message::text(word)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), tungstenite::Message::text(word), "{what}");
        house.has_counted(what, &[("/echo/{room}", Ended::slow_success(A_WHILE))]).await;
    }
}

#[tokio::test]
async fn a_websocket_is_over_with_its_handshake_however_it_is_closed() {
    for closes in [true, false] {
        let what = format!("closes properly: {closes}");
        let house = House::new();
        let running = websockets(&house).await;
        let stream = dial(running.address).await;
        let (mut socket, answer) = client_async("ws://localhost/echo/7", stream).await.unwrap();
        assert_eq!(answer.status(), 101);
        talk(&house, &mut socket, &what).await;
        if closes {
            socket.close(None).await.unwrap();
            while socket.next().await.is_some_and(|message| message.is_ok()) {}
        }
        let ended = [("/echo/{room}", Ended::slow_success(A_WHILE))];
        house.ends_with(&what, &ended, (socket, running)).await;
    }
}

#[tokio::test]
async fn a_websocket_over_http2_is_over_with_its_handshake() {
    let house = House::new();
    let running = websockets(&house).await;
    let mut line = Line::connect(running.address, Protocol::Http2).await;
    // The server has to say first that it knows such requests.
    assert_eq!(line.get("/").await.0, 404);
    let mut request = line.request(Method::CONNECT, "/echo/7", nothing());
    request.headers_mut().insert("sec-websocket-version", HeaderValue::from_static("13"));
    request.extensions_mut().insert(Connected::from_static("websocket"));
    let answer = line.send(request).await.await.unwrap();
    assert_eq!(answer.status(), 200);
    let tunnel = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    let mut socket = WebSocketStream::from_raw_socket(tunnel, Role::Client, None).await;
    let not_found = Ended::excluded(Outcome::ClientError, "excluded (not_found)");
    let ended = [("unmatched", not_found), ("/echo/{room}", Ended::slow_success(A_WHILE))];
    for word in ["one", "two", "three"] {
        house.scene.hand.advance(LONG);
        socket.send(tungstenite::Message::text(word)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), tungstenite::Message::text(word));
        house.has_counted("open", &ended).await;
    }
    house.ends_with("closed", &ended, (socket, line, running)).await;
}

#[tokio::test]
async fn a_websocket_handshake_that_is_refused_counts_by_its_status() {
    let method_not_allowed = Ended::excluded(Outcome::ClientError, "excluded (method_not_allowed)");
    for (protocol, status, ended) in
        [(Protocol::Http1, 400, Ended::CLIENT_ERROR), (Protocol::Http2, 405, method_not_allowed)]
    {
        let house = House::new();
        let running = websockets(&house).await;
        let mut line = Line::connect(running.address, protocol).await;
        assert_eq!(line.get("/echo/7").await.0, status, "{protocol:?}");
        house.ends_with(&format!("{protocol:?}"), &[("/echo/{room}", ended)], (line, running)).await;
    }
}

/// A service on hyper that agrees to anything with this status, and sends back what then comes through the tunnel. The body
/// of its answer is one that nobody may ask for.
async fn tunnels(house: &House, status: u16) -> Running {
    let scene = house.scene.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        let upgraded = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            // There is nothing to be had from a request that did not ask for it.
            if let Ok(tunnel) = upgraded.await {
                let (mut from, mut to) = split(TokioIo::new(tunnel));
                let _ = copy(&mut from, &mut to).await;
            }
        });
        let plan = Plan::stream(status, [Step::Data("never read"), Step::Forever]).first([Step::Pass(A_WHILE)]);
        let plan = if status == 101 { plan.with("connection", "upgrade").with("upgrade", "echo") } else { plan };
        plan.play(&scene, request)
    });
    on_hyper(house.layer_on(ROUTE).layer(service)).await
}

/// Says something through the tunnel, three times, while nothing is in flight.
async fn speak(house: &House, answer: http::Response<Incoming>, what: &str) {
    let mut tunnel = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    for _ in 0..3 {
        house.scene.hand.advance(LONG);
        tunnel.write_all(b"hello").await.unwrap();
        let mut echo = [0; 5];
        tunnel.read_exact(&mut echo).await.unwrap();
        assert_eq!(&echo, b"hello", "{what}");
        house.has_counted(what, &[(ROUTE, Ended::slow_success(A_WHILE))]).await;
    }
    assert_eq!(house.scene.body_polls(), 0, "{what}: nobody asks the body");
}

#[tokio::test]
async fn a_switch_of_protocols_is_over_with_its_head_and_its_body_is_never_asked() {
    let house = House::new();
    let running = tunnels(&house, 101).await;
    let mut line = Line::connect(running.address, Protocol::Http1).await;
    let mut request = line.request(Method::GET, "/way/of-it", nothing());
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    request.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
    let answer = line.send(request).await.await.unwrap();
    assert_eq!(answer.status(), 101);
    speak(&house, answer, "switched").await;
    house.ends_with("closed", &[(ROUTE, Ended::slow_success(A_WHILE))], (line, running)).await;
}

#[tokio::test]
async fn a_tunnel_by_connect_is_over_with_its_head_over_both_protocols() {
    for protocol in Protocol::BOTH {
        let what = format!("{protocol:?}");
        let house = House::new();
        let running = tunnels(&house, 200).await;
        let mut line = Line::connect(running.address, protocol).await;
        let mut request = line.request(Method::CONNECT, "/", nothing());
        *request.uri_mut() = "elsewhere:443".parse().unwrap();
        let answer = line.send(request).await.await.unwrap();
        assert_eq!(answer.status(), 200, "{what}");
        speak(&house, answer, &what).await;
        house.ends_with(&what, &[(ROUTE, Ended::slow_success(A_WHILE))], (line, running)).await;
    }
}

#[tokio::test]
async fn a_refused_connect_has_a_body_like_any_other() {
    for protocol in Protocol::BOTH {
        for (body, text, ended) in [
            (vec![Step::Data("no"), Step::Yield], Some("no"), Ended::CLIENT_ERROR),
            (
                vec![Step::Data("no"), Step::Yield, Step::Fail],
                None,
                Ended { latency: crate::house::Latency::InNeither, ..Ended::BODY_FAILED },
            ),
        ] {
            let what = format!("{text:?} over {protocol:?}");
            let house = House::new();
            let (plan, scene) = (Plan::stream(403, body), house.scene.clone());
            let service = service_fn(move |request: Request<Incoming>| plan.play(&scene, request));
            let running = on_hyper(house.layer_on(ROUTE).layer(service)).await;
            let mut line = Line::connect(running.address, protocol).await;
            let mut request = line.request(Method::CONNECT, "/", nothing());
            *request.uri_mut() = "elsewhere:443".parse().unwrap();
            let answer = line.send(request).await.await.unwrap();
            assert_eq!(answer.status(), 403, "{what}");
            let read = answer.into_body().collect().await.map(Collected::to_bytes);
            assert_eq!(read.ok().as_deref(), text.map(str::as_bytes), "{what}");
            house.ends_with(&what, &[(ROUTE, ended)], (line, running)).await;
        }
    }
}

/// Numbers as events, without an end.
async fn numbers() -> Response {
    let numbers = stream::iter(0..).map(|number: u32| Ok::<_, Infallible>(Event::default().data(number.to_string())));
    // After three of them it has no more to say, and does not end.
    Sse::new(numbers.take(3).chain(stream::pending())).into_response()
}

#[tokio::test]
async fn an_event_stream_is_over_with_its_head_while_its_client_reads_and_when_it_leaves() {
    for protocol in Protocol::BOTH {
        let what = format!("{protocol:?}");
        let house = House::new();
        let app = Router::new().route("/events", get(numbers)).layer(house.layer());
        let running = on_axum(app).await;
        let mut line = Line::connect(running.address, protocol).await;
        let request = line.request(Method::GET, "/events", nothing());
        let answer = line.send(request).await.await.unwrap();
        house.has_counted(&what, &[("/events", Ended::SUCCESS)]).await;
        let (mut body, mut seen) = (answer.into_body(), String::new());
        while !seen.contains("data: 2\n\n") {
            let frame = body.frame().await.unwrap().unwrap();
            seen.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
            house.scene.hand.advance(LONG);
        }
        assert_eq!(seen, "data: 0\n\ndata: 1\n\ndata: 2\n\n", "{what}");
        house.ends_with(&what, &[("/events", Ended::SUCCESS)], (body, line, running)).await;
    }
}

#[tokio::test]
async fn an_event_stream_that_is_refused_is_judged_by_its_status() {
    for protocol in Protocol::BOTH {
        let house = House::new();
        let refuse =
            async || (StatusCode::INTERNAL_SERVER_ERROR, Sse::new(stream::pending::<Result<Event, Infallible>>()));
        let running = on_axum(Router::new().route("/events", get(refuse)).layer(house.layer())).await;
        let mut line = Line::connect(running.address, protocol).await;
        let request = line.request(Method::GET, "/events", nothing());
        assert_eq!(line.send(request).await.await.unwrap().status(), 500);
        let ended = Ended::failure(Outcome::ServerError, "bad (server_error)");
        house.ends_with(&format!("{protocol:?}"), &[("/events", ended)], (line, running)).await;
    }
}
