//! What a decision looks at of one SLO.

use std::fmt;
use std::time::Duration;

use crate::condition::exceeds_as_seen;
use crate::{BandStanding, Budget, BudgetAsSeen, MinBad, Objective, Observation, Period, Row};

/// What a decision looks at of one SLO: counts and coverage, and what cannot be told from them.
///
/// It holds integers only, so that it can be written down, read again and [added](crate::Case::merge) without loss.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// The SLO's name.
    pub slo: String,
    /// What share has to be good.
    pub objective: Objective,
    /// What it is judged over.
    pub period: Period,
    /// What was seen of the period; of a calendar one, of what has gone by of it.
    pub seen: Observation,
    /// How long the present calendar period is as a whole. None in a rolling one.
    pub length: Option<Duration>,
    /// The last hour, or the period if that is shorter.
    pub hour: Observation,
    /// The last six hours, or the period if that is shorter.
    pub six_hours: Observation,
    /// The rows that page, each with its long window.
    pub pages: Vec<PageRow>,
    /// The least number of bad events that conditions go by.
    pub min_bad: MinBad,
    /// What is wrong and cannot be told from the counts, each once.
    pub concerns: Vec<Concern>,
    /// The band it stood in before now; the bands are those of the [case](crate::Case).
    pub standing: BandStanding,
}

impl Evidence {
    /// An SLO of which this was seen, that has no rows that page, about which nothing is wrong, and that stands in no band yet.
    pub fn new(
        slo: impl Into<String>,
        objective: Objective,
        period: Period,
        seen: Observation,
        hour: Observation,
        six_hours: Observation,
    ) -> Self {
        Self {
            slo: slo.into(),
            objective,
            period,
            seen,
            length: None,
            hour,
            six_hours,
            pages: Vec::new(),
            min_bad: MinBad::Auto,
            concerns: Vec::new(),
            standing: BandStanding::NOWHERE,
        }
    }

    /// The budget, with unseen time as having spent nothing: what is left at most.
    pub fn budget(&self) -> Budget {
        match self.length {
            Some(length) => Budget::of_calendar(self.objective, &self.seen, length),
            None => Budget::new(self.objective, &self.seen),
        }
    }

    /// The budget, with the seen part speaking for the whole: what a decision goes by.
    pub fn budget_as_seen(&self) -> BudgetAsSeen {
        self.budget().as_seen()
    }

    /// How many bad events tell something.
    pub fn floor(&self) -> u64 {
        self.min_bad.floor_for_decisions()
    }
}

/// A row that pages, and what was seen of its long window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRow {
    /// The row.
    pub row: Row,
    /// Its long window.
    pub long: Observation,
}

impl PageRow {
    /// Whether the long window exceeds the row, with at least so many bad events, if its seen part speaks for the whole. The short
    /// window plays no part: it says whether somebody has to get up, not whether a change may go out.
    pub fn is_exceeded(&self, floor: u64) -> bool {
        self.long.counts.bad >= floor && exceeds_as_seen(&self.row, &self.long)
    }
}

/// What is wrong with an SLO and cannot be told from its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Concern {
    /// Much more is excluded than usual, which could hide an outage: at least a review.
    ExcludedSurge,
    /// Far fewer good events come than usual, for want of traffic or because it fails: defer. It is good events that matter here, so that
    /// no failure stands in for the traffic that is missing.
    TrafficLost,
    /// A page fires: critical, whatever the burn is now.
    PageFires,
    /// Requests are under way and none ends: block.
    Stalled,
}

impl Concern {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::ExcludedSurge, Self::TrafficLost, Self::PageFires, Self::Stalled];

    /// As it is written in answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ExcludedSurge => "excluded_surge",
            Self::TrafficLost => "traffic_lost",
            Self::PageFires => "page_fires",
            Self::Stalled => "stalled",
        }
    }

    /// The concern of this label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|concern| concern.label() == label)
    }
}

/// What a person reads of it.
impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExcludedSurge => "far more is excluded than usual, which may hide bad events",
            Self::TrafficLost => "far fewer good events come than usual",
            Self::PageFires => "a page fires",
            Self::Stalled => "requests are under way and none ends",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_concern_has_a_word_for_machines_that_reads_back_and_a_sentence_for_people() {
        let words = [
            ("excluded_surge", "far more is excluded than usual, which may hide bad events"),
            ("traffic_lost", "far fewer good events come than usual"),
            ("page_fires", "a page fires"),
            ("stalled", "requests are under way and none ends"),
        ];
        for (concern, (label, sentence)) in Concern::ALL.into_iter().zip(words) {
            assert_eq!((concern.label(), concern.to_string().as_str()), (label, sentence));
            assert_eq!(Concern::from_label(label), Some(concern));
        }
        assert_eq!((Concern::from_label("Stalled"), Concern::from_label("")), (None, None));
    }
}
