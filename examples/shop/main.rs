//! A shop with four SLOs, real clients that use it, and an outage of its payments: watch the error budgets burn.
//!
//! ```text
//! cargo run --release --example shop                 # 90 seconds: healthy, outage, recovery
//! cargo run --release --example shop -- --seconds 20
//! cargo run --release --example shop -- --serve      # no clients but yours, until Ctrl-C
//! cargo run --release --example shop -- --json       # what is known at the end, for machines
//! cargo run --release --example shop -- --slos FILE  # other SLOs than those of examples/shop.slo.yaml
//! ```
//!
//! You see a live table: for each SLO its events, its burn over 5 minutes and over an hour, what is left of its error
//! budget, and the alert condition that matters most, with the burn that its long window has to exceed now. The
//! *timeline* runs faster than real time, so that windows fill while you watch; the stopwatch of requests never does.
//!
//! At the end the clients' own books are compared with the server's counts, request by request. Where they differ, the
//! program says how and exits with 1.

mod audit;
mod connection;
mod dice;
mod json;
mod payments;
mod routes;
mod screen;
mod script;
mod shoppers;
mod slos;
mod tables;
mod tally;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use goodput::{Goodput, Status};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::script::{Phase, Script};
use crate::slos::Promises;
use crate::tally::Tally;

/// A shop with four SLOs, real clients, and an outage to watch.
#[derive(Debug, Parser)]
struct Options {
    /// How long the show takes, in seconds; at least 3.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(3..))]
    seconds: u32,
    /// Serves without clients and without an outage, until Ctrl-C.
    #[arg(long)]
    serve: bool,
    /// The file of SLOs.
    #[arg(long, value_name = "FILE", default_value = slos::FILE)]
    slos: PathBuf,
    /// Prints the final status as JSON, and nothing else on standard output.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let script = Script::lasting(options.seconds);
    let goodput = slos::read(&options.slos, script.speed())?.leak();
    let _ticker = goodput.start_ticker()?;

    let (stage, phase) = watch::channel(Phase::Healthy);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(axum::serve(listener, routes::shop(goodput, phase.clone())).into_future());

    let screen = tokio::spawn(screen::show(goodput, address, script.speed(), phase.clone(), options.json));
    let tally = if options.serve {
        tokio::signal::ctrl_c().await?;
        stage.send_replace(Phase::Over);
        None
    } else {
        let shoppers = tokio::spawn(shoppers::shop_until_over(address, phase, Promises::of(&goodput.definition())));
        tokio::select! {
            () = script.play(&stage) => {}
            pressed = tokio::signal::ctrl_c() => pressed?,
        }
        stage.send_replace(Phase::Over);
        Some(shoppers.await??)
    };
    screen.await??;

    let status = drained(goodput).await;
    report(&options, goodput, &status, tally.as_ref())
}

/// The status once nothing is in flight: a client that left may be noticed a moment later. Waits at most five seconds.
async fn drained(goodput: &Goodput) -> Status {
    for _ in 0..500 {
        if goodput.status().in_flight == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    goodput.status()
}

/// Prints what is known at the end, and whether both sides know the same.
fn report(options: &Options, goodput: &Goodput, status: &Status, tally: Option<&Tally>) -> anyhow::Result<ExitCode> {
    let differences = tally.map_or_else(Vec::new, |tally| audit::differences(&goodput.definition(), status, tally));
    let mut out = std::io::stdout().lock();
    if options.json {
        writeln!(out, "{:#}", json::of(status, tally))?;
    } else {
        writeln!(out, "{status}")?;
        if let Some(tally) = tally {
            writeln!(out, "{tally}")?;
        }
    }
    let mut err = std::io::stderr().lock();
    for difference in &differences {
        writeln!(err, "MISMATCH: {difference}")?;
    }
    if differences.is_empty() && tally.is_some() && !options.json {
        writeln!(out, "The clients' books and the server's counts agree on every request.")?;
    }
    Ok(ExitCode::from(u8::from(!differences.is_empty())))
}
