//! The status as a person wants to read it.

use std::fmt;

use goodput_model::{
    AlarmState, Budgeting, BurnRate, Counts, Definition, Exhaustion, Frozen, Indicator, Position, Remaining, Roughly,
    Window,
};

use super::status::{ReasonCount, RouteStatus, SliceStatus, SloStatus, Status};
use crate::guard::write_guards;

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = Roughly(self.age);
        write!(f, "{}: this instance alone, {age} old, {} in flight", self.service, self.in_flight)?;
        write_some(f, self.overdue, "overdue")?;
        write_some(f, self.queued, "queued in front of it")?;
        write_some(f, self.unready, "times not ready")?;
        write_some(f, self.restarts_1h.unwrap_or_default(), "restarts within an hour")?;
        writeln!(f)?;
        for slo in &self.slos {
            write_slo(f, slo)?;
        }
        if !self.routes.is_empty() {
            writeln!(f, "routes:")?;
        }
        for route in &self.routes {
            write_route(f, route)?;
        }
        write_guards(f, self)?;
        for flag in &self.flags {
            writeln!(f, "{}: {flag}", flag.label())?;
        }
        Ok(())
    }
}

fn write_slo(f: &mut fmt::Formatter<'_>, slo: &SloStatus) -> fmt::Result {
    write!(f, "{}: {}", slo.name, slo.indicator.label())?;
    if let Some(dependency) = &slo.dependency {
        write!(f, " of dependency {dependency}")?;
    }
    match slo.indicator {
        Indicator::Latency { threshold, .. }
        | Indicator::GoodAndFast { threshold, .. }
        | Indicator::Freshness { threshold } => write!(f, " within {threshold:?}")?,
        Indicator::Throughput { at_least } => write!(f, " of at least {at_least}")?,
        Indicator::Saturation { at_most } => write!(f, " of at most {at_most}")?,
        _ => {}
    }
    if !slo.classes.is_empty() {
        write!(f, " for {}", slo.classes.join(" and "))?;
    }
    writeln!(f, ", {} over {}", slo.objective, slo.period)?;
    match &slo.slices {
        Some(slices) => {
            write_slices(f, slo, slices)?;
            // Levels and ages are no events.
            if slices.events.total() > 0 {
                write_events(f, slices.events, &slices.event_reasons, slo.overdue)?;
            }
        }
        None => write_events(f, slo.counts, &slo.reasons, slo.overdue)?,
    }
    write_burns(f, slo)?;
    write!(f, "  budget  {}", slo.budget.remaining())?;
    if let Some(period) = slo.windows.last() {
        let so_far = if period.calendar.is_some() { " so far" } else { "" };
        write!(f, "; {} of {}{so_far} seen", percent(period.seen.coverage.share()), slo.period)?;
    }
    // While little was seen the band goes by what was, and would read like a contradiction beside "at most".
    if let (Remaining::Is(_), Some(band)) = (slo.budget.remaining(), &slo.band) {
        write!(f, "; band {}", band.name)?;
    }
    // Beyond the period, old errors will have left the window first.
    match slo.exhaustion {
        Exhaustion::Exhausted => writeln!(f, "; exhausted")?,
        Exhaustion::In(time) | Exhaustion::Within(time) if time < slo.period.window().duration() => {
            writeln!(f, "; at the last hour's burn gone in {}", Roughly(time))?;
        }
        Exhaustion::NoData | Exhaustion::Never | Exhaustion::In(_) | Exhaustion::Within(_) => writeln!(f)?,
    }
    for condition in &slo.conditions {
        let (row, now) = (&condition.row, &condition.now);
        if !matches!(now.position, Position::NoData | Position::Acceptable) {
            let (long, short) = (slo.burn(row.long()), slo.burn(row.short()));
            let (needed, factor) = (BurnRate::Of(now.effective_factor), BurnRate::Of(row.factor()));
            write!(f, "  {:<11}{} over {}/{}", now.position.to_string(), row.severity(), row.long(), row.short())?;
            write!(f, ": burn {long}/{short}, fires above {needed}")?;
            if needed.to_string() != factor.to_string() {
                write!(f, " now ({factor} once all of {} is seen)", row.long())?;
            }
            let what = match slo.budgeting {
                Budgeting::Timeslices { .. } => "slices",
                Budgeting::RatioTimeslices { .. } => "millionths of slices",
                _ => "events",
            };
            writeln!(f, " with {} bad {what}; {} so far", now.min_bad, now.bad_long)?;
        }
        let cause = format!("{} over {}/{}", row.severity(), row.long(), row.short());
        write_alarm(f, &cause, condition.alarm, condition.frozen, (condition.suppressed, condition.muted))?;
    }
    for status in &slo.signals {
        let numbers = status.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
        let cause = format!("{}{numbers}", status.signal);
        write_alarm(f, &cause, status.alarm, status.frozen, (status.suppressed, status.muted))?;
    }
    Ok(())
}

/// What fires, and what there is to know about that.
fn write_alarm(
    f: &mut fmt::Formatter<'_>,
    cause: &str,
    alarm: AlarmState,
    frozen: Option<Frozen>,
    (suppressed, muted): (bool, bool),
) -> fmt::Result {
    let AlarmState::Firing { quiet, .. } = alarm else { return Ok(()) };
    write!(f, "  ALERT   {cause}")?;
    if let Some(reason) = frozen {
        write!(f, "; frozen: {reason}")?;
    }
    if let Some((_, cleared)) = quiet {
        write!(f, "; about to resolve: {cleared}")?;
    }
    if suppressed {
        f.write_str("; another one speaks for it")?;
    }
    writeln!(f, "{}", if muted { "; muted" } else { "" })
}

