//! One process that runs every case in turn, and what it tells the process that started it.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use goodput_bench::interleave::{Case, Plan, interleave};
use goodput_bench::stats::median;
use serde::{Deserialize, Serialize};

use crate::peer::Counting;
use crate::peers;
use crate::processor::Use;

/// What one process found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Run {
    /// Nanoseconds for one request by round, by case and number of threads.
    series: BTreeMap<String, BTreeMap<usize, Vec<f64>>>,
    /// What to know about how cases ran.
    pub notes: BTreeMap<String, String>,
    /// What peers lost that are known to lose some.
    pub losses: Vec<String>,
    /// The share of the processors that others used meanwhile.
    pub foreign: f64,
    /// Counts that are not what was sent.
    pub discrepancies: Vec<String>,
}

impl Run {
    /// Adds what a case took on some number of threads.
    pub(super) fn insert(&mut self, case: &str, threads: usize, nanos: Vec<f64>) {
        self.series.entry(case.to_owned()).or_default().insert(threads, nanos);
    }

    /// The numbers of threads.
    pub fn threads(&self) -> Vec<usize> {
        self.series.values().next().map(|by_threads| by_threads.keys().copied().collect()).unwrap_or_default()
    }

    /// By round; none of a case that did not run.
    pub fn nanos(&self, case: &str, threads: usize) -> &[f64] {
        self.series.get(case).and_then(|by_threads| by_threads.get(&threads)).map_or(&[], Vec::as_slice)
    }

    /// The difference to another case in the same round, by round.
    pub fn over(&self, case: &str, other: &str, threads: usize) -> Vec<f64> {
        let pairs = self.nanos(case, threads).iter().zip(self.nanos(other, threads));
        pairs.map(|(nanos, other)| nanos - other).collect()
    }

    /// Its median.
    pub fn median_over(&self, case: &str, other: &str, threads: usize) -> f64 {
        median(&self.over(case, other, threads))
    }
}

/// Code lies elsewhere in memory in every process: what depends on that is left out by taking several.
pub(super) fn in_a_process_of_its_own(rounds: usize) -> Result<Run> {
    let program = std::env::current_exe()?;
    let output = Command::new(program)
        .args(["run", "--rounds", &rounds.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start a run")?;
    ensure!(output.status.success(), "a run ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("a run did not say what it found")
}

/// Runs every case in turn in this process.
pub fn run_here(rounds: usize) -> Result<Run> {
    let mut ledgers = Vec::new();
    let mut cases: Vec<Case> = Vec::new();
    for peer in peers::ALL {
        let Counting { case, ledger, sent } = peer.build().counting(peer.id);
        cases.push(case);
        ledgers.push((peer.id, ledger, sent));
    }
    let before = Use::now(None)?;
    let all_series = interleave(&cases, Plan { rounds, ..Plan::standard() });
    let mut run = Run { foreign: Use::now(None)?.foreign_since(before), ..Run::default() };
    for series in all_series {
        run.insert(&series.case, series.threads, series.nanos);
    }
    for (id, ledger, sent) in ledgers {
        run.notes.extend(ledger.noted().map(|note| (id.to_owned(), note)));
        let sent = sent.load(std::sync::atomic::Ordering::Relaxed);
        run.losses.extend(ledger.lost(sent).map(|lost| format!("{id} {lost}")));
        let discrepancies = ledger.discrepancies(sent);
        run.discrepancies.extend(discrepancies.into_iter().map(|discrepancy| format!("{id}: {discrepancy}")));
    }
    Ok(run)
}
