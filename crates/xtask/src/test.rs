//! `cargo xtask test`: runs every step, whatever the ones before it found, and says at the end what did not pass.

use std::env;
use std::mem;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::report;
use crate::step::Step;
use crate::steps::STEPS;
use crate::tally::Tally;
use crate::workspace;

/// When set, what is skipped counts as failed: for machines that are meant to have everything.
const NO_SKIP: &str = "GOODPUT_NO_SKIP";

/// Run what CI runs: format, lints, docs, tests, each crate alone, packaging, licences
///
/// Exits with 0 when nothing failed, 1 when something did, 2 when the arguments are wrong. Skipped steps do not fail
/// the run unless the environment has GOODPUT_NO_SKIP.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Run only this step (repeatable)
    #[arg(long, value_name = "STEP", value_parser = step_names())]
    only: Vec<String>,

    /// List the steps without running them
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let chosen = STEPS.iter().filter(|step| args.only.is_empty() || args.only.iter().any(|name| name == step.name));
    if args.list {
        chosen.for_each(report::listed);
        return Ok(ExitCode::SUCCESS);
    }

    let workspace = workspace::enter()?;
    let mut total = Tally::default();
    for step in chosen {
        report::started(step);
        let (tally, took) = report::timed(|| step.run(&workspace));
        report::finished(&tally, took);
        total += tally;
    }
    if total.skipped > 0 && env::var_os(NO_SKIP).is_some() {
        total.failed += mem::take(&mut total.skipped);
        total.notes.push(format!("FAILED because {NO_SKIP} is set: what was skipped counts as failed"));
    }
    report::summary(&total);
    Ok(if total.failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn step_names() -> PossibleValuesParser {
    STEPS.iter().map(|Step { name, truth, .. }| PossibleValue::new(*name).help(*truth)).into()
}
