//! `goodput init`: an SLO file to begin with.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use goodput_model::Tier;
use goodput_spec::{Source, Template, read, template};

use crate::failure::Failure;
use crate::write::{self, Existing};
use crate::{exit, read as input, terminal};

/// An SLO file to begin with, in which every choice is written out
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// What kind of service it is for
    #[arg(long, value_enum, default_value_t)]
    template: Kind,
    /// How good it has to be
    #[arg(long, value_enum, default_value_t)]
    tier: Level,
    /// The service's name
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Where to write it, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it is there already
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A service that answers HTTP requests
    #[default]
    Api,
    /// A worker that turns records into data
    Pipeline,
    /// A service that answers gRPC calls
    Grpc,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Level {
    /// 99.95 %: money or safety depends on every request
    Critical,
    /// 99.9 %: users cannot work without it
    Essential,
    /// 99.5 %: what most services are
    #[default]
    Standard,
    /// 99 %: nice to have
    BestEffort,
}

pub(crate) fn run(init: &Init) -> Result<u8, Failure> {
    let kind = match init.template {
        Kind::Api => Template::Api,
        Kind::Pipeline => Template::Pipeline,
        Kind::Grpc => Template::Grpc,
    };
    let tier = match init.tier {
        Level::Critical => Tier::Critical,
        Level::Essential => Tier::Essential,
        Level::Standard => Tier::Standard,
        Level::BestEffort => Tier::BestEffort,
    };
    let text = match &init.service {
        Some(name) => named(&template(kind, tier), name)?,
        None => template(kind, tier),
    };
    match init.output.as_deref().filter(|path| !input::is_stdin(path)) {
        None => terminal::print(&text)?,
        Some(path) => {
            write::file(path, &text, if init.force { Existing::Replace } else { Existing::Keep })?;
            terminal::say(&next(path));
        }
    }
    Ok(exit::OK)
}

fn next(path: &Path) -> String {
    let path = input::shown(path);
    format!(
        "wrote {path}\n\
         next: name your routes in it, and change what is not so;\n\
         then  goodput validate {path}   says whether it holds,\n\
         and   goodput explain {path}    what it means, in numbers"
    )
}

/// What some version of YAML takes for something else than a text.
const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

/// The template for a service of this name, if that is one.
fn named(text: &str, name: &str) -> Result<String, Failure> {
    // A name such as `no` or `1` is a text for every reader of YAML only in quotes.
    let written =
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !WORDS.contains(&&*name.to_ascii_lowercase()) {
            name.to_owned()
        } else {
            format!("{name:?}")
        };
    let line = |line: &str| match line.strip_prefix("service:") {
        // What the template says beside its own name holds for any.
        Some(rest) => match rest.find(" #") {
            Some(comment) => format!("service: {written}{}\n", rest.get(comment..).unwrap_or_default()),
            None => format!("service: {written}\n"),
        },
        None => format!("{line}\n"),
    };
    let text: String = text.lines().map(line).collect();
    let read = read(&Source::new("--service", text.as_str()));
    match read {
        Ok(document) if document.definition.service == name => Ok(text),
        _ => Err(Failure::usage(format!(
            "--service {name:?}: expected 1 to {} bytes of letters, digits and - _ . :",
            goodput_model::Definition::MAX_NAME
        ))),
    }
}
