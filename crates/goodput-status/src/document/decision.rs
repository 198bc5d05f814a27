//! The answer of the gate as a document: what may be done and why, version 1.

use std::time::Duration;

use goodput_core::{Decision, OutageTime, Remaining};
use serde::{Deserialize, Serialize};

/// The version that is written.
const DECISION_VERSION: u32 = 1;

/// The most reasons, and the most conditions, that are written: the strictest come first.
const MOST: usize = 100;

/// What may be done about a change, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DecisionDocument {
    /// What this is: `decision`.
    pub goodput: String,
    /// The version of this document, 1.
    pub version: u32,
    /// The service's name.
    pub service: String,
    /// What was asked about.
    pub change: ChangeDocument,
    /// What may be done: `approve`, `review`, `defer` or `block`. Never `approve` where too little is known, but for kinds of change
    /// that are never held back.
    pub action: String,
    /// What it would have been if the change were of another kind, nobody had overridden it, and nobody had said what to do without
    /// data. Null where that is the same.
    pub would_have_been: Option<String>,
    /// How `goodput gate` exits: 0 approve, 1 block, 3 no, stale or thin data, 4 review, 5 defer.
    pub exit_code: u8,
    /// Whether there is enough to go by: `enough`, `thin`, `stale` or `none`.
    pub data: String,
    /// How the worst SLO burns: `healthy`, `attention`, `warning`, `critical` or `exhausted`.
    pub status: String,
    /// The worst SLO, which speaks for all. Null where there is none.
    pub slo: Option<String>,
    /// Why, the strictest first: at most 100.
    pub rationale: Vec<GroundDocument>,
    /// What has to hold for it to go ahead: at most 100.
    pub conditions: Vec<AdviceDocument>,
    /// What could be done instead.
    pub alternatives: Vec<AdviceDocument>,
    /// What the change may cost.
    pub cost: CostDocument,
    /// How what is left of the worst SLO's budget is known: `no_data`, `at_most` or `is`.
    pub known: String,
    /// The share that is left, negative when overspent. Null without data.
    pub remaining: Option<f64>,
    /// How much of the worst SLO's period was seen. Null without one.
    pub coverage: Option<CoverageDocument>,
    /// How old the newest tick is, in nanoseconds; of several instances, the stalest one's.
    pub age_ns: u64,
    /// Whose counts these are.
    pub replicas: ReplicasDocument,
}

/// What was asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeDocument {
    /// `feature`, `config`, `fix`, `rollback`, `security` or `emergency`.
    pub kind: String,
    /// `low`, `medium` or `high`.
    pub risk: String,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GroundDocument {
    /// The SLO. Null where it is about all of them.
    pub slo: Option<String>,
    /// What was found, in one word, such as `burn`.
    pub code: String,
    /// The same for people, with its numbers.
    pub message: String,
    /// What it asks for: `approve`, `review`, `defer` or `block`.
    pub asks: String,
}

/// A condition or an alternative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AdviceDocument {
    /// In one word.
    pub code: String,
    /// The same for people.
    pub message: String,
}

/// What a change may cost, as time of total outage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CostDocument {
    /// Expected, in nanoseconds.
    pub expected_ns: u64,
    /// At worst, in nanoseconds.
    pub worst_ns: u64,
    /// What is left of the budget, in nanoseconds; negative when overspent. Null without data.
    pub left_ns: Option<i64>,
    /// The expected cost as a share of what is left. Null where nothing is, or is known.
    pub expected_share: Option<f64>,
    /// The worst cost as a share of what is left. Null where nothing is, or is known.
    pub worst_share: Option<f64>,
}

/// How much of a period was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CoverageDocument {
    /// So much, in nanoseconds.
    pub seen_ns: u64,
    /// Of so much, in nanoseconds.
    pub whole_ns: u64,
}

/// How many instances' counts were added, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReplicasDocument {
    /// Instances whose counts are in.
    pub seen: u32,
    /// Instances there are. Null where nobody said.
    pub expected: Option<u32>,
}

impl DecisionDocument {
    /// The document of a decision about a service.
    pub fn new(service: &str, decision: &Decision) -> Self {
        let change = decision.change;
        let ground = |ground: &goodput_core::Ground| GroundDocument {
            slo: ground.slo.clone(),
            code: ground.finding.label().to_owned(),
            message: ground.finding.to_string(),
            asks: ground.asks.label().to_owned(),
        };
        let proviso = |proviso: &goodput_core::Proviso| advice(proviso.label(), proviso);
        let alternative = |alternative: &goodput_core::Alternative| advice(alternative.label(), alternative);
        Self {
            goodput: "decision".to_owned(),
            version: DECISION_VERSION,
            service: service.to_owned(),
            change: ChangeDocument { kind: change.kind.label().to_owned(), risk: change.risk.label().to_owned() },
            action: decision.action.label().to_owned(),
            would_have_been: decision.would_have_been.map(|action| action.label().to_owned()),
            exit_code: decision.gate().code(),
            data: decision.data.label().to_owned(),
            status: decision.status.label().to_owned(),
            slo: decision.slo.clone(),
            rationale: decision.rationale.iter().take(MOST).map(ground).collect(),
            conditions: decision.conditions.iter().take(MOST).map(proviso).collect(),
            alternatives: decision.alternatives.iter().take(MOST).map(alternative).collect(),
            cost: cost(decision.cost),
            known: known(decision.remaining).to_owned(),
            remaining: decision.remaining.value(),
            coverage: decision.coverage.map(|coverage| CoverageDocument {
                seen_ns: nanos(coverage.seen()),
                whole_ns: nanos(coverage.whole()),
            }),
            age_ns: nanos(decision.age),
            replicas: ReplicasDocument { seen: decision.replicas.seen, expected: decision.replicas.expected },
        }
    }
}

fn advice(code: &str, message: &impl ToString) -> AdviceDocument {
    AdviceDocument { code: code.to_owned(), message: message.to_string() }
}

fn cost(cost: goodput_core::CostOfChange) -> CostDocument {
    // Both are times of at most 584 years, half of which a signed number holds.
    let signed = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
    let left = cost.left.map(|left| match left {
        OutageTime::Left(time) => signed(time),
        OutageTime::Overspent(time) => -signed(time),
    });
    CostDocument {
        expected_ns: nanos(cost.cost.expected()),
        worst_ns: nanos(cost.cost.worst()),
        left_ns: left,
        expected_share: cost.expected_share(),
        worst_share: cost.worst_share(),
    }
}

/// How a rest of a budget is known, in one word.
pub(super) fn known(remaining: Remaining) -> &'static str {
    match remaining {
        Remaining::NoData => "no_data",
        Remaining::AtMost(_) => "at_most",
        Remaining::Is(_) => "is",
    }
}

/// Whole nanoseconds: 584 years of them fit, and longer times are as good as that.
pub(super) fn nanos(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}
