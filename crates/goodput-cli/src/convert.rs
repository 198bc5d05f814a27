//! `goodput convert`: a definition in the other format, or in the canonical form of its own.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use goodput_spec::{Diagnostics, Source, openslo};
use serde::Serialize;

use crate::failure::Failure;
use crate::form::Form;
use crate::read::FileArg;
use crate::write::{self, Existing};
use crate::{exit, read, terminal};

/// A file in the other format, or in the canonical form of its own
///
/// Without --to it goes to standard output. What the other format has no word for is left out, and said on standard error.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    #[command(flatten)]
    input: FileArg,
    /// What the file is written in
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    from: From,
    /// What to write
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    into: Into,
    /// Where to write it, instead of to standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Replace the file if it is there already
    #[arg(long, requires = "to")]
    force: bool,
    /// Fail, and write nothing, if anything would be left out
    #[arg(long)]
    deny_warnings: bool,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Form,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum From {
    /// As its first document says
    #[default]
    Auto,
    /// goodput's own format
    Native,
    /// OpenSLO v1
    Openslo,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Into {
    /// goodput's own format
    #[default]
    Native,
    /// OpenSLO v1
    Openslo,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    from: Into,
    into: Into,
    /// Everything that is not in the text any more.
    left_out: Vec<String>,
    /// Where the text is; `None` when it is here.
    written_to: Option<String>,
    text: Option<String>,
}

pub(crate) fn run(convert: &Convert) -> Result<u8, Failure> {
    let source = read::source(&convert.input.file)?;
    let from = format_of(&source);
    let expected = match (convert.from, from) {
        (From::Native, Into::Openslo) => Some("is an OpenSLO file: expected goodput's own format, or --from openslo"),
        (From::Openslo, Into::Native) => Some("is no OpenSLO file: expected an apiVersion such as openslo/v1"),
        _ => None,
    };
    if let Some(expected) = expected {
        return Err(Failure::input(format!("{}: {expected}", source.name())));
    }
    let document = goodput_spec::read(&source)?;
    let mut left_out: Vec<String> = document.warnings.iter().map(|warning| warning.message().to_owned()).collect();
    if !document.warnings.is_empty() {
        terminal::say(&Diagnostics::of(&source, document.warnings).styled());
    }
    let text = match convert.into {
        Into::Native => goodput_spec::print(&document.definition),
        Into::Openslo => {
            let printed = openslo::print(&document.definition);
            printed.left_out.iter().for_each(|what| terminal::warn(&format!("left out: {what}")));
            left_out.extend(printed.left_out);
            printed.text
        }
    };
    if convert.deny_warnings && !left_out.is_empty() {
        return Err(Failure::input("warnings are denied: nothing was written"));
    }
    let path = convert.to.as_deref().filter(|path| !read::is_stdin(path));
    if let Some(path) = path {
        write::file(path, &text, if convert.force { Existing::Replace } else { Existing::Keep })?;
    }
    let answer = Answer {
        schema: "goodput/convert/1",
        from,
        into: convert.into,
        left_out,
        written_to: path.map(|path| path.display().to_string()),
        text: path.is_none().then_some(text),
    };
    match (convert.output, path) {
        (Form::Human, Some(path)) => terminal::say(&format!("wrote {}", read::shown(path))),
        (form, _) => form.print(&answer, |answer| answer.text.clone().unwrap_or_default())?,
    }
    Ok(exit::OK)
}

/// What the file is written in, as its reader tells them apart: by what comes after the first `apiVersion`.
fn format_of(source: &Source) -> Into {
    let version =
        source.text().split_once("apiVersion").map(|(_, rest)| rest.trim_start_matches(['"', '\'', ':', ' ']));
    if version.is_some_and(|version| version.starts_with("openslo")) { Into::Openslo } else { Into::Native }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_version() {
        for (text, format) in [
            ("version: 1\n", Into::Native),
            ("apiVersion: openslo/v1\n", Into::Openslo),
            ("# SLOs\n---\napiVersion: \"openslo/v1\"\n", Into::Openslo),
            ("{\"apiVersion\": \"openslo/v1\"}", Into::Openslo),
            ("apiVersion: v1\n", Into::Native),
            ("", Into::Native),
        ] {
            assert_eq!(format_of(&Source::new("test", text)), format, "{text}");
        }
    }
}
