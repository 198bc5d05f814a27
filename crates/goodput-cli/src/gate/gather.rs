//! Asks every source, and adds up what the instances say: each once, all of one service, and as old as they are.

use std::thread;
use std::time::{Duration, SystemTime};

use goodput_core::{BudgetBands, Case, Freshness, Roughly, Timeline};
use goodput_status::StatusDocument;

use super::fetch::{self, Fetched};
use super::source::Source;
use super::trouble::Trouble;
use super::{SKEW, state};
use crate::failure::Failure;
use crate::read::remark;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// How long one source may take.
    pub(crate) timeout: Duration,
    /// How old what is known may be; three ticks of the instance where nobody said.
    pub(crate) max_age: Option<Duration>,
    /// How many instances there are.
    pub(crate) expected: Option<u32>,
    /// The SLOs that matter; all of them if it is empty.
    pub(crate) slos: &'a [String],
    /// The token that statuses ask for.
    pub(crate) token: Option<String>,
    /// The definition that state files were written under.
    pub(crate) definition: Option<goodput_model::Definition>,
}

/// What all sources together say.
#[derive(Debug)]
pub(crate) struct Gathered {
    /// What the decision is made on: of the instances that could be heard.
    pub(crate) case: Case,
    /// Every source, in the order of the command line.
    pub(crate) heard: Vec<Heard>,
    /// When it was gathered.
    pub(crate) at: SystemTime,
}

/// What became of one source.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) source: String,
    /// Whether it is a state file.
    pub(crate) is_file: bool,
    pub(crate) service: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) trouble: Option<Trouble>,
    /// What to know before trusting it.
    pub(crate) notes: Vec<String>,
}

/// What one source says.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) case: Case,
    /// The name that an instance has for as long as it lives, and its state files have too.
    pub(super) instance: String,
    pub(super) notes: Vec<String>,
}

impl Gathered {
    /// Whether some source is not what it should be.
    pub(crate) fn is_broken(&self) -> bool {
        self.heard.iter().filter_map(|heard| heard.trouble.as_ref()).any(Trouble::is_mistake)
    }
}

/// So many sources are asked at a time, each of which may take as much memory as the longest status.
const AT_A_TIME: usize = 8;

/// Asks every source, which takes at most the timeout for each eight of them.
pub(crate) fn gather(sources: &[Source], asked: &Asked<'_>) -> Result<Gathered, Failure> {
    let clock = Timeline::system();
    let mut said = Vec::new();
    for some in sources.chunks(AT_A_TIME) {
        said.extend(thread::scope(|scope| {
            let threads: Vec<_> = some.iter().map(|source| scope.spawn(|| ask(source, asked, &clock))).collect();
            let panicked = || Err(Trouble::Unreachable("could not be asked".to_owned()));
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked())).collect::<Vec<_>>()
        }));
    }
    let (mut merged, mut heard) = (None, Vec::new());
    for (source, said) in sources.iter().zip(said) {
        let one = take_in(source, said, &mut merged, &heard);
        heard.push(one);
    }
    let lacks = heard.iter().any(|heard| heard.trouble.is_some());
    let case = only_asked_for(merged.unwrap_or_else(nobody), asked.slos)?;
    let case = expecting(case, sources.len(), lacks, asked.expected)?;
    Ok(Gathered { case, heard, at: clock.wall_at(clock.now()) })
}

/// Adds what one source says to what those before it said, if it can be added.
fn take_in(source: &Source, said: Result<Said, Trouble>, merged: &mut Option<Case>, before: &[Heard]) -> Heard {
    let is_file = matches!(source, Source::File(_));
    let (source, notes) = (source.name(), Vec::new());
    let mut heard = Heard { source, is_file, service: None, instance: None, trouble: None, notes };
    let said = match said {
        Ok(said) => said,
        Err(trouble) => return Heard { trouble: Some(trouble), ..heard },
    };
    heard.service = Some(said.case.service.clone());
    heard.instance = Some(remark(&said.instance));
    heard.notes = said.notes;
    let is_same = |other: &&Heard| other.instance == heard.instance;
    if let Some(other) = before.iter().find(is_same) {
        return Heard { trouble: Some(Trouble::SameInstance { other: other.source.clone() }), ..heard };
    }
    *merged = Some(match merged.take() {
        None => said.case,
        Some(others) => match others.clone().merge(said.case) {
            Ok(all) => all,
            Err(error) => {
                heard.trouble = Some(Trouble::Different(error.to_string()));
                others
            }
        },
    });
    heard
}

