//! `goodput schema`: the JSON Schemas of SLO files and of the answers.

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::form::json;
use crate::{exit, terminal};

/// The JSON Schema of SLO files, for editors, or of an answer, for programs
///
/// For editors that speak to yaml-language-server, write it to a file and let the SLO file begin with
/// "# yaml-language-server: $schema=<that file>".
#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// What it is of
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    of: Of,
}

/// What there is a schema of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Of {
    /// SLO files in goodput's own format
    #[default]
    Slo,
    /// What `validate --output json` answers
    Validate,
    /// What `explain --output json` answers
    Explain,
    /// What `calc --output json` answers
    Calc,
    /// What `plan --output json` answers
    Plan,
    /// What `convert --output json` answers
    Convert,
    /// What `gate --output json` answers, and what it records
    Gate,
    /// What `replay --output json` answers
    Replay,
}

pub(crate) fn run(schema: &Schema) -> Result<u8, Failure> {
    match schema.of {
        Of::Slo => terminal::print(&json(&goodput_spec::schema())?),
        Of::Validate => terminal::print(include_str!("../schemas/validate.json")),
        Of::Explain => terminal::print(include_str!("../schemas/explain.json")),
        Of::Calc => terminal::print(include_str!("../schemas/calc.json")),
        Of::Plan => terminal::print(include_str!("../schemas/plan.json")),
        Of::Convert => terminal::print(include_str!("../schemas/convert.json")),
        Of::Gate => terminal::print(include_str!("../schemas/gate.json")),
        Of::Replay => terminal::print(include_str!("../schemas/replay.json")),
    }?;
    Ok(exit::OK)
}
