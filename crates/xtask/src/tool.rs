//! A tool is a cargo subcommand that may be absent, and what its absence means.

use std::process::Stdio;

use crate::invocation::cargo_program;

pub(crate) struct Tool {
    pub(crate) name: &'static str,
    /// As in `cargo <subcommand>`.
    subcommand: &'static str,
    /// The command that installs it.
    pub(crate) install: &'static str,
    pub(crate) absence: Absence,
}

pub(crate) enum Absence {
    /// The tool comes with rustup: without it the step would promise nothing.
    Fails,
    /// The tool takes minutes to build: a machine may go without.
    Skips,
}

pub(crate) const RUSTFMT: Tool =
    Tool { name: "rustfmt", subcommand: "fmt", install: "rustup component add rustfmt", absence: Absence::Fails };

pub(crate) const CLIPPY: Tool =
    Tool { name: "clippy", subcommand: "clippy", install: "rustup component add clippy", absence: Absence::Fails };

pub(crate) const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    subcommand: "deny",
    install: "cargo install cargo-deny --locked",
    absence: Absence::Skips,
};

impl Tool {
    /// Asks for the version, because rustup leaves a stub in the place of an absent component.
    pub(crate) fn is_installed(&self) -> bool {
        cargo_program()
            .args([self.subcommand, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
