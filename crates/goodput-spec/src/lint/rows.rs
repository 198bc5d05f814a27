//! Alert rows somebody wrote: each fires, but perhaps not when it should.

use goodput_model::{Criticality, Period, Row, Severity, Tier, Trigger, Window};

use super::catalog::Lint;
use super::report::Report;
use super::site::Site;
use super::words::{number, percent};

pub(super) const REPEATED_ROW: Lint = Lint::new(
    "repeated-row",
    "A row only says again, later, what another has said.",
    "A row of no higher severity, no shorter window and no lower factor than another one fires in no outage that the other has not \
     told of before. It is one more alert to silence and to keep in step. Source: SRE Workbook, chapter 5, table 5-8: longer \
     windows go with lower factors.",
);

pub(super) const SHORT_WINDOW_SHARE: Lint = Lint::new(
    "short-window-share",
    "A short window is far from a twelfth of its long one.",
    "The short window ends an alert when the burning ends. A much shorter one flaps with every pause; a much longer one keeps people \
     awake after the fact: with 1h/30m half an hour. Source: SRE Workbook, chapter 5 \
     (https://sre.google/workbook/alerting-on-slos/, \"Multiwindow, Multi-Burn-Rate Alerts\"): 1/12 of the long window. What is \
     between 1/24 and 1/4 is taken to be meant; https://github.com/elastic/kibana/issues/180801 is what a slip looks like.",
);

pub(super) const TINY_WINDOW: Lint = Lint::new(
    "tiny-window",
    "A window shorter than a minute holds a few ticks and hardly a scrape.",
    "A process looks once in 10 s, and Prometheus scrapes every 15 to 60 s and needs two samples for a rate: in a rule for the fleet \
     such a window is empty most of the time, and the row never fires. Perhaps the unit is another: m is minutes, h hours, d days.",
);

pub(super) const NO_PAGE_ROW: Lint = Lint::new(
    "no-page-row",
    "The rows page nobody: a total outage waits for working hours.",
    "Own rows take the place of the default ones, pages included. If nobody has to be woken, say so: in a service or journey of tier \
     `best-effort`, or a journey of `criticality: low` or `medium`, there is no such warning. Source: SRE Workbook, chapter 5, \
     table 5-8: two pages and a ticket.",
);

pub(super) const SLOW_PAGE: Lint = Lint::new(
    "slow-page",
    "A page looks back a day or more: it wakes somebody for what began yesterday.",
    "The longer the window, the slower the burn it finds, and a slow burn can wait for the morning: that is what tickets are for. It \
     also goes on paging for hours after a fast outage has ended. Source: SRE Workbook, chapter 5, table 5-8: pages look back 1 and \
     6 hours, a ticket 3 days.",
);

pub(super) const FACTOR_OF_ANOTHER_PERIOD: Lint = Lint::new(
    "factor-of-another-period",
    "A factor for 30 days stands beside another period, and spends another share of the budget.",
    "14.4 over an hour is 2 % of the budget of 30 days. Of 7 days it is 8.6 %: four times as much is gone before anybody is told; of \
     90 days it is 0.7 %, a page for next to nothing. Write the share, `budget: 2%`, and the factor follows from the period. \
     Source: https://github.com/elastic/kibana/issues/170830.",
);

pub(super) const ROW_AFTER_BUDGET: Lint = Lint::new(
    "row-after-budget",
    "The budget is spent before the row fires.",
    "What is spent when a row fires is its factor times its long window over the period. At 100 % or more it tells of an objective \
     that has been missed already. Source: SRE Workbook, chapter 5, \"Burn rate alerts\" (time and budget spent at firing).",
);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    if !site.has_own_rows() || site.rows.is_empty() {
        return;
    }
    for (index, row) in site.rows.iter().enumerate() {
        check_repeated(site, index, row, report);
        check_short(site, index, row, report);
        check_tiny(site, index, row, report);
        check_slow(site, index, row, report);
        check_factor(site, index, row, report);
        check_spent(site, index, row, report);
    }
    check_any_page(site, report);
}

fn check_repeated(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    let others = site.rows.iter().enumerate().filter(|(other, _)| *other != index);
    let Some((first, by)) = others.into_iter().find(|(other, by)| says_no_later(by, row, *other < index)) else {
        return;
    };
    let message =
        site.says(format!("{row} repeats {by}: expected a lower factor, a shorter window or a higher severity"));
    let own = format!("alerts.{index}");
    let diagnostic = site.at_both(REPEATED_ROW.warn(message), &own, &format!("alerts.{first}"), "says it no later");
    report.add_of(site, diagnostic.help("leave the row out"));
}

/// Whether `by` fires no later and no less loudly than `row` in every lasting outage. Of two that are equal, the first does.
fn says_no_later(by: &Row, row: &Row, is_first: bool) -> bool {
    // Factors compare as thresholds over windows: below 2^85 * 2^26.
    let of = |row: &Row, window: Window| row.full_outage_attos() * u128::from(window.secs());
    let (ours, others) = (of(by, row.long()), of(row, by.long()));
    let no_higher = by.severity() >= row.severity() && ours <= others;
    let differs = by.severity() > row.severity() || ours < others;
    let same_windows = by.long() == row.long() && by.short() == row.short();
    no_higher && (by.long() < row.long() || (same_windows && (is_first || differs)))
}

