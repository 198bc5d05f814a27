//! A shop that calls payments, which fail for some seconds: whose fault were the shop's bad events?
//!
//! ```text
//! cargo run --example dependency
//! ```
//!
//! You see payments go down, hang and come back while customers order, and then the status of three SLOs: the shop's own, that
//! of its calls to payments, and that of every attempt. A retry stands between the last two, so attempts fail that no caller
//! of payments has noticed. The last line says how much of the shop's trouble its handlers blame on payments.
//!
//! What the shop, its customers and payments have counted on their own is compared in the end. Where it differs from the status,
//! the program says how and exits with 1.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

mod audit;
mod crowd;
mod payments;
mod shop;

use std::time::Duration;

use anyhow::{Context, ensure};
use goodput::{Goodput, Reason, Slo, SloStatus, Status, Verdict};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::payments::{Mood, Payments};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let goodput = Goodput::builder("shop")
        .slo(Slo::availability("orders-ok", "99%").routes(["/order"]))
        .slo(Slo::dependency("payments-ok", "99%", "payments"))
        .slo(Slo::dependency("payment-attempts-ok", "95%", "payment-attempts"))
        .build()?
        .leak();
    let _ticker = goodput.start_ticker()?;

    let payments = Payments::default();
    let address = serve(payments.router()).await?;
    let shop = shop::Shop::new(goodput, &address);
    let address = serve(shop.router(goodput)).await?;
    let customers = crowd::Crowd::enter(&address);

    let script =
        [(Mood::Well, 2_000), (Mood::Failing, 1_500), (Mood::Well, 1_000), (Mood::Hanging, 1_500), (Mood::Well, 1_000)];
    for (mood, millis) in script {
        println!("payments: {mood}");
        payments.become_(mood);
        sleep(Duration::from_millis(millis)).await;
    }
    let seen = customers.leave().await?;

    let status = goodput.status();
    println!("\n{status}");
    println!("{}", whose_fault(&status)?);
    audit::compare(&status, &seen, shop.tries(), payments.charged())
}

/// Serves on a port of its own, and says where.
async fn serve(router: axum::Router) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

/// The share of the shop's bad events that its handlers blame on payments.
fn whose_fault(status: &Status) -> anyhow::Result<String> {
    let orders = status.slo("orders-ok").context("the shop has this SLO")?;
    let (bad, blamed) = (orders.counts.bad, blamed(orders));
    ensure!(bad > 0, "expected some bad events: {:?}", orders.counts);
    let share = blamed as f64 / bad as f64 * 100.0;
    Ok(format!(
        "whose fault: {share:.1} % of the shop's {bad} bad events blame payments, the other {} are its own",
        bad - blamed
    ))
}

/// How many bad events blame payments.
fn blamed(slo: &SloStatus) -> u64 {
    let blamed = slo.reasons.iter().filter(|reason| reason.verdict == Verdict::Bad(Reason::dependency("payments")));
    blamed.map(|reason| reason.count).sum()
}
