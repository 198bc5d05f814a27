//! What the usual traffic makes of alert rows and of the error budget.

use goodput_model::{Budgeting, Counts, MinBad, Observation, Rate, Row, UnseenTime, Window, evaluate};

use super::catalog::Lint;
use super::objective::usual_below;
use super::report::Report;
use super::site::Site;
use super::words::number;

pub(super) const ONE_ERROR_PAGES: Lint = Lint::new(
    "one-error-pages",
    "At the usual traffic a single bad event pages somebody.",
    "At ten requests an hour one failure is 10 % errors, a burn of 100 at 99.9 %: no ratio can tell it from an outage. The automatic \
     floor of bad events can; `min_bad: 0` or `1` takes it away. Sources: SRE Workbook, chapter 5, \"Low-Traffic Services and Error \
     Budget Alerting\" (https://sre.google/workbook/alerting-on-slos/); https://github.com/pyrra-dev/pyrra/issues/1925; \
     https://github.com/pyrra-dev/pyrra/pull/1602.",
);

pub(super) const SILENT_OUTAGE: Lint = Lint::new(
    "silent-outage",
    "At the usual traffic not even a total outage fires the row.",
    "A row needs a least number of bad events in its long window. Where fewer events than that come at all, the service can be down \
     and nobody hears of it. Look back longer, need fewer, or send synthetic requests. Source: SRE Workbook, chapter 5, \
     \"Low-Traffic Services\": artificial traffic, combined services; \
     https://github.com/pyrra-dev/pyrra/issues/1925.",
);

pub(super) const BUDGET_BELOW_ONE_EVENT: Lint = Lint::new(
    "budget-below-one-event",
    "At the usual traffic the whole period's budget is less than one bad event.",
    "The first failure of the period misses the objective: the SLO asks for perfection by another name, and every release is blocked \
     by one error. Lower the objective, lengthen the period, or put several such SLOs together. Source: SRE Workbook, chapter 5, \
     \"Low-Traffic Services\".",
);

pub(super) const FEW_BAD_EVENTS: Lint = Lint::new(
    "few-bad-events",
    "At the usual traffic the whole period's budget is fewer than ten bad events.",
    "Each bad event spends more than a tenth of the budget, so that what is left is mostly chance. In the Workbook's own example, ten \
     requests an hour at 99.9 %, one failure is 13.9 % of a month. A longer period, a lower objective, fewer and wider SLOs or \
     synthetic traffic help. Sources: as for `budget-below-one-event`.",
);

/// Fewer bad events than this in a period are chance.
const HANDFUL: f64 = 10.0;

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    check_pages(site, report);
    check_outage(site, report);
    check_budget(site, report);
}

/// What rows count, if it is known how many of them come.
fn units_in(site: &Site<'_>, window: Window) -> Option<u64> {
    match site.slo.budgeting_method() {
        Budgeting::Occurrences => {
            let traffic = site.slo.expected_traffic()?;
            Some(u64::from(traffic.events()) * u64::from(window.secs()) / u64::from(traffic.unit().secs()))
        }
        Budgeting::Timeslices { slice, .. } => Some(u64::from(window.secs() / slice.secs())),
        _ => None,
    }
}