fn write_events(f: &mut fmt::Formatter<'_>, counts: Counts, reasons: &[ReasonCount], overdue: u64) -> fmt::Result {
    write!(f, "  events  {} good, {} bad", counts.good, counts.bad)?;
    write_reasons(f, reasons, "bad")?;
    write!(f, ", {} excluded", counts.excluded)?;
    write_reasons(f, reasons, "excluded")?;
    write_some(f, overdue, "overdue")?;
    writeln!(f)
}

/// The slices that are over, and the one that is not.
fn write_slices(f: &mut fmt::Formatter<'_>, slo: &SloStatus, slices: &SliceStatus) -> fmt::Result {
    if let Budgeting::RatioTimeslices { .. } = slo.budgeting {
        let parts = |parts: u64| parts as f64 / Budgeting::PARTS as f64;
        write!(f, "  slices  {:.2} good, {:.2} bad", parts(slo.counts.good), parts(slo.counts.bad))?;
    } else {
        write!(f, "  slices  {} good, {} bad", slo.counts.good, slo.counts.bad)?;
        write_reasons(f, &slo.reasons, "bad")?;
    }
    write_some(f, slices.unknown, "unknown")?;
    write!(f, "; each {}; after {} the running one is ", slices.length, Roughly(slices.running.so_far))?;
    match slices.running.verdict {
        Some(verdict) => write!(f, "{verdict}")?,
        None => f.write_str("unknown")?,
    }
    if let Some(level) = slices.running.level {
        write!(f, ", at most {:.1} % used", level * 100.0)?;
    }
    if let Some(age) = slices.running.age {
        write!(f, ", the data {} old", Roughly(age))?;
    }
    writeln!(f)
}

/// The burn of a few windows, each with what was seen of it unless that is all.
fn write_burns(f: &mut fmt::Formatter<'_>, slo: &SloStatus) -> fmt::Result {
    let mut before = "  burn    ";
    for window in [Window::M5, Window::H1, Window::H6].into_iter().filter_map(|window| slo.window(window)) {
        write!(f, "{before}{} {}", window.seen.window, window.burn)?;
        if !window.seen.coverage.is_full() {
            write!(f, " ({:.1} % seen)", window.seen.coverage.share() * 100.0)?;
        }
        before = ", ";
    }
    writeln!(f)
}

fn write_reasons(f: &mut fmt::Formatter<'_>, reasons: &[ReasonCount], verdict: &str) -> fmt::Result {
    let mut before = " (";
    for reason in reasons.iter().filter(|reason| reason.verdict.label() == verdict) {
        if let Some(word) = reason.verdict.reason() {
            write!(f, "{before}{} {word}", reason.count)?;
        }
        before = ", ";
    }
    f.write_str(if before == ", " { ")" } else { "" })
}

fn write_route(f: &mut fmt::Formatter<'_>, route: &RouteStatus) -> fmt::Result {
    write!(f, "  {}", route.template.escape_debug())?;
    if let Some(class) = &route.class {
        write!(f, " [{class}]")?;
    }
    write!(f, "  {} begun, {} in flight", route.begun, route.in_flight)?;
    if route.overdue > 0 {
        write!(f, ", {} for more than {:?}", route.overdue, route.limit)?;
    }
    if let Some(oldest) = route.oldest.filter(|_| route.overdue > 0) {
        write!(f, " (the oldest for at least {})", Roughly(oldest))?;
    }
    if route.stalled {
        write!(f, ", stalled")?;
    }
    for (outcome, count) in &route.outcomes {
        write!(f, ", {count} {outcome}")?;
    }
    if let Some(latency) = route.success.summary() {
        let what = if route.template.starts_with(Definition::READS) { "age" } else { "success to the head" };
        write!(f, "; {what} p50 {:.1?}, p99 {:.1?}", latency.p50, latency.p99)?;
    }
    if let Some(latency) = route.error.summary() {
        write!(f, "; error p50 {:.1?}, p99 {:.1?}", latency.p50, latency.p99)?;
    }
    if let Some(streams) = route.streams.summary() {
        write!(f, "; streams lived p50 {:.1?}, p99 {:.1?}", streams.p50, streams.p99)?;
    }
    write_some(f, route.open_streams, "streams open")?;
    writeln!(f)?;
    if !route.errors.is_empty() {
        let errors = route.errors.iter().map(|error| format!("{} {}", error.count, error.error_type));
        writeln!(f, "    failed: {}", errors.collect::<Vec<_>>().join(", "))?;
    }
    let mut slos: Vec<_> = route.reasons.iter().map(|reason| &reason.slo).collect();
    slos.sort_unstable();
    slos.dedup();
    for slo in slos {
        let own = route.reasons.iter().filter(|reason| reason.slo == *slo);
        let own = own.map(|reason| format!("{} {}", reason.count, reason.verdict));
        writeln!(f, "    {slo}: {}", own.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

/// A number that is worth a word only if it is not 0.
fn write_some(f: &mut fmt::Formatter<'_>, count: u64, what: &str) -> fmt::Result {
    if count > 0 { write!(f, ", {count} {what}") } else { Ok(()) }
}

fn percent(share: f64) -> String {
    format!("{:.3} %", share * 100.0)
}
