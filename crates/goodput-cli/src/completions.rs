//! `goodput completions`: what a shell needs to complete the command line.

use std::io::Cursor;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::{exit, terminal};

/// What a shell needs to complete the command line
///
/// For bash: goodput completions bash > ~/.local/share/bash-completion/completions/goodput
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(completions: &Completions) -> Result<u8, Failure> {
    // Into memory first: the generator panics where it cannot write, and a closed pipe is nothing unusual.
    let mut script = Cursor::new(Vec::new());
    generate(completions.shell, &mut Cli::command(), "goodput", &mut script);
    terminal::print(&String::from_utf8_lossy(script.get_ref()))?;
    Ok(exit::OK)
}