fn check_short(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    let (long, short) = (u64::from(row.long().secs()), u64::from(row.short().secs()));
    if short * 24 >= long && short * 4 <= long {
        return;
    }
    let twelfth = Window::from_secs((row.long().secs() / 12).max(1));
    let part = if short * 4 > long { percent(short as f64 / long as f64) } else { format!("1/{}", long / short) };
    let message = format!("short window {} is {part} of the long one: expected about a twelfth", row.short());
    let message = site.says(message);
    let place = site.place(&format!("alerts.{index}.short"));
    let diagnostic = SHORT_WINDOW_SHARE.warn(message).at_place(place, "");
    report.add_of(
        site,
        match twelfth {
            Ok(twelfth) => diagnostic.help(format!("write `short: {twelfth}`")),
            Err(_) => diagnostic,
        },
    );
}

fn check_tiny(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    if row.short() >= Window::M1 {
        return;
    }
    let message = site.says(format!("short window {} of {row}: expected at least 1m", row.short()));
    let diagnostic = TINY_WINDOW.warn(message).at_place(site.place(&format!("alerts.{index}.short")), "");
    report
        .add_of(site, diagnostic.help("m is minutes, h hours, d days: the usual rows are 1h/5m, 6h/30m, 1d/2h, 3d/6h"));
}

fn check_slow(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    if row.severity() != Severity::Page || row.long() < Window::D1 {
        return;
    }
    let message = site.says(format!("{row} looks back {}: expected a page to look back less than a day", row.long()));
    let diagnostic = SLOW_PAGE.warn(message).at_place(site.place(&format!("alerts.{index}")), "");
    report.add_of(site, diagnostic.help("write `severity: ticket`, or a window such as `long: 6h`"));
}

/// The factors of 30 days (SRE Workbook, chapter 5), each with its long window and the thousandths of a percent it stands for.
const OF_THIRTY_DAYS: [(u32, Window, u32); 4] =
    [(14_400, Window::H1, 2_000), (6_000, Window::H6, 5_000), (3_000, Window::D1, 10_000), (1_000, Window::D3, 10_000)];

fn check_factor(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    let Some(Trigger::Factor { milli }) = site.slo.alert_rows().get(index).map(|alert| alert.trigger()) else {
        return;
    };
    let usual = OF_THIRTY_DAYS.into_iter().find(|(factor, long, _)| *factor == milli && *long == row.long());
    let Some((_, _, share)) = usual else {
        return;
    };
    let (spent, meant) = (row.budget_share(), f64::from(share) / 100_000.0);
    // 28 days, or a month, are close enough.
    if (0.75..=1.25).contains(&(spent / meant)) {
        return;
    }
    let period = site.slo.judged_over();
    let message = site.says(format!(
        "{row} fires when {} of the budget of {period} is spent, not {} as over 30d: expected a factor for {period}",
        percent(spent),
        percent(meant)
    ));
    let diagnostic = FACTOR_OF_ANOTHER_PERIOD.warn(message);
    let own = format!("alerts.{index}.factor");
    let diagnostic = site.at_both(diagnostic, &own, "period", "another period");
    let factor = meant * f64::from(period.window().secs()) / f64::from(row.long().secs());
    let default = Period::default();
    let help = if factor >= 1.0 {
        format!("write `budget: {}%` in place of the factor, which then is {}", number(meant * 100.0), number(factor))
    } else {
        format!(
            "leave the row out: no factor of 1 or more spends {} in {} of {period} ({default} is what it is for)",
            percent(meant),
            row.long()
        )
    };
    report.add_of(site, diagnostic.help(help));
}

fn check_spent(site: &Site<'_>, index: usize, row: &Row, report: &mut Report) {
    if row.budget_share() < 1.0 {
        return;
    }
    let period = site.slo.judged_over();
    let message = site.says(format!(
        "{row} fires when {} of the budget of {period} is spent: expected a smaller part",
        percent(row.budget_share())
    ));
    let diagnostic = ROW_AFTER_BUDGET.warn(message).at_place(site.place(&format!("alerts.{index}")), "");
    let all = f64::from(period.window().secs()) / f64::from(row.long().secs());
    report.add_of(
        site,
        diagnostic.help(format!(
            "a factor of {} over {} spends all of it; the usual rows spend 2 to 10 %",
            number(all),
            row.long()
        )),
    );
}

fn check_any_page(site: &Site<'_>, report: &mut Report) {
    if site.pages().next().is_some() || is_unimportant(site) {
        return;
    }
    let message = site.says("its rows page nobody, not even in a total outage: expected a row of severity page");
    let diagnostic = NO_PAGE_ROW.warn(message).at_place(site.place("alerts"), "");
    report.add_of(
        site,
        diagnostic.help(
            "add `{severity: page, long: 1h, short: 5m, budget: 2%}`, or leave `alerts` out for the default rows",
        ),
    );
}

fn is_unimportant(site: &Site<'_>) -> bool {
    let journey = site.definition.journey_of(site.slo);
    let tier = journey.and_then(|journey| journey.tier).or(site.definition.tier);
    let criticality = journey.and_then(|journey| journey.criticality);
    tier == Some(Tier::BestEffort) || criticality.is_some_and(|criticality| criticality <= Criticality::Medium)
}
