//! Reads where an SLO judges differently from the defaults.

use goodput_model::{CancelPolicy, GrpcRule, JudgedAt, Slo, StatusMeaning};

use super::fields::{At, Fields};
use super::reader::Reader;
use crate::codes::{self, Code};
use crate::source::shortened;
use crate::{Diagnostic, duration, keys};

/// What is said of classification. What is not said is empty or `None`.
#[derive(Clone, Debug, Default)]
pub(super) struct Classification {
    /// Of several meanings of a code the last counts.
    codes: Vec<(Code, StatusMeaning)>,
    client_gone: Option<CancelPolicy>,
    judged_at: Option<JudgedAt>,
    streams_judged_at: Option<JudgedAt>,
}

/// The longest list of codes.
const MAX_CODES: usize = 100;
const POINTS: [(JudgedAt, &str); 2] = [(JudgedAt::Head, "head"), (JudgedAt::End, "end")];

impl Classification {
    pub(super) fn read(reader: &mut Reader, at: &At<'_, '_>) -> Self {
        let Some(fields) = reader.fields(at.node, &at.path, &keys::CLASSIFICATION) else {
            return Self::default();
        };
        let mut point = |name| Some(fields.get(name).and_then(|at| reader.word(&at, &POINTS, |(_, word)| word))?.0);
        let (judged_at, streams_judged_at) = (point("judged_at"), point("streams_judged_at"));
        Self {
            codes: meanings(reader, &fields),
            client_gone: fields.get("client_gone").and_then(|at| client_gone(reader, &at)),
            judged_at,
            streams_judged_at,
        }
    }

    /// The defaults with what is said here on top.
    pub(super) fn over(self, defaults: &Self) -> Self {
        Self {
            codes: defaults.codes.iter().copied().chain(self.codes).collect(),
            client_gone: self.client_gone.or(defaults.client_gone),
            judged_at: self.judged_at.or(defaults.judged_at),
            streams_judged_at: self.streams_judged_at.or(defaults.streams_judged_at),
        }
    }

    pub(super) fn apply(&self, mut slo: Slo) -> Slo {
        for &(code, meaning) in &self.codes {
            slo = match (code, meaning) {
                (Code::Status(status), StatusMeaning::Success) => slo.good_statuses([status]),
                (Code::Status(status), StatusMeaning::Failure) => slo.bad_statuses([status]),
                (Code::Status(status), StatusMeaning::Excluded) => slo.excluded_statuses([status]),
                (Code::Grpc(code), StatusMeaning::Success) => slo.good_grpc_codes([code]),
                (Code::Grpc(code), StatusMeaning::Failure) => slo.bad_grpc_codes([code]),
                (Code::Grpc(code), StatusMeaning::Excluded) => slo.excluded_grpc_codes([code]),
            };
        }
        if let Some(policy) = self.client_gone {
            slo = slo.cancel(policy);
        }
        // A point that is the default anyway is not worth naming: two files that mean the same are the same.
        if let Some(point) = self.judged_at.filter(|point| *point != slo.decision_point()) {
            slo = slo.judged_at(point);
        }
        match self.streams_judged_at {
            Some(JudgedAt::End) if slo.decision_point() == JudgedAt::End => slo.streams_judged_at(JudgedAt::End),
            _ => slo,
        }
    }
}

/// The codes of all three lists.
fn meanings(reader: &mut Reader, fields: &Fields<'_, '_>) -> Vec<(Code, StatusMeaning)> {
    let lists =
        [("good", StatusMeaning::Success), ("bad", StatusMeaning::Failure), ("excluded", StatusMeaning::Excluded)];
    let mut known = std::collections::HashMap::new();
    let mut codes = Vec::new();
    for (name, meaning) in lists {
        let Some(at) = fields.get(name) else {
            continue;
        };
        let items = reader.list(&at);
        reader.check_length(items.len(), MAX_CODES, at.node.span);
        for at in items.iter().take(MAX_CODES) {
            let Some(code) = code(reader, at) else {
                continue;
            };
            codes.push((code, meaning));
            if let Some((before, _)) =
                known.insert(code, (at.node.span, meaning)).filter(|(_, other)| *other != meaning)
            {
                reader.findings.add(|| {
                    let message = format!("{} has two meanings: expected one", codes::print(code));
                    Diagnostic::error("two-meanings", message).at(at.node.span, "").also(before, "the other")
                });
            }
        }
    }
    codes
}

fn code(reader: &mut Reader, at: &At<'_, '_>) -> Option<Code> {
    let text = reader.text(at)?;
    let code = codes::parse(text);
    if code.is_none() {
        reader.findings.add(|| {
            let message = format!(
                "{:?}: expected a status from 100 to 999 or a gRPC code such as NOT_FOUND",
                shortened(text, 40)
            );
            let diagnostic = Diagnostic::error("unknown-code", message).at(at.node.span, "");
            let upper = shortened(text, 40).to_uppercase();
            let is_near = |name: &&&str| name.len() > 4 && strsim::osa_distance(name, &upper) <= 2;
            match GrpcRule::NAMES.iter().find(is_near) {
                Some(name) => diagnostic.help(format!("did you mean {name}?")),
                None => diagnostic,
            }
        });
    }
    code
}

fn client_gone(reader: &mut Reader, at: &At<'_, '_>) -> Option<CancelPolicy> {
    const WORDS: [(CancelPolicy, &str); 3] =
        [(CancelPolicy::Exclude, "exclude"), (CancelPolicy::Bad, "bad"), (CancelPolicy::Good, "good")];
    if at.node.as_text().is_some() {
        return Some(reader.word(at, &WORDS, |(_, word)| word)?.0);
    }
    if at.node.as_map().is_none() {
        reader.wrong_shape(at.node, at.kind);
        return None;
    }
    let fields = reader.fields(at.node, &at.path, &keys::CLIENT_GONE)?;
    fields.get("bad_after").and_then(|at| reader.value(&at, duration::parse)).map(CancelPolicy::BadIfOlder)
}
