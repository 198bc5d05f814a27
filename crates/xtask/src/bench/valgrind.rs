//! Valgrind, which watches what a program executes: found, or installed where that is easy.

use std::process::{Command, Stdio};

#[derive(Debug)]
pub(crate) struct Valgrind {
    program: &'static str,
}

impl Valgrind {
    /// Installs it where it is missing. Otherwise says why there is none.
    pub(crate) fn find() -> Result<Self, String> {
        let found = Self { program: "valgrind" };
        if succeeds(found.program, &["--version"]) {
            return Ok(found);
        }
        let missing = "valgrind is not installed";
        if !succeeds("apt-get", &["--version"]) {
            return Err(format!("{missing}, and there is no apt-get to install it with"));
        }
        // Whoever is not root has to ask somebody who is, and a check must not wait for an answer.
        if !Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
            return Err(format!("{missing}, and only root can: apt-get install valgrind"));
        }
        let install = ["install", "--yes", "--no-install-recommends", "valgrind"];
        anstream::eprintln!("    apt-get {}", install.join(" "));
        if succeeds("apt-get", &install) || (succeeds("apt-get", &["update"]) && succeeds("apt-get", &install)) {
            Ok(found)
        } else {
            Err(format!("{missing}, and apt-get could not install it"))
        }
    }

    /// One of its tools, before its arguments and the program to watch.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.program);
        command.arg(format!("--tool={name}")).stdin(Stdio::null());
        command
    }
}

fn succeeds(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("DEBIAN_FRONTEND", "noninteractive").status().is_ok_and(|status| status.success())
}
