//! Allocations per request, counted by a binary of its own: an allocator that counts would cost the others time.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::peers;

const REQUESTS: u64 = 1_000;

/// By case, from the binary that counts.
pub(super) fn counted() -> Result<BTreeMap<String, f64>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["run", "--quiet", "--release", "--locked", "--bin", "goodput-peers-allocations", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .stderr(Stdio::inherit())
        .output()
        .context("failed to start cargo")?;
    ensure!(output.status.success(), "counting allocations ended with {}", output.status);
    serde_json::from_slice(&output.stdout).context("the binary that counts allocations did not say what it found")
}

/// Allocations per request of every case, by what counts the allocations of a closure.
pub fn count(allocations_of: impl Fn(&mut dyn FnMut()) -> u64) -> BTreeMap<&'static str, f64> {
    let each = peers::ALL.iter().map(|peer| {
        let mut runner = peer.build().counting(peer.id).case.runner();
        runner(REQUESTS);
        (peer.id, allocations_of(&mut || runner(REQUESTS)) as f64 / REQUESTS as f64)
    });
    each.collect()
}
