//! Compares what the stream and the worker have counted on their own with the status: each must agree to the unit.

use std::time::Duration;

use anyhow::{Context, ensure};
use goodput::{Flag, SloStatus, Status};

use crate::stream::Sent;
use crate::worker::Taken;

/// Fails with everything on which the status and the others do not agree.
pub(crate) fn compare(status: &Status, sent: &Sent, taken: &Taken) -> anyhow::Result<()> {
    let slo = |name: &str| status.slo(name).with_context(|| format!("it has the SLO {name}"));
    let (complete, right) = (slo("orders-complete")?.counts, slo("orders-right")?.counts);
    let (read, fresh) = (slo("orders-read-fresh")?.counts, slo("orders-fresh")?);
    let rows = [
        ("orders that came", sent.orders - sent.lost, complete.good),
        ("orders that got lost", sent.lost, complete.bad),
        ("orders that came out right", sent.orders - sent.lost - sent.broken, right.good),
        ("orders that were broken", sent.broken, right.bad),
        ("reads of fresh orders", taken.fresh, read.good),
        ("reads of stale orders", taken.stale, read.bad),
    ];
    let differs = |(what, theirs, ours): &(&str, u64, u64)| {
        (theirs != ours).then(|| format!("{what}: {theirs} by their own count, {ours} by the status"))
    };
    let differences: Vec<String> = rows.iter().filter_map(differs).collect();
    ensure!(differences.is_empty(), "{}", differences.join("; "));
    ensure!(sent.lost > 0 && sent.broken > 0 && taken.stale > 0, "expected an outage: {sent:?} {taken:?}");
    compare_slices(fresh, status.age.saturating_sub(status.since_last_tick), taken.stale_for)?;
    // On a machine that is very busy the ticker is late, and says so.
    let own = status.flags.iter().find(|flag| !matches!(flag, Flag::NoRecentTick { .. }));
    ensure!(own.is_none(), "expected no flag: {own:?}");
    Ok(())
}

/// Slices begin and end where the clock says, so what was stale for a minute may be in five of them or in seven. A machine that is
/// too busy to tick in time leaves some unknown.
fn compare_slices(fresh: &SloStatus, ticked_for: Duration, stale_for: Duration) -> anyhow::Result<()> {
    let slices = fresh.slices.as_ref().context("it judges slices")?;
    let length = slices.length.duration().as_secs_f64();
    let (bad, unknown) = (fresh.counts.bad as f64, slices.unknown as f64);
    let stale = stale_for.as_secs_f64() / length;
    ensure!(bad <= stale + 1.0 && bad + unknown >= stale - 1.0, "{stale:.1} slices were stale: {fresh:?}");
    let over = slices.judged as f64 + unknown;
    ensure!((over - ticked_for.as_secs_f64() / length).abs() <= 2.0, "{over} slices in {ticked_for:?}");
    Ok(())
}
