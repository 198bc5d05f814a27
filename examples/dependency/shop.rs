//! The shop: its server, and the stack around the client with which it calls payments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use bytes::Bytes;
use goodput::{Goodput, Reason, SliBody, SliLayer, Verdict};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Sleep, sleep};
use tower::retry::Policy;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, ServiceBuilder, ServiceExt};

type Charge = Request<Empty<Bytes>>;
/// The bodies of the two layers, one in the other.
type Charged = http::Response<SliBody<SliBody<Incoming>>>;

/// The shop, with its own book.
#[derive(Clone)]
pub(crate) struct Shop {
    payments: BoxCloneSyncService<Charge, Charged, BoxError>,
    charge: String,
    book: Arc<Book>,
}

#[derive(Debug, Default)]
struct Book {
    orders: AtomicU64,
    retries: AtomicU64,
}

/// How often the shop did something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries {
    pub(crate) orders: u64,
    pub(crate) retries: u64,
}

impl Shop {
    pub(crate) fn new(goodput: &'static Goodput, payments: &str) -> Self {
        let book = Arc::<Book>::default();
        let stack = ServiceBuilder::new()
            .layer(SliLayer::new(goodput).dependency("payments")) // what the handler asked for
            .retry(Again { times: 2, book: Arc::clone(&book) })
            .layer(SliLayer::new(goodput).dependency("payment-attempts")) // each attempt
            .timeout(Duration::from_millis(100)) // inside of the layers: an attempt that takes longer has failed
            .service(Client::builder(TokioExecutor::new()).build_http());
        Self { payments: BoxCloneSyncService::new(stack), charge: format!("{payments}/charge"), book }
    }

    /// What it serves.
    pub(crate) fn router(&self, goodput: &'static Goodput) -> Router {
        let layer = goodput::axum::SliLayer::new(goodput);
        Router::new().route("/order", post(order)).layer(layer).with_state(self.clone())
    }

    pub(crate) fn tries(&self) -> Tries {
        let [orders, retries] = [&self.book.orders, &self.book.retries].map(|count| count.load(Ordering::Relaxed));
        Tries { orders, retries }
    }

    /// Charges one order, and reads the answer to its end.
    async fn pay(&self) -> Result<StatusCode, BoxError> {
        let charge = Request::post(&self.charge).body(Empty::new())?;
        let charged = self.payments.clone().oneshot(charge).await?;
        let status = charged.status();
        charged.into_body().collect().await?;
        Ok(status)
    }
}

/// Takes an order. Where payments are to blame, it says so.
async fn order(State(shop): State<Shop>) -> Response {
    if shop.book.orders.fetch_add(1, Ordering::Relaxed) % 50 == 49 {
        return (StatusCode::INTERNAL_SERVER_ERROR, "a bug of our own").into_response();
    }
    if shop.pay().await.is_ok_and(|status| status.is_success()) {
        return "thank you".into_response();
    }
    let blame = Verdict::Bad(Reason::dependency("payments"));
    (StatusCode::BAD_GATEWAY, Extension(blame), "please try later").into_response()
}

/// Tries again after an error or a status of the 5xx class.
#[derive(Clone, Debug)]
struct Again {
    times: u32,
    book: Arc<Book>,
}

impl<B> Policy<Charge, http::Response<B>, BoxError> for Again {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Charge, charged: &mut Result<http::Response<B>, BoxError>) -> Option<Sleep> {
        let failed = charged.as_ref().map_or(true, |charged| charged.status().is_server_error());
        self.times = self.times.checked_sub(1).filter(|_| failed)?;
        self.book.retries.fetch_add(1, Ordering::Relaxed);
        Some(sleep(Duration::from_millis(5)))
    }

    fn clone_request(&mut self, charge: &Charge) -> Option<Charge> {
        Some(charge.clone())
    }
}
