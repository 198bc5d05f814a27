//! The compiled classification table: every situation that can be told apart, with the class its events belong to.
//!
//! A *class* is one distinct pair of reported outcome and verdict of every SLO. Recording an event is adding one to its
//! class; an SLO's counts are sums over classes, exact by construction for any number of SLOs. Requests whose SLOs decide
//! both at the head and at the end add one to a class at each point.

use std::collections::{HashMap, HashSet, hash_map};
use std::fmt;
use std::sync::Arc;

use goodput_model::{JudgedAt, Measure, Reason, Verdict};

use super::bands::Bands;
use super::ending::{Ending, Outcome, Word};
use super::rules::{Body, Facts, Meaning, Rule, RuleSet, outcome};

/// The position of a class in its table. `NONE` where nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClassIndex(u16);

impl ClassIndex {
    pub(crate) const NONE: Self = Self(u16::MAX);

    #[inline]
    pub(crate) fn get(self) -> Option<usize> {
        (self != Self::NONE).then_some(usize::from(self.0))
    }
}

/// Which latency histogram of the route an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Histogram {
    /// Cancelled events, the 4xx class, and what the handler excluded say little about how fast the service is: a quick
    /// refusal would flatter it.
    None,
    /// Successes.
    Success,
    /// Failures by the default rules.
    Error,
}

/// One distinct pair of reported outcome and verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Class {
    /// Set where the event is finished; a class of the head alone reports nothing yet.
    pub(crate) outcome: Option<Outcome>,
    /// One per SLO of the table, `None` for SLOs that decide at the other point.
    pub(crate) verdicts: Box<[Option<Verdict>]>,
}

/// What is known at the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtHead {
    pub(crate) class: ClassIndex,
    pub(crate) histogram: Histogram,
    /// Where the end's entries begin for this head.
    pub(crate) end_base: u32,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    class: ClassIndex,
    histogram: Histogram,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Table {
    /// Status to status class. Statuses whose meaning is the same to every SLO share one.
    status_class: Box<[u8; 1_000]>,
    /// Thresholds and cancel limits of all SLOs, for events that never had a head.
    early: Bands,
    head: Bands,
    first: Bands,
    end: Bands,
    early_entries: Box<[Entry]>,
    untimed_entries: Box<[Entry]>,
    head_entries: Box<[Entry]>,
    end_entries: Box<[ClassIndex]>,
    end_looks_at_head: bool,
    decides_at_end: bool,
    classes: Box<[Arc<Class>]>,
    /// How each SLO takes part, in the table's order.
    parts: Box<[Part]>,
}

/// How one SLO takes part in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) judged_at: JudgedAt,
    /// Whether a handler's bad verdict is its own, with the handler's reason.
    pub(crate) hears_bad: bool,
    /// Likewise for excluded.
    pub(crate) hears_excluded: bool,
}

/// The most classes a table may have, so that a route's cells stay small.
const MAX_CLASSES: usize = 4_096;
/// The most situations of a response's end, so that a table stays within 1 MiB and is built within a second.
const MAX_SITUATIONS: usize = 1 << 19;
/// The ends without a head, in the order of their rows.
const EARLY_ENDINGS: [Ending; 3] = [Ending::Failed, Ending::Panicked, Ending::Dropped];
/// The ends of a body, with and without its first byte seen, in the order of their rows. A complete body has always begun.
const BODY_ENDINGS: [(Ending, bool); 7] = [
    (Ending::Completed, true),
    (Ending::Failed, false),
    (Ending::Failed, true),
    (Ending::Panicked, false),
    (Ending::Panicked, true),
    (Ending::Dropped, false),
    (Ending::Dropped, true),
];

const fn early_row(ending: Ending) -> usize {
    match ending {
        Ending::Failed | Ending::Completed => 0,
        Ending::Panicked => 1,
        Ending::Dropped => 2,
    }
}

