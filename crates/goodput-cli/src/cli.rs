//! The command line: what may be asked for, and who answers.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{calc, completions, convert, explain, gate, init, plan, replay, schema, terminal, validate};

/// Does what the command line asks for, and says how that went by one of the [exit codes](crate::exit).
pub fn main() -> ExitCode {
    let args: Vec<_> = env::args_os().collect();
    terminal::choose_color(args.iter().map(OsString::as_os_str));
    // Leaves here, by itself, with help or with what is wrong with the arguments: exit code 0 or 2.
    let cli = Cli::parse_from(args);
    let done = match &cli.command {
        Command::Init(args) => init::run(args),
        Command::Validate(args) => validate::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Convert(args) => convert::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Calc(args) => calc::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Gate(args) => gate::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Completions(args) => completions::run(args),
    };
    ExitCode::from(done.unwrap_or_else(|failure| {
        failure.tell();
        failure.code()
    }))
}

/// SLOs as files: write, check, explain and convert them, and do the arithmetic of error budgets
///
/// `--output` chooses whom an answer is for, human or json; for init, which answers with a file, where to write it.
///
/// Exit codes: 0 done, 1 the input is bad (or has warnings with --deny-warnings), 2 the command line is not understood.
/// Those of gate are its own: see goodput gate --help.
#[derive(Debug, Parser)]
#[command(name = "goodput", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// When to use colour: on terminals unless NO_COLOR is set, always, never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", display_order = LAST)]
    color: When,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command stand below its own.
const LAST: usize = 900;

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Validate(validate::Validate),
    Explain(explain::Explain),
    Convert(convert::Convert),
    Schema(schema::Schema),
    Calc(calc::Calc),
    Plan(plan::Plan),
    Gate(gate::Gate),
    Replay(replay::Replay),
    Completions(completions::Completions),
}

/// What `--color` may say; [`terminal::choose_color`] has heard it before this is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum When {
    #[default]
    Auto,
    Always,
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }
}
