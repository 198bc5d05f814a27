//! The alert rows of an SLO, what each asks for, and which comes first.

use goodput_model::{MinBad, Objective, Policy, Row, Share, Slo};

use super::counted::{Counted, Never};
use super::report::{Alert, BadNeeded, Detection, First};

/// A total outage, one instance of ten, and what a weekly review would find: in thousandths of a percent.
const ERRORS: [&str; 3] = ["100%", "10%", "1.5%"];

fn errors() -> impl Iterator<Item = Share> {
    ERRORS.into_iter().filter_map(|text| text.parse().ok())
}

/// The SLO's policy, and whether it is the default one.
pub(super) fn policy(slo: &Slo, objective: Objective) -> Result<(Policy, bool), String> {
    let (rows, period) = (slo.alert_rows(), slo.judged_over());
    if rows.is_empty() {
        return Ok((Policy::default_for(objective, period), true));
    }
    let policy = Policy::from_rows(objective, period, rows).map_err(|error| error.to_string())?;
    Ok((policy, false))
}

pub(super) fn rows(policy: &Policy, counted: &Counted, min_bad: MinBad) -> Vec<Alert> {
    let alert = |row: &Row| Alert {
        row: row.to_string(),
        severity: row.severity().to_string(),
        long_seconds: row.long().secs(),
        short_seconds: row.short().secs(),
        factor: row.factor(),
        error_ratio: row.error_ratio(),
        budget_share: row.budget_share(),
        bad_needed: counted
            .needed(row, min_bad)
            .map(|(burn, floor)| BadNeeded { by_burn: counted.things(burn), by_min_bad: counted.things(floor) }),
        detection: errors().map(|errors| detection(row, counted, min_bad, errors)).collect(),
    };
    policy.rows().iter().map(alert).collect()
}

fn detection(row: &Row, counted: &Counted, min_bad: MinBad, errors: Share) -> Detection {
    let found = counted.detection(row, min_bad, errors);
    let at_traffic = counted.detection_at_traffic(row, min_bad, errors);
    let why = found.err().or(at_traffic.and_then(Result::err)).map(Never::word);
    Detection {
        error_ratio: errors.ratio(),
        seconds: found.ok().map(|time| time.as_secs_f64()),
        seconds_at_traffic: at_traffic.and_then(Result::ok).map(|time| time.as_secs_f64()),
        reason: why.or(at_traffic.is_none().then_some(NO_TRAFFIC).filter(|_| counted.unit() == "event")),
    }
}

const NO_TRAFFIC: &str = "no-traffic";

/// For each share of errors the row that fires first, at the stated traffic if there is one.
pub(super) fn first(policy: &Policy, counted: &Counted, min_bad: MinBad) -> Vec<First> {
    let first = |errors: Share| {
        let time = |row: &Row| {
            let flow = || counted.detection(row, min_bad, errors);
            counted.detection_at_traffic(row, min_bad, errors).unwrap_or_else(flow).ok()
        };
        let firing = policy.rows().iter().filter_map(|row| Some((time(row)?, row)));
        // Of two at the same moment, the louder one.
        let first = firing.min_by_key(|(time, row)| (*time, std::cmp::Reverse(row.severity())));
        First {
            error_ratio: errors.ratio(),
            row: first.map(|(_, row)| row.to_string()),
            seconds: first.map(|(time, _)| time.as_secs_f64()),
            reason: first.is_none().then_some("never"),
        }
    };
    errors().map(first).collect()
}