const fn body_row(ending: Ending, begun: bool) -> usize {
    match ending {
        Ending::Completed => 0,
        Ending::Failed => 1 + begun as usize,
        Ending::Panicked => 3 + begun as usize,
        Ending::Dropped => 5 + begun as usize,
    }
}

impl Table {
    /// Compiles the rules. Cost: one judgement per SLO and situation; at build time only.
    pub(crate) fn compile(set: &RuleSet) -> Result<Self, TableError> {
        let decides_at_end = !set.excluded && set.rules.iter().any(|rule| rule.judged_at() == JudgedAt::End);
        let thresholds = |point: Measure| {
            let bounds = set.rules.iter().filter_map(Rule::threshold);
            Bands::new(bounds.filter(|(_, measure)| *measure == point).map(|(nanos, _)| nanos).collect())
        };
        let early = set.rules.iter().flat_map(|rule| [rule.cancel_limit(), rule.threshold().map(|(nanos, _)| nanos)]);
        let (status_class, statuses) = status_classes(set)?;
        let mut table = Self {
            status_class,
            early: Bands::new(early.flatten().collect()),
            head: thresholds(Measure::Head),
            first: thresholds(Measure::FirstByte),
            end: thresholds(Measure::End),
            early_entries: Box::default(),
            untimed_entries: Box::default(),
            head_entries: Box::default(),
            end_entries: Box::default(),
            end_looks_at_head: set
                .rules
                .iter()
                .any(|rule| rule.judged_at() == JudgedAt::End && matches!(rule.threshold(), Some((_, Measure::Head)))),
            decides_at_end,
            classes: Box::default(),
            parts: Box::default(),
        };
        let situations =
            statuses.len() * Word::ALL.len() * if decides_at_end { table.ends_per_status_and_word() } else { 1 };
        if situations > MAX_SITUATIONS {
            return Err(TableError::TooManySituations { situations, limit: MAX_SITUATIONS });
        }
        // Each band of a point is a verdict of its own for some SLO, so there are at least as many classes.
        if [&table.early, &table.head, &table.first, &table.end].iter().any(|bands| bands.len() > MAX_CLASSES) {
            return Err(TableError::TooManyClasses { limit: MAX_CLASSES });
        }
        let mut classes = Classes { set, decides_at_end, seen: HashMap::new(), all: Vec::new() };
        table.early_entries = table.compile_early(&mut classes)?;
        table.untimed_entries = compile_untimed(&mut classes)?;
        table.head_entries = table.compile_heads(&statuses, &mut classes)?;
        if decides_at_end {
            table.end_entries = table.compile_ends(&statuses, &mut classes)?;
        }
        table.classes = classes.all.into();
        table.parts = (0..set.rules.len()).map(|index| table.part(set, index)).collect();
        Ok(table)
    }

    fn compile_early(&self, classes: &mut Classes<'_>) -> Result<Box<[Entry]>, TableError> {
        let mut entries = Vec::new();
        for ending in EARLY_ENDINGS {
            for band in 0..self.early.len() {
                let facts = Facts::NoHead { ending, elapsed: self.early.representative(band) };
                let histogram = if ending == Ending::Dropped { Histogram::None } else { Histogram::Error };
                entries.push(Entry { class: classes.of(facts, Point::Both)?, histogram });
            }
        }
        Ok(entries.into())
    }

    fn compile_heads(&self, statuses: &[u16], classes: &mut Classes<'_>) -> Result<Box<[Entry]>, TableError> {
        let mut entries = Vec::new();
        for &status in statuses {
            for word in Word::ALL {
                for band in 0..self.head.len() {
                    let facts = Facts::Head { status, word, head: self.head.representative(band), body: None };
                    let histogram = match outcome(facts) {
                        Outcome::SaidExcluded | Outcome::ClientError => Histogram::None,
                        outcome if outcome.is_failure() => Histogram::Error,
                        _ => Histogram::Success,
                    };
                    entries.push(Entry { class: classes.of(facts, Point::Head)?, histogram });
                }
            }
        }
        Ok(entries.into())
    }

