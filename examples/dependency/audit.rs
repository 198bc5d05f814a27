//! Compares what everybody has counted on their own with the status: each must agree to the unit.

use anyhow::{Context, ensure};
use goodput::{Counts, Status};
use http::StatusCode;

use crate::crowd::Seen;
use crate::shop::Tries;

/// Fails with everything on which the status and the others do not agree.
pub(crate) fn compare(status: &Status, seen: &Seen, tries: Tries, charged: u64) -> anyhow::Result<()> {
    let counts = |slo: &str| status.slo(slo).map(|slo| slo.counts).context("it has this SLO");
    let (orders, calls, attempts) = (counts("orders-ok")?, counts("payments-ok")?, counts("payment-attempts-ok")?);
    let answered = |status: StatusCode| seen.get(&status).copied().unwrap_or_default();
    let (broken, later) = (answered(StatusCode::INTERNAL_SERVER_ERROR), answered(StatusCode::BAD_GATEWAY));
    let blamed = crate::blamed(status.slo("orders-ok").context("it has this SLO")?);
    let all = |counts: Counts| counts.good + counts.bad + counts.excluded;
    let rows = [
        ("orders", tries.orders, all(orders)),
        ("orders the customers had thanks for", answered(StatusCode::OK), orders.good),
        ("orders that went wrong", broken + later, orders.bad),
        ("orders that blame payments", later, blamed),
        ("calls to payments", tries.orders - broken, all(calls)),
        ("calls that went wrong", later, calls.bad),
        ("attempts", all(calls) + tries.retries, all(attempts)),
        ("attempts that went well", calls.good, attempts.good),
        ("requests in flight", 0, status.in_flight),
    ];
    let differs = |(what, theirs, ours): &(&str, u64, u64)| {
        (theirs != ours).then(|| format!("{what}: {theirs} by their own count, {ours} by the status"))
    };
    let differences: Vec<String> = rows.iter().filter_map(differs).collect();
    ensure!(differences.is_empty(), "{}", differences.join("; "));
    // A charge may have been too late for its attempt.
    ensure!((attempts.good..=all(attempts)).contains(&charged), "{charged} charges, of these attempts: {attempts:?}");
    ensure!(status.flags.is_empty(), "expected no flag: {:?}", status.flags);
    ensure!(
        attempts.bad > calls.bad && calls.bad > 0,
        "expected an outage that retries did not hide: {attempts:?} {calls:?}"
    );
    Ok(())
}
