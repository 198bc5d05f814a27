//! `goodput gate`: whether a change may go out, by what running instances or their state files say.

mod answer;
mod fetch;
mod gather;
mod record;
mod source;
mod state;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use goodput_model::{Action, Change, ChangeKind, Decision, Definition, GateCode, ReleaseCost, Risk, Share, Window};

use self::answer::{Answer, Override};
use self::gather::Gathered;
use self::source::Source;
use crate::failure::Failure;
use crate::form::Form;
use crate::{exit, read, terminal};

/// Whether a change may go out: by running instances, or by their state files
///
/// Each SOURCE is the address of an instance's status, such as http://10.0.0.7:9090/slo/status, or the path of a state file. What
/// several instances say is added up exactly; one of many cannot speak for the rest, so say how many there are with --expect-replicas.
/// An instance's address and its state file are the same instance, and counted once. Proxies are those of the environment.
///
/// Exit codes: 0 approve, 1 block, 2 the command line is not understood, 3 no, stale or thin data, 4 review, 5 defer. A block stays one
/// whatever is not known. Rollbacks, security and emergency changes are never held back, and a fix is reviewed at most; the answer says
/// what it would have been.
#[derive(Args, Debug)]
pub(crate) struct Gate {
    /// Addresses of statuses, http or https, and paths of state files
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// What kind of change it is
    #[arg(long, value_name = "KIND", default_value = "feature", value_parser = kinds())]
    change: ChangeKind,
    /// How risky it is
    #[arg(long, value_name = "RISK", default_value = "medium", value_parser = risks())]
    risk: Risk,
    /// How probable it is that the change breaks something, in place of what is usual for the risk
    #[arg(long, value_name = "SHARE", requires = "incident")]
    probability: Option<Share>,
    /// How long a total outage that would be, such as 5m
    #[arg(long, value_name = "WINDOW", requires = "probability")]
    incident: Option<Window>,
    /// How many instances there are; 1 where there is only this one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    expect_replicas: Option<u32>,
    /// What to do where too little is known, in place of exit code 3
    #[arg(long, value_name = "ACTION", value_parser = actions())]
    on_no_data: Option<Action>,
    /// Go ahead whatever the answer is, and say why
    #[arg(long = "override", value_name = "REASON", requires = "by")]
    override_reason: Option<String>,
    /// Who says so
    #[arg(long, value_name = "WHO", requires = "override_reason")]
    by: Option<String>,
    /// A file to which the override is added, as one line of JSON; without the line there is no override
    #[arg(long, value_name = "FILE", requires = "override_reason")]
    record: Option<PathBuf>,
    /// How old what is known may be [default: three ticks of the instance]
    #[arg(long, value_name = "WINDOW")]
    max_age: Option<Window>,
    /// How long to wait for a status, from the first packet to the last
    #[arg(long, value_name = "WINDOW", default_value = "5s")]
    timeout: Window,
    /// Only these SLOs, each by its own --slo
    #[arg(long = "slo", value_name = "NAME")]
    slos: Vec<String>,
    /// The SLO file that state files were written under
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A file that holds the bearer token of the statuses
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Whom the answer is for
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Form,
}

/// More instances than anybody asks one by one.
const MOST_SOURCES: usize = 1_000;

/// Exits by the [codes of a gate](crate::exit), where 1 is a block and nothing else: what went wrong on the way is another one.
pub(crate) fn run(gate: &Gate) -> Result<u8, Failure> {
    decide(gate).or_else(|failure| match failure {
        Failure::Usage(_) => Err(failure),
        // An answer that cannot be printed is none.
        Failure::Input(_) | Failure::Text(_) | Failure::Recording(_) => {
            failure.tell();
            Ok(exit::NO_DATA)
        }
    })
}

