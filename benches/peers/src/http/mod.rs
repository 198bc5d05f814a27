//! The command `http`: throughput of an axum service over loopback connections, with every layer, between two measurements of
//! the service without one.

mod generator;
mod pairs;
mod serve;
mod server;
mod show;

use anyhow::Result;

pub use serve::serve;

use crate::document;
use crate::machine::{Machine, versions};
use crate::results::{Http, Results};
use generator::Generator;

/// What can be asked of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How the results are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: crate::table::Output,
    /// Keep the results in results.json and in BENCHMARKS.md.
    #[arg(long)]
    write: bool,
    /// The day of the results; without it that of SOURCE_DATE_EPOCH, or today.
    #[arg(long)]
    date: Option<String>,
    /// One server start and one pass, to see that everything works.
    #[arg(long)]
    quick: bool,
    /// How often the servers are started anew.
    #[arg(long, default_value_t = 5)]
    starts: usize,
    /// How often every case has its turn in each start.
    #[arg(long, default_value_t = 2)]
    passes: usize,
}

/// Measures, prints, keeps. Whether every goal was met; a machine on which it cannot be measured, or which others keep busy,
/// misses none.
pub fn http(args: &Args) -> Result<bool> {
    let machine = Machine::here(args.date.clone())?;
    let kept = Results::read()?; // before minutes are spent on what could not be kept
    let plan = if args.quick {
        pairs::Plan { starts: 1, passes: 1, most_repeats: 2 }
    } else {
        pairs::Plan { starts: args.starts.max(1), passes: args.passes.max(1), most_repeats: 10 }
    };
    let Some(cores) = server::Cores::of_this_machine() else {
        println!("SKIPPED http: server and load generator need a core each");
        return Ok(true);
    };
    let mut protocols = Vec::new();
    for generator in Generator::ALL {
        if let Err(reason) = generator.install() {
            println!("SKIPPED http: {reason}");
            continue;
        }
        protocols.push(pairs::measure(generator, plan, &cores)?);
    }
    if protocols.is_empty() {
        return Ok(true);
    }
    let http = Http { machine, versions: versions(), protocols };
    match args.output {
        crate::table::Output::Text => println!("{}", show::text(&http)),
        crate::table::Output::Json => println!("{}", serde_json::to_string_pretty(&http)?),
    }
    let met = http
        .protocols
        .iter()
        .filter(|protocol| protocol.is_quiet())
        .flat_map(|protocol| &protocol.rows)
        .all(|row| row.met() != Some(false));
    if args.write {
        document::write("http", &show::markdown(&http))?;
        Results { http: Some(http), ..kept }.write()?;
    }
    Ok(met)
}
