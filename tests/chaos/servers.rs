//! The service on real sockets, as an axum router and bare on hyper, with two layers of two instances on the way.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::routing::any;
use axum::serve::ListenerExt;
use bytes::Bytes;
use goodput::Goodput;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Either::{self, Left, Right};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer, Service, service_fn};

use crate::plan::{Deed, asked};
use crate::service::{self, Refused, Scene};

/// The instances: one whose SLOs wait for the end, and around it one whose SLOs are satisfied with the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instances {
    pub(crate) whole: &'static Goodput,
    pub(crate) heads: &'static Goodput,
}

/// Marks what was answered outside the layers.
pub(crate) const OUTSIDE: HeaderName = HeaderName::from_static("x-outside");

/// A router; panics are caught around the layers.
pub(crate) async fn start_axum(instances: Instances, scene: &Arc<Scene>) -> SocketAddr {
    let handler = || {
        let scene = Arc::clone(scene);
        move |request: axum::extract::Request| {
            let answer = service::answer(request, &scene, false);
            async { answer.await.map_err(|Refused| StatusCode::NOT_IMPLEMENTED) }
        }
    };
    let with_a_route = Deed::all().filter(|deed| *deed != Deed::Strays);
    let app = with_a_route
        .fold(Router::new(), |router, deed| router.route(&deed.template(), any(handler())))
        .fallback(handler())
        .layer(goodput::axum::SliLayer::new(instances.whole))
        .layer(goodput::axum::SliLayer::new(instances.heads))
        .layer(Outside { scene: Arc::clone(scene), catches: true });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// The template of a path.
fn route_of<B>(request: &Request<B>) -> Option<&str> {
    // In the order of the deeds, made once.
    static TEMPLATES: std::sync::LazyLock<Vec<String>> =
        std::sync::LazyLock::new(|| Deed::all().map(Deed::template).collect());
    let (deed, _) = asked(request.uri().path());
    (deed != Deed::Strays).then(|| TEMPLATES[deed as usize].as_str())
}

/// A service on hyper; a panic takes the connection with it, or the stream.
pub(crate) async fn start_hyper(instances: Instances, scene: &Arc<Scene>) -> SocketAddr {
    let inner = Arc::clone(scene);
    let bare = service_fn(move |request: Request<Incoming>| service::answer(request, &inner, true));
    let whole = goodput::SliLayer::new(instances.whole).route_fn(route_of::<Incoming>).layer(bare);
    let heads = goodput::SliLayer::new(instances.heads).route_fn(route_of::<Incoming>).layer(whole);
    let service = Outside { scene: Arc::clone(scene), catches: false }.layer(heads);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            // A client that has reset its connection before it was accepted makes no more than an error here.
            let Ok((stream, _)) = listener.accept().await else { continue };
            drop(stream.set_nodelay(true));
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // Its error says that a connection broke, which many here are meant to.
                drop(server.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    address
}

/// What stands around the layers: it loses patience, catches panics where it is told to, and takes the body off an answer to
/// `HEAD`, which hyper would send over HTTP/2.
#[derive(Clone)]
struct Outside {
    scene: Arc<Scene>,
    catches: bool,
}

impl<S> Layer<S> for Outside {
    type Service = OutsideService<S>;

    fn layer(&self, inner: S) -> OutsideService<S> {
        OutsideService { outside: self.clone(), inner }
    }
}

#[derive(Clone)]
struct OutsideService<S> {
    outside: Outside,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for OutsideService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<Either<Empty<Bytes>, R>>;
    type Error = S::Error;
    type Future = Watched<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (_, number) = asked(request.uri().path());
        Watched {
            to_head: *request.method() == Method::HEAD,
            patience: self.outside.scene.plan(number).patience,
            catches: self.outside.catches,
            inner: Some(Box::pin(self.inner.call(request))),
        }
    }
}

struct Watched<F> {
    inner: Option<Pin<Box<F>>>,
    to_head: bool,
    /// Polls left.
    patience: Option<usize>,
    catches: bool,
}

impl<F, R, E> Future for Watched<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<Either<Empty<Bytes>, R>>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (to_head, catches) = (self.to_head, self.catches);
        let inner = self.inner.as_mut().unwrap();
        let polled = if catches {
            catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(cx)))
        } else {
            Ok(inner.as_mut().poll(cx))
        };
        let Ok(answer) = polled else {
            self.inner = None;
            return Poll::Ready(Ok(from_outside(500, "caught")));
        };
        if answer.is_pending()
            && let Some(patience) = &mut self.patience
        {
            *patience -= 1;
            if *patience == 0 {
                self.inner = None;
                return Poll::Ready(Ok(from_outside(503, "gave up")));
            }
        }
        let answer = ready!(answer)?;
        Poll::Ready(Ok(answer.map(|body| if to_head { Left(Empty::new()) } else { Right(body) })))
    }
}

fn from_outside<R>(status: u16, why: &'static str) -> Response<Either<Empty<Bytes>, R>> {
    let mut answer = Response::new(Left(Empty::new()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer.headers_mut().insert(OUTSIDE, HeaderValue::from_static(why));
    answer
}
