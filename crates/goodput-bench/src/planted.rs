//! As `goodput-bench`, with a fault in the path of every request: `goodput-planted FAULT ...`.

#![expect(clippy::print_stderr, reason = "it says what was wrong with its arguments")]

use std::process::ExitCode;

use goodput_bench::cli;
use goodput_bench::fault::Fault;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((fault, rest)) = args.split_first().and_then(|(name, rest)| Some((Fault::named(name)?, rest))) else {
        eprintln!("expected one of {:?}", Fault::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        return ExitCode::from(2);
    };
    cli::main(rest, fault)
}
