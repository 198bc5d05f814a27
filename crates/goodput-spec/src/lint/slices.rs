//! Slices of time that are judged as a whole: how long, how many, how full.

use goodput_model::{Budgeting, Window};

use super::catalog::Lint;
use super::objective::{TICK, usual_below};
use super::report::Report;
use super::site::Site;
use super::words::number;

pub(super) const SLICE_OFF_TICK: Lint = Lint::new(
    "slice-off-tick",
    "A slice is no multiple of the 10 s between two ticks.",
    "The tick judges a slice when it ends, so slices end with ticks. A process that ticks every 10 s, as it does unless it was \
     built otherwise, refuses other slices when it starts: better to know before it is deployed.",
);

pub(super) const BUDGET_BELOW_ONE_SLICE: Lint = Lint::new(
    "budget-below-one-slice",
    "The whole period's budget is less than one slice.",
    "The first bad slice misses the objective and spends more than all there is, whatever happened in it. Shorter slices, a lower \
     objective or a longer period leave room for one. Source: SRE Workbook, chapter 5 \
     (https://sre.google/workbook/alerting-on-slos/, \"Extreme availability goals\").",
);

pub(super) const SLICE_BEYOND_SHORT_WINDOW: Lint = Lint::new(
    "slice-beyond-short-window",
    "A slice is longer than an alert row's short window, in which mostly none ends.",
    "A row fires while both its windows burn. A short window that is shorter than a slice holds no judged slice most of the time, \
     and when it does, that one slice decides: the row fires late and by chance. Make slices at most as long as the shortest \
     window, a twelfth of an hour by default.",
);

pub(super) const THIN_SLICE: Lint = Lint::new(
    "thin-slice",
    "At the usual traffic most slices hold no event.",
    "A slice without events is unknown and in no total, and one with a single bad event is bad as a whole: a few errors at night \
     weigh as much as an outage at noon. Where events are rare, budget by occurrences or use longer slices. Source: \
     https://github.com/openslo/openslo (`budgetingMethod`), and SRE Workbook, chapter 5, \"Low-traffic services\".",
);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    let Some(slice) = site.slice() else {
        return;
    };
    check_tick(site, slice, report);
    check_budget(site, slice, report);
    check_windows(site, slice, report);
    check_traffic(site, slice, report);
}

fn check_tick(site: &Site<'_>, slice: Window, report: &mut Report) {
    let tick = TICK.as_secs() as u32; // 10
    if slice.secs().is_multiple_of(tick) {
        return;
    }
    let message = site.says(format!("slice {slice}: expected a multiple of {tick}s, the time between two ticks"));
    let diagnostic = SLICE_OFF_TICK.warn(message).at_place(site.place("budgeting"), "");
    let next = Window::from_secs(slice.secs().next_multiple_of(tick)).ok();
    report.add_of(
        site,
        match next {
            Some(next) => diagnostic.help(format!("write {next}")),
            None => diagnostic,
        },
    );
}

fn check_budget(site: &Site<'_>, slice: Window, report: &mut Report) {
    let period = site.slo.judged_over();
    // The mean of ratios: part of a slice may be bad.
    if !matches!(site.slo.budgeting_method(), Budgeting::Timeslices { .. }) {
        return;
    }
    let slices = f64::from(period.window().secs()) / f64::from(slice.secs());
    let allowed = |bad_ppb: u32| slices * f64::from(bad_ppb) / 1e9;
    if allowed(site.objective.bad_ppb()) >= 1.0 {
        return;
    }
    let message = format!(
        "{} over {period} allows {} bad slices of {slice}: expected at least one",
        site.objective,
        number(allowed(site.objective.bad_ppb()))
    );
    let diagnostic = BUDGET_BELOW_ONE_SLICE.warn(site.says(message)).at_place(site.place("objective"), "");
    let lower = usual_below(site.objective).find(|lower| allowed(lower.bad_ppb()) >= 1.0);
    report.add_of(
        site,
        match lower {
            Some(lower) => {
                let slices = number(allowed(lower.bad_ppb()));
                diagnostic.help(format!("`objective: {lower}` allows {slices}; shorter slices allow more as well"))
            }
            None => diagnostic,
        },
    );
}

fn check_windows(site: &Site<'_>, slice: Window, report: &mut Report) {
    let Some(row) = site.rows.iter().filter(|row| row.short() < slice).min_by_key(|row| row.short()) else {
        return;
    };
    let message = format!("slice {slice} is longer than the short window of {row}: expected at most {}", row.short());
    let diagnostic = SLICE_BEYOND_SHORT_WINDOW.warn(site.says(message)).at_place(site.place("budgeting"), "");
    let help = format!("write slices of at most {}, or alert rows with longer windows", row.short());
    report.add_of(site, diagnostic.help(help));
}

fn check_traffic(site: &Site<'_>, slice: Window, report: &mut Report) {
    let judges_events = !site.slo.indicator().judges_slices();
    let Some(traffic) = site.slo.expected_traffic().filter(|_| judges_events) else {
        return;
    };
    let events = traffic.events_in(slice);
    if events >= 1.0 {
        return;
    }
    let message = format!(
        "at {traffic} a slice of {slice} holds {} events: expected at least one, and better ten",
        number(events)
    );
    let diagnostic = site.at_both(THIN_SLICE.warn(site.says(message)), "budgeting", "traffic", "usual");
    report.add_of(site, diagnostic.help("write `budgeting: occurrences`, which judges each event once"));
}
