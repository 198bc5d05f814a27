//! Every lint: its code, its truth in a line, and why.

use crate::Diagnostic;

use super::{
    classification, clients, journeys, limits, links, objective, overlap, routes, rows, service, slices, traffic,
};

/// Something a definition can say that is probably not meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lint {
    /// The stable word its diagnostics carry, such as `no-runbook`.
    pub code: &'static str,
    /// What is wrong, in a line.
    pub truth: &'static str,
    /// Why it matters, what to do, and the public source of the rule.
    pub text: &'static str,
}

impl Lint {
    pub(super) const fn new(code: &'static str, truth: &'static str, text: &'static str) -> Self {
        Self { code, truth, text }
    }

    pub(super) fn warn(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(self.code, message)
    }

    /// The lint of this code.
    pub fn of(code: &str) -> Option<&'static Self> {
        ALL.iter().find(|lint| lint.code == code)
    }
}

/// Every lint, by what it is about.
pub static ALL: &[Lint] = &[
    // What is asked for.
    objective::INVERTED_OBJECTIVE,
    objective::SLA_NOT_WEAKER,
    objective::BUDGET_BELOW_ONE_TICK,
    limits::THRESHOLD_UNIT,
    limits::FRESHNESS_BELOW_TICK,
    limits::SATURATION_NEVER_BAD,
    limits::SWAPPED_SATURATION,
    limits::THROUGHPUT_ABOVE_TRAFFIC,
    limits::THROUGHPUT_BELOW_ONE,
    slices::SLICE_OFF_TICK,
    slices::BUDGET_BELOW_ONE_SLICE,
    slices::SLICE_BEYOND_SHORT_WINDOW,
    slices::THIN_SLICE,
    // What counts as what.
    classification::FAILURE_CALLED_GOOD,
    classification::SUCCESS_CALLED_BAD,
    classification::OUTCOME_HIDDEN,
    clients::ABANDONED_CALLED_GOOD,
    clients::CLIENT_LIMIT_BEYOND_DEADLINE,
    clients::CLIENT_LIMIT_WITHIN_THRESHOLD,
    clients::THRESHOLD_BEYOND_DEADLINE,
    clients::GRPC_JUDGED_AT_HEAD,
    // What alerts whom.
    rows::REPEATED_ROW,
    rows::SHORT_WINDOW_SHARE,
    rows::TINY_WINDOW,
    rows::NO_PAGE_ROW,
    rows::SLOW_PAGE,
    rows::FACTOR_OF_ANOTHER_PERIOD,
    rows::ROW_AFTER_BUDGET,
    traffic::ONE_ERROR_PAGES,
    traffic::SILENT_OUTAGE,
    traffic::BUDGET_BELOW_ONE_EVENT,
    traffic::FEW_BAD_EVENTS,
    links::NO_RUNBOOK,
    links::UNFILLED_LINK,
    links::LOCAL_LINK,
    // What is looked at.
    routes::IMPOSSIBLE_ROUTE,
    routes::TWIN_ROUTES,
    routes::PROBE_ROUTE,
    overlap::COUNTED_TWICE,
    overlap::WEAKER_THAN_GENERAL,
    overlap::IMPLIED_LATENCY,
    journeys::CROWDED_JOURNEY,
    journeys::IDLE_JOURNEY,
    journeys::JOURNEY_WITHOUT_ROUTES,
    // The service itself.
    service::CALENDAR_PERIOD,
    service::NOTIFY_MANY,
    service::SINGLE_IN_MANY,
    service::UNUSED_CLASS,
    service::DECLARED_TWICE,
    service::UNREACHABLE_BAND,
];
