//! The `goodput` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    goodput_cli::main()
}
