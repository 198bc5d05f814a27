//! The numbers indicators compare with: thresholds, ages, rates and shares.

use std::time::Duration;

use goodput_model::{Indicator, Rate, Share, Window};

use super::catalog::Lint;
use super::objective::TICK;
use super::report::Report;
use super::site::Site;
use super::words::number;
use crate::duration;

pub(super) const THRESHOLD_UNIT: Lint = Lint::new(
    "threshold-unit",
    "A latency threshold is longer than a minute or shorter than 100 microseconds.",
    "Nobody waits a minute for a response, and none crosses a network in 100 us: such a threshold is usually a number in another \
     unit, `300s` for `300ms` or `5m` (minutes) for `5ms`. The SLO then holds whatever happens, or never. Work that has a name \
     and no route may well take minutes and is left out.",
);

pub(super) const FRESHNESS_BELOW_TICK: Lint = Lint::new(
    "freshness-below-tick",
    "Data has to be fresher than the time between two looks at it.",
    "Freshness by slices is the age of the data when a slice ends, which the tick, once in 10 s, finds out: an age below that \
     cannot be told from one above it. Judge each read (`budgeting: occurrences`), which is exact, or allow a longer age.",
);

pub(super) const SATURATION_NEVER_BAD: Lint = Lint::new(
    "saturation-never-bad",
    "No slice can be bad: no more than all of it is ever in use.",
    "A slice is good while at most so much was in use; at most 100 % is always so. Say the share from which on users notice. \
     Source: Site Reliability Engineering, chapter 6, \"The four golden signals\" \
     (https://sre.google/sre-book/monitoring-distributed-systems/): many systems degrade before they reach 100 %, so a target \
     for utilisation is essential.",
);

pub(super) const SWAPPED_SATURATION: Lint = Lint::new(
    "swapped-saturation",
    "The SLO asks for nearly nothing to be in use; perhaps the share that stays free was meant.",
    "Saturation is what is in use: `saturation: 10%` is missed whenever more than a tenth is. If a tenth has to stay free, write \
     `saturation: 90%`.",
);

pub(super) const THROUGHPUT_ABOVE_TRAFFIC: Lint = Lint::new(
    "throughput-above-traffic",
    "The SLO asks for more events than usually come.",
    "A slice is good with at least so many events. Where the usual traffic is less, every slice of a usual day is bad and the \
     budget is gone within hours. Ask for what would be missed: well below the usual traffic.",
);

pub(super) const THROUGHPUT_BELOW_ONE: Lint = Lint::new(
    "throughput-below-one",
    "A slice is too short for one event at the rate asked for, and asks for more than it says.",
    "Events are whole: at `10/h` and slices of a minute a slice needs one event to be good, which is 60 an hour. Let a slice be \
     long enough for several events at the rate.",
);

pub(super) fn check(site: &Site<'_>, report: &mut Report) {
    match site.slo.indicator() {
        Indicator::Latency { threshold, .. } | Indicator::GoodAndFast { threshold, .. } => {
            check_threshold(site, threshold, report);
        }
        Indicator::Freshness { threshold } => check_age(site, threshold, report),
        Indicator::Saturation { at_most } => check_share(site, at_most, report),
        Indicator::Throughput { at_least } => check_rate(site, at_least, report),
        _ => {}
    }
}

fn check_threshold(site: &Site<'_>, threshold: Duration, report: &mut Report) {
    const LONG: Duration = Duration::from_secs(60);
    const SHORT: Duration = Duration::from_micros(100);
    let shown = duration::print(threshold);
    let too_long = threshold > LONG && (site.looks_at_requests() || site.slo.dependency_name().is_some());
    let what = match (too_long, threshold < SHORT) {
        (true, _) => "is longer than anybody waits for a response: expected at most 60s",
        (_, true) => "is shorter than any response takes: expected at least 100us",
        _ => return,
    };
    let message = site.says(format!("threshold {shown} {what}"));
    let diagnostic = THRESHOLD_UNIT.warn(message).at_place(site.place("sli"), "");
    let digits = shown.trim_end_matches(|c: char| !c.is_ascii_digit());
    let meant = match shown.strip_suffix('m') {
        Some(minutes) => {
            format!("`{minutes}ms` for {shown}, or `{}ms` for {}s", threshold.as_secs(), threshold.as_secs())
        }
        None => format!("`{digits}ms`"),
    };
    report.add_of(site, diagnostic.help(format!("if milliseconds were meant, write {meant}")));
}

