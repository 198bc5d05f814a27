//! `cargo xtask bench`: what goodput costs a request, measured and judged.
//!
//! `goodput-bench` measures and knows no goals; [`judge`] compares figures with [`goals`] and the stored ones and measures
//! nothing; [`gate`] asks the one and then the other, and [`proof`] shows that planted faults do not get past them.

mod baseline;
mod check;
mod figures;
mod gate;
mod goals;
mod instructions;
mod judge;
mod listing;
mod origin;
pub(crate) mod peers;
mod programs;
mod proof;
mod sharing;
mod table;
mod valgrind;

use std::process::ExitCode;

pub(crate) use gate::step;

use baseline::Baseline;
use programs::Programs;
use valgrind::Valgrind;

/// Measure what goodput costs a request
///
/// Without an option: a table of every case. Exits with 0 when nothing slipped, 1 when something did, 2 when the arguments are
/// wrong.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag, and no two go together")]
pub(crate) struct Args {
    /// Judge by the goals and by the stored figures, and name what slipped
    #[arg(long, group = "mode")]
    gate: bool,

    /// Plant a fault into the path of every request: the checks that are to catch it must slip
    #[arg(long, value_name = "FAULT", requires = "gate", value_parser = proof::fault_names())]
    planted: Option<String>,

    /// Store the instruction counts of now, for the gate to compare with
    #[arg(long, group = "mode")]
    baseline: bool,

    /// Print every case as JSON
    #[arg(long, group = "mode")]
    json: bool,

    /// Compare with other crates, in a table
    #[arg(long, group = "mode")]
    peers: bool,

    /// Compare with other crates behind a server
    #[arg(long, group = "mode")]
    http: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let workspace = crate::workspace::enter()?;
    if args.peers || args.http {
        return peers::run(&workspace, if args.peers { "table" } else { "http" });
    }
    let programs = Programs::build(&workspace)?;
    if args.gate {
        let checks = match &args.planted {
            Some(fault) => proof::planted(&programs, fault)?,
            None => gate::checks(&programs)?,
        };
        table::show(&checks);
        return Ok(if checks.iter().any(check::Check::slipped) { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    if args.baseline {
        return store(&programs);
    }
    let entries = listing::measure(&programs)?;
    if args.json {
        listing::show_json(&entries)?;
    } else {
        listing::show(&entries);
    }
    Ok(ExitCode::SUCCESS)
}

/// Counts what is kept and says what has changed since it was counted last.
fn store(programs: &Programs) -> anyhow::Result<ExitCode> {
    let valgrind = Valgrind::find().map_err(anyhow::Error::msg)?;
    let now =
        Baseline { origin: origin::here(), instructions: instructions::count_kept(&valgrind, programs, None)?.all };
    for line in now.changes(Baseline::load()?.as_ref()) {
        anstream::println!("{line}");
    }
    now.store()?;
    Ok(ExitCode::SUCCESS)
}
