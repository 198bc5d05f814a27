//! The service on real sockets, twice: as an axum router, and bare on hyper. Both speak HTTP/1.1 and HTTP/2.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::middleware::{Next, from_fn};
use axum::routing::{MethodFilter, on};
use axum::serve::ListenerExt;
use bytes::Bytes;
use goodput::Goodput;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Either::{Left, Right};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tower::layer::util::Identity;
use tower::util::BoxCloneService;
use tower::{Layer, Service, service_fn};

use crate::service::{self, Answer, ROUTES, Refused, Seat, Seats, method_of, route_of};

/// What the service runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// A router with `goodput::axum::SliLayer`, and around it a layer that turns panics into a 500.
    Axum,
    /// A service on hyper with `goodput::SliLayer`. A panic takes the connection with it, or the stream.
    Hyper,
}

impl Server {
    pub(crate) const BOTH: [Self; 2] = [Self::Axum, Self::Hyper];

    /// Starts it on a port of its own.
    pub(crate) async fn start<H>(self, goodput: H, seats: usize) -> House
    where
        H: Borrow<Goodput> + Clone + Send + Sync + 'static,
    {
        match self {
            Self::Axum => {
                let layered = |seats: &Seats| router(seats).layer(goodput::axum::SliLayer::new(goodput));
                House::open(self, seats, |listener, seats| axum_server(listener, layered(&seats))).await
            }
            Self::Hyper => start_on_hyper(goodput::SliLayer::new(goodput).route_fn(route_of::<Incoming>), seats).await,
        }
    }

    /// Starts it without our layer.
    pub(crate) async fn start_bare(self) -> House {
        match self {
            Self::Axum => House::open(self, 1, |listener, seats| axum_server(listener, router(&seats))).await,
            Self::Hyper => start_on_hyper(Identity::new(), 1).await,
        }
    }
}

/// Starts the service on hyper with this layer.
pub(crate) async fn start_on_hyper<L, B>(layer: L, seats: usize) -> House
where
    L: Layer<Bare>,
    L::Service:
        Service<Request<Incoming>, Response = Response<B>, Error = Refused, Future: Send> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    House::open(Server::Hyper, seats, |listener, seats| hyper_server(listener, layer.layer(bare(seats)))).await
}

/// A server that listens until dropped.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) server: Server,
    pub(crate) address: SocketAddr,
    pub(crate) seats: Seats,
    listening: AbortHandle,
}

impl House {
    async fn open(server: Server, seats: usize, start: impl FnOnce(TcpListener, Seats) -> AbortHandle) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seats: Seats = (0..seats).map(|_| Seat::default()).collect();
        let listening = start(listener, Arc::clone(&seats));
        Self { server, address, seats, listening }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn axum_server(listener: TcpListener, router: Router) -> AbortHandle {
    let app = router.layer(from_fn(catch_panics));
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await }).abort_handle()
}

fn router(seats: &Seats) -> Router {
    let handler = |seats: &Seats| {
        let seats = Arc::clone(seats);
        move |request: axum::extract::Request| {
            let answer = service::answer(request, seats);
            async { answer.await.map_err(|Refused| StatusCode::NOT_IMPLEMENTED) }
        }
    };
    let routed = ROUTES.into_iter().fold(Router::new(), |router, template| {
        let filter = if method_of(template) == Method::POST { MethodFilter::POST } else { MethodFilter::GET };
        router.route(template, on(filter, handler(seats)))
    });
    routed.fallback(handler(seats))
}

/// As axum does, it drops the body of a response to `HEAD` outside the layer: over HTTP/2, hyper would send it.
fn hyper_server<S, B>(listener: TcpListener, service: S) -> AbortHandle
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Refused, Future: Send> + Clone + Send + 'static,
    B: Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let to_head = *request.method() == Method::HEAD;
        let answer = service.clone().call(request);
        async move { Ok::<_, Refused>(answer.await?.map(|body| if to_head { Left(Empty::new()) } else { Right(body) })) }
    });
    let serve = async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // Its error says that a connection broke, which many here are meant to.
                drop(server.serve_connection_with_upgrades(TokioIo::new(stream), service).await);
            });
        }
    };
    tokio::spawn(serve).abort_handle()
}

/// The service without a layer.
pub(crate) type Bare = BoxCloneService<Request<Incoming>, Answer, Refused>;

fn bare(seats: Seats) -> Bare {
    BoxCloneService::new(service_fn(move |request| service::answer(request, Arc::clone(&seats))))
}

async fn catch_panics(request: axum::extract::Request, next: Next) -> axum::response::Response {
    let caught = CatchUnwind(Box::pin(async { Ok::<_, Infallible>(next.run(request).await) })).await;
    match caught {
        Some(Ok(response)) => response,
        None => {
            let mut response = axum::response::Response::default();
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

/// A future whose panic is nothing.
struct CatchUnwind<F>(Pin<Box<F>>);

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        }
    }
}
