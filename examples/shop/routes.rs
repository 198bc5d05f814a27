//! The shop itself: five routes, and one layer that knows how each of their requests ended.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use goodput::Goodput;
use goodput::axum::SliLayer;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::dice::Dice;
use crate::payments::{Payments, Unavailable};
use crate::script::Phase;

pub(crate) const HOME: &str = "/";
pub(crate) const PRODUCT: &str = "/products/{id}";
pub(crate) const CART: &str = "/cart";
pub(crate) const CHECKOUT: &str = "/checkout";
pub(crate) const HEALTH: &str = "/health";

/// The products are numbered from 0.
pub(crate) const PRODUCTS: u64 = 1_000;

/// What the handlers share.
#[derive(Debug)]
struct Shop {
    payments: Payments,
    dice: Dice,
}

/// The shop's router. `.layer(SliLayer::new(goodput))` is all that measuring takes.
pub(crate) fn shop(goodput: &'static Goodput, phase: watch::Receiver<Phase>) -> Router {
    let shop = Shop { payments: Payments::new(phase), dice: Dice::new(1) };
    Router::new()
        .route(HOME, get(home))
        .route(PRODUCT, get(product))
        .route(CART, post(add_to_cart))
        .route(CHECKOUT, post(check_out))
        .route(HEALTH, get(|| async { "ok" }))
        .layer(SliLayer::new(goodput))
        .with_state(Arc::new(shop))
}

async fn home(State(shop): State<Arc<Shop>>) -> &'static str {
    sleep(shop.dice.millis(1, 5)).await;
    "welcome"
}

/// One in 300 is slow and one in 1,000 fails, which is within what the shop allows itself.
async fn product(State(shop): State<Arc<Shop>>, Path(id): Path<u64>) -> Result<String, StatusCode> {
    let time = if shop.dice.once_in(300) { shop.dice.millis(120, 250) } else { shop.dice.millis(1, 20) };
    sleep(time).await;
    if shop.dice.once_in(1_000) {
        Err(StatusCode::INTERNAL_SERVER_ERROR)
    } else if id >= PRODUCTS {
        Err(StatusCode::NOT_FOUND)
    } else {
        Ok(format!("product {id}"))
    }
}

async fn add_to_cart(State(shop): State<Arc<Shop>>, _product: Bytes) -> &'static str {
    sleep(shop.dice.millis(1, 10)).await;
    "in your cart"
}

async fn check_out(State(shop): State<Arc<Shop>>, _order: Bytes) -> Result<&'static str, StatusCode> {
    match shop.payments.charge().await {
        Ok(()) => Ok("thank you"),
        Err(Unavailable) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}
