//! Counts allocations and prints JSON: per request of every case, and per request of every way in which one can end.
//!
//! `goodput-allocations [FAULT]`, run by `cargo xtask bench`. A program of its own, because the counting allocator
//! would disturb the times of everything else.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints figures, and what was wrong with them")]

mod endings;

use std::process::ExitCode;

use allocation_counter::measure;
use goodput_bench::cases::{ROWS, Row};
use goodput_bench::fault::{Fault, Planting, Sound};
use serde_json::{Value, json};

const REQUESTS: u64 = 1_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let figures = match args.as_slice() {
        [] => figures(Sound),
        [name] => Fault::named(name).ok_or_else(|| format!("{name}: no such fault")).and_then(figures),
        other => Err(format!("{other:?}: expected nothing, or a fault")),
    };
    match figures {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::FAILURE
        }
    }
}

fn figures(planting: impl Planting) -> Result<Value, String> {
    let ways = endings::all(planting)?;
    Ok(json!({ "cases": ROWS.iter().map(|row| case(row, planting)).collect::<Value>(), "ways": ways }))
}

/// What a request allocates, on average over many, once the first ones have paid for what is kept.
fn case(row: &Row, planting: impl Planting) -> Value {
    let mut run = row.case(planting).runner();
    run(REQUESTS);
    let counted = measure(|| run(REQUESTS));
    json!({ "case": row.name, "allocations": counted.count_total as f64 / REQUESTS as f64 })
}
