//! The compiler of classification tables: asks the rules once about every situation.

use std::collections::{HashMap, HashSet, hash_map};
use std::fmt;
use std::sync::Arc;

use goodput_model::{JudgedAt, Measure, Reason, Verdict};

use super::bands::Bands;
use super::code::Code;
use super::ending::{Ending, Outcome, Word};
use super::rules::{Body, Facts, Meaning, NAMED, Rule, RuleSet, outcome};
use super::table::{BODY_ENDINGS, Class, ClassIndex, EARLY_ENDINGS, Entry, Histogram, Part, Table};

/// The most classes a table may have, so that a route's cells stay small.
const MAX_CLASSES: usize = 4_096;
/// The most situations of a response's end, so that a table stays within 1 MiB and is built within a second.
const MAX_SITUATIONS: usize = 1 << 19;

impl Table {
    /// Compiles the rules. Cost: one judgement per SLO and situation; at build time only.
    pub(crate) fn compile(set: &RuleSet) -> Result<Self, TableError> {
        let decides_at_end = !set.excluded && set.rules.iter().any(|rule| rule.judged_at() == JudgedAt::End);
        let follows_streams = decides_at_end && set.rules.iter().any(|rule| rule.judges_streams_at() == JudgedAt::End);
        let thresholds = |counts: &dyn Fn(&Rule, Measure) -> bool| {
            let bounds = set.rules.iter().filter_map(|rule| rule.threshold().map(|bound| (rule, bound)));
            Bands::new(bounds.filter(|(rule, (_, at))| counts(rule, *at)).map(|(_, (nanos, _))| nanos).collect())
        };
        let early = set.rules.iter().flat_map(|rule| [rule.cancel_limit(), rule.threshold().map(|(nanos, _)| nanos)]);
        let (status_class, statuses) = status_classes(set)?;
        let looks_at_head =
            |rule: &Rule| rule.judged_at() == JudgedAt::End && matches!(rule.threshold(), Some((_, Measure::Head)));
        let mut table = Self {
            status_class,
            statuses: statuses.len(),
            early: Bands::new(early.flatten().collect()),
            head: thresholds(&|_, at| at == Measure::Head),
            stream: thresholds(&|rule, _| rule.judges_streams_at() == JudgedAt::Head),
            first: thresholds(&|_, at| at == Measure::FirstByte),
            end: thresholds(&|_, at| at == Measure::End),
            early_entries: Box::default(),
            untimed_entries: Box::default(),
            head_entries: Box::default(),
            stream_entries: Box::default(),
            end_entries: Box::default(),
            end_looks_at_head: set.rules.iter().any(looks_at_head),
            decides_at_end,
            follows_streams,
            classes: Box::default(),
            parts: Box::default(),
            limit: set.grace,
        };
        let situations = table.situations();
        if situations > MAX_SITUATIONS {
            return Err(TableError::TooManySituations { situations, limit: MAX_SITUATIONS });
        }
        // Each band of a point is a verdict of its own for some SLO, so there are at least as many classes.
        if [&table.early, &table.head, &table.stream, &table.first, &table.end]
            .iter()
            .any(|bands| bands.len() > MAX_CLASSES)
        {
            return Err(TableError::TooManyClasses { limit: MAX_CLASSES });
        }
        let mut classes = Classes { set, decides_at_end, follows_streams, seen: HashMap::new(), all: Vec::new() };
        table.early_entries = table.compile_early(&mut classes)?;
        table.untimed_entries = compile_untimed(&mut classes)?;
        table.head_entries = compile_heads(&table.head, false, &statuses, &mut classes)?;
        if decides_at_end {
            table.stream_entries = compile_heads(&table.stream, true, &statuses, &mut classes)?;
        }
        table.end_entries = table.compile_ends(&statuses, &mut classes)?;
        table.classes = classes.all.into();
        table.parts = (0..set.rules.len()).map(|index| table.part(set, index)).collect();
        Ok(table)
    }

    /// How many entries the largest of the lists by status will have.
    fn situations(&self) -> usize {
        let ends = self.head_bands_at_end() * self.ends_per_head() * self.kinds_of_ends().len();
        self.statuses * Word::ALL.len() * ends.max(self.head.len()).max(self.stream.len())
    }

