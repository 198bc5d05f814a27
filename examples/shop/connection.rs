//! One keep-alive HTTP/1.1 connection over TCP, as a client holds it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::header::{EXPECT, HOST, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// A connection to the shop. Dropping it closes its socket, also while a response is outstanding.
#[derive(Debug)]
pub(crate) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    /// A set of one: the task that owns the socket. Dropping the set aborts it.
    _socket: JoinSet<hyper::Result<()>>,
}

/// What became of a request whose client had only so much patience.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Answered in full; the connection can be used again.
    Received(StatusCode, Connection),
    /// The client closed its connection while the response was outstanding.
    GaveUp,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting to the shop")?;
        let (requests, socket) = handshake(TokioIo::new(stream)).await?;
        Ok(Self { requests, _socket: JoinSet::from_iter([socket]) })
    }

    /// Sends a request and reads the whole response.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<StatusCode> {
        self.exchange(request(Method::GET, path)?).await
    }

    /// As [`get`](Self::get), with a body to send.
    pub(crate) async fn post(&mut self, path: &str) -> anyhow::Result<StatusCode> {
        self.exchange(request(Method::POST, path)?).await
    }

    /// Posts, and gives up when the response takes longer than `patience`.
    ///
    /// The request expects `100 Continue`, which a server sends when its handler begins to read the body, and patience
    /// starts there. So a request is never given up before the server has begun it, and both sides count the same.
    pub(crate) async fn post_impatiently(mut self, path: &str, patience: Duration) -> anyhow::Result<Answer> {
        let begun = Arc::new(Notify::new());
        let mut request = request(Method::POST, path)?;
        request.headers_mut().insert(EXPECT, HeaderValue::from_static("100-continue"));
        hyper::ext::on_informational(&mut request, {
            let begun = Arc::clone(&begun);
            move |_continue| begun.notify_one()
        });
        let out_of_patience = async {
            begun.notified().await;
            sleep(patience).await;
        };
        tokio::select! {
            status = self.exchange(request) => Ok(Answer::Received(status?, self)),
            () = out_of_patience => Ok(Answer::GaveUp),
        }
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<StatusCode> {
        self.requests.ready().await.context("waiting for the connection")?;
        let response = self.requests.send_request(request).await.context("sending a request")?;
        let status = response.status();
        response.into_body().collect().await.context("reading a response")?;
        Ok(status)
    }
}

fn request(method: Method, path: &str) -> http::Result<Request<Full<Bytes>>> {
    let body = if method == Method::POST { "one of these" } else { "" };
    Request::builder().method(method).uri(path).header(HOST, "shop").body(Full::from(body))
}
