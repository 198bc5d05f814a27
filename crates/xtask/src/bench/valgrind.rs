//! Valgrind, which watches what a program executes.

use std::process::{Command, Stdio};

use crate::debian;

const PROGRAM: &str = "valgrind";

#[derive(Debug)]
pub(crate) struct Valgrind(());

impl Valgrind {
    /// Installs it where it is missing. Otherwise says why there is none.
    pub(crate) fn find() -> Result<Self, String> {
        debian::install(PROGRAM, PROGRAM).map(Self)
    }

    /// One of its tools, before its arguments and the program to watch.
    #[expect(clippy::unused_self, reason = "who has none has not found it")]
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg(format!("--tool={name}")).stdin(Stdio::null());
        command
    }
}
