//! The command `table`: what a request costs with every peer, all of them interleaved in one process.

mod allocations;
mod goals;
mod instructions;
mod run;
mod show;

use std::collections::BTreeMap;

use anyhow::{Result, bail};

pub use allocations::count as count_allocations;
pub use instructions::run as run_instructions;
pub use run::{Run, run_here};

use crate::machine::{Machine, versions};
use crate::peer::Peer;
use crate::results::{Results, Row, Spread, Table};
use crate::{document, figure, peers};

/// How the results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// What can be asked of the command.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How the results are printed.
    #[arg(long, value_enum, default_value = "text")]
    output: Output,
    /// Keep the results in results.json, in BENCHMARKS.md and in the figure.
    #[arg(long)]
    write: bool,
    /// The day of the results; without it that of SOURCE_DATE_EPOCH, or today.
    #[arg(long)]
    date: Option<String>,
    /// Processes, one after the other.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Turns of every case in each process.
    #[arg(long, default_value_t = 41)]
    rounds: usize,
    /// Do not count instructions, although valgrind is there.
    #[arg(long)]
    no_instructions: bool,
    /// Do not count allocations.
    #[arg(long)]
    no_allocations: bool,
}

/// Measures, prints, keeps. Whether every goal was met.
pub fn table(args: &Args) -> Result<bool> {
    let machine = Machine::here(args.date.clone())?;
    let kept = Results::read()?; // before minutes are spent on what could not be kept
    let runs: Vec<Run> =
        (0..args.runs.max(1)).map(|_| run::in_a_process_of_its_own(args.rounds)).collect::<Result<_>>()?;
    let discrepancies: Vec<&String> = runs.iter().flat_map(|run| &run.discrepancies).collect();
    if !discrepancies.is_empty() {
        bail!("peers did not count what they were sent, so nothing about their cost is known:\n{discrepancies:#?}");
    }
    let allocations = if args.no_allocations { BTreeMap::new() } else { allocations::counted()? };
    let instructions = if args.no_instructions { BTreeMap::new() } else { instructions::counted()? };
    let rows = peers::ALL.iter().map(|peer| Row {
        instructions: instructions.get(peer.id).filter(|count| count.note == note(&runs, peer)).map(|count| count.each),
        allocations: allocations.get(peer.id).copied(),
        ..row(&runs, peer)
    });
    let table = Table {
        machine,
        versions: versions(),
        runs: runs.len(),
        rounds: args.rounds,
        rows: rows.collect(),
        goals: goals::judge(&runs),
        foreign: runs.iter().map(|run| run.foreign).fold(0.0, f64::max),
        losses: runs.iter().flat_map(|run| run.losses.clone()).collect(),
    };
    match args.output {
        Output::Text => println!("{}", show::text(&table)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&table)?),
    }
    let met = table.goals.iter().all(|goal| goal.met);
    if args.write {
        document::write("peers", &show::markdown(&table))?;
        let results = Results { table: Some(table), ..kept };
        results.write()?;
        figure::draw(&results)?;
    }
    Ok(met)
}

fn note(runs: &[Run], peer: &Peer) -> Option<String> {
    runs.first().and_then(|run| run.notes.get(peer.id).cloned())
}

fn row(runs: &[Run], peer: &Peer) -> Row {
    let bare = peers::bare_of(peer.group());
    let threads = runs.first().map(Run::threads).unwrap_or_default();
    let spreads = |values: &dyn Fn(&Run, usize) -> Vec<f64>| {
        let spread = |threads: usize| {
            let pooled: Vec<f64> = runs.iter().flat_map(|run| values(run, threads)).collect();
            (threads, Spread::of(&pooled))
        };
        threads.iter().copied().map(spread).collect()
    };
    Row {
        id: peer.id.to_owned(),
        name: peer.name.to_owned(),
        group: peer.group(),
        nanos: spreads(&|run, threads| run.nanos(peer.id, threads).to_vec()),
        over_bare: spreads(&|run, threads| run.over(peer.id, bare, threads)),
        instructions: None,
        allocations: None,
        note: note(runs, peer),
    }
}
