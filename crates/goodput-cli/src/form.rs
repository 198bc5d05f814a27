//! The two forms of an answer: for people, and for programs.

use clap::ValueEnum;
use serde::Serialize;

use crate::failure::Failure;
use crate::terminal;

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people: sentences and tables
    #[default]
    #[value(alias = "text")]
    Human,
    /// For programs: JSON, as `goodput schema --of <command>` describes it
    Json,
}

impl Form {
    /// Prints the answer in this form. People's ends its own lines.
    pub(crate) fn print<A: Serialize>(self, answer: &A, human: impl FnOnce(&A) -> String) -> Result<(), Failure> {
        match self {
            Self::Human => terminal::print(&human(answer)),
            Self::Json => terminal::print(&json(answer)?),
        }
    }
}

/// Indented, with an end of line. Only a map with keys that are no text fails, and no answer has one.
pub(crate) fn json(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(answer)
        .map(|text| text + "\n")
        .map_err(|error| Failure::input(format!("the answer is no JSON: {error}")))
}