    /// Ordinary responses first, streams after, where somebody waits for their end.
    fn kinds_of_ends(&self) -> &'static [bool] {
        match (self.decides_at_end, self.follows_streams) {
            (false, _) => &[],
            (true, false) => &[false],
            (true, true) => &[false, true],
        }
    }

    fn compile_early(&self, classes: &mut Classes<'_>) -> Result<Box<[Entry]>, TableError> {
        let mut entries = Vec::new();
        for ending in EARLY_ENDINGS {
            for band in 0..self.early.len() {
                let facts = Facts::NoHead { ending, elapsed: self.early.representative(band) };
                let histogram = match ending {
                    // Nobody waited for the one, and the other did not take the service any time.
                    Ending::Dropped | Ending::Refused => Histogram::None,
                    _ => Histogram::Error,
                };
                entries.push(Entry { class: classes.of(facts, Point::Both)?, histogram });
            }
        }
        Ok(entries.into())
    }

    fn compile_ends(&self, statuses: &[Code], classes: &mut Classes<'_>) -> Result<Box<[ClassIndex]>, TableError> {
        let mut entries = Vec::new();
        for &stream in self.kinds_of_ends() {
            for (&code, word) in statuses.iter().flat_map(|code| Word::ALL.map(|word| (code, word))) {
                for head_band in 0..self.head_bands_at_end() {
                    let head = self.head.representative(head_band);
                    for body in self.bodies() {
                        let facts = Facts::Head { code, word, head, body: Some(body) };
                        entries.push(classes.of(facts, Point::End { stream })?);
                    }
                }
            }
        }
        Ok(entries.into())
    }

    /// Every way a body can end, in the order of their entries.
    fn bodies(&self) -> impl Iterator<Item = Body> {
        BODY_ENDINGS.into_iter().flat_map(move |(ending, begun)| {
            (0..self.first.len()).flat_map(move |first| {
                let first = self.first.representative(first);
                (0..self.end.len()).map(move |end| Body { ending, begun, first, end: self.end.representative(end) })
            })
        })
    }

    fn part(&self, set: &RuleSet, index: usize) -> Part {
        let gives = |verdict| self.classes.iter().any(|class| class.verdicts.get(index) == Some(&Some(verdict)));
        let at = |point: fn(&Rule) -> JudgedAt| set.rules.get(index).map_or(JudgedAt::Head, point);
        let (judged_at, judges_streams_at) = (at(Rule::judged_at), at(Rule::judges_streams_at));
        Part {
            judged_at: if self.decides_at_end { judged_at } else { JudgedAt::Head },
            judges_streams_at: if self.decides_at_end { judges_streams_at } else { JudgedAt::Head },
            hears_bad: gives(Verdict::Bad(Reason::HANDLER)),
            hears_excluded: gives(Verdict::Excluded(Reason::HANDLER)),
        }
    }
}

fn compile_heads(
    bands: &Bands,
    stream: bool,
    statuses: &[Code],
    classes: &mut Classes<'_>,
) -> Result<Box<[Entry]>, TableError> {
    let mut entries = Vec::new();
    for (&code, word) in statuses.iter().flat_map(|code| Word::ALL.map(|word| (code, word))) {
        for band in 0..bands.len() {
            let facts = Facts::Head { code, word, head: bands.representative(band), body: None };
            let histogram = match outcome(facts) {
                Outcome::SaidExcluded | Outcome::ClientError => Histogram::None,
                outcome if outcome.is_failure() => Histogram::Error,
                _ => Histogram::Success,
            };
            entries.push(Entry { class: classes.of(facts, Point::Head { stream })?, histogram });
        }
    }
    Ok(entries.into())
}

fn compile_untimed(classes: &mut Classes<'_>) -> Result<Box<[Entry]>, TableError> {
    Word::ALL
        .into_iter()
        .map(|word| Ok(Entry { class: classes.of(Facts::Untimed { word }, Point::Both)?, histogram: Histogram::None }))
        .collect()
}

/// The decision point a class belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Point {
    Head {
        stream: bool,
    },
    End {
        stream: bool,
    },
    /// An event that is over at once decides everything at once.
    Both,
}

/// The classes found so far.
struct Classes<'a> {
    set: &'a RuleSet,
    decides_at_end: bool,
    follows_streams: bool,
    seen: HashMap<Arc<Class>, ClassIndex>,
    all: Vec<Arc<Class>>,
}

