//! Developer commands: one subcommand per file, run as `cargo xtask <command>`.

mod bench;
mod debian;
mod features;
mod fuzz;
mod invocation;
mod libtest;
mod publish;
mod report;
mod services;
mod step;
mod steps;
mod tally;
mod test;
mod tool;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}

/// Developer commands of goodput.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Test(test::Args),
    Bench(bench::Args),
}
