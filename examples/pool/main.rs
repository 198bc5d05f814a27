//! A pool of eight connections that for a while too many want: how full is it, and how long does one wait?
//!
//! ```text
//! cargo run --example pool
//! ```
//!
//! You see how many clients there are, and then the status of two SLOs: in how much of the time no more than six of the eight
//! connections were in use, in slices of time, and how many clients had one within 5 ms. A minute of the SLOs passes in a second.
//!
//! What the clients have counted on their own is compared in the end. Where it differs from the status, the program says how and
//! exits with 1.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

mod audit;
mod clients;
mod connections;

use std::time::Duration;

use goodput::{Budgeting, Goodput, Slo, Timeline, Window};

use crate::connections::Pool;

/// How many seconds of the timeline pass in one. Latencies are real.
const SPEED: u32 = 60;
/// A connection within this is fast.
const FAST: Duration = Duration::from_millis(5);

fn main() -> anyhow::Result<()> {
    let slices = Budgeting::Timeslices { slice: Window::from_secs(10)?, target: None };
    let goodput = Goodput::builder("pool")
        .slo(Slo::saturation("pool-free", "90%", "75%".parse()?).routes(["connections"]).budgeting(slices))
        .slo(Slo::latency("connected-fast", "95%", FAST).routes(["connect"]))
        .timeline(Timeline::accelerated(SPEED))
        .build()?
        .leak();
    let _ticker = goodput.start_ticker()?;

    let pool = Pool::new(8, goodput.level("connections"));
    let mut seen = clients::Seen::default();
    for (clients, millis) in [(3, 1_500), (12, 1_000), (3, 1_500)] {
        println!("{clients} clients");
        seen.add(&clients::come(goodput, &pool, clients, Duration::from_millis(millis)));
    }

    let status = goodput.status();
    println!("\n{status}");
    audit::compare(&status, &seen)
}