impl Classes<'_> {
    fn of(&mut self, facts: Facts, point: Point) -> Result<ClassIndex, TableError> {
        let judged_at = |rule: &Rule, stream: bool| match rule.judged_at() {
            JudgedAt::End if stream => rule.judges_streams_at(),
            judged_at => judged_at,
        };
        let decided_here = |rule: &Rule| match point {
            Point::Both => true,
            // Routes excluded from every SLO are over at the head, whatever their SLOs would have waited for.
            Point::Head { stream } => self.set.excluded || judged_at(rule, stream) == JudgedAt::Head,
            Point::End { stream } => judged_at(rule, stream) == JudgedAt::End,
        };
        let rules = self.set.rules.iter();
        let verdicts: Box<[_]> = rules.map(|rule| decided_here(rule).then(|| self.set.judge(rule, facts))).collect();
        let finished = match point {
            Point::Both | Point::End { .. } => true,
            Point::Head { stream: false } => !self.decides_at_end,
            Point::Head { stream: true } => !self.follows_streams,
        };
        if !finished && verdicts.iter().all(Option::is_none) {
            return Ok(ClassIndex::NONE);
        }
        let class = Class { outcome: finished.then(|| outcome(facts)), verdicts };
        if let Some(&index) = self.seen.get(&class) {
            return Ok(index);
        }
        if self.all.len() == MAX_CLASSES {
            return Err(TableError::TooManyClasses { limit: MAX_CLASSES });
        }
        let index = ClassIndex(self.all.len() as u16); // at most MAX_CLASSES
        let class = Arc::new(class);
        self.all.push(Arc::clone(&class));
        self.seen.insert(class, index);
        Ok(index)
    }
}

/// Groups the statuses by what they mean to every SLO and what is reported of them; one status stands for each group.
/// Numbers that are no status are failures, as the 5xx class is.
///
/// Only statuses that some rule names can differ from the rest of their hundred, so only those are looked at one by one.
fn status_classes(set: &RuleSet) -> Result<(Box<[u8; Code::COUNT]>, Vec<Code>), TableError> {
    let signature = |code: Code| -> (Outcome, Vec<Meaning>) {
        let facts = Facts::Head { code, word: Word::Nothing, head: 0, body: None };
        (outcome(facts), set.rules.iter().map(|rule| rule.meaning(set.unmatched, code)).collect())
    };
    let mut groups: HashMap<_, u8> = HashMap::new();
    let mut representatives = Vec::new();
    let mut group_of = |number: u16| -> Result<u8, TableError> {
        let (code, next) = (Code::numbered(number), groups.len());
        match groups.entry(signature(code)) {
            hash_map::Entry::Occupied(known) => Ok(*known.get()),
            hash_map::Entry::Vacant(new) => {
                let number = u8::try_from(next).map_err(|_| TableError::TooManyStatuses { limit: 256 })?;
                representatives.push(code);
                Ok(*new.insert(number))
            }
        }
    };
    let named: HashSet<u16> = set.rules.iter().flat_map(Rule::named_statuses).chain(NAMED).collect();
    let ordinary = |hundred: u16| (hundred * 100..hundred * 100 + 100).find(|status| !named.contains(status));
    let success = group_of(ordinary(2).unwrap_or(200))?;
    let mut classes = Box::new([success; Code::COUNT]);
    for (hundred, like) in [(0_u16, 5), (1, 1), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9)] {
        if let Some(status) = ordinary(like) {
            let group = group_of(status)?;
            classes.iter_mut().skip(usize::from(hundred) * 100).take(100).for_each(|class| *class = group);
        }
    }
    for status in named.into_iter().chain(Code::all_grpc()) {
        let group = group_of(status)?;
        if let Some(class) = classes.get_mut(usize::from(status)) {
            *class = group;
        }
    }
    Ok((classes, representatives))
}

/// Why a set of SLOs is refused: its table would be too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// More distinct pairs of outcome and verdicts than a route can have cells for.
    TooManyClasses {
        /// The most allowed.
        limit: usize,
    },
    /// More combinations of status, latency bands and endings than a table may hold.
    TooManySituations {
        /// How many there would be.
        situations: usize,
        /// The most allowed.
        limit: usize,
    },
    /// More groups of statuses with different meanings than can be told apart.
    TooManyStatuses {
        /// The most allowed.
        limit: usize,
    },
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyClasses { limit } => write!(f, "more than {limit} classes of events"),
            Self::TooManySituations { situations, limit } => {
                write!(f, "{situations} combinations of status, latency band and ending, more than {limit}")
            }
            Self::TooManyStatuses { limit } => write!(f, "more than {limit} groups of statuses"),
        }
    }
}

impl std::error::Error for TableError {}
