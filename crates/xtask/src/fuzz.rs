//! A minute of fuzzing for each reader of text or bytes: nothing that somebody writes may bring one down.

use std::io;
use std::process::{Command, Output, Stdio};
use std::thread;

use anyhow::Context;
use cargo_metadata::Metadata;

use crate::debian;
use crate::tally::Tally;

/// In a workspace of their own: the fuzzer and its build flags are nobody else's.
const SCRIPT: &str = "tests/fuzz/run";
const TARGETS: [&str; 4] = ["read", "openslo", "compile", "state"];
const SECONDS: &str = "60";

/// All at once: each takes one core, and they wait for the same time.
pub(crate) fn run(workspace: &Metadata) -> anyhow::Result<Tally> {
    if let Err(why) = debian::install("c++", "g++") {
        return Ok(Tally::skipped(&format!("fuzzing: {why}")));
    }
    let built = workspace.target_directory.join("fuzz");
    // A thread for each: one whose words nobody takes stands still once the pipe is full.
    let ended: Vec<(&str, io::Result<Output>)> = thread::scope(|scope| {
        let running = TARGETS.map(|target| {
            anstream::println!("    {SCRIPT} {target} {SECONDS}");
            let mut command = Command::new("sh");
            command.args([SCRIPT, target, SECONDS]).env("CARGO_TARGET_DIR", built.as_str());
            (target, scope.spawn(move || command.stdin(Stdio::null()).output()))
        });
        let died = || Err(io::Error::other("the thread that waited for it panicked"));
        running.map(|(target, thread)| (target, thread.join().unwrap_or_else(|_| died()))).into()
    });
    let mut total = Tally::default();
    for (target, output) in ended {
        let output = output.with_context(|| format!("failed to run {SCRIPT} {target}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            let runs = said.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("done");
            anstream::println!("    {target}: {runs}");
            total += Tally::passed();
        } else {
            // What it finds it writes as text among thousands of lines of its own: the last ones are shown.
            let last: Vec<&str> = said.lines().rev().take(40).collect();
            last.iter().rev().for_each(|line| anstream::eprintln!("    {line}"));
            total += Tally::failed(&format!("{SCRIPT} {target} {SECONDS} ({})", output.status));
        }
    }
    Ok(total)
}
