//! Real servers for any stack of layers: an axum router, or a tower service bare on hyper. Both speak HTTP/1.1 and HTTP/2.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::any_service;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Either::{Left, Right};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tower::{Service, ServiceExt, service_fn};

use crate::house::House;
use crate::script::{Plan, Refused, Scene, Script};

/// The template that a plan is played on, whatever the path.
pub(crate) const ROUTE: &str = "/way/{name}";

/// What a service runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// A router with `goodput::axum::SliLayer`.
    Axum,
    /// A service on hyper with `goodput::SliLayer`.
    Hyper,
}

impl Server {
    pub(crate) const BOTH: [Self; 2] = [Self::Axum, Self::Hyper];

    /// Starts a service that does as planned, with the layer and nothing else around it.
    pub(crate) async fn start(self, house: &House, plan: &Plan) -> Running {
        let service = service(plan, &house.scene);
        match self {
            Self::Axum => on_axum(router(plan, &house.scene).layer(house.layer())).await,
            Self::Hyper => on_hyper(tower::Layer::layer(&house.layer_on(ROUTE), service)).await,
        }
    }
}

/// Where another layer stands, seen from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Inside,
    Outside,
}

impl Place {
    pub(crate) const BOTH: [Self; 2] = [Self::Inside, Self::Outside];

    /// Starts the plan as a router with our layer, and another one that `wrap` puts around what it is given.
    pub(crate) async fn start(self, house: &House, plan: &Plan, wrap: impl FnOnce(Router) -> Router) -> Running {
        let router = router(plan, &house.scene);
        on_axum(match self {
            Self::Inside => wrap(router).layer(house.layer()),
            Self::Outside => wrap(router.layer(house.layer())),
        })
        .await
    }
}

/// The plan as a service.
pub(crate) fn service<B>(
    plan: &Plan,
    scene: &Scene,
) -> impl Service<Request<B>, Response = Response<Script>, Error = Refused, Future: Send> + Clone + Send + Sync + 'static
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
{
    let (plan, scene) = (plan.clone(), scene.clone());
    service_fn(move |request: Request<B>| plan.play(&scene, request))
}

/// The plan as a router, where a service cannot fail: nothing outside the router would be there to hear of it.
pub(crate) fn router(plan: &Plan, scene: &Scene) -> Router {
    let service = service(plan, scene).map_err(|refused| -> Infallible { unreachable!("{refused} in a router") });
    Router::new().route(ROUTE, any_service(service))
}

/// A server that listens until dropped, and then drops its connections too.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    listening: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Starts a router on a port of its own. Its connections live as long as their clients.
pub(crate) async fn on_axum(app: Router) -> Running {
    let (listener, address) = listen().await;
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
    let listening = tokio::spawn(async move { axum::serve(listener, app).await }).abort_handle();
    Running { address, listening }
}

/// Starts a service on a port of its own. As axum does, it drops the body of a response to `HEAD` outside the service: over
/// HTTP/2, hyper would send it.
pub(crate) async fn on_hyper<S, B>(service: S) -> Running
where
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<Box<dyn Error + Send + Sync>>, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let (listener, address) = listen().await;
    let service = service_fn(move |request: Request<Incoming>| {
        let to_head = *request.method() == Method::HEAD;
        let service = service.clone();
        async move {
            let answer = service.oneshot(request).await.map_err(io::Error::other)?;
            Ok::<_, io::Error>(answer.map(|b| if to_head { Left(Empty::new()) } else { Right(b) }))
        }
    });
    let serve = async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let service = TowerToHyperService::new(service.clone());
            connections.spawn(async move {
                let mut server = auto::Builder::new(TokioExecutor::new());
                server.http2().enable_connect_protocol();
                // Its error says that a connection broke, which many here are meant to.
                drop(server.serve_connection_with_upgrades(TokioIo::new(stream), service).await);
            });
        }
    };
    Running { address, listening: tokio::spawn(serve).abort_handle() }
}

pub(crate) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
