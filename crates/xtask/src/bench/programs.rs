//! The programs that measure: built once as a release, and asked for figures.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use cargo_metadata::Metadata;
use cargo_metadata::camino::Utf8PathBuf;
use serde::de::DeserializeOwned;

use super::figures::{Allocations, Described, Times};
use crate::invocation::cargo_program;

#[derive(Debug)]
pub(crate) struct Programs {
    folder: Utf8PathBuf,
}

impl Programs {
    /// Always all at once and with the same features: what is built otherwise may be laid out otherwise.
    pub(crate) fn build(workspace: &Metadata) -> anyhow::Result<Self> {
        let line = ["build", "--release", "--package", "goodput-bench", "--features", "allocations"];
        // Standard output is for figures.
        anstream::eprintln!("    cargo {}", line.join(" "));
        let target = &workspace.target_directory;
        let status = cargo_program()
            .args(line)
            .args(["--target-dir", target.as_str()])
            .stdout(Stdio::null())
            .status()
            .context("failed to start cargo")?;
        if !status.success() {
            bail!("goodput-bench does not build ({status})");
        }
        Ok(Self { folder: target.join("release") })
    }

    /// Every case there is.
    pub(crate) fn cases(&self) -> anyhow::Result<Vec<Described>> {
        ask(self.program(None).arg("cases"))
    }

    /// The times of these cases, or of all if none is named.
    pub(crate) fn times(&self, cases: &[&str], fault: Option<&str>) -> anyhow::Result<Times> {
        // Beside a build, two threads have both cores for a third of a millisecond more often than for a whole one.
        ask(self.program(fault).args(["times", "--rounds", "41", "--batch", "300"]).args(cases))
    }

    /// Allocations of every case and of every way in which requests end.
    pub(crate) fn allocations(&self, fault: Option<&str>) -> anyhow::Result<Allocations> {
        ask(Command::new(self.path("goodput-allocations")).args(fault))
    }

    /// The path and the arguments of a run of one case that does nothing but be watched.
    pub(crate) fn watched(&self, what: &str, case: &str, times: u32, fault: Option<&str>) -> Vec<String> {
        let program = self.program(fault);
        let before = [program.get_program()].into_iter().chain(program.get_args());
        let mut line: Vec<String> = before.map(|word| word.to_string_lossy().into_owned()).collect();
        line.extend([what, case].map(str::to_owned));
        line.push(times.to_string());
        line
    }

    /// What measures, with a fault or without.
    fn program(&self, fault: Option<&str>) -> Command {
        let mut program = Command::new(self.path(if fault.is_some() { "goodput-planted" } else { "goodput-bench" }));
        program.args(fault);
        program
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

fn ask<T: DeserializeOwned>(program: &mut Command) -> anyhow::Result<T> {
    let answer = program.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let answer = answer.with_context(|| format!("failed to start {program:?}"))?;
    if !answer.status.success() {
        bail!("{program:?} failed ({})", answer.status);
    }
    serde_json::from_slice(&answer.stdout).with_context(|| format!("failed to read what {program:?} says"))
}
