//! The service as a whole: its role, its words, its bands, and calendar periods.

use std::collections::{HashMap, HashSet};

use goodput_model::{Definition, Period, Role, Severity, Share, Slo};

use super::catalog::Lint;
use super::report::Report;
use super::site;
use crate::Document;

pub(super) const CALENDAR_PERIOD: Lint = Lint::new(
    "calendar-period",
    "Rules for a fleet cannot follow a calendar period.",
    "The ranges of PromQL are constants, and a month has 28 to 31 days: generated rules and dashboards look back over 30 rolling days \
     (90 for a quarter) instead, and show another budget than the process, its reports and its release gate. A calendar period also \
     forgets on the first of the month what users remember. Write rolling days where rules matter. Source: SRE Workbook, chapter 2, \
     \"Choosing an Appropriate Time Window\": rolling windows are closer to what users experience, and whole weeks hold the same \
     number of weekends.",
);

pub(super) const NOTIFY_MANY: Lint = Lint::new(
    "notify-many",
    "Every replica notifies by itself, and none may page.",
    "A process sees one replica. With `role: notify` each of them sends its own tickets, and pages are kept back unless \
     `instances: single` says that there is no other: 20 replicas exactly on target would page 46 times a month for nothing. Where \
     there are several, let rules over the fleet alert, and leave the role at `observe`.",
);

pub(super) const SINGLE_IN_MANY: Lint = Lint::new(
    "single-in-many",
    "A single instance whose selector names several places.",
    "`instances: single` lets the one process there is page for all. A selector with several values, as in `eu-1|us-1`, says that \
     there are more, each of which would page for its own part.",
);

pub(super) const UNUSED_CLASS: Lint = Lint::new(
    "unused-class",
    "A request class that no SLO selects and no route is given.",
    "Classes are part of every route's counters, and an SLO that should have selected this one looks at all classes instead.",
);

pub(super) const DECLARED_TWICE: Lint = Lint::new(
    "declared-twice",
    "A reason or dependency is declared twice.",
    "It is counted once, whatever the list says. Perhaps one of the two should have another name, which then is counted as `other`.",
);

pub(super) const UNREACHABLE_BAND: Lint = Lint::new(
    "unreachable-band",
    "A budget that recovers never gets back into a band.",
    "A better band is entered again when the budget has recovered beyond its line by the hysteresis. Line and hysteresis together \
     are 100 % or more, and no budget has more left than all: once left, the band and what it permits are out of reach for good.",
);

pub(super) fn check(document: &Document, report: &mut Report) {
    check_periods(document, report);
    check_role(document, report);
    check_selector(document, report);
    check_classes(document, report);
    check_twice(document, report);
    check_bands(document, report);
}

fn check_periods(document: &Document, report: &mut Report) {
    for site in site::all(document) {
        let period = site.slo.judged_over();
        if !matches!(period, Period::Calendar(_)) {
            continue;
        }
        let rolling = period.window();
        let message =
            site.says(format!("period {period}: rules for the fleet look back {rolling}: expected rolling days"));
        let diagnostic = CALENDAR_PERIOD.warn(message).at_place(site.place("period"), "");
        let help = format!("write `period: {rolling}`, or live with rules that say something else than reports");
        report.add_of(&site, diagnostic.help(help));
    }
}

fn check_role(document: &Document, report: &mut Report) {
    let definition = &document.definition;
    if definition.role != Role::Notify || definition.single_instance {
        return;
    }
    let rows = |severity| -> usize {
        site::all(document).map(|site| site.rows.iter().filter(|row| row.severity() == severity).count()).sum()
    };
    let (pages, tickets) = (rows(Severity::Page), rows(Severity::Ticket));
    if pages == 0 {
        return;
    }
    let message = format!(
        "role notify with many instances: {pages} page rows stay silent and {tickets} ticket rows notify once a replica: expected \
         a single instance, or to observe"
    );
    let diagnostic = NOTIFY_MANY.warn(message).at_place(document.places.get("role"), "");
    report.add(
        diagnostic.help("write `instances: single` if there is no other, else leave `role` out and let rules alert"),
    );
}

fn check_selector(document: &Document, report: &mut Report) {
    let definition = &document.definition;
    let several = definition.selector.iter().find(|(_, value)| value.contains(['|', '*', ',']));
    let Some((label, value)) = several.filter(|_| definition.single_instance) else {
        return;
    };
    let message = format!("a single instance with {label} {value:?}: expected one value, or many instances");
    let place = document.places.nearest(&format!("selector.{label}"));
    let diagnostic = SINGLE_IN_MANY.warn(message).at_place(place, "");
    report.add(diagnostic.help("leave `instances` out, or name the one place where it runs"));
}

fn check_classes(document: &Document, report: &mut Report) {
    let definition = &document.definition;
    let selected = definition.slos.iter().flat_map(Slo::selected_classes);
    let used: HashSet<&String> = selected.chain(definition.route_classes.iter().map(|rule| &rule.class)).collect();
    for (index, class) in definition.classes.iter().enumerate().filter(|(_, class)| !used.contains(class)) {
        let message = format!("class {class:?} is used by no SLO and no route: expected one of them to");
        let place = document.places.nearest(&format!("classes.{index}"));
        let diagnostic = UNUSED_CLASS.warn(message).at_place(place, "");
        report.add(diagnostic.help(format!("write `classes: [{class}]` in an SLO, or leave it out")));
    }
}

fn check_twice(document: &Document, report: &mut Report) {
    let Definition { reasons, dependencies, .. } = &document.definition;
    for (what, key, names) in [("reason", "reasons", reasons), ("dependency", "dependencies", dependencies)] {
        let mut seen = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            let place = document.places.nearest(&format!("{key}.{index}"));
            let Some(first) = seen.insert(name, place) else {
                continue;
            };
            let diagnostic =
                DECLARED_TWICE.warn(format!("{what} {name:?} is declared twice: expected every name once"));
            let diagnostic = diagnostic.at_place(place, "");
            report.add(match first.filter(|_| place.is_some()) {
                Some(first) => diagnostic.also(first, "first here"),
                None => diagnostic,
            });
        }
    }
}

fn check_bands(document: &Document, report: &mut Report) {
    let bands = &document.definition.bands;
    let all = Share::ALL.milli_percent();
    for (index, band) in bands.bands.iter().enumerate() {
        let Some(line) = band.above.filter(|line| line.milli_percent() + bands.hysteresis.milli_percent() >= all)
        else {
            continue;
        };
        let message = format!(
            "band {:?} begins above {line} and is entered again {} beyond: expected less than 100% together",
            band.name, bands.hysteresis
        );
        let own = document.places.get(&format!("error_budget.bands.{index}"));
        let place = document.places.get("error_budget.hysteresis").or(own);
        let diagnostic = UNREACHABLE_BAND.warn(message).at_place(place.or(document.places.nearest("error_budget")), "");
        report.add(diagnostic.help("lower the line or the `hysteresis`"));
    }
}
