//! Reads a document back into what a decision is made on: the same integers, or what is wrong with them and where.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use goodput_core::{
    Action, Band, BandStanding, BudgetBands, CalendarUnit, Case, Concern, Counts, Coverage, Definition, Evidence,
    Freshness, MinBad, Objective, Observation, PageRow, Period, Row, Scope, Severity, Share, Window,
};
use serde::Deserialize;

use super::slo::{ConditionDocument, SloDocument, WindowDocument};
use super::status::{BandDocument, StatusDocument, VERSION};

/// What every document begins with, whatever its version.
#[derive(Debug, Deserialize)]
struct Kind {
    goodput: Option<String>,
    version: Option<u32>,
}

impl StatusDocument {
    /// Reads a status document.
    ///
    /// # Errors
    /// What is no JSON, no status, or of a version that is not known here.
    pub fn from_json(json: &[u8]) -> Result<Self, DocumentError> {
        let kind: Kind =
            serde_json::from_slice(json).map_err(|error| DocumentError::NotJson { error: error.to_string() })?;
        match (kind.goodput.as_deref(), kind.version) {
            (Some("status"), Some(VERSION)) => {}
            (Some("status"), Some(version)) => return Err(DocumentError::Version { version }),
            _ => return Err(DocumentError::NoStatus),
        }
        serde_json::from_slice(json).map_err(|error| DocumentError::Field { error: error.to_string() })
    }

    /// What a decision about this instance is made on: one of many, unless its definition says that there is no other.
    ///
    /// # Errors
    /// A value that no instance writes, by its name.
    pub fn case(&self) -> Result<Case, DocumentError> {
        if self.scope != Scope::Instance.to_string() {
            return Err(wrong("scope", format!("{:?}: expected \"{}\"", self.scope, Scope::Instance)));
        }
        let tick_every = Duration::from_nanos(self.tick_every_ns);
        if tick_every > SLOWEST_TICK {
            // Counts are stale by their age in ticks: those of an endless tick would never be.
            return Err(wrong("tick_every_ns", format!("{tick_every:?}: expected at most {SLOWEST_TICK:?}")));
        }
        let freshness = Freshness::new(Duration::from_nanos(self.since_last_tick_ns), tick_every);
        let slos: Result<Vec<_>, _> = self.slos.iter().map(evidence).collect();
        let bands: Result<Vec<_>, _> = self.bands.iter().map(band).collect();
        let bands = BudgetBands::new(bands?, share(&self.hysteresis, "hysteresis")?);
        each_once(self.slos.iter().map(|slo| &slo.name), "slos")?;
        let mut definition = Definition::new(&self.service);
        definition.bands = bands.clone();
        if let Some(problem) = definition.check().first() {
            return Err(wrong("service or bands", problem));
        }
        let case = Case::of_instance(&self.service, freshness, bands, slos?);
        if !self.single_instance {
            return Ok(case);
        }
        case.expecting(1).map_err(|error| wrong("single_instance", error))
    }
}

/// The longest time between two ticks that a decision can go by: it looks at the last hour.
const SLOWEST_TICK: Duration = Duration::from_secs(60 * 60);

/// Which of two is meant nobody knows, and one of them may be the good news.
fn each_once<T: Eq + std::hash::Hash + fmt::Debug>(
    all: impl Iterator<Item = T>,
    field: &'static str,
) -> Result<(), DocumentError> {
    let mut seen = HashSet::new();
    for one in all {
        if seen.contains(&one) {
            return Err(wrong(field, format!("{one:?} is there twice: expected each once")));
        }
        seen.insert(one);
    }
    Ok(())
}

/// What no definition has for a name would be shown to people, who believe what they see on a line of its own.
fn is_name(name: &str, field: &'static str) -> Result<(), DocumentError> {
    let holds = !name.is_empty() && name.len() <= Definition::MAX_NAME && !name.chars().any(char::is_control);
    holds.then_some(()).ok_or_else(|| wrong(field, format!("{name:?} is no name")))
}

fn band(band: &BandDocument) -> Result<Band, DocumentError> {
    let action = Action::ALL.into_iter().find(|action| action.label() == band.action);
    Ok(Band {
        name: band.name.clone(),
        above: band.above.as_ref().map(|above| share(above, "above")).transpose()?,
        action: action.ok_or_else(|| wrong("action", &band.action))?,
    })
}

fn share(text: &str, what: &'static str) -> Result<Share, DocumentError> {
    text.parse().map_err(|error| wrong(what, error))
}

