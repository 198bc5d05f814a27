//! Instructions per request, counted by callgrind in one process for each case.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use goodput_bench::interleave::Runner;

use crate::peer::Peer;
use crate::peers;

/// The instructions of one case.
#[derive(Debug)]
pub(super) struct Count {
    /// Per request.
    pub(super) each: f64,
    /// What to know about how it ran. Valgrind's processor is not the real one: where a case ran differently on it, the
    /// count is of something else.
    pub(super) note: Option<String>,
}

const REQUESTS: u64 = 2_000;

/// By case; none without valgrind.
pub(super) fn counted() -> Result<BTreeMap<&'static str, Count>> {
    match Command::new("valgrind").arg("--version").output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("SKIPPED instructions: valgrind is not installed");
            return Ok(BTreeMap::new());
        }
        found => found.context("failed to start valgrind")?,
    };
    // Two at once: counts do not depend on time.
    let (even, odd) = std::thread::scope(|scope| {
        let half = |first: usize| move || peers::ALL.iter().skip(first).step_by(2).map(of).collect::<Result<Vec<_>>>();
        let odd = scope.spawn(half(1));
        (half(0)(), odd.join())
    });
    let odd = odd.map_err(|_| anyhow::anyhow!("counting instructions panicked"))?;
    Ok(even?.into_iter().chain(odd?).collect())
}

fn of(peer: &Peer) -> Result<(&'static str, Count)> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*goodput_peers*measured*"])
        .arg(std::env::current_exe()?)
        .args(["instructions", peer.id, &REQUESTS.to_string()])
        .output()
        .context("failed to start valgrind")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "counting the instructions of {} ended with {}:\n{told}", peer.id, output.status);
    let collected = told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse::<f64>().ok());
    let collected =
        collected.with_context(|| format!("callgrind did not say what it counted of {}:\n{told}", peer.id))?;
    ensure!(collected > 0.0, "callgrind counted nothing of {}: is the program stripped of its symbols?", peer.id);
    let note = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let note = (!note.is_empty()).then_some(note);
    Ok((peer.id, Count { each: collected / REQUESTS as f64, note }))
}

/// What callgrind looks at: one case, built alone and warm.
pub fn run(id: &str, requests: u64) -> Result<()> {
    let counting = peers::find(id)?.build().counting(id);
    let mut runner = counting.case.runner();
    runner(1_000);
    measured(&mut runner, requests);
    let discrepancies = counting.discrepancies();
    ensure!(discrepancies.is_empty(), "{discrepancies:#?}");
    if let Some(note) = counting.ledger.noted() {
        println!("{note}");
    }
    Ok(())
}

/// Callgrind collects inside of this function, which it knows by its name.
#[inline(never)]
fn measured(runner: &mut Runner, requests: u64) {
    runner(requests);
}
