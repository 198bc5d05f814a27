//! Measures cases and prints JSON: `cargo xtask bench` runs it and judges.

use std::process::ExitCode;

use goodput_bench::cli;
use goodput_bench::fault::Sound;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    cli::main(&args, Sound)
}
