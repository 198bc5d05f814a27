//! A service that answers whether a change may go out: its status mounted beside its routes, and asked as a pipeline would.
//!
//! ```text
//! cargo run --example gate
//! ```
//!
//! You see the answer while all is well, while a tenth of the requests fails, and for the rollback that ends it. The service plays two
//! days in a second, on a timeline of its own.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::Router;
use axum::routing::get;
use goodput::axum::SliLayer;
use goodput::status::StatusService;
use goodput::{Definition, Goodput, ManualTimeline, Period, Slo, Stopwatch, Timeline};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let (goodput, hand) = checkout()?;
    let address = serve(&goodput).await?;

    two_days(&goodput, &hand, 0);
    let well = ask(address, "/slo/gate?kind=feature&risk=low").await?;
    show("all is well", &well);
    ensure!(says(&well, "action", "approve"), "expected approval: {well:#}");

    two_days(&goodput, &hand, 10);
    let ill = ask(address, "/slo/gate?kind=feature&risk=low").await?;
    show("a tenth of the requests fails", &ill);
    ensure!(says(&ill, "action", "block"), "expected a block: {ill:#}");

    let rollback = ask(address, "/slo/gate?kind=rollback&risk=high").await?;
    show("the rollback that ends it", &rollback);
    ensure!(
        says(&rollback, "action", "approve") && says(&rollback, "would_have_been", "block"),
        "expected approval: {rollback:#}"
    );

    // Whoever looks at a service is none of its events.
    let counts = goodput.status().slos.first().context("an SLO")?.counts;
    ensure!(counts.excluded == 3, "expected the three questions to be excluded: {counts:?}");
    Ok(())
}

/// The only instance there is, so that it may speak for the service.
fn checkout() -> anyhow::Result<(Arc<Goodput>, ManualTimeline)> {
    let mut definition = Definition::new("checkout");
    definition.single_instance = true;
    definition.slos.push(Slo::availability("checkout-ok", "99%").period(Period::days(2)?));
    let ((timeline, hand), (stopwatch, _)) = (Timeline::manual(), Stopwatch::manual());
    let builder = Goodput::builder("checkout").definition(definition);
    Ok((Arc::new(builder.timeline(timeline).stopwatch(stopwatch).build()?), hand))
}

/// The status lies under `/slo`, beside everything else.
async fn serve(goodput: &Arc<Goodput>) -> anyhow::Result<SocketAddr> {
    let app = Router::new()
        .route("/checkout", get(|| async { "paid" }))
        .nest_service("/slo", StatusService::new(Arc::clone(goodput)).max_age(Duration::ZERO))
        .layer(SliLayer::new(Arc::clone(goodput)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

/// A hundred requests an hour, of which so many fail.
fn two_days(goodput: &Goodput, hand: &ManualTimeline, failures: u32) {
    for _ in 0..48 {
        (failures..100).for_each(|_| goodput.work("/checkout").good());
        (0..failures).for_each(|_| goodput.work("/checkout").bad("card_machine"));
        for _ in 0..360 {
            hand.advance(Duration::from_secs(10));
            goodput.tick(hand.now());
        }
    }
}

fn show(when: &str, answer: &Value) {
    println!("{when}: {}", answer["action"].as_str().unwrap_or("?"));
    for ground in answer["rationale"].as_array().into_iter().flatten() {
        println!("  {}", ground["message"].as_str().unwrap_or("?"));
    }
}

async fn ask(address: SocketAddr, path: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let (_, body) = text.split_once("\r\n\r\n").context("no answer")?;
    Ok(serde_json::from_str(body)?)
}

fn says(answer: &Value, key: &str, word: &str) -> bool {
    answer.get(key).is_some_and(|value| value == word)
}
