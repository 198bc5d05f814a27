//! `goodput validate`: whether files hold, and everything that is wrong with them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use goodput_model::{Period, Slo};
use goodput_spec::{Diagnostic, Diagnostics, Document, Level, Source, lint};
use jiff::tz::TimeZoneDatabase;
use serde::Serialize;

use crate::failure::Failure;
use crate::form::Form;
use crate::terminal::{BAD, GOOD, WARN, styled};
use crate::text::plural;
use crate::{exit, read};

/// Whether files hold, and everything that is wrong with them
///
/// Errors have to change before a file can be used. Warnings are what works and is probably not meant.
#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// SLO files, native or OpenSLO; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Form,
}

#[derive(Debug, Serialize)]
struct Answer {
    schema: &'static str,
    files: Vec<File>,
}

#[derive(Debug, Serialize)]
struct File {
    path: String,
    ok: bool,
    service: Option<String>,
    slos: Option<usize>,
    diagnostics: Vec<Item>,
    /// How many were found beyond those.
    more: usize,
    #[serde(skip)]
    rendered: String,
}

#[derive(Debug, Serialize)]
struct Item {
    level: &'static str,
    code: &'static str,
    message: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: Option<String>,
    slo: Option<String>,
}

pub(crate) fn run(validate: &Validate) -> Result<u8, Failure> {
    if validate.files.iter().filter(|path| read::is_stdin(path)).count() > 1 {
        return Err(Failure::usage("standard input (-) is given twice: it can be read once"));
    }
    let mut services = HashMap::new();
    let files = validate.files.iter().map(|path| file(path, &mut services)).collect();
    let answer = Answer { schema: "goodput/validate/1", files };
    validate.output.print(&answer, human)?;
    let denied = validate.deny_warnings && answer.count("warning") > 0;
    Ok(if denied || answer.files.iter().any(|file| !file.ok) { exit::BAD } else { exit::OK })
}

/// Everything there is to say about one file. `services` are those of the files before.
fn file(path: &Path, services: &mut HashMap<String, String>) -> File {
    let name = read::name(path);
    let source = match read::source(path) {
        Ok(source) => source,
        Err(Failure::Input(message) | Failure::Recording(message) | Failure::Usage(message)) => {
            return unreadable(name, message);
        }
        Err(Failure::Text(diagnostics)) => return checked(name, None, &diagnostics),
    };
    let document = match goodput_spec::read(&source) {
        Ok(document) => document,
        Err(diagnostics) => return checked(name, None, &diagnostics),
    };
    let mut list = document.warnings.clone();
    list.extend(lint::lint(&document).into_iter().filter(|lint| !document.warnings.contains(lint)));
    list.extend(unknown_zone(&document));
    let service = &document.definition.service;
    if let Some(former) = services.get(service) {
        let message = format!("service {service:?} is defined in {former} too: expected every service in one file");
        list.push(Diagnostic::error("duplicate-service", message).at_place(document.places.get("service"), ""));
    } else {
        services.insert(service.clone(), name.clone());
    }
    checked(name, Some((&source, &document)), &Diagnostics::of(&source, list))
}

/// Whether a calendar is that of no place: a service with such a period does not start.
fn unknown_zone(document: &Document) -> Option<Diagnostic> {
    let zone = &document.definition.time_zone;
    let has_calendar = |slo: &Slo| matches!(slo.judged_over(), Period::Calendar(_));
    if !document.definition.slos.iter().any(has_calendar) || TimeZoneDatabase::bundled().get(zone).is_ok() {
        return None;
    }
    let message = format!("time zone {zone:?}: expected a name of the IANA database, such as Europe/Berlin or UTC");
    Some(Diagnostic::error("bad-time-zone", message).at_place(document.places.get("time_zone"), ""))
}

fn unreadable(name: String, message: String) -> File {
    checked(name, None, &Diagnostics::without_source(vec![Diagnostic::error("unreadable", message)]))
}

fn checked(path: String, read: Option<(&Source, &Document)>, found: &Diagnostics) -> File {
    let slo_of = |diagnostic: &Diagnostic| {
        let (_, document) = read?;
        let start = diagnostic.primary()?.span().start();
        let holds = |index: &usize| document.places.slo(*index, "").is_some_and(|place| place.range().contains(&start));
        let index = (0..document.definition.slos.len()).find(holds)?;
        Some(document.definition.slos.get(index)?.name().to_owned())
    };
    let items = found.items().into_iter().zip(found).map(|(item, diagnostic)| Item {
        level: item.level,
        code: item.code,
        message: item.message,
        line: item.start.map(|(line, _)| line),
        column: item.start.map(|(_, column)| column),
        end_line: item.end.map(|(line, _)| line),
        end_column: item.end.map(|(_, column)| column),
        help: item.help,
        slo: slo_of(diagnostic),
    });
    File {
        ok: !found.iter().any(|diagnostic| diagnostic.level() == Level::Error) && read.is_some(),
        service: read.map(|(_, document)| document.definition.service.clone()),
        slos: read.map(|(_, document)| document.definition.slos.len()),
        diagnostics: items.collect(),
        more: found.more(),
        rendered: if found.iter().next().is_some() { found.styled() } else { String::new() },
        path,
    }
}

impl Answer {
    fn count(&self, level: &str) -> usize {
        self.files.iter().map(|file| file.count(level)).sum()
    }
}

impl File {
    fn count(&self, level: &str) -> usize {
        self.diagnostics.iter().filter(|item| item.level == level).count()
    }
}

fn human(answer: &Answer) -> String {
    let mut text = String::new();
    for file in &answer.files {
        if !file.rendered.is_empty() {
            text.push_str(&file.rendered);
            text.push_str("\n\n");
        }
    }
    for file in &answer.files {
        text.push_str(&summary(file));
        text.push('\n');
    }
    text
}

/// `slo.yaml: ok, 3 SLOs of checkout, 1 warning`.
fn summary(file: &File) -> String {
    let (errors, warnings) = (file.count("error") as f64, file.count("warning") as f64);
    let errors = if file.more > 0 { format!("more than {}", plural(errors, "error")) } else { plural(errors, "error") };
    let mut parts = vec![if file.ok { styled(GOOD, "ok") } else { styled(BAD, &errors) }];
    if let (true, Some(slos), Some(service)) = (file.ok, file.slos, &file.service) {
        parts.push(format!("{} of {service}", plural(slos as f64, "SLO")));
    }
    if warnings > 0.0 {
        parts.push(styled(WARN, &plural(warnings, "warning")));
    }
    format!("{}: {}", file.path, parts.join(", "))
}
