//! A server that calls others while it serves: an axum router in goodput's layer, whose handlers blame whom they have called.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use goodput::{Goodput, Reason, Verdict};
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::clients::{Caller, ask};
use crate::upstreams::Upstream;

/// A shop on a port of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Shop {
    address: SocketAddr,
    serving: AbortHandle,
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Where the handlers call, and with what.
#[derive(Clone)]
struct Payments {
    caller: Caller,
    address: String,
}

impl Shop {
    /// Calls `upstream` with `caller` for whatever it is asked.
    pub(crate) async fn open(goodput: &Arc<Goodput>, upstream: &Upstream, caller: Caller) -> Self {
        let payments = Payments { caller, address: upstream.uri("") };
        let app = Router::new()
            .route("/home", get(async || "welcome"))
            .route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR))
            .route("/wait", get(wait))
            .route("/buy/{plan}", get(buy))
            .route("/order/{plan}", get(order))
            .with_state(payments)
            .layer(goodput::axum::SliLayer::new(Arc::clone(goodput)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, app).await }).abort_handle();
        Self { address, serving }
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Payments {
    /// Whether the call went well.
    async fn pay(&self, path: String) -> bool {
        let status = ask(&self.caller, format!("{}{path}", self.address)).await;
        status.is_ok_and(|status| !status.is_server_error())
    }
}

const BLAMED: Verdict = Verdict::Bad(Reason::dependency("payments"));

/// Waits for payments.
async fn wait(State(payments): State<Payments>) {
    payments.pay("/waits".to_owned()).await;
}

/// Puts its word into the response.
async fn buy(State(payments): State<Payments>, Path(plan): Path<String>) -> Response {
    if payments.pay(format!("/plan/{plan}")).await {
        return "thank you".into_response();
    }
    (StatusCode::BAD_GATEWAY, Extension(BLAMED), "later").into_response()
}

/// Says its word where it knows it, and answers as if nothing had happened.
async fn order(State(payments): State<Payments>, Path(plan): Path<String>) -> &'static str {
    if !payments.pay(format!("/plan/{plan}")).await {
        goodput::say(BLAMED);
    }
    "noted"
}
