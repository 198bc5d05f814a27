//! One invocation of cargo, shown as a person would type it.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context;

use crate::tally::Tally;

/// `cargo` with the arguments of `line`, which are separated by spaces and never contain one.
pub(crate) fn cargo(line: &str) -> Invocation {
    let mut command = cargo_program();
    command.args(line.split_whitespace());
    Invocation { command, shown: format!("cargo {line}") }
}

/// The cargo that runs us, with nothing to read: a question asked in CI must not wait for an answer.
pub(crate) fn cargo_program() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.stdin(Stdio::null());
    command
}

pub(crate) struct Invocation {
    command: Command,
    shown: String,
}

impl Invocation {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}='{value}' {}", self.shown);
        self
    }

    /// Passes or fails with the exit status.
    pub(crate) fn run(mut self) -> anyhow::Result<Tally> {
        let mut child = self.start()?;
        Ok(self.judge(child.wait()?))
    }

    /// As [`run`](Self::run), and hands each line of standard output to `hear`, after showing it.
    pub(crate) fn run_hearing_stdout(mut self, hear: impl FnMut(&str)) -> anyhow::Result<Tally> {
        self.command.stdout(Stdio::piped());
        let mut child = self.start()?;
        relay(child.stdout.take(), |line| anstream::println!("{line}"), hear)?;
        Ok(self.judge(child.wait()?))
    }

    /// As [`run`](Self::run), and hands each line of standard error to `hear`, after showing it.
    pub(crate) fn run_hearing_stderr(mut self, hear: impl FnMut(&str)) -> anyhow::Result<Tally> {
        self.command.stderr(Stdio::piped());
        let mut child = self.start()?;
        relay(child.stderr.take(), |line| anstream::eprintln!("{line}"), hear)?;
        Ok(self.judge(child.wait()?))
    }

    fn start(&mut self) -> anyhow::Result<Child> {
        anstream::println!("    {}", self.shown);
        self.command.spawn().with_context(|| format!("failed to start `{}`", self.shown))
    }

    fn judge(&self, status: ExitStatus) -> Tally {
        if status.success() { Tally::passed() } else { Tally::failed(&format!("{} ({status})", self.shown)) }
    }
}

/// Lines may hold any bytes: what is not UTF-8 is shown as replacement characters.
fn relay(pipe: Option<impl Read>, show: impl Fn(&str), mut hear: impl FnMut(&str)) -> anyhow::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    for line in BufReader::new(pipe).split(b'\n') {
        let line = line.context("failed to read what cargo says")?;
        let line = String::from_utf8_lossy(&line);
        show(&line);
        hear(&line);
    }
    Ok(())
}
