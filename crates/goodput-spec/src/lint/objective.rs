//! What share has to be good, beside what was promised and what a moment of outage costs.

use std::time::Duration;

use goodput_model::{Objective, Roughly};

use super::catalog::Lint;
use super::report::Report;
use super::site::Site;

pub(super) const INVERTED_OBJECTIVE: Lint = Lint::new(
    "inverted-objective",
    "An objective below 50 % is probably the share of errors that is allowed.",
    "An objective is the share of events that has to be good, for an error rate as well: `error_rate` with `objective: 1%` is \
     met while 99 of 100 requests fail, and the alert rows that suit such an objective only fire close to a total outage. Write \
     the share that has to be good. Latency is left out: half of the requests within a threshold is a usual objective. \
     Source: https://github.com/slok/sloth/issues/341 (no page fires for an objective of 10).",
);

pub(super) const SLA_NOT_WEAKER: Lint = Lint::new(
    "sla-not-weaker",
    "The SLA is as strong as the objective, or stronger.",
    "The objective is there to be missed first: while its error budget lasts, what was promised to customers holds. An SLA of \
     the same share is broken in the moment the budget is spent, before anybody could act; a stronger one has been broken by \
     then. Promise less than you aim for. Source: Site Reliability Engineering, chapter 4, \"Agreements\" and \"Keep a safety \
     margin\" (https://sre.google/sre-book/service-level-objectives/).",
);

pub(super) const BUDGET_BELOW_ONE_TICK: Lint = Lint::new(
    "budget-below-one-tick",
    "The whole period's budget is less than one tick of total outage.",
    "Windows are read once in 10 s. An outage that is shorter than that may be over before any rule has seen it, and one that is \
     not has spent the budget of the whole period: nothing is left to alert on. Lower the objective or lengthen the period. \
     Source: SRE Workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/, \"Extreme availability goals\"): at \
     99.999 % over 30 days a total outage spends the budget in 26 seconds, and the only defence is a design without such outages.",
);

/// How often a process reads its windows, unless it was built otherwise.
pub(super) const TICK: Duration = Duration::from_secs(10);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    check_direction(site, report);
    check_sla(site, report);
    check_tick(site, report);
}

fn check_direction(site: &Site<'_>, report: &mut Report) {
    const HALF: u32 = 500_000_000;
    let objective = site.objective;
    if objective.good_ppb() >= HALF || site.slo.indicator().threshold().is_some() {
        return;
    }
    let message = format!("objective {objective} lets more fail than succeed: expected the share that has to be good");
    let mut diagnostic = INVERTED_OBJECTIVE.warn(site.says(message)).at_place(site.place("objective"), "");
    if let Ok(meant) = Objective::from_good_ppb(objective.bad_ppb()) {
        diagnostic = diagnostic.help(format!("if {objective} may fail, write `objective: {meant}`"));
    }
    report.add_of(site, diagnostic);
}

fn check_sla(site: &Site<'_>, report: &mut Report) {
    let Some(Ok(sla)) = site.slo.promised() else {
        return;
    };
    let objective = site.objective;
    if sla < objective {
        return;
    }
    let message = site.says(format!("SLA {sla} is no weaker than the objective of {objective}: expected less"));
    let diagnostic = SLA_NOT_WEAKER.warn(message);
    let mut diagnostic = site.at_both(diagnostic, "sla", "objective", "missed no earlier than the SLA");
    if let Some(weaker) = usual_below(objective).next() {
        diagnostic = diagnostic.help(format!("write an SLA such as `sla: {weaker}`, or a higher objective"));
    }
    report.add_of(site, diagnostic);
}

fn check_tick(site: &Site<'_>, report: &mut Report) {
    let period = site.slo.judged_over();
    if !site.counts_events() || outage(site, site.objective) >= TICK {
        return;
    }
    let message = format!(
        "{} over {period} allows {} of outage: expected at least the {} between two ticks",
        site.objective,
        Roughly(outage(site, site.objective)),
        Roughly(TICK)
    );
    let diagnostic = BUDGET_BELOW_ONE_TICK.warn(site.says(message)).at_place(site.place("objective"), "");
    let lower = usual_below(site.objective).find(|lower| outage(site, *lower) >= TICK);
    report.add_of(
        site,
        match lower {
            Some(lower) => diagnostic.help(format!(
                "`objective: {lower}` allows {}; a longer period allows more as well",
                Roughly(outage(site, lower))
            )),
            None => diagnostic,
        },
    );
}

/// The total outage an objective allows over the SLO's period: a billionth of a second is a nanosecond.
fn outage(site: &Site<'_>, objective: Objective) -> Duration {
    let secs = site.slo.judged_over().window().secs();
    Duration::from_nanos(u64::from(secs) * u64::from(objective.bad_ppb())) // below 2^26 * 2^30
}

/// The objectives people use, below this one, the highest first.
pub(super) fn usual_below(objective: Objective) -> impl Iterator<Item = Objective> {
    const USUAL: [u32; 10] = [
        999_990_000,
        999_950_000,
        999_900_000,
        999_500_000,
        999_000_000,
        995_000_000,
        990_000_000,
        980_000_000,
        950_000_000,
        900_000_000,
    ];
    USUAL.into_iter().filter_map(|ppb| Objective::from_good_ppb(ppb).ok()).filter(move |usual| *usual < objective)
}
