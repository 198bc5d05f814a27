//! SLOs that look at the same events.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use goodput_model::{Budgeting, CancelPolicy, GrpcRule, Indicator, JudgedAt, Measure, Objective, Period, StatusRule};

use super::catalog::Lint;
use super::report::Report;
use super::site::{self, Site};
use crate::Document;
use crate::duration::print;

pub(super) const COUNTED_TWICE: Lint = Lint::new(
    "counted-twice",
    "Two SLOs judge the same events of a route in the same way.",
    "Each bad event spends both budgets and each outage alerts twice; whoever adds up what the service did counts these events \
     double. Leave the route to one of them, or tell them apart by request class. A route that belongs to two journeys is meant to \
     count for both and is left out.",
);

pub(super) const WEAKER_THAN_GENERAL: Lint = Lint::new(
    "weaker-than-general",
    "A route is allowed to be worse than an SLO over every route allows.",
    "The SLO over every route looks at this one as well: what its own SLO permits spends the budget of all others, and pages for it. \
     Name the routes of the general SLO, or put them in classes: CRITICAL and LOW want different objectives. Source: SRE Workbook, \
     chapter 5, table 5-10 (request classes).",
);

pub(super) const IMPLIED_LATENCY: Lint = Lint::new(
    "implied-latency",
    "A latency SLO that cannot be missed while another one is met.",
    "99 % within 100 ms is 99 % within a second as well: the longer threshold asks for no more and says nothing. Usually the two \
     shares were swapped: a longer threshold goes with a higher share. Source: SRE Workbook, chapter 2 \
     (https://sre.google/workbook/implementing-slos/): 90 % < 450 ms and 99 % < 900 ms.",
);

pub(super) fn check(document: &Document, report: &mut Report) {
    let sites: Vec<Site<'_>> = site::all(document).collect();
    check_twice(&sites, report);
    check_weaker(&sites, report);
    check_implied(&sites, report);
}

/// What makes two SLOs judge an event in the same way, its objective aside.
#[derive(PartialEq, Eq, Hash)]
struct Way<'d> {
    indicator: Indicator,
    judged: Judged<'d>,
}

/// As [`Way`], whatever the limits of the indicator are.
#[derive(PartialEq, Eq, Hash)]
struct Judged<'d> {
    kind: Discriminant<Indicator>,
    measure: Option<Measure>,
    point: JudgedAt,
    period: Period,
    budgeting: Budgeting,
    dependency: Option<&'d str>,
    classes: Vec<&'d str>,
    cancel: Option<CancelPolicy>,
    statuses: Vec<StatusRule>,
    codes: Vec<GrpcRule>,
}

impl<'d> Judged<'d> {
    fn of(site: &Site<'d>) -> Self {
        let slo = site.slo;
        Self {
            kind: discriminant(&slo.indicator()),
            measure: slo.indicator().threshold().map(|(_, measure)| measure),
            point: slo.decision_point(),
            period: slo.judged_over(),
            budgeting: slo.budgeting_method(),
            dependency: slo.dependency_name(),
            classes: sorted(slo.selected_classes()),
            cancel: slo.cancel_policy(),
            statuses: slo.status_overrides().collect(),
            codes: slo.grpc_overrides().collect(),
        }
    }
}

