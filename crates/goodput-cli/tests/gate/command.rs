//! The command as pipelines run it.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What it said, and how it exited.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_goodput"));
    command.env("NO_COLOR", "1").env_remove("http_proxy").env_remove("HTTP_PROXY").env_remove("ALL_PROXY");
    command.arg("gate").stdin(Stdio::null());
    command
}

/// Runs `goodput gate` with these arguments.
pub(crate) fn gate(args: &[&str]) -> Said {
    command().args(args).output().unwrap().into()
}
