//! The clients a Rust service calls others with, each with the layer right around it, and what callers put around that.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use goodput::{Dependency, Goodput, SliLayer};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::retry::Policy;
use tower::timeout::Timeout;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::upstreams::ATTEMPT;

/// Nothing here takes as long as this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A client as its caller sees it, whatever is inside.
pub(crate) type Caller = BoxCloneSyncService<Request<Bytes>, Answer, BoxError>;
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, BoxError>>;

/// What speaks HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// hyper's own HTTP/1.1 connection, a new one for each call.
    Connection1,
    /// The same over HTTP/2.
    Connection2,
    /// hyper-util's client with its pool.
    Pool,
    Reqwest,
}

impl Client {
    pub(crate) const ALL: [Self; 4] = [Self::Connection1, Self::Connection2, Self::Pool, Self::Reqwest];

    /// The client with a layer around it that counts calls to `dependency`, and a deadline between the two if there is one.
    pub(crate) fn calling(self, dependency: &str, goodput: &Arc<Goodput>, deadline: Option<Duration>) -> Caller {
        let layer = SliLayer::new(Arc::clone(goodput)).dependency(dependency);
        match self {
            Self::Connection1 => around(&layer, deadline, service_fn(over_http1)),
            Self::Connection2 => around(&layer, deadline, service_fn(over_http2)),
            Self::Pool => around(&layer, deadline, pool()),
            Self::Reqwest => around(&layer, deadline, reqwest()),
        }
    }
}

/// A client without a layer.
pub(crate) fn bare() -> Caller {
    boxed(pool())
}

async fn over_http1(request: Request<Full<Bytes>>) -> Result<Response<Incoming>, BoxError> {
    let (mut sender, connection) = http1::handshake(dial(&request).await?).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

async fn over_http2(request: Request<Full<Bytes>>) -> Result<Response<Incoming>, BoxError> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), dial(&request).await?).await?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await?)
}

async fn dial<B>(request: &Request<B>) -> Result<TokioIo<TcpStream>, BoxError> {
    let authority = request.uri().authority().ok_or("no authority")?;
    Ok(TokioIo::new(TcpStream::connect(authority.as_str()).await?))
}

fn pool() -> legacy::Client<legacy::connect::HttpConnector, Full<Bytes>> {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// One connection of hyper's own, as a service: it is ready while the connection is.
pub(crate) struct OneConnection(http1::SendRequest<Full<Bytes>>);

impl OneConnection {
    pub(crate) async fn to(request: &Request<Full<Bytes>>) -> Self {
        let (sender, connection) = http1::handshake(dial(request).await.unwrap()).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }
}

impl Service<Request<Full<Bytes>>> for OneConnection {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = hyper::Result<Response<Incoming>>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// reqwest is a tower service of its own types only. It converts from and to those of `http`, which is all there is to do.
fn reqwest()
-> impl Service<Request<reqwest::Body>, Response = Response<reqwest::Body>, Error = reqwest::Error, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    let client = reqwest::Client::new();
    service_fn(move |request: Request<reqwest::Body>| {
        let client = client.clone();
        async move { client.execute(request.try_into()?).await.map(Response::from) }
    })
}

/// `client` in `layer`, as its caller sees it.
fn around<S, Q, R>(layer: &SliLayer<Arc<Goodput>, Dependency>, deadline: Option<Duration>, client: S) -> Caller
where
    S: Service<Request<Q>, Response = Response<R>, Error: Into<BoxError>, Future: Send + 'static>,
    S: Clone + Send + Sync + 'static,
    Q: From<Bytes> + 'static,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    match deadline {
        None => boxed(layer.layer(client)),
        Some(deadline) => boxed(layer.layer(Timeout::new(client, deadline))),
    }
}

/// Any client as its caller sees it.
pub(crate) fn boxed<S, Q, R>(client: S) -> Caller
where
    S: Service<Request<Q>, Response = Response<R>, Error: Into<BoxError>, Future: Send + 'static>,
    S: Clone + Send + Sync + 'static,
    Q: From<Bytes> + 'static,
    R: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let client = client.map_request(|request: Request<Bytes>| request.map(Q::from));
    let client = client.map_response(|response| response.map(|body| body.map_err(Into::into).boxed_unsync()));
    BoxCloneSyncService::new(client.map_err(Into::into))
}

/// Tries again after an error or a status of the 5xx class, so many times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again(pub(crate) u32);

impl<B> Policy<Request<Bytes>, Response<B>, BoxError> for Again {
    type Future = Ready<()>;

    fn retry(&mut self, request: &mut Request<Bytes>, answer: &mut Result<Response<B>, BoxError>) -> Option<Ready<()>> {
        let failed = answer.as_ref().map_or(true, |answer| answer.status().is_server_error());
        self.0 = self.0.checked_sub(1).filter(|_| failed)?;
        let attempt = request.headers().get(ATTEMPT).map_or(0, |attempt| attempt.to_str().unwrap().parse().unwrap());
        request.headers_mut().insert(ATTEMPT, HeaderValue::from(attempt + 1_u32));
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
        Some(request.clone())
    }
}

/// A `GET` of nothing but its URI.
pub(crate) fn get(uri: String) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

/// Calls, reads the answer to its end, and says its status.
pub(crate) async fn ask(caller: &Caller, uri: String) -> Result<StatusCode, BoxError> {
    let asked = async {
        let answer = caller.clone().oneshot(get(uri)).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        Ok(status)
    };
    timeout(PATIENCE, asked).await?
}
