//! What counts as good, bad and excluded for one SLO, in words.

use std::time::Duration;

use goodput_model::{Budgeting, CancelPolicy, Definition, Indicator, JudgedAt, Measure, Slo, StatusMeaning};

use super::codes::{grpc, http, unmatched};
use super::report::Classification;
use crate::text::Exactly;

pub(super) fn words(definition: &Definition, slo: &Slo) -> Classification {
    let mut words = match slo.indicator() {
        Indicator::Latency { threshold, measure } => latency(definition, slo, threshold, measure),
        Indicator::GoodAndFast { threshold, measure } => good_and_fast(definition, slo, threshold, measure),
        Indicator::Quality => quality(definition, slo),
        Indicator::Correctness => plain("records that came out right", "records that did not", None),
        Indicator::Completeness => plain("expected records that came", "expected records that are missing", None),
        Indicator::Freshness { threshold } => freshness(slo, threshold),
        Indicator::Throughput { at_least } => plain(
            &format!("slices with at least {at_least} events"),
            "slices with fewer",
            Some("slices that were not seen whole"),
        ),
        Indicator::Saturation { at_most } => plain(
            &format!("slices in which never more than {at_most} was in use"),
            "slices in which more was, at any moment",
            Some("slices without a reading"),
        ),
        Indicator::Custom => plain(
            "events the service's own code calls good",
            "events it calls bad",
            Some("events it calls excluded, and all it says nothing of"),
        ),
        // Whatever kind there is more: its events are good unless they fail.
        _ => availability(definition, slo),
    };
    in_slices(slo, &mut words);
    words
}

fn plain(good: &str, bad: &str, excluded: Option<&str>) -> Classification {
    Classification {
        good: vec![good.to_owned()],
        bad: vec![bad.to_owned()],
        excluded: excluded.map(str::to_owned).into_iter().collect(),
        judged: "Judged when the service's own code says so.".to_owned(),
    }
}

fn availability(definition: &Definition, slo: &Slo) -> Classification {
    let mut bad = codes(slo, StatusMeaning::Failure);
    bad.extend(FAILURES.map(str::to_owned));
    if slo.decision_point() == JudgedAt::End {
        bad.push("a body that fails after its head was sent".to_owned());
    }
    let mut words = Classification {
        good: codes(slo, StatusMeaning::Success),
        bad,
        excluded: excluded(definition, slo),
        judged: judged(slo),
    };
    cancelled(definition, slo, &mut words);
    words
}

fn latency(definition: &Definition, slo: &Slo, threshold: Duration, measure: Measure) -> Classification {
    let (within, point) = (Exactly(threshold), point(measure));
    let mut words = Classification {
        good: vec![format!(
            "successes whose {point} came within {within}: {}",
            codes(slo, StatusMeaning::Success).join("; ")
        )],
        bad: vec!["whatever took longer, unless it is excluded, however it ended".to_owned()],
        excluded: vec![format!(
            "failures within {within}, which say nothing about speed: {}, and those without a status",
            codes(slo, StatusMeaning::Failure).join("; ")
        )],
        judged: judged(slo),
    };
    words.excluded.extend(excluded(definition, slo));
    cancelled(definition, slo, &mut words);
    words
}

fn good_and_fast(definition: &Definition, slo: &Slo, threshold: Duration, measure: Measure) -> Classification {
    let mut words = availability(definition, slo);
    words.good = vec![format!(
        "successes whose {} came within {}: {}",
        point(measure),
        Exactly(threshold),
        codes(slo, StatusMeaning::Success).join("; ")
    )];
    words.bad.insert(0, "successes that took longer".to_owned());
    words
}

fn quality(definition: &Definition, slo: &Slo) -> Classification {
    let mut words = Classification {
        good: vec![format!("successes served in full: {}", codes(slo, StatusMeaning::Success).join("; "))],
        bad: vec!["successes that the handler marked as degraded".to_owned()],
        excluded: vec![format!(
            "failures: {}, and those without a status",
            codes(slo, StatusMeaning::Failure).join("; ")
        )],
        judged: judged(slo),
    };
    words.excluded.extend(excluded(definition, slo));
    cancelled(definition, slo, &mut words);
    words
}

