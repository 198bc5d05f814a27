//! The answer of the gate: the decision, what it was made on, and who overrode it.

use std::path::Path;
use std::time::SystemTime;

use goodput_model::{Decision, GateCode};
use goodput_status::DecisionDocument;
use serde::Serialize;

use super::gather::{Gathered, Heard};
use crate::read::shown;
use crate::terminal::{BAD, GOOD, WARN, styled};

#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    schema: &'static str,
    /// Milliseconds since 1970.
    at_unix_ms: u64,
    exit_code: u8,
    decision: DecisionDocument,
    r#override: Option<Override>,
    sources: Vec<Told>,
    #[serde(skip)]
    human: String,
}

/// Who goes ahead all the same.
#[derive(Debug, Serialize)]
pub(crate) struct Override {
    reason: String,
    by: String,
    would_have_been: &'static str,
    would_have_exited: u8,
    record: Option<String>,
}

impl Override {
    pub(crate) fn new(found: &Decision, reason: &str, by: &str, record: Option<&Path>) -> Self {
        Self {
            reason: reason.to_owned(),
            by: by.to_owned(),
            would_have_been: found.gate().label(),
            would_have_exited: found.gate().code(),
            record: record.map(shown),
        }
    }
}

/// What became of one source.
#[derive(Debug, Serialize)]
struct Told {
    source: String,
    kind: &'static str,
    service: Option<String>,
    instance: Option<String>,
    problem: Option<Problem>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Problem {
    code: &'static str,
    message: String,
}

impl Answer {
    pub(crate) fn new(gathered: &Gathered, decision: &Decision, on_record: Option<Override>) -> Self {
        let since = gathered.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            schema: "goodput/gate/1",
            at_unix_ms: since.as_millis().try_into().unwrap_or(u64::MAX),
            exit_code: decision.gate().code(),
            decision: DecisionDocument::new(&gathered.case.service, decision),
            human: human(gathered, decision, on_record.as_ref()),
            r#override: on_record,
            sources: gathered.heard.iter().map(told).collect(),
        }
    }

    pub(crate) fn human(&self) -> String {
        self.human.clone()
    }
}

fn told(heard: &Heard) -> Told {
    Told {
        source: heard.source.clone(),
        kind: if heard.is_file { "file" } else { "url" },
        service: heard.service.clone(),
        instance: heard.instance.clone(),
        problem: heard.trouble.as_ref().map(|trouble| Problem { code: trouble.code(), message: trouble.to_string() }),
        notes: heard.notes.clone(),
    }
}

/// The decision as it prints, then what went wrong with sources and what to know of them.
fn human(gathered: &Gathered, decision: &Decision, on_record: Option<&Override>) -> String {
    let printed = decision.to_string();
    let (first, rest) = printed.split_once('\n').unwrap_or((&printed, ""));
    let (verdict, about) = first.split_once(':').unwrap_or((first, ""));
    let code = decision.gate();
    let style = match code.code() {
        0 => GOOD,
        1 => BAD,
        _ => WARN,
    };
    // The first line says what the exit code does.
    let mut text = if code == GateCode::NoData {
        format!("{}:{about} (by what is known: {verdict})\n", styled(style, "no data"))
    } else {
        format!("{}:{about}\n", styled(style, verdict))
    };
    text.push_str(rest.trim_end());
    text.push('\n');
    let mut say = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    for heard in &gathered.heard {
        if let Some(trouble) = &heard.trouble {
            say(format!("{} {} {trouble}", styled(BAD, "missing:"), heard.source));
        }
        heard.notes.iter().for_each(|note| say(format!("{} {}: {note}", styled(WARN, "note:"), heard.source)));
    }
    if let Some(on_record) = on_record {
        let place = on_record.record.as_deref().unwrap_or("nowhere but here");
        say(format!(
            "override: would have exited with {} ({}); on record in {place}",
            on_record.would_have_exited, on_record.would_have_been
        ));
    }
    say(format!("exit code {}: {}", code.code(), code.label()));
    text
}
