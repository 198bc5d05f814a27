//! The cases of several instances added up: as if one had seen it all.

use std::error::Error;
use std::fmt;

use super::case::{Case, Replicas};
use super::evidence::{Evidence, PageRow};
use crate::{BandStanding, Objective, Observation, Period};

impl Case {
    /// Both cases as one: commutative and associative, so the order of N instances does not matter.
    ///
    /// | of each SLO | becomes |
    /// |---|---|
    /// | counts | their sum |
    /// | coverage of a window | the least: what one did not see, all did not |
    /// | concerns | those of any |
    /// | the band it stands in | none: where each stood says nothing about where all of them stand |
    ///
    /// The newest tick is as old as that of the stalest, the instances are as many as both, and how many there are
    /// [has to be said](Case::expecting) again. Whether both are the same instance is not known here.
    pub fn merge(self, other: Self) -> Result<Self, MergeError> {
        if self.service != other.service {
            return Err(MergeError::Service { one: self.service, other: other.service });
        }
        if self.bands != other.bands {
            return Err(MergeError::Bands { service: self.service });
        }
        let slos = merge_all(self.slos, other.slos)?;
        // Saturating: nobody has 2^32 instances.
        let replicas = Replicas { seen: self.replicas.seen.saturating_add(other.replicas.seen), expected: None };
        let freshness = self.freshness.staler(other.freshness);
        Ok(Self { service: self.service, replicas, freshness, bands: self.bands, slos })
    }
}

fn merge_all(mut ours: Vec<Evidence>, mut theirs: Vec<Evidence>) -> Result<Vec<Evidence>, MergeError> {
    for slos in [&mut ours, &mut theirs] {
        slos.sort_by(|a, b| a.slo.cmp(&b.slo));
    }
    let alone = |slos: &[Evidence], others: &[Evidence]| {
        let missing = slos.iter().find(|one| others.binary_search_by(|other| other.slo.cmp(&one.slo)).is_err());
        missing.map(|missing| MergeError::OnlyInOne { slo: missing.slo.clone() })
    };
    if let Some(error) = alone(&ours, &theirs).or_else(|| alone(&theirs, &ours)) {
        return Err(error);
    }
    ours.into_iter().zip(theirs).map(|(one, other)| merge_slo(one, other)).collect()
}

fn merge_slo(one: Evidence, other: Evidence) -> Result<Evidence, MergeError> {
    let (slo, objective, period) = (one.slo.clone(), one.objective, one.period);
    if objective != other.objective {
        return Err(MergeError::Objective { slo, one: objective, other: other.objective });
    }
    if period != other.period || one.length != other.length {
        return Err(MergeError::Period { slo, one: period, other: other.period });
    }
    // How long a row waits, or keeps firing, plays no part here.
    let asks = |page: &PageRow| (page.row.severity(), page.row.long(), page.row.full_outage_attos());
    let same_rows = one.pages.iter().map(asks).eq(other.pages.iter().map(asks));
    if !same_rows || one.min_bad != other.min_bad {
        return Err(MergeError::Alerts { slo });
    }
    let windows = |evidence: &Evidence| [evidence.hour.window, evidence.six_hours.window];
    // What has gone by of a calendar period differs by when each was asked.
    let same_windows = one.length.is_some() || one.seen.window == other.seen.window;
    if windows(&one) != windows(&other) || !same_windows {
        return Err(MergeError::Windows { slo });
    }
    let pages = one.pages.iter().zip(&other.pages);
    let pages = pages.map(|(one, other)| PageRow { row: one.row, long: add(&one.long, &other.long) }).collect();
    let mut concerns = [one.concerns, other.concerns].concat();
    concerns.sort_unstable();
    concerns.dedup();
    Ok(Evidence {
        slo,
        objective,
        period,
        seen: add(&one.seen, &other.seen),
        length: one.length,
        hour: add(&one.hour, &other.hour),
        six_hours: add(&one.six_hours, &other.six_hours),
        pages,
        min_bad: one.min_bad,
        concerns,
        standing: BandStanding::NOWHERE,
    })
}

fn add(one: &Observation, other: &Observation) -> Observation {
    let window = one.window.max(other.window);
    let seen = one.covered().min(other.covered());
    let edge_gap = one.edge_gap.max(other.edge_gap);
    Observation { edge_gap, ..Observation::partial(window, one.counts + other.counts, seen) }
}

/// Why two cases are not of one service, or not by one definition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MergeError {
    /// They are of different services.
    Service {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// Only one of them has this SLO.
    OnlyInOne {
        /// Its name.
        slo: String,
    },
    /// The SLO has two objectives.
    Objective {
        /// Its name.
        slo: String,
        /// One of them.
        one: Objective,
        /// The other.
        other: Objective,
    },
    /// The SLO has two periods, or is in two months.
    Period {
        /// Its name.
        slo: String,
        /// One of them.
        one: Period,
        /// The other.
        other: Period,
    },
    /// The SLO has other rows that page, or another floor of bad events.
    Alerts {
        /// Its name.
        slo: String,
    },
    /// The SLO was looked at over other windows.
    Windows {
        /// Its name.
        slo: String,
    },
    /// The budget bands differ.
    Bands {
        /// The service's name.
        service: String,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service { one, other } => {
                write!(f, "services {one:?} and {other:?} cannot be added: expected instances of one service")
            }
            Self::OnlyInOne { slo } => {
                write!(f, "SLO {slo:?} is not in every instance: expected the same definition in each")
            }
            Self::Objective { slo, one, other } => write!(
                f,
                "SLO {slo:?} has an objective of {one} in one instance and of {other} in another: \
                 expected the same in each"
            ),
            Self::Period { slo, one, other } if one == other => {
                write!(
                    f,
                    "SLO {slo:?} is in one {one} in one instance and in another in another: expected the same in each"
                )
            }
            Self::Period { slo, one, other } => write!(
                f,
                "SLO {slo:?} has a period of {one} in one instance and of {other} in another: expected the same in each"
            ),
            Self::Alerts { slo } => write!(
                f,
                "SLO {slo:?} has different alert rows or floors of bad events in two instances: expected the same in each"
            ),
            Self::Windows { slo } => {
                write!(
                    f,
                    "SLO {slo:?} was looked at over different windows in two instances: expected the same in each"
                )
            }
            Self::Bands { service } => {
                write!(f, "service {service:?} has different budget bands in two instances: expected the same in each")
            }
        }
    }
}

impl Error for MergeError {}
