//! A stream of orders that for a while loses some, stalls, and brings some broken: is what comes out fresh, right and all there?
//!
//! ```text
//! cargo run --example pipeline
//! ```
//!
//! You see what becomes of the stream while a worker takes the orders in, and then the status of four SLOs: how much of the time the
//! orders were fresh, in slices of time; how many of those who read them found them so; how many orders came out right; and how
//! many came at all. A minute of the SLOs passes in a second.
//!
//! What the stream and the reader have counted on their own is compared in the end. Where it differs from the status, the program
//! says how and exits with 1.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

mod audit;
mod stream;
mod worker;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use goodput::{Budgeting, Goodput, Slo, Timeline, Window};

use crate::stream::Mood;

/// Data that is at most so old is fresh.
const FRESH: Duration = Duration::from_secs(20);
/// How many seconds of the timeline pass in one.
const SPEED: u32 = 60;

fn main() -> anyhow::Result<()> {
    let slices = Budgeting::Timeslices { slice: Window::from_secs(10)?, target: None };
    let goodput = Goodput::builder("pipeline")
        .slo(Slo::freshness("orders-fresh", "99%", FRESH).routes(["orders"]).budgeting(slices))
        .slo(Slo::freshness("orders-read-fresh", "99%", FRESH).routes(["orders"]).budgeting(Budgeting::Occurrences))
        .slo(Slo::correctness("orders-right", "99.5%").routes(["orders"]))
        .slo(Slo::completeness("orders-complete", "99.9%").routes(["orders"]))
        .timeline(Timeline::accelerated(SPEED))
        .build()?
        .leak();
    let _ticker = goodput.start_ticker()?;

    let script = [
        (Mood::Well, 1_200),
        (Mood::Losing, 600),
        (Mood::Well, 400),
        (Mood::Stalling, 1_000),
        (Mood::Breaking, 600),
        (Mood::Well, 800),
    ];
    let (sender, batches) = mpsc::channel();
    let stream = thread::spawn(move || stream::flow(goodput, &script, &sender));
    let taken = worker::work(goodput, &batches); // until the stream ends
    let sent = stream.join().map_err(|_| anyhow::anyhow!("the stream panicked"))?;

    let status = goodput.status();
    println!("\n{status}");
    audit::compare(&status, &sent, &taken)
}
