//! Real servers around the services: tonic's own with any layers, and axum's.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tower::{BoxError, Layer, Service};

/// How long anything here may take before it is taken for hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A server that listens until dropped.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    listening: AbortHandle,
}

impl House {
    /// Starts tonic's server with its layers on a port of its own.
    pub(crate) async fn start<L, B>(mut server: Server<L>, routes: Routes) -> Self
    where
        L: Layer<Routes> + Clone + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError> + Send + 'static, Future: Send>
            + Clone
            + Send
            + 'static,
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        Self::open(|listener| {
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            let serve = server.add_routes(routes).serve_with_incoming(incoming);
            tokio::spawn(async move { serve.await.unwrap() }).abort_handle()
        })
        .await
    }

    /// Starts axum's server.
    pub(crate) async fn start_on_axum(router: Router) -> Self {
        Self::open(|listener| {
            let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }).abort_handle()
        })
        .await
    }

    async fn open(serve: impl FnOnce(TcpListener) -> AbortHandle) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, listening: serve(listener) }
    }

    /// A connection of tonic's.
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.timeout(PATIENCE).connect().await.unwrap()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
