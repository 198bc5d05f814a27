//! Compares what the clients have counted on their own with the status.

use anyhow::{Context, ensure};
use goodput::{Flag, Status};

use crate::clients::Seen;

/// Fails with the first thing on which the status and the clients do not agree.
pub(crate) fn compare(status: &Status, seen: &Seen) -> anyhow::Result<()> {
    let fast = status.slo("connected-fast").context("it has this SLO")?.counts;
    ensure!((fast.good, fast.bad) == (seen.fast, seen.slow), "{seen:?} by the clients, {fast:?} by the status");

    let free = status.slo("pool-free").context("it has this SLO")?;
    let slices = free.slices.as_ref().context("it judges slices")?;
    let (from, to) = seen.full.context("expected too many clients for a while")?;
    // Slices begin and end where the clock says: what was full for a minute is so in six of them, seven or eight. A machine that is
    // too busy to tick in time leaves some unknown.
    let length = slices.length.duration().as_secs_f64();
    let (full, bad, unknown) =
        (to.saturating_sub(from).as_secs_f64() / length, free.counts.bad as f64, slices.unknown as f64);
    ensure!(bad <= full + 2.0 && bad + unknown >= full - 2.0, "full for {full:.1} slices: {free:?}");
    ensure!(seen.slow > 0 && bad + unknown > 0.0, "expected a rush: {seen:?} {free:?}");
    let (over, ticked_for) = (slices.judged as f64 + unknown, status.age.saturating_sub(status.since_last_tick));
    ensure!((over - ticked_for.as_secs_f64() / length).abs() <= 2.0, "{over} slices in {ticked_for:?}");
    // On a machine that is very busy the ticker is late, and says so.
    let own = status.flags.iter().find(|flag| !matches!(flag, Flag::NoRecentTick { .. }));
    ensure!(own.is_none(), "expected no flag: {own:?}");
    Ok(())
}
