//! Measures goodput against its peers.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use goodput_peers::{figure, http, results::Results, table};

/// Measures goodput against its peers.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What a request costs with every peer, all of them interleaved in one process.
    Table(table::Args),
    /// Throughput of an axum service over loopback connections, with every layer.
    Http(http::Args),
    /// Draws what `table --write` has kept.
    Figure,
    /// One process of `table`, which starts it.
    #[command(hide = true)]
    Run {
        #[arg(long)]
        rounds: usize,
    },
    /// What callgrind looks at: so many requests through one case.
    #[command(hide = true)]
    Instructions { case: String, requests: u64 },
    /// One server of `http`, which starts it.
    #[command(hide = true)]
    Serve {
        case: String,
        #[arg(long)]
        core: usize,
    },
}

/// Something was measured to be worse than it must be.
const MISSED: u8 = 2;

fn main() -> Result<ExitCode> {
    let met = match Cli::parse().command {
        Command::Table(args) => table::table(&args)?,
        Command::Http(args) => http::http(&args)?,
        Command::Figure => {
            figure::draw(&Results::read()?)?;
            true
        }
        Command::Serve { case, core } => {
            http::serve(&case, core)?;
            true
        }
        Command::Run { rounds } => {
            println!("{}", serde_json::to_string(&table::run_here(rounds)?)?);
            true
        }
        Command::Instructions { case, requests } => {
            table::run_instructions(&case, requests)?;
            true
        }
    };
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::from(MISSED) })
}