/// What is known where nobody says anything.
fn nobody() -> Case {
    let mut case =
        Case::of_instance("", Freshness::new(Duration::ZERO, Duration::ZERO), BudgetBands::default(), Vec::new());
    case.replicas.seen = 0;
    case
}

/// Only the SLOs that matter.
fn only_asked_for(mut case: Case, names: &[String]) -> Result<Case, Failure> {
    if names.is_empty() || case.replicas.seen == 0 {
        return Ok(case);
    }
    if let Some(unknown) = names.iter().find(|name| case.slos.iter().all(|slo| slo.slo != **name)) {
        let known: Vec<_> = case.slos.iter().map(|slo| slo.slo.as_str()).take(20).collect();
        let message =
            format!("--slo {unknown:?}: {} has no such SLO: expected one of {}", case.service, known.join(", "));
        return Err(Failure::usage(message));
    }
    case.slos.retain(|slo| names.contains(&slo.slo));
    Ok(case)
}

/// With as many instances expected as somebody said, or as were asked where some could not be heard.
fn expecting(case: Case, asked: usize, lacks: bool, expected: Option<u32>) -> Result<Case, Failure> {
    let asked = u32::try_from(asked).unwrap_or(u32::MAX);
    let expected = match expected {
        Some(expected) if expected < asked => {
            let message =
                format!("--expect-replicas {expected}: {asked} sources are given: expected one of each instance");
            return Err(Failure::usage(message));
        }
        None if lacks => asked,
        None => return Ok(case),
        Some(expected) => expected,
    };
    case.expecting(expected).map_err(|error| Failure::usage(error.to_string()))
}

fn ask(source: &Source, asked: &Asked<'_>, clock: &Timeline) -> Result<Said, Trouble> {
    let mut said = match source {
        Source::Url(url) => {
            let began = clock.now();
            let fetched = fetch::fetch(url, asked.timeout, asked.token.as_deref())?;
            // Some of that time it was under way; all of it makes it no younger.
            let under_way = clock.now().since_origin().saturating_sub(began.since_origin());
            status(&fetched, under_way, clock.wall_at(clock.now()))?
        }
        Source::File(path) => state::read(path, asked.definition.as_ref(), clock.wall_at(clock.now()))?,
    };
    if let Some(max_age) = asked.max_age {
        // Stale is what is older than three ticks.
        said.case.freshness.tick = max_age / Freshness::TICKS;
    }
    Ok(said)
}

/// What a status says, as old as it is: by how long it was under way, by whoever kept it, and by the clocks of both machines.
fn status(fetched: &Fetched, under_way: Duration, wall: SystemTime) -> Result<Said, Trouble> {
    let document = StatusDocument::from_json(&fetched.body).map_err(Trouble::Document)?;
    let case = document.case().map_err(Trouble::Document)?;
    let mut notes: Vec<_> = document.flags.iter().take(20).map(|flag| remark(&flag.message)).collect();
    let written = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(document.written_unix_ms));
    let (apart, is_ahead) = match written.map(|written| wall.duration_since(written)) {
        Some(Ok(ago)) => (ago, false),
        Some(Err(ahead)) => (ahead.duration(), true),
        None => (Duration::MAX, true),
    };
    let mut age = under_way.saturating_add(fetched.kept_for);
    if apart.saturating_sub(under_way) > SKEW {
        // Whether it was kept or the clocks differ is not known here: what may be old is taken as old.
        age = age.max(apart);
        notes.push(if is_ahead {
            format!("was written {} from now by its own clock: the clocks of the two machines differ", Roughly(apart))
        } else {
            format!(
                "was written {} ago by its own clock: something in between has kept it, or the clocks of the two machines differ",
                Roughly(apart)
            )
        });
    }
    Ok(Said { case: case.aged_by(age), instance: document.instance, notes })
}
