//! What users come to do, and how much depends on it.

use std::time::Duration;

use crate::Objective;

/// What users come to do: a name for some routes, whose worst SLO speaks for it.
///
/// Two or three SLIs a journey are enough (SRE Workbook, chapter 2): one says whether it works, one whether it is fast.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Journey {
    /// The name, unique within its definition.
    pub name: String,
    /// What users do there.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How much depends on it.
    pub criticality: Option<Criticality>,
    /// How good it has to be.
    pub tier: Option<Tier>,
    /// Its routes: those of every SLO of the journey that names none itself.
    pub routes: Vec<String>,
}

impl Journey {
    /// A journey that says no more than its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), description: None, owner: None, criticality: None, tier: None, routes: Vec::new() }
    }
}

/// How much depends on something: the values of `service.criticality` in OpenTelemetry's semantic conventions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Criticality {
    /// Nothing users would miss soon.
    Low,
    /// Inconvenient while it lasts.
    Medium,
    /// Users cannot do something that matters to them.
    High,
    /// The business stands still.
    Critical,
}

impl Criticality {
    /// Every one of them, the least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As it is written in files and labels.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How good a service or journey has to be: an objective and a latency threshold for those who name none.
///
/// | tier | availability | 99 % within |
/// |---|---|---|
/// | critical | 99.95 % | 100 ms |
/// | essential | 99.9 % | 500 ms |
/// | standard | 99.5 % | 1 s |
/// | best-effort | 99 % | 2 s |
///
/// The error ratio allowed follows from the objective and is stored nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tier {
    /// Nice to have.
    BestEffort,
    /// What most services are.
    Standard,
    /// Users cannot work without it.
    Essential,
    /// Money or safety depends on every request.
    Critical,
}

impl Tier {
    /// Every one of them, the least first.
    pub const ALL: [Self; 4] = [Self::BestEffort, Self::Standard, Self::Essential, Self::Critical];

    /// As it is written in files and labels.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BestEffort => "best-effort",
            Self::Standard => "standard",
            Self::Essential => "essential",
            Self::Critical => "critical",
        }
    }

    /// The share of requests that have to succeed.
    pub const fn objective(self) -> Objective {
        Objective::of_ppb(match self {
            Self::BestEffort => 990_000_000,
            Self::Standard => 995_000_000,
            Self::Essential => 999_000_000,
            Self::Critical => 999_500_000,
        })
    }

    /// What 99 % of the requests have to be within.
    pub const fn threshold(self) -> Duration {
        Duration::from_millis(match self {
            Self::BestEffort => 2_000,
            Self::Standard => 1_000,
            Self::Essential => 500,
            Self::Critical => 100,
        })
    }

    /// The share of requests that have to be within [`threshold`](Self::threshold), in every tier.
    pub const LATENCY_OBJECTIVE: Objective = Objective::of_ppb(990_000_000);
}
