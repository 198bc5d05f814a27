//! Other crates are compared in a package of their own: what they depend on is nothing for ours to carry.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use cargo_metadata::Metadata;

use crate::invocation::{cargo, cargo_program};
use crate::libtest;
use crate::tally::Tally;

/// From the root of the workspace.
const MANIFEST: &str = "benches/peers/Cargo.toml";

/// Its own tests: that it is formatted, still builds, and that every peer counts what it is sent.
pub(crate) fn test(workspace: &Metadata) -> anyhow::Result<Tally> {
    let target = workspace.target_directory.join("peers");
    let mut tally = cargo(&format!("fmt --manifest-path {MANIFEST} -- --check")).run()?;
    let tests = cargo(&format!("test --manifest-path {MANIFEST} --locked")).env("CARGO_TARGET_DIR", target.as_str());
    tally += libtest::run(tests)?;
    Ok(tally)
}

/// Runs it, with a word that says what to compare.
pub(crate) fn run(workspace: &Metadata, word: &str) -> anyhow::Result<ExitCode> {
    if !Path::new(MANIFEST).exists() {
        anstream::eprintln!("{MANIFEST} is not here: nothing to compare with");
        return Ok(ExitCode::FAILURE);
    }
    let target = workspace.target_directory.join("peers");
    let line = ["run", "--release", "--manifest-path", MANIFEST, "--target-dir", target.as_str(), "--", word];
    anstream::eprintln!("    cargo {}", line.join(" "));
    let status = cargo_program().args(line).status().context("failed to start cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