fn sorted(names: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The first SLO of each way, over every route and of each route.
#[derive(Default)]
struct Firsts<'s, 'd> {
    general: Option<&'s Site<'d>>,
    of_route: HashMap<&'d str, &'s Site<'d>>,
}

fn check_twice(sites: &[Site<'_>], report: &mut Report) {
    let mut ways: HashMap<Way<'_>, Firsts<'_, '_>> = HashMap::new();
    for site in sites {
        let firsts = ways.entry(Way { indicator: site.slo.indicator(), judged: Judged::of(site) }).or_default();
        let mut twice = None;
        if site.routes().is_empty() {
            twice = firsts.general.map(|first| (first, None));
            firsts.general.get_or_insert(site);
        }
        for route in site.routes() {
            let first = *firsts.of_route.entry(route).or_insert(site);
            if !std::ptr::eq(first, site) && !in_two_journeys(first, site) {
                twice = twice.or(Some((first, Some(route))));
            }
        }
        let Some((first, route)) = twice else {
            continue;
        };
        let what = route.map_or_else(|| "the same events".to_owned(), |route| format!("route {route:?}"));
        let message =
            site.says(format!("judges {what} as SLO {:?} does: expected only one of them to", first.slo.name()));
        let diagnostic = COUNTED_TWICE.warn(message).at_place(site.own_place(), "");
        let diagnostic = match (site.own_place(), first.own_place()) {
            (Some(_), Some(first)) => diagnostic.also(first, "judges it already"),
            _ => diagnostic,
        };
        report.add_of(site, diagnostic.help("leave it to one of them, or tell them apart by `classes`"));
    }
}

fn in_two_journeys(one: &Site<'_>, other: &Site<'_>) -> bool {
    let (one, other) = (one.slo.journey_name(), other.slo.journey_name());
    one.is_some() && other.is_some() && one != other
}

/// What is asked for beside the share: a threshold, for those that have one.
fn limit(site: &Site<'_>) -> Duration {
    site.slo.indicator().threshold().map(|(threshold, _)| threshold).unwrap_or_default()
}

fn check_weaker(sites: &[Site<'_>], report: &mut Report) {
    let is_compared = |site: &&Site<'_>| {
        let indicator = site.slo.indicator();
        indicator.judges_requests() && !indicator.judges_slices() && site.slo.dependency_name().is_none()
    };
    let mut generals: HashMap<Judged<'_>, &Site<'_>> = HashMap::new();
    for site in sites.iter().filter(is_compared).filter(|site| site.routes().is_empty()) {
        generals.entry(Judged::of(site)).or_insert(site);
    }
    for site in sites.iter().filter(is_compared).filter(|site| !site.routes().is_empty()) {
        let Some(general) = generals.get(&Judged::of(site)) else {
            continue;
        };
        let asks_no_more = site.objective <= general.objective && limit(site) >= limit(general);
        let asks_as_much = site.objective == general.objective && limit(site) == limit(general);
        if !asks_no_more || asks_as_much || !site.looks_at_requests() {
            continue;
        }
        let message = site.says(format!(
            "asks for {} where SLO {:?}, which looks at every route, asks for {}: expected no less",
            asked(site),
            general.slo.name(),
            asked(general)
        ));
        let place = site.place("objective");
        let diagnostic = WEAKER_THAN_GENERAL.warn(message).at_place(place, "");
        let diagnostic = match general.place("objective").filter(|_| place.is_some()) {
            Some(general) => diagnostic.also(general, "of every route"),
            None => diagnostic,
        };
        let help = format!("name the routes of {:?}, or give them a class it selects", general.slo.name());
        report.add_of(site, diagnostic.help(help));
    }
}

fn asked(site: &Site<'_>) -> String {
    match site.slo.indicator().threshold() {
        Some((threshold, _)) => format!("{} within {}", site.objective, print(threshold)),
        None => site.objective.to_string(),
    }
}

fn check_implied(sites: &[Site<'_>], report: &mut Report) {
    let mut alike: HashMap<(Judged<'_>, Vec<&str>), Vec<&Site<'_>>> = HashMap::new();
    for site in sites.iter().filter(|site| site.slo.indicator().threshold().is_some()) {
        alike.entry((Judged::of(site), sorted(site.routes()))).or_default().push(site);
    }
    let mut groups: Vec<Vec<&Site<'_>>> = alike.into_values().filter(|group| group.len() > 1).collect();
    // A map has no order, and messages should.
    groups.sort_by_key(|group| group.first().map(|site| site.index()));
    for mut group in groups {
        group.sort_by_key(|site| (limit(site), site.objective));
        let mut hardest: Option<&Site<'_>> = None;
        for site in group {
            let share = |site: &&Site<'_>| -> Objective { site.objective };
            match hardest.filter(|hardest| limit(hardest) < limit(site) && share(hardest) >= site.objective) {
                Some(hardest) => add_implied(site, hardest, report),
                None => hardest = Some(site),
            }
        }
    }
}

fn add_implied(site: &Site<'_>, by: &Site<'_>, report: &mut Report) {
    let message = site.says(format!(
        "{} follows from {} of SLO {:?}: expected a higher share within a longer time",
        asked(site),
        asked(by),
        by.slo.name()
    ));
    let (place, other) = (site.place("objective"), by.place("objective"));
    let diagnostic = IMPLIED_LATENCY.warn(message).at_place(place, "");
    let diagnostic = match other.filter(|other| place.is_some_and(|place| place != *other)) {
        Some(other) => diagnostic.also(other, "asks for more"),
        None => diagnostic,
    };
    let help = if site.objective < by.objective {
        "swap the two shares, or leave this one out"
    } else {
        "raise its share, or leave it out"
    };
    report.add_of(site, diagnostic.help(help));
}
