//! The gate: measures what its goals need, and holds it against them.

use cargo_metadata::Metadata;

use super::baseline::Baseline;
use super::check::Check;
use super::figures::Times;
use super::goals::{COSTS, PEERS, SCALING, SHARING, TimeGoal};
use super::programs::Programs;
use super::valgrind::Valgrind;
use super::{instructions, judge, origin, proof, sharing, table};
use crate::tally::Tally;

/// Of so many runs, a goal slips if two miss it.
const RUNS: usize = 3;

/// The step of `cargo xtask test`: the gate, and the proof that it notices faults.
pub(crate) fn step(workspace: &Metadata) -> anyhow::Result<Tally> {
    let programs = Programs::build(workspace)?;
    let checks = checks(&programs)?;
    table::show(&checks);
    let proofs = proof::all(&programs, &checks)?;
    table::show(&proofs);
    let mut tally = Tally::default();
    checks.iter().chain(&proofs).for_each(|check| tally += check.tally());
    Ok(tally)
}

/// Every check.
pub(crate) fn checks(programs: &Programs) -> anyhow::Result<Vec<Check>> {
    let goals = [SCALING, COSTS, PEERS].concat();
    let runs = runs(programs, &goals, None)?;
    let distrust = runs.first().and_then(|run| run.distrust.as_deref());
    let mut checks = Vec::new();
    match Valgrind::find() {
        Ok(valgrind) => {
            let kept = instructions::count_kept(&valgrind, programs, None)?;
            checks.extend(judge::instructions(&kept.all, &origin::here(), Baseline::load()?.as_ref(), distrust));
            checks.extend(judge::locked(&kept.locked));
            checks.extend(sharing(&valgrind, programs, SHARING, None)?);
        }
        Err(why) => checks.extend(
            ["instructions", "locked instructions", "shared cache lines"].map(|what| Check::skipped(what, why.clone())),
        ),
    }
    checks.extend(judge::allocations(&programs.allocations(None)?));
    checks.extend(judge::times(&goals, &runs));
    checks.extend(runs.last().map(judge::report).into_iter().flatten());
    Ok(checks)
}

/// Whether these cases write a cache line on two threads.
pub(crate) fn sharing(
    valgrind: &Valgrind,
    programs: &Programs,
    cases: &[&str],
    fault: Option<&str>,
) -> anyhow::Result<Vec<Check>> {
    let checks = cases.iter().map(|case| {
        let shared = sharing::count(valgrind, programs, case, fault)?;
        Ok(Check::new(format!("shared cache lines, {case}"), shared.to_string(), "0".to_owned(), shared == 0))
    });
    checks.collect()
}

/// As many runs as it takes to judge these goals.
pub(crate) fn runs(programs: &Programs, goals: &[TimeGoal], fault: Option<&str>) -> anyhow::Result<Vec<Times>> {
    let mut cases: Vec<&str> = goals.iter().flat_map(|goal| goal.cases()).collect();
    cases.sort_unstable();
    cases.dedup();
    let mut runs = Vec::new();
    while runs.len() < RUNS && !judge::is_settled(goals, &runs) {
        runs.push(programs.times(&cases, fault)?);
    }
    Ok(runs)
}