fn evidence(slo: &SloDocument) -> Result<Evidence, DocumentError> {
    let objective = Objective::from_good_ppb(slo.objective_ppb).map_err(|error| wrong("objective_ppb", error))?;
    let period = match &*slo.period.name {
        "month" => Period::Calendar(CalendarUnit::Month),
        "quarter" => Period::Calendar(CalendarUnit::Quarter),
        _ => Period::Rolling(window(slo.period.seconds)?),
    };
    is_name(&slo.name, "slos")?;
    each_once(slo.windows.iter().map(|window| (window.calendar, window.seconds)), "windows")?;
    let calendar = slo.windows.iter().find(|window| window.calendar).map(observation).transpose()?;
    let of = |length: Window| {
        let found = slo.windows.iter().find(|window| !window.calendar && window.seconds == length.secs());
        found.ok_or_else(|| wrong("windows", format!("there is none of {length}"))).and_then(observation)
    };
    let within = |length: Window| of(length.min(period.window()));
    // What has gone by of a calendar period is not known without its calendar.
    let unseen = Observation::partial(period.window(), Counts::default(), Duration::ZERO);
    let seen = match (calendar, period) {
        (Some(calendar), _) => calendar,
        (None, Period::Calendar(_)) => of(period.window()).unwrap_or(unseen),
        (None, _) => of(period.window())?,
    };
    let mut evidence = Evidence::new(&slo.name, objective, period, seen, within(Window::H1)?, within(Window::H6)?);
    let is_calendar = matches!(period, Period::Calendar(_));
    evidence.length = is_calendar.then(|| Duration::from_nanos(slo.budget.length_ns));
    evidence.min_bad = slo.least_bad.map_or(MinBad::Auto, MinBad::AtLeast);
    let severities = [Severity::Page, Severity::Ticket, Severity::Log].map(|severity| severity.to_string());
    if let Some(odd) = slo.conditions.iter().find(|condition| !severities.contains(&condition.severity)) {
        return Err(wrong("severity", format!("{:?}: expected page, ticket or log", odd.severity)));
    }
    let pages = slo.conditions.iter().filter(|condition| condition.severity == Severity::Page.to_string());
    let pages = pages.map(|condition| {
        let row = row(condition, objective, period)?;
        Ok(PageRow { row, long: of(row.long())? })
    });
    evidence.pages = pages.collect::<Result<_, _>>()?;
    let concern = |label: &String| Concern::from_label(label).ok_or_else(|| wrong("concerns", label));
    evidence.concerns = slo.concerns.iter().map(concern).collect::<Result<_, _>>()?;
    evidence.standing =
        slo.band.as_ref().map_or(BandStanding::NOWHERE, |band| BandStanding::at(band.position as usize));
    Ok(evidence)
}

fn row(condition: &ConditionDocument, objective: Objective, period: Period) -> Result<Row, DocumentError> {
    let attos = condition.threshold_attos.parse().map_err(|error| wrong("threshold_attos", error))?;
    let (long, short) = (window(condition.long_seconds)?, window(condition.short_seconds)?);
    Row::with_full_outage(Severity::Page, long, short, attos, objective, period)
        .map_err(|error| wrong("conditions", error))
}

fn observation(window: &WindowDocument) -> Result<Observation, DocumentError> {
    let length = self::window(window.seconds)?;
    let counts = Counts { good: window.counts.good, bad: window.counts.bad, excluded: window.counts.excluded };
    let coverage = Coverage::new(Duration::from_nanos(window.seen_ns), length.duration());
    let edge_gap = Duration::from_nanos(window.edge_gap_ns);
    Ok(Observation { window: length, counts, coverage, edge_gap })
}

fn window(seconds: u32) -> Result<Window, DocumentError> {
    Window::from_secs(seconds).map_err(|error| wrong("seconds", error))
}

fn wrong(field: &'static str, what: impl fmt::Display) -> DocumentError {
    DocumentError::Value { field, what: what.to_string() }
}

/// What is wrong with a document. Messages may hold text of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is no JSON.
    NotJson {
        /// Where, and what was expected.
        error: String,
    },
    /// It is JSON, and no status of goodput.
    NoStatus,
    /// It is a status of another version.
    Version {
        /// That version.
        version: u32,
    },
    /// A field is missing, or of another type.
    Field {
        /// Which, and where.
        error: String,
    },
    /// A field has a value that no instance writes.
    Value {
        /// Its name.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { error } => write!(f, "no JSON: {error}: expected the status of a goodput instance"),
            Self::NoStatus => {
                f.write_str("JSON, but no status of a goodput instance: expected {\"goodput\": \"status\"}")
            }
            Self::Version { version } => write!(f, "a status of version {version}: expected version {VERSION}"),
            Self::Field { error } => write!(f, "a status that is not as its version says: {error}"),
            Self::Value { field, what } => write!(f, "a status with a bad value of {field}: {what}"),
        }
    }
}

impl Error for DocumentError {}
