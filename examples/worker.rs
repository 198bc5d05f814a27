//! SLOs for work that is no request: a plain thread that imports rows, with no async runtime and no HTTP.
//!
//! ```text
//! cargo run --example worker
//! ```
//!
//! You see each way to record an event, and then the status of two SLOs: how many rows were good, and how many were
//! imported in time.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::thread;
use std::time::Duration;

use goodput::{Counts, Goodput, Slo, Verdict};

fn main() -> anyhow::Result<()> {
    let goodput = Goodput::builder("importer")
        .slo(Slo::availability("rows-ok", "99%").routes(["import"]))
        .slo(Slo::latency("rows-fast", "90%", Duration::from_millis(20)).routes(["import"]))
        .build()?;

    thread::scope(|scope| scope.spawn(|| import(&goodput)).join())
        .map_err(|_| anyhow::anyhow!("the importer panicked"))?;

    println!("{}", goodput.status());
    Ok(())
}

/// A name is looked up once; recording with it takes no lock and no allocation.
fn import(goodput: &Goodput) {
    let import = goodput.work("import");

    // The outcome is known, the time is of no interest: the latency SLO excludes it as not measured.
    import.good();
    import.bad("malformed");

    // Somebody else measured it.
    import.record(Verdict::Good, Duration::from_millis(3));
    import.record(Verdict::Good, Duration::from_millis(30));
    import.record(Verdict::excluded("duplicate"), Duration::from_millis(1));

    // Somebody else counted a whole batch.
    import.add(Counts { good: 990, bad: 3, excluded: 7 });

    // Timed from here to `finish`. Without a verdict, as when `?` returns early, it counts as cancelled.
    for row in ["1;apples", "2;pears", "not a row"] {
        let event = import.start();
        if let Some((_number, _name)) = row.split_once(';') {
            thread::sleep(Duration::from_millis(2));
            event.finish(Verdict::Good);
        }
    }
}