fn check_age(site: &Site<'_>, threshold: Duration, report: &mut Report) {
    if site.counts_events() || threshold >= TICK {
        return;
    }
    let message = format!(
        "an age of {} is judged once in {}: expected at least that",
        duration::print(threshold),
        duration::print(TICK)
    );
    let diagnostic = FRESHNESS_BELOW_TICK.warn(site.says(message)).at_place(site.place("sli"), "");
    report.add_of(site, diagnostic.help("write `budgeting: occurrences` to judge each read exactly"));
}

fn check_share(site: &Site<'_>, at_most: Share, report: &mut Report) {
    const NEARLY_NOTHING: u32 = 20_000; // thousandths of a percent; a system built for three times its peak is above it
    if at_most == Share::ALL {
        let message = site.says("at most 100% in use is always so: expected less than 100%");
        let diagnostic = SATURATION_NEVER_BAD.warn(message).at_place(site.place("sli"), "");
        report.add_of(site, diagnostic.help("write the share from which on users notice, such as `saturation: 80%`"));
    } else if at_most.milli_percent() <= NEARLY_NOTHING {
        let message = site.says(format!("at most {at_most} in use: expected the share in use that still is good"));
        let diagnostic = SWAPPED_SATURATION.warn(message).at_place(site.place("sli"), "");
        let free = f64::from(Share::ALL.milli_percent() - at_most.milli_percent()) / 1_000.0;
        report.add_of(
            site,
            match at_most {
                Share::NONE => diagnostic,
                _ => diagnostic.help(format!("if {at_most} has to stay free, write `saturation: {}%`", number(free))),
            },
        );
    }
}

fn check_rate(site: &Site<'_>, at_least: Rate, report: &mut Report) {
    let product = |rate: Rate, other: Rate| u64::from(rate.events()) * u64::from(other.unit().secs());
    if let Some(traffic) =
        site.slo.expected_traffic().filter(|traffic| product(at_least, *traffic) > product(*traffic, at_least))
    {
        let message = format!("at least {at_least} where {traffic} is usual: expected less than what is usual");
        let diagnostic = THROUGHPUT_ABOVE_TRAFFIC.warn(site.says(message));
        let diagnostic = site.at_both(diagnostic, "sli", "traffic", "usual");
        let half = Rate::new(traffic.events() / 2, traffic.unit());
        report.add_of(
            site,
            match half {
                Some(half) => diagnostic.help(format!("write what would be missed, such as `throughput: {half}`")),
                None => diagnostic,
            },
        );
    }
    let Some(slice) = site.slice() else {
        return;
    };
    let (events, secs) = (at_least.events(), at_least.unit().secs());
    if u64::from(events) * u64::from(slice.secs()) >= u64::from(secs) {
        return;
    }
    let expected = at_least.events_in(slice);
    let message = format!(
        "at {at_least} a slice of {slice} holds {} events, and one makes it good: expected a slice for at least one",
        number(expected)
    );
    let diagnostic = THROUGHPUT_BELOW_ONE.warn(site.says(message));
    let diagnostic = site.at_both(diagnostic, "sli", "budgeting", "too short for it");
    let tick = TICK.as_secs() as u32; // 10
    let enough = Window::from_secs(secs.div_ceil(events).next_multiple_of(tick)).ok();
    report.add_of(
        site,
        match enough {
            Some(enough) => diagnostic.help(format!("write `budgeting: {{timeslices: {enough}}}`, or longer")),
            None => diagnostic,
        },
    );
}
