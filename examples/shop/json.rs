//! The final status as JSON, for scripts and tests.

use goodput::{ConditionStatus, Remaining, RouteStatus, SloStatus, Status, Window};
use serde_json::{Map, Value, json};

use crate::tally::Tally;

/// Everything at the top level; what only clients know is null without any.
pub(crate) fn of(status: &Status, tally: Option<&Tally>) -> Value {
    json!({
        "service": status.service,
        "scope": status.scope.to_string(),
        "started": status.routes.iter().map(|route| route.begun).sum::<u64>(),
        "received": tally.map(Tally::answered),
        "abandoned": tally.map(Tally::abandoned),
        "in_flight": status.in_flight,
        "slos": status.slos.iter().map(slo).collect::<Vec<_>>(),
        "routes": status.routes.iter().map(route).collect::<Vec<_>>(),
    })
}

fn slo(slo: &SloStatus) -> Value {
    // Null where nothing was seen, which is not a burn of 0.
    let burn = |window| slo.window(window).and_then(|window| window.burn.value());
    json!({
        "name": slo.name,
        "objective": slo.objective.ratio(),
        "good": slo.counts.good,
        "bad": slo.counts.bad,
        "excluded": slo.counts.excluded,
        "burn": { "5m": burn(Window::M5), "1h": burn(Window::H1) },
        "budget_remaining": budget(slo.budget.remaining()),
        "coverage": slo.windows.last().map(|period| period.seen.coverage.share()),
        "conditions": slo.conditions.iter().map(condition).collect::<Vec<_>>(),
    })
}

fn budget(remaining: Remaining) -> Value {
    let kind = match remaining {
        Remaining::NoData => "no_data",
        Remaining::AtMost(_) => "at_most",
        Remaining::Is(_) => "is",
    };
    json!({ "kind": kind, "share": remaining.value() })
}

fn condition(condition: &ConditionStatus) -> Value {
    let (row, now) = (&condition.row, &condition.now);
    json!({
        "severity": row.severity().to_string(),
        "long": row.long().to_string(),
        "short": row.short().to_string(),
        "factor": row.factor(),
        "effective_factor": now.effective_factor,
        "position": now.position.to_string(),
        "active": now.active,
        "bad": now.bad_long,
        "min_bad": now.min_bad,
    })
}

fn route(route: &RouteStatus) -> Value {
    let outcomes = route.outcomes.iter();
    let outcomes: Map<_, _> = outcomes.map(|(outcome, count)| (outcome.to_string(), json!(count))).collect();
    let seconds = |quantile| route.success.quantile(quantile).map(|time| time.as_secs_f64());
    json!({
        "route": route.template,
        "begun": route.begun,
        "in_flight": route.in_flight,
        "outcomes": outcomes,
        "success_p50_seconds": seconds(0.5),
        "success_p99_seconds": seconds(0.99),
    })
}
