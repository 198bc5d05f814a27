//! Real clients: a connection over either protocol, what a client does on it, and what it has to see there.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{HOST, TE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;

use crate::house::{Ended, House};
use crate::script::Scene;
use crate::servers::{ROUTE, Running};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Http1, Self::Http2];
}

/// What a client sends.
pub(crate) type Upload = UnsyncBoxBody<Bytes, io::Error>;

/// An answer to come.
pub(crate) type Pending = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

/// One client's connection, closed when dropped.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) protocol: Protocol,
    sender: Sender,
    driver: AbortHandle,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Upload>),
    Http2(http2::SendRequest<Upload>),
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Line {
    pub(crate) async fn connect(address: SocketAddr, protocol: Protocol) -> Self {
        Self::over(dial(address).await, protocol).await
    }

    pub(crate) async fn over<I>(stream: I, protocol: Protocol) -> Self
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(stream);
        match protocol {
            Protocol::Http1 => {
                let (sender, connection) = http1::handshake(io).await.unwrap();
                let driver = tokio::spawn(connection.with_upgrades()).abort_handle();
                Self { protocol, sender: Sender::Http1(sender), driver }
            }
            Protocol::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
                let driver = tokio::spawn(connection).abort_handle();
                Self { protocol, sender: Sender::Http2(sender), driver }
            }
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str, upload: Upload) -> Request<Upload> {
        let request = Request::builder().method(method);
        let request = match self.protocol {
            Protocol::Http1 => request.uri(path).header(HOST, "localhost"),
            Protocol::Http2 => request.uri(format!("http://localhost{path}")),
        };
        request.body(upload).unwrap()
    }

    pub(crate) async fn send(&mut self, request: Request<Upload>) -> Pending {
        match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await.unwrap();
                Box::pin(sender.send_request(request))
            }
            Sender::Http2(sender) => {
                sender.ready().await.unwrap();
                Box::pin(sender.send_request(request))
            }
        }
    }

    /// Asks for a path, and reads the whole answer.
    pub(crate) async fn get(&mut self, path: &str) -> (u16, String) {
        self.ask(Method::GET, path).await
    }

    /// As [`get`](Self::get), with any method.
    pub(crate) async fn ask(&mut self, method: Method, path: &str) -> (u16, String) {
        let request = self.request(method, path, nothing());
        let answer = self.send(request).await.await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    }
}

pub(crate) async fn dial(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub(crate) fn nothing() -> Upload {
    text("")
}

pub(crate) fn text(text: &'static str) -> Upload {
    Full::from(text).map_err(|never| match never {}).boxed_unsync()
}

/// What a client does, and has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Reads a whole response of this status and body.
    Reads(u16, &'static str),
    /// The same, which ends with trailers.
    ReadsToTheTrailers(u16, &'static str),
    /// Reads a head of this status, and then sees the body break.
    SeesItBreak(u16),
    /// Sees no response at all.
    GetsNoAnswer,
    /// Goes away once the service has arrived, before there is a head.
    LeavesBeforeTheHead,
    /// Reads the head and this much of the body, and goes away once the service has arrived.
    LeavesAfter(&'static str),
}

impl Client {
    /// Does it. Leaving closes an HTTP/1.1 connection, which carries nothing else; over HTTP/2 it resets the stream, and the
    /// connection is handed back for as long as that takes to be sent.
    pub(crate) async fn act(
        self,
        mut line: Line,
        mut request: Request<Upload>,
        scene: &Scene,
        what: &str,
    ) -> Option<Line> {
        if matches!(self, Self::ReadsToTheTrailers(..)) {
            request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
        }
        let mut answer = line.send(request).await;
        match self {
            Self::GetsNoAnswer => {
                let answer = answer.await;
                assert!(answer.is_err(), "{what}: {answer:?}");
            }
            Self::LeavesBeforeTheHead => {
                tokio::select! {
                    early = &mut answer => panic!("{what}: {early:?} before the client left"),
                    () = scene.arrived.notified() => {}
                }
                drop(answer);
                return (line.protocol == Protocol::Http2).then_some(line);
            }
            Self::Reads(status, text) => {
                let trailers = read(answer, status, text, what).await;
                assert!(line.protocol == Protocol::Http2 || !trailers, "{what}: trailers nobody asked for");
            }
            Self::ReadsToTheTrailers(status, text) => assert!(read(answer, status, text, what).await, "{what}"),
            Self::SeesItBreak(status) => {
                let answer = answer.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
                assert_eq!(answer.status(), status, "{what}");
                let body = answer.into_body().collect().await;
                assert!(body.is_err(), "{what}: the body ended well: {body:?}");
            }
            Self::LeavesAfter(text) => {
                let answer = answer.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
                let mut body = answer.into_body();
                let mut seen = Vec::new();
                while seen.len() < text.len() {
                    let frame = body.frame().await.unwrap().unwrap_or_else(|error| panic!("{what}: {error:?}"));
                    seen.extend_from_slice(frame.data_ref().unwrap());
                }
                assert_eq!(String::from_utf8_lossy(&seen), text, "{what}");
                scene.arrived.notified().await;
                drop(body);
                return (line.protocol == Protocol::Http2).then_some(line);
            }
        }
        Some(line)
    }
}

/// A house with one request to its server, from the connection to what is left.
pub(crate) async fn one_request(
    what: &str,
    house: House,
    running: Running,
    protocol: Protocol,
    client: Client,
    ended: Ended,
) {
    let what = format!("{what} over {protocol:?}");
    let line = Line::connect(running.address, protocol).await;
    let request = line.request(Method::GET, "/way/of-it", nothing());
    let line = client.act(line, request, &house.scene, &what).await;
    house.ends_with(&what, &[(ROUTE, ended)], (line, running)).await;
}

/// Reads a whole answer. Returns whether it ended with trailers.
async fn read(answer: Pending, status: u16, text: &str, what: &str) -> bool {
    let answer = answer.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert_eq!(answer.status(), status, "{what}");
    let read = answer.into_body().collect().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let trailers = read.trailers().is_some_and(|trailers| trailers.contains_key("checksum"));
    assert_eq!(String::from_utf8_lossy(&read.to_bytes()), text, "{what}");
    trailers
}