fn decide(gate: &Gate) -> Result<u8, Failure> {
    let sources = source::all(&gate.sources)?;
    if sources.len() > MOST_SOURCES {
        return Err(Failure::usage(format!("{} sources: expected at most {MOST_SOURCES}", sources.len())));
    }
    let is_file = |source: &Source| matches!(source, Source::File(_));
    if let (Some(file), None) = (sources.iter().find(|source| is_file(source)), &gate.file) {
        return Err(Failure::usage(format!("{}: {}", file.name(), file.lacks_objectives())));
    }
    let definition = match gate.file.as_deref().map(definition).transpose() {
        Ok(definition) => definition,
        Err(failure) => {
            failure.tell();
            return Ok(exit::USAGE);
        }
    };
    let asked = gather::Asked {
        definition,
        timeout: gate.timeout.duration(),
        max_age: gate.max_age.map(Window::duration),
        expected: gate.expect_replicas,
        slos: &gate.slos,
        token: gate.token_file.as_deref().map(source::token).transpose()?,
    };
    let gathered = gather::gather(&sources, &asked)?;
    let change = Change { kind: gate.change, risk: gate.risk };
    let found = gate.without_data(&gathered, gathered.case.decide_at_cost(change, gate.cost()));
    match (&gate.override_reason, &gate.by) {
        (Some(reason), Some(by)) => overridden(gate, &gathered, &found, reason, by),
        _ => print(gate, &Answer::new(&gathered, &found, None), found.gate()),
    }
}

/// What the SLO file defines.
fn definition(path: &Path) -> Result<Definition, Failure> {
    Ok(goodput_spec::read(&read::source(path)?)?.definition)
}

impl Gate {
    /// What was said of it, or what is usual for its risk.
    fn cost(&self) -> ReleaseCost {
        match (self.probability, self.incident) {
            (Some(chance), Some(incident)) => ReleaseCost::new(chance.ratio(), incident.duration()),
            _ => self.risk.usual_cost(),
        }
    }

    /// What was said to be done without data, unless a source is not what it should be: that is a mistake to be mended, and no lack.
    fn without_data(&self, gathered: &Gathered, decision: Decision) -> Decision {
        match self.on_no_data {
            Some(action) if gathered.is_broken() => {
                terminal::warn(&format!(
                    "--on-no-data {} does not speak for a source that is not what it should be",
                    action.label()
                ));
                decision
            }
            Some(action) => decision.on_no_data(action),
            None => decision,
        }
    }
}

/// Goes ahead all the same, once that is on record.
fn overridden(gate: &Gate, gathered: &Gathered, found: &Decision, reason: &str, by: &str) -> Result<u8, Failure> {
    let decision = found.clone().overridden(reason, by).map_err(|error| Failure::usage(error.to_string()))?;
    let on_record = Override::new(found, reason, by, gate.record.as_deref());
    let answer = Answer::new(gathered, &decision, Some(on_record));
    match gate.record.as_deref().map_or(Ok(()), |path| record::append(path, &answer)) {
        Ok(()) => print(gate, &answer, decision.gate()),
        Err(message) => {
            terminal::complain(&format!("{message}: the override is not on record, and does not hold"));
            print(gate, &Answer::new(gathered, found, None), found.gate())
        }
    }
}

fn print(gate: &Gate, answer: &Answer, code: GateCode) -> Result<u8, Failure> {
    gate.output.print(answer, Answer::human)?;
    Ok(code.code())
}

fn kinds() -> impl TypedValueParser<Value = ChangeKind> {
    PossibleValuesParser::new(ChangeKind::ALL.map(ChangeKind::label))
        .try_map(|label| parsed(ChangeKind::from_label(&label)))
}

fn risks() -> impl TypedValueParser<Value = Risk> {
    PossibleValuesParser::new(Risk::ALL.map(Risk::label)).try_map(|label| parsed(Risk::from_label(&label)))
}

fn actions() -> impl TypedValueParser<Value = Action> {
    PossibleValuesParser::new(Action::ALL.map(Action::label)).try_map(|label| parsed(Action::from_label(&label)))
}

/// Only what is possible comes this far.
fn parsed<T>(value: Option<T>) -> Result<T, &'static str> {
    value.ok_or("expected one of the possible values")
}

/// How far the clocks of two machines may be apart before it is told.
const SKEW: Duration = Duration::from_secs(5);
