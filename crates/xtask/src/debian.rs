//! Programs that a check needs and Debian has: found, or installed where that is easy.

use std::process::{Command, Stdio};

/// Installs `package` unless `program` is there. Otherwise says why there is none.
pub(crate) fn install(program: &str, package: &str) -> Result<(), String> {
    if succeeds(program, &["--version"]) {
        return Ok(());
    }
    let missing = format!("{program} is not installed");
    if !succeeds("apt-get", &["--version"]) {
        return Err(format!("{missing}, and there is no apt-get to install it with"));
    }
    // Whoever is not root has to ask somebody who is, and a check must not wait for an answer.
    if !Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0") {
        return Err(format!("{missing}, and only root can: apt-get install {package}"));
    }
    let install = ["install", "--yes", "--no-install-recommends", package];
    anstream::eprintln!("    apt-get {}", install.join(" "));
    if succeeds("apt-get", &install) || (succeeds("apt-get", &["update"]) && succeeds("apt-get", &install)) {
        Ok(())
    } else {
        Err(format!("{missing}, and apt-get could not install it"))
    }
}

/// Whether it does what it is asked for.
pub(crate) fn succeeds(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("DEBIAN_FRONTEND", "noninteractive").status().is_ok_and(|status| status.success())
}
