//! What a decision is made on: the evidence of all SLOs, from whom, and how fresh.

use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::evidence::Evidence;
use crate::BudgetBands;

/// What a decision is made on.
///
/// Built from a running instance, from its state file or from its status as JSON, and [merged](Self::merge) over as many as there
/// are. [`decide`](Self::decide) asks it about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// The service's name.
    pub service: String,
    /// Whose counts these are.
    pub replicas: Replicas,
    /// How old they are.
    pub freshness: Freshness,
    /// What is permitted at what rest of the budget.
    pub bands: BudgetBands,
    /// Every SLO, each once.
    pub slos: Vec<Evidence>,
}

impl Case {
    /// What one instance knows, of however many there are.
    pub fn of_instance(
        service: impl Into<String>,
        freshness: Freshness,
        bands: BudgetBands,
        slos: Vec<Evidence>,
    ) -> Self {
        Self { service: service.into(), replicas: Replicas::ONE_OF_MANY, freshness, bands, slos }
    }

    /// With so many instances expected in all: 1 declares that there is no other.
    pub fn expecting(mut self, instances: u32) -> Result<Self, TooManyReplicas> {
        let seen = self.replicas.seen;
        if seen > instances {
            return Err(TooManyReplicas { seen, expected: instances });
        }
        self.replicas.expected = Some(instances);
        Ok(self)
    }

    /// The same, read so much later: for what has been under way or lain in a file.
    pub fn aged_by(mut self, time: Duration) -> Self {
        self.freshness.age = self.freshness.age.saturating_add(time);
        self
    }
}

/// How many instances' counts were added, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Replicas {
    /// Instances whose counts are in.
    pub seen: u32,
    /// Instances there are; none where nobody said.
    pub expected: Option<u32>,
}

impl Replicas {
    /// One instance, of which nobody said that there is no other.
    pub const ONE_OF_MANY: Self = Self { seen: 1, expected: None };

    /// Whether all that there are were seen, and somebody said how many that is.
    pub fn are_all(self) -> bool {
        self.expected.is_some_and(|expected| self.seen >= expected && self.seen > 0)
    }
}

/// `one instance of many`, `the single instance`, `2 instances of many`, `3 of 3 instances`.
impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.seen, self.expected) {
            (1, None) => f.write_str("one instance of many"),
            (seen, None) => write!(f, "{seen} instances of many"),
            (1, Some(1)) => f.write_str("the single instance"),
            (seen, Some(expected)) => write!(f, "{seen} of {expected} instances"),
        }
    }
}

/// Why so many instances cannot be expected: more were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyReplicas {
    seen: u32,
    expected: u32,
}

impl fmt::Display for TooManyReplicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, expected } = self;
        write!(f, "{seen} instances are more than the expected {expected}: expected each of them once")
    }
}

impl Error for TooManyReplicas {}

/// How old counts are, against how old they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Freshness {
    /// The age of the newest tick; of several instances, of the stalest.
    pub age: Duration,
    /// How often it ticks.
    pub tick: Duration,
}

impl Freshness {
    /// After so many ticks without one, counts are stale.
    pub const TICKS: u32 = 3;

    /// So old, where ticks are so far apart.
    pub const fn new(age: Duration, tick: Duration) -> Self {
        Self { age, tick }
    }

    /// How old counts may be.
    pub fn limit(self) -> Duration {
        self.tick.saturating_mul(Self::TICKS)
    }

    /// Whether they are older than that.
    pub fn is_stale(self) -> bool {
        self.age > self.limit()
    }

    /// The staler of two: the one that is more of its own ticks old.
    pub(super) fn staler(self, other: Self) -> Self {
        // Saturating beyond 2^64 seconds times 2^34, where both are stale whatever the answer is.
        let ticks = |one: Self, of: Self| one.age.as_nanos().saturating_mul(of.tick.as_nanos());
        let order = ticks(self, other).cmp(&ticks(other, self));
        let order = order.then(self.age.cmp(&other.age)).then(other.tick.cmp(&self.tick));
        if order == Ordering::Less { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(seen: u32) -> Case {
        let freshness = Freshness::new(Duration::ZERO, Duration::from_secs(10));
        let mut case = Case::of_instance("checkout", freshness, BudgetBands::default(), Vec::new());
        case.replicas.seen = seen;
        case
    }

    #[test]
    fn all_replicas_are_there_only_when_somebody_said_how_many_that_is() {
        for (seen, expected, all, text) in [
            (1, None, false, "one instance of many"),
            (2, None, false, "2 instances of many"),
            (1, Some(1), true, "the single instance"),
            (1, Some(2), false, "1 of 2 instances"),
            (3, Some(3), true, "3 of 3 instances"),
            (0, Some(0), false, "0 of 0 instances"),
        ] {
            let case = match expected {
                Some(expected) => case(seen).expecting(expected).unwrap(),
                None => case(seen),
            };
            assert_eq!((case.replicas.are_all(), case.replicas.to_string().as_str()), (all, text));
        }
        let message = case(4).expecting(3).unwrap_err().to_string();
        assert_eq!(message, "4 instances are more than the expected 3: expected each of them once");
    }

    #[test]
    fn three_ticks_are_fresh_and_a_nanosecond_more_is_not() {
        let tick = Duration::from_secs(10);
        let case = case(1);
        assert!(!case.clone().aged_by(tick * 3).freshness.is_stale());
        assert!(case.clone().aged_by(tick * 3 + Duration::from_nanos(1)).freshness.is_stale());
        assert!(case.aged_by(Duration::MAX).aged_by(Duration::MAX).freshness.is_stale());
    }

    #[test]
    fn the_staler_is_more_of_its_own_ticks_old() {
        let of = |age, tick| Freshness::new(Duration::from_secs(age), Duration::from_secs(tick));
        for (one, other, stalest) in [
            (of(20, 10), of(9, 1), of(9, 1)),
            (of(20, 10), of(2, 1), of(20, 10)),
            (of(0, 10), of(0, 1), of(0, 1)),
            (of(5, 0), of(50, 10), of(5, 0)),
        ] {
            assert_eq!((one.staler(other), other.staler(one)), (stalest, stalest));
        }
    }
}
