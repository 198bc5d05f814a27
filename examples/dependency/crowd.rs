//! The shop's customers: each orders, waits a moment, orders again, and remembers the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

const CUSTOMERS: usize = 12;

/// How often each status was the answer.
pub(crate) type Seen = BTreeMap<StatusCode, u64>;

/// Customers at work.
#[derive(Debug)]
pub(crate) struct Crowd {
    open: watch::Sender<bool>,
    customers: JoinSet<anyhow::Result<Seen>>,
}

impl Crowd {
    pub(crate) fn enter(shop: &str) -> Self {
        let open = watch::Sender::new(true);
        let mut customers = JoinSet::new();
        for _ in 0..CUSTOMERS {
            customers.spawn(order_until_closed(format!("{shop}/order"), open.subscribe()));
        }
        Self { open, customers }
    }

    /// Lets everybody have the answer to what they have ordered.
    pub(crate) async fn leave(mut self) -> anyhow::Result<Seen> {
        self.open.send_replace(false);
        let mut all = Seen::new();
        while let Some(seen) = self.customers.join_next().await {
            seen??.into_iter().for_each(|(status, count)| *all.entry(status).or_default() += count);
        }
        Ok(all)
    }
}

async fn order_until_closed(uri: String, open: watch::Receiver<bool>) -> anyhow::Result<Seen> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut seen = Seen::new();
    while *open.borrow() {
        let answer = client.request(Request::post(&uri).body(Empty::<Bytes>::new())?).await?;
        *seen.entry(answer.status()).or_default() += 1;
        answer.into_body().collect().await?;
        sleep(Duration::from_millis(15)).await;
    }
    Ok(seen)
}
