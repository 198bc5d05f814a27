//! Other crates are compared in a package of their own: what they depend on is nothing for ours to carry.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use cargo_metadata::Metadata;

use crate::invocation::cargo_program;

/// From the root of the workspace.
const MANIFEST: &str = "benches/peers/Cargo.toml";

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
