//! Whether there is enough to go by: approval needs to know, and what is not known is said.

use std::fmt;

use super::case::Case;
use super::evidence::Evidence;
use super::ground::{Finding, Ground};
use crate::{Action, Observation};

/// Whether there is enough to go by. Greater is less.
///
/// Exhaustive on purpose: whoever acts on a decision has to know what it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Basis {
    /// Enough was seen, lately, of all.
    Enough,
    /// Too little was seen: of the period, of the last hours, of events, or of the instances.
    Thin,
    /// What was seen is too old.
    Stale,
    /// Nothing was seen.
    None,
}

impl Basis {
    /// Every one of them, the best first.
    pub const ALL: [Self; 4] = [Self::Enough, Self::Thin, Self::Stale, Self::None];

    /// As it is written in answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Enough => "enough",
            Self::Thin => "thin",
            Self::Stale => "stale",
            Self::None => "none",
        }
    }

    /// What a finding says about it.
    pub(super) fn of(finding: &Finding) -> Self {
        match finding {
            Finding::NoData { .. } | Finding::NoSlo => Self::None,
            Finding::Stale { .. } => Self::Stale,
            Finding::Silent { .. } | Finding::FewEvents { .. } | Finding::Unseen { .. } | Finding::Missing(_) => {
                Self::Thin
            }
            Finding::Burn { .. }
            | Finding::PageExceeded { .. }
            | Finding::Band { .. }
            | Finding::TooFewBad { .. }
            | Finding::Concern(_)
            | Finding::PartOfMany(_)
            | Finding::NeverHeldBack(_)
            | Finding::ReviewedAtMost
            | Finding::WithoutData
            | Finding::Overridden { .. } => Self::Enough,
        }
    }
}

/// `enough`, `thin`, `stale` or `none`.
impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// So much of the period has to be seen for what is left of its budget to be a fact.
const PERIOD_PERCENT: u32 = 90;
/// So much of the last hour, and of the last six, has to be seen for their burn to say how it stands now. Less than of the
/// period: a restart of half an hour is no reason to hold back for a day what a month speaks for.
const LATELY_PERCENT: u32 = 50;

/// What is missing of all SLOs together. All of it only ever grows when data goes: less of it never looks like more.
pub(super) fn missing(case: &Case) -> Vec<Ground> {
    let mut missing = Vec::new();
    let mut add = |finding| missing.push(Ground { slo: None, finding, asks: Action::Review });
    if case.slos.is_empty() {
        add(Finding::NoSlo);
    }
    if case.freshness.is_stale() {
        add(Finding::Stale { age: case.freshness.age, limit: case.freshness.limit() });
    }
    match case.replicas.expected {
        Some(_) if !case.replicas.are_all() => add(Finding::Missing(case.replicas)),
        // One of many is a scope and no lack: waiting does not cure it.
        None => add(Finding::PartOfMany(case.replicas)),
        Some(_) => {}
    }
    missing
}

/// What is missing of one SLO.
///
/// Only *good* events make data enough. Were bad ones counted as well, a further one could be what makes a decision possible,
/// and so turn "not known" into an approval.
pub(super) fn missing_of(evidence: &Evidence) -> Vec<Finding> {
    let Evidence { seen, hour, six_hours, objective, .. } = evidence;
    if seen.counts.valid_exact() == 0 {
        return vec![Finding::NoData { window: seen.window }];
    }
    let mut missing = Vec::new();
    let needed = 1_000_000_000_u64.div_ceil(u64::from(objective.bad_ppb()));
    if seen.counts.good < needed {
        missing.push(Finding::FewEvents { good: seen.counts.good, needed });
    }
    if six_hours.counts.good == 0 {
        missing.push(Finding::Silent { window: six_hours.window });
    }
    missing.extend(unseen(seen, PERIOD_PERCENT));
    missing.extend([hour, six_hours].into_iter().filter_map(|window| unseen(window, LATELY_PERCENT)));
    missing
}

fn unseen(observation: &Observation, percent: u32) -> Option<Finding> {
    let coverage = crate::Coverage::new(observation.covered(), observation.window.duration());
    (!coverage.is_at_least(percent)).then_some(Finding::Unseen { coverage, percent })
}