fn unit(site: &Site<'_>) -> &'static str {
    if site.counts_events() { "event" } else { "slice" }
}

/// ` at 10/h`, for what comes at a rate.
fn pace(site: &Site<'_>) -> String {
    let traffic = site.slo.expected_traffic().filter(|_| site.counts_events());
    traffic.map(|traffic| format!(" at {traffic}")).unwrap_or_default()
}

/// Whether a row fires once `bad` of what comes in its long window are bad, the last ones in its short window. As it is decided
/// on real counts.
fn fires(site: &Site<'_>, row: &Row, bad: impl Fn(u64) -> u64) -> Option<bool> {
    let (long, short) = (units_in(site, row.long())?, units_in(site, row.short())?);
    // In a window that is shorter than the time between two, there is one now and then.
    let observe = |window, valid: u64| {
        let valid = valid.max(1);
        let bad = bad(valid).min(valid);
        Observation::full(window, Counts { good: valid - bad, bad, excluded: 0 })
    };
    let (long, short) = (observe(row.long(), long), observe(row.short(), short));
    Some(evaluate(row, site.objective, &long, &short, site.slo.least_bad_in_force(), UnseenTime::Scaled, false).active)
}

fn check_pages(site: &Site<'_>, report: &mut Report) {
    let Some(row) = site.pages().find(|row| fires(site, row, |_| 1) == Some(true)) else {
        return;
    };
    let message = format!("one bad {}{} fires {row}: expected several to be needed", unit(site), pace(site));
    let diagnostic = ONE_ERROR_PAGES.warn(site.says(message));
    let diagnostic = site.at_both(diagnostic, "min_bad", "traffic", "usual");
    report.add_of(site, diagnostic.help("leave `min_bad` out: `auto` is as many as are no chance"));
}

fn check_outage(site: &Site<'_>, report: &mut Report) {
    let is_silent = |row: &Row| fires(site, row, |valid| valid) == Some(false);
    if site.has_own_rows() {
        for (index, row) in site.rows.iter().enumerate().filter(|(_, row)| is_silent(row)) {
            add_silent(site, row, &format!("alerts.{index}"), report);
        }
    } else if site.pages().all(is_silent)
        && let Some(row) = site.pages().max_by_key(|row| row.long())
    {
        add_silent(site, row, "traffic", report);
    }
}

fn add_silent(site: &Site<'_>, row: &Row, path: &str, report: &mut Report) {
    let Some(units) = units_in(site, row.long()) else {
        return;
    };
    let all_bad = Observation::full(row.long(), Counts { good: 0, bad: units, excluded: 0 });
    let needed = site.slo.least_bad_in_force().floor(site.objective, row, &all_bad);
    let by_chance = MinBad::Auto.floor(site.objective, row, &all_bad);
    let message = format!(
        "{row} never fires: it takes {needed} bad {unit}s in {}, and{} no more than {units} come: expected more",
        row.long(),
        pace(site),
        unit = unit(site),
    );
    let diagnostic = SILENT_OUTAGE.warn(site.says(message));
    let second = if path == "traffic" { "min_bad" } else { "traffic" };
    let diagnostic = site.at_both(diagnostic, path, second, if second == "traffic" { "usual" } else { "the floor" });
    let help = if by_chance <= units {
        format!("write `min_bad: auto`, which is {by_chance} here, or look back longer")
    } else if site.counts_events() {
        format!("look back longer, or send synthetic requests: more than {by_chance} every {}", row.long())
    } else {
        format!("look back longer, or use shorter slices: more than {by_chance} in {}", row.long())
    };
    report.add_of(site, diagnostic.help(help));
}

fn check_budget(site: &Site<'_>, report: &mut Report) {
    let Some(traffic) = site.slo.expected_traffic().filter(|_| site.counts_events()) else {
        return;
    };
    let period = site.slo.judged_over();
    let allowed = |window: Window, bad_ppb: u32| traffic.events_in(window) * f64::from(bad_ppb) / 1e9;
    let budget = allowed(period.window(), site.objective.bad_ppb());
    let (lint, expected) = match budget {
        budget if budget < 1.0 => (&BUDGET_BELOW_ONE_EVENT, "at least one, and better ten"),
        budget if budget < HANDFUL => (&FEW_BAD_EVENTS, "at least ten"),
        _ => return,
    };
    let message = format!(
        "{} of {traffic} over {period} allows {} bad events: expected {expected}",
        site.objective,
        number(budget)
    );
    let diagnostic = site.at_both(lint.warn(site.says(message)), "objective", "traffic", "usual");
    report.add_of(site, diagnostic.help(cures(site, traffic)));
}

/// What would leave a handful of bad events: a lower objective, a longer period; else something other than numbers.
fn cures(site: &Site<'_>, traffic: Rate) -> String {
    let allowed =
        |days: u32, bad_ppb: u32| traffic.per_second() * f64::from(days) * 86_400.0 * f64::from(bad_ppb) / 1e9;
    let days = site.slo.judged_over().window().secs().div_ceil(86_400);
    let lower = usual_below(site.objective).find(|lower| allowed(days, lower.bad_ppb()) >= HANDFUL);
    let longer =
        [28, 90].into_iter().find(|&longer| longer > days && allowed(longer, site.objective.bad_ppb()) >= HANDFUL);
    let mut cures: Vec<String> = Vec::new();
    cures.extend(lower.map(|lower| format!("`objective: {lower}` allows {}", number(allowed(days, lower.bad_ppb())))));
    cures.extend(
        longer
            .map(|longer| format!("`period: {longer}d` allows {}", number(allowed(longer, site.objective.bad_ppb())))),
    );
    cures.push("one SLO in place of several small ones, or synthetic requests, allow more as well".to_owned());
    cures.join("; ")
}