    fn compile_ends(&self, statuses: &[u16], classes: &mut Classes<'_>) -> Result<Box<[ClassIndex]>, TableError> {
        let mut entries = Vec::new();
        for &status in statuses {
            for word in Word::ALL {
                for head_band in 0..self.head_bands_at_end() {
                    let head = self.head.representative(head_band);
                    for (ending, begun) in BODY_ENDINGS {
                        for first_band in 0..self.first.len() {
                            for end_band in 0..self.end.len() {
                                let first = self.first.representative(first_band);
                                let end = self.end.representative(end_band);
                                let body = Some(Body { ending, begun, first, end });
                                let facts = Facts::Head { status, word, head, body };
                                entries.push(classes.of(facts, Point::End)?);
                            }
                        }
                    }
                }
            }
        }
        Ok(entries.into())
    }

    fn head_bands_at_end(&self) -> usize {
        if self.end_looks_at_head { self.head.len() } else { 1 }
    }

    fn ends_per_head(&self) -> usize {
        BODY_ENDINGS.len() * self.first.len() * self.end.len()
    }

    fn ends_per_status_and_word(&self) -> usize {
        self.head_bands_at_end() * self.ends_per_head()
    }

    /// Whether some SLO waits for the end of the response.
    #[inline]
    pub(crate) fn decides_at_end(&self) -> bool {
        self.decides_at_end
    }

    /// Whether some SLO measures the end, so that a clock has to be read there.
    #[inline]
    pub(crate) fn times_the_end(&self) -> bool {
        self.decides_at_end && (self.end.has_thresholds() || self.first.has_thresholds())
    }

    /// Whether some SLO measures the first byte, so that a clock has to be read there.
    #[inline]
    pub(crate) fn times_the_first_byte(&self) -> bool {
        self.decides_at_end && self.first.has_thresholds()
    }

    /// The class of an event that ended before it had a head.
    #[inline]
    pub(crate) fn early(&self, ending: Ending, elapsed: u64) -> (ClassIndex, Histogram) {
        let index = early_row(ending) * self.early.len() + self.early.of(elapsed);
        self.early_entries
            .get(index)
            .map_or((ClassIndex::NONE, Histogram::None), |entry| (entry.class, entry.histogram))
    }

    /// The class of an event without a duration.
    #[inline]
    pub(crate) fn untimed(&self, word: Word) -> ClassIndex {
        self.untimed_entries.get(word.index()).map_or(ClassIndex::NONE, |entry| entry.class)
    }

    /// What the head decides.
    #[inline]
    pub(crate) fn at_head(&self, status: u16, word: Word, elapsed: u64) -> AtHead {
        // What is no status at all means what status 0 does: a failure.
        let class = self.status_class.get(usize::from(status)).or(self.status_class.first()).copied().unwrap_or(0);
        let situation = usize::from(class) * Word::ALL.len() + word.index();
        let band = self.head.of(elapsed);
        let entry = self.head_entries.get(situation * self.head.len() + band);
        let (class, histogram) =
            entry.map_or((ClassIndex::NONE, Histogram::None), |entry| (entry.class, entry.histogram));
        let end_base = if self.decides_at_end {
            let band = if self.end_looks_at_head { band } else { 0 };
            (situation * self.head_bands_at_end() + band) * self.ends_per_head()
        } else {
            0
        };
        AtHead { class, histogram, end_base: end_base as u32 } // below MAX_SITUATIONS
    }

    /// What the end decides, for a head that said `end_base`.
    #[inline]
    pub(crate) fn at_end(&self, end_base: u32, ending: Ending, begun: bool, first: u64, end: u64) -> ClassIndex {
        let row = body_row(ending, begun);
        let within = (row * self.first.len() + self.first.of(first)) * self.end.len() + self.end.of(end);
        self.end_entries.get(end_base as usize + within).copied().unwrap_or(ClassIndex::NONE)
    }