fn freshness(slo: &Slo, threshold: Duration) -> Classification {
    let within = Exactly(threshold);
    if slo.budgeting_method() == Budgeting::Occurrences {
        return plain(&format!("reads that found data at most {within} old"), "reads that found older data", None);
    }
    plain(
        &format!("slices at whose end the newest data was at most {within} old"),
        "slices at whose end it was older",
        Some("slices that were not seen whole"),
    )
}

fn codes(slo: &Slo, meaning: StatusMeaning) -> Vec<String> {
    [http(slo, meaning), grpc(slo, meaning)].into_iter().flatten().collect()
}

/// What has no status, or not only one.
const FAILURES: [&str; 2] = [
    "a gRPC response without a status",
    "a service error, a panic, a timeout of the server's own, a request refused for load",
];

fn excluded(definition: &Definition, slo: &Slo) -> Vec<String> {
    let mut words = codes(slo, StatusMeaning::Excluded);
    if slo.dependency_name().is_none() {
        words.extend(unmatched(slo));
        if !definition.excluded_routes.is_empty() {
            words.push(format!("the routes {}", definition.excluded_routes.join(", ")));
        }
        words.push("what a handler excludes".to_owned());
    }
    words
}

/// What becomes of a client that went away before the head.
fn cancelled(definition: &Definition, slo: &Slo, words: &mut Classification) {
    let default = match slo.indicator() {
        Indicator::Latency { threshold, .. } | Indicator::GoodAndFast { threshold, .. } => {
            CancelPolicy::BadIfOlder(threshold)
        }
        Indicator::Quality => CancelPolicy::Exclude,
        _ => definition.server_deadline.map_or(CancelPolicy::Exclude, CancelPolicy::BadIfOlder),
    };
    let is_by_route = slo.cancel_policy().is_none()
        && definition.server_deadline.is_none()
        && !matches!(slo.indicator(), Indicator::Latency { .. } | Indicator::GoodAndFast { .. } | Indicator::Quality);
    if is_by_route {
        words.bad.push(format!("a client that left after more than {ROUTE_LIMIT}"));
        words.excluded.push("a client that left before that".to_owned());
        return;
    }
    match slo.cancel_policy().unwrap_or(default) {
        CancelPolicy::BadIfOlder(limit) => {
            words.bad.push(format!("a client that left after more than {}", Exactly(limit)));
            words.excluded.push("a client that left before that".to_owned());
        }
        CancelPolicy::Bad => words.bad.push("a client that left before the head".to_owned()),
        CancelPolicy::Good => words.good.push("a client that left before the head".to_owned()),
        // Whatever there is more of: it is in no ratio.
        _ => words.excluded.push("a client that left before the head".to_owned()),
    }
}

const ROUTE_LIMIT: &str =
    "the limit of its route (4 times its loosest latency threshold, within 1s to 10s; 5s without one)";

fn judged(slo: &Slo) -> String {
    let streams = if slo.follows_streams() { "streams as well" } else { "streams at their head" };
    match slo.decision_point() {
        JudgedAt::Head => "Judged at the head of the response, whatever becomes of its body.".to_owned(),
        JudgedAt::End => format!("Judged at the end of the response; {streams}."),
    }
}

fn point(measure: Measure) -> &'static str {
    match measure {
        Measure::Head => "head",
        Measure::FirstByte => "first byte of the body",
        Measure::End => "end",
    }
}

/// Where slices are counted in place of events.
fn in_slices(slo: &Slo, words: &mut Classification) {
    let method = slo.budgeting_method();
    let rule = match method {
        Budgeting::Timeslices { slice, target: Some(target) } => {
            format!("A slice of {slice} is good when at least {target} of its events are.")
        }
        Budgeting::Timeslices { slice, target: None } => format!("Each slice of {slice} is good or bad as a whole."),
        Budgeting::RatioTimeslices { slice } => {
            format!("Each slice of {slice} counts as much as any other: by the share of its events that are good.")
        }
        _ => return,
    };
    let unknown = "A slice of which less than 90 % was seen, or in which nothing happened, counts as nothing.";
    words.judged = if matches!(method, Budgeting::Timeslices { target: None, .. }) {
        format!("{rule} One of which less than 90 % was seen counts as nothing.")
    } else {
        format!("{} {rule} {unknown}", words.judged)
    };
}
