//! A real server, HTTP/1.1 and HTTP/2: what hyper does with bodies and futures is what is recorded.

use std::convert::Infallible;
use std::future::pending;

use goodput_core::Outcome;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tower::{Layer, service_fn};

use crate::house::{Bad, Excluded, Good, House, Judged};
use crate::script::Script;
use crate::script::Step::{Data, Error, Pending, Trailers};

type Answer = Option<Response<Script>>;

/// A server on one connection that gives this answer, or none.
fn serve(house: &House, http2: bool, answer: fn() -> Answer) -> (DuplexStream, JoinHandle<()>) {
    let (client, server) = duplex(64 * 1024);
    let service = TowerToHyperService::new(house.layer().layer(service_fn(move |_: Request<Incoming>| {
        let answer = answer();
        async move {
            match answer {
                Some(response) => Ok::<_, Infallible>(response),
                None => pending().await,
            }
        }
    })));
    let connection = tokio::spawn(async move {
        let io = TokioIo::new(server);
        // How the connection fares is the client's doing; what is recorded is looked at.
        if http2 {
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
        } else {
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
        }
    });
    (client, connection)
}

fn endless() -> Script {
    Script::new([Data(3)].into_iter().chain([Pending; 50]))
}

fn with(header: (&'static str, &'static str), body: Script) -> Response<Script> {
    Response::builder().header(header.0, header.1).body(body).unwrap()
}

/// One request over HTTP/1.1, until the response holds `until`; then the client goes away.
async fn http1(what: &str, request: &str, answer: fn() -> Answer, until: &str, outcome: Outcome, judged: Judged) {
    let house = House::new();
    let (mut client, connection) = serve(&house, false, answer);
    client.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    // A server that fails hangs up, possibly without a word.
    while outcome == Outcome::BodyFailed || !response.contains(until) {
        match client.read_u8().await {
            Ok(byte) => response.push(char::from(byte)),
            Err(_) => break,
        }
    }
    assert!(response.contains(until), "{what}: {response:?}");
    // Only the client's leaving may end what is still going on.
    if outcome == Outcome::BodyDropped {
        house.check_in_flight(what);
    }
    drop(client);
    connection.await.unwrap();
    house.check(&format!("{what}: {response:?}"), outcome, judged);
}

#[tokio::test]
async fn over_http1_a_response_ends_as_the_client_saw_it() {
    const GET: &str = "GET / HTTP/1.1\r\nhost: here\r\n\r\n";
    const HEAD: &str = "HEAD / HTTP/1.1\r\nhost: here\r\n\r\n";
    let success = Outcome::Success;
    http1("chunked", GET, || Some(Response::new(Script::new([Data(5)]))), "0\r\n\r\n", success, Good).await;
    http1("sized", GET, || Some(Response::new(Script::new([Data(5)]).knowing_its_size())), "xxxxx", success, Good)
        .await;
    // hyper stops at the declared length: neither `None` nor the failure behind it is ever asked for.
    let declared = || Some(with(("content-length", "5"), Script::new([Data(3), Data(2), Error])));
    http1("declared", GET, declared, "xxxxx", success, Good).await;
    http1("to HEAD", HEAD, || Some(with(("content-length", "5"), Script::new([Data(5)]))), "\r\n\r\n", success, Good)
        .await;
    let no_content = || Some(Response::builder().status(204).body(Script::new([Data(5)])).unwrap());
    http1("204", GET, no_content, "\r\n\r\n", success, Good).await;
    http1("failed", GET, || Some(Response::new(Script::new([Data(3), Error]))), "", Outcome::BodyFailed, Bad).await;
    http1("left midway", GET, || Some(Response::new(endless())), "xxx", Outcome::BodyDropped, Good).await;
}

#[tokio::test]
async fn over_http1_a_client_that_leaves_before_the_head_is_cancelled() {
    let house = House::new();
    let (mut client, connection) = serve(&house, false, || None);
    client.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
    until_in_flight(&house).await;
    drop(client);
    connection.await.unwrap();
    house.check("left", Outcome::Cancelled, Excluded);
}

/// One request over HTTP/2, whose response is read to its end or left after `frames` frames.
async fn http2(what: &str, answer: fn() -> Answer, frames: Option<usize>, outcome: Outcome, judged: Judged) {
    let house = House::new();
    let (client, connection) = serve(&house, true, answer);
    let io = TokioIo::new(client);
    let (mut sender, client) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let client = tokio::spawn(client);
    let mut request = Request::new(Empty::<bytes::Bytes>::new());
    *request.uri_mut() = "http://here/".parse().unwrap();
    *request.method_mut() = Method::GET;
    // A response that fails at once may be reset before its head.
    if let Ok(mut response) = sender.send_request(request).await {
        for _ in 0..frames.unwrap_or(usize::MAX) {
            if !matches!(response.frame().await, Some(Ok(_))) {
                break;
            }
        }
        // Leaving resets the stream while the connection lives on.
    }
    while house.goodput.status().in_flight > 0 {
        tokio::task::yield_now().await;
    }
    house.check(what, outcome, judged);
    drop(sender);
    let _ = client.await.unwrap();
    connection.await.unwrap();
    house.check(what, outcome, judged);
}

#[tokio::test]
async fn over_http2_a_response_ends_as_the_client_saw_it() {
    let success = Outcome::Success;
    http2("stream", || Some(Response::new(Script::new([Data(5)]))), None, success, Good).await;
    http2("sized", || Some(Response::new(Script::new([Data(5)]).knowing_its_size())), None, success, Good).await;
    http2("trailers", || Some(Response::new(Script::new([Data(5), Trailers]))), None, success, Good).await;
    http2("empty", || Some(Response::new(Script::new([]).knowing_its_end())), None, success, Good).await;
    http2("failed", || Some(Response::new(Script::new([Data(5), Error]))), None, Outcome::BodyFailed, Bad).await;
    http2("left midway", || Some(Response::new(endless())), Some(1), Outcome::BodyDropped, Good).await;
}

#[tokio::test]
async fn over_http2_a_stream_reset_before_the_head_is_cancelled() {
    let house = House::new();
    let (client, connection) = serve(&house, true, || None);
    let io = TokioIo::new(client);
    let (mut sender, client) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let client = tokio::spawn(client);
    let mut request = Request::new(Empty::<bytes::Bytes>::new());
    *request.uri_mut() = "http://here/".parse().unwrap();
    let response = tokio::spawn(sender.send_request(request));
    until_in_flight(&house).await;
    response.abort();
    while house.goodput.status().in_flight > 0 {
        tokio::task::yield_now().await;
    }
    house.check("reset", Outcome::Cancelled, Excluded);
    drop(sender);
    let _ = client.await.unwrap();
    connection.await.unwrap();
}

async fn until_in_flight(house: &House) {
    while house.goodput.status().in_flight == 0 {
        tokio::task::yield_now().await;
    }
}