    fn part(&self, set: &RuleSet, index: usize) -> Part {
        let gives = |verdict| self.classes.iter().any(|class| class.verdicts.get(index) == Some(&Some(verdict)));
        let judged_at = set.rules.get(index).map_or(JudgedAt::Head, Rule::judged_at);
        Part {
            judged_at: if self.decides_at_end { judged_at } else { JudgedAt::Head },
            hears_bad: gives(Verdict::Bad(Reason::HANDLER)),
            hears_excluded: gives(Verdict::Excluded(Reason::HANDLER)),
        }
    }

    /// How each SLO takes part, in the table's order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(crate) fn classes(&self) -> &[Arc<Class>] {
        &self.classes
    }
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
    Head,
    End,
    /// An event that is over at once decides everything at once.
    Both,
}

/// The classes found so far.
struct Classes<'a> {
    set: &'a RuleSet,
    decides_at_end: bool,
    seen: HashMap<Arc<Class>, ClassIndex>,
    all: Vec<Arc<Class>>,
}

impl Classes<'_> {
    fn of(&mut self, facts: Facts, point: Point) -> Result<ClassIndex, TableError> {
        let decided_here = |judged_at: JudgedAt| match point {
            Point::Both => true,
            // Routes excluded from every SLO are over at the head, whatever their SLOs would have waited for.
            Point::Head => self.set.excluded || judged_at == JudgedAt::Head,
            Point::End => judged_at == JudgedAt::End,
        };
        let verdicts: Box<[_]> = self
            .set
            .rules
            .iter()
            .map(|rule| decided_here(rule.judged_at()).then(|| self.set.judge(rule, facts)))
            .collect();
        let finished = point != Point::Head || !self.decides_at_end;
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
fn status_classes(set: &RuleSet) -> Result<(Box<[u8; 1_000]>, Vec<u16>), TableError> {
    let signature = |status: u16| -> (Outcome, Vec<Meaning>) {
        let facts = Facts::Head { status, word: Word::Nothing, head: 0, body: None };
        (outcome(facts), set.rules.iter().map(|rule| rule.meaning(set.unmatched, status)).collect())
    };
    let mut groups: HashMap<_, u8> = HashMap::new();
    let mut representatives = Vec::new();
    let mut group_of = |status: u16| -> Result<u8, TableError> {
        let next = groups.len();
        match groups.entry(signature(status)) {
            hash_map::Entry::Occupied(known) => Ok(*known.get()),
            hash_map::Entry::Vacant(new) => {
                let number = u8::try_from(next).map_err(|_| TableError::TooManyStatuses { limit: 256 })?;
                representatives.push(status);
                Ok(*new.insert(number))
            }
        }
    };
    let named: HashSet<u16> = set.rules.iter().flat_map(Rule::named_statuses).collect();
    let ordinary = |hundred: u16| (hundred * 100..hundred * 100 + 100).find(|status| !named.contains(status));
    let success = group_of(ordinary(2).unwrap_or(200))?;
    let mut classes = Box::new([success; 1_000]);
    for (hundred, like) in [(0_u16, 5), (1, 1), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9)] {
        if let Some(status) = ordinary(like) {
            let group = group_of(status)?;
            classes.iter_mut().skip(usize::from(hundred) * 100).take(100).for_each(|class| *class = group);
        }
    }
    for status in named {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_finds_its_row() {
        for (row, ending) in EARLY_ENDINGS.into_iter().enumerate() {
            assert_eq!(early_row(ending), row);
        }
        for (row, (ending, begun)) in BODY_ENDINGS.into_iter().enumerate() {
            assert_eq!(body_row(ending, begun), row);
        }
    }
}
