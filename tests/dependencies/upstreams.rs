//! The services that are called: one that does as its path says, one that hangs up, one that nobody runs, and one of gRPC.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tonic::codegen::tokio_stream;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::clients::PATIENCE;

/// The header that says which attempt a request is; without it, it is the first.
pub(crate) const ATTEMPT: &str = "attempt";

/// A service on a port of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    /// A request to `/waits` or `/slow` has come.
    arrived: Arc<Notify>,
    /// Lets `/slow` and the body of `/torn` go on.
    release: Arc<Notify>,
    serving: Option<AbortHandle>,
    /// Bound and not listening: its port is refused to callers and given to nobody else.
    refusing: Option<TcpSocket>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

impl Upstream {
    fn at(address: SocketAddr) -> Self {
        let (arrived, release) = (Arc::default(), Arc::default());
        Self { address, arrived, release, serving: None, refusing: None }
    }

    fn serving(mut self, server: impl Future<Output: Send> + Send + 'static) -> Self {
        self.serving = Some(tokio::spawn(async move { drop(server.await) }).abort_handle());
        self
    }

    /// Does as the path says.
    pub(crate) async fn serves() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let upstream = Self::at(listener.local_addr().unwrap());
        let app = router(&upstream);
        upstream.serving(async { axum::serve(listener, app).await })
    }

    /// Takes a request and closes the connection.
    pub(crate) async fn hangs_up() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::at(listener.local_addr().unwrap()).serving(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(stream.read(&mut [0; 1_024]).await);
            }
        })
    }

    /// Refuses every connection.
    pub(crate) fn refuses() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let mut upstream = Self::at(socket.local_addr().unwrap());
        upstream.refusing = Some(socket);
        upstream
    }

    /// Answers health checks with the gRPC code that the asked service is called by, on tonic's own server.
    pub(crate) async fn speaks_grpc() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let upstream = Self::at(listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder().add_service(HealthServer::new(AsAsked));
        upstream.serving(server.serve_with_incoming(TcpIncoming::from(listener)))
    }

    /// Goes on with a call until it has come to `/waits` or `/slow`.
    pub(crate) async fn takes<C>(&self, mut call: Pin<&mut C>)
    where
        C: Future<Output: Debug>,
    {
        let taken = async {
            tokio::select! {
                early = &mut call => panic!("{early:?} before anybody let it go"),
                () = self.arrived.notified() => {}
            }
        };
        timeout(PATIENCE, taken).await.unwrap();
    }

    /// Lets what it holds back go on.
    pub(crate) fn lets_go(&self) {
        self.release.notify_one();
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// The service itself, for callers in the same process.
pub(crate) fn router(upstream: &Upstream) -> Router {
    let (arrived, release) = (Arc::clone(&upstream.arrived), Arc::clone(&upstream.release));
    Router::new()
        .route("/status/{status}", get(async |Path(status): Path<u16>| (of(status), "said")))
        .route("/plan/{statuses}", get(as_planned))
        .route("/stream", get(async || Script::body([Step::Data(b"one"), Step::Data(b"two"), Step::Data(b"three")])))
        .route("/endless", get(async || Script::body([Step::Data(b"one"), Step::Forever])))
        .route("/torn", get(torn))
        .route("/slow", get(slow))
        .route("/waits", get(waits))
        .route("/grpc.health.v1.Health/Check", post(async || as_grpc([Step::Data(GRPC_MESSAGE)])))
        .route("/grpc.health.v1.Health/Watch", post(grpc_torn))
        .with_state(Gate { arrived, release })
}

/// Where callers and handlers wait for each other.
#[derive(Clone)]
struct Gate {
    arrived: Arc<Notify>,
    release: Arc<Notify>,
}

async fn slow(State(gate): State<Gate>) -> &'static str {
    gate.arrived.notify_one();
    gate.release.notified().await;
    "at last"
}

async fn waits(State(gate): State<Gate>) {
    gate.arrived.notify_one();
    std::future::pending::<()>().await;
}

async fn torn(State(gate): State<Gate>) -> axum::body::Body {
    Script::body([Step::Data(b"one"), Step::Wait(Box::pin(gate.release.notified_owned())), Step::Fail])
}

/// A whole message, in its frame: serving.
const GRPC_MESSAGE: &[u8] = &[0, 0, 0, 0, 2, 8, 1];

/// A response of gRPC's type that has no status.
fn as_grpc(steps: impl IntoIterator<Item = Step>) -> Response {
    ([(CONTENT_TYPE, "application/grpc")], Script::body(steps)).into_response()
}

async fn grpc_torn(State(gate): State<Gate>) -> Response {
    let released = Step::Wait(Box::pin(gate.release.notified_owned()));
    as_grpc([Step::Data(GRPC_MESSAGE), released, Step::Fail])
}

fn of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap()
}

/// One of the statuses in the path, by the attempt.
async fn as_planned(Path(statuses): Path<String>, headers: HeaderMap) -> Response {
    let attempt: usize = headers.get(ATTEMPT).map_or(0, |attempt| attempt.to_str().unwrap().parse().unwrap());
    let status = statuses.split(',').nth(attempt).unwrap().parse().unwrap();
    (of(status), "planned").into_response()
}

/// A body that does not know its length and follows a script.
struct Script(VecDeque<Step>);

enum Step {
    Data(&'static [u8]),
    /// Until somebody has seen what came before.
    Wait(Pin<Box<OwnedNotified>>),
    Forever,
    Fail,
}

impl Script {
    fn body(steps: impl IntoIterator<Item = Step>) -> axum::body::Body {
        axum::body::Body::new(Self(steps.into_iter().collect()))
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            let frame = match self.0.front_mut() {
                None => return Poll::Ready(None),
                Some(Step::Forever) => return Poll::Pending,
                Some(Step::Wait(released)) => {
                    ready!(released.as_mut().poll(cx));
                    None
                }
                Some(Step::Data(data)) => Some(Ok(Frame::data(Bytes::from_static(data)))),
                Some(Step::Fail) => Some(Err(io::Error::other("torn"))),
            };
            self.0.pop_front();
            if frame.is_some() {
                return Poll::Ready(frame);
            }
        }
    }
}

/// A health service whose answer is the number it is asked for.
struct AsAsked;

#[tonic::async_trait]
impl Health for AsAsked {
    type WatchStream = tokio_stream::Iter<std::vec::IntoIter<Result<HealthCheckResponse, Status>>>;

    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<HealthCheckResponse>, Status> {
        asked(&request).map(|()| tonic::Response::new(HealthCheckResponse::default()))
    }

    async fn watch(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<tonic::Response<Self::WatchStream>, Status> {
        let first = [Ok(HealthCheckResponse::default())];
        let last = asked(&request).err().map(Err);
        Ok(tonic::Response::new(tokio_stream::iter(first.into_iter().chain(last).collect::<Vec<_>>())))
    }
}

fn asked(request: &tonic::Request<HealthCheckRequest>) -> Result<(), Status> {
    match Code::from_i32(request.get_ref().service.parse().unwrap()) {
        Code::Ok => Ok(()),
        code => Err(Status::new(code, "as asked")),
    }
}
