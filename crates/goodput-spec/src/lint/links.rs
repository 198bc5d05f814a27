//! The addresses that alerts carry.

use super::catalog::Lint;
use super::report::Report;
use super::site::{self, Site};
use super::words::list;
use crate::Document;

pub(super) const NO_RUNBOOK: Lint = Lint::new(
    "no-runbook",
    "Somebody is paged and nobody says what to do.",
    "A page comes at three in the morning to whoever is on call. With a link to a runbook they start with what was learnt the last \
     time. One line in the defaults serves every SLO: `links: {runbook: \"https://runbooks.example/{slo}\"}`. Source: Site \
     Reliability Engineering, chapter 1 (https://sre.google/sre-book/introduction/, \"Emergency Response\": with a playbook a \
     repair takes about a third of the time), and SRE Workbook, chapter 8.",
);

pub(super) const UNFILLED_LINK: Lint = Lint::new(
    "unfilled-link",
    "A link still has braces in it, so that it leads nowhere.",
    "In the defaults, and there only, `{slo}` stands for the SLO's name; nothing else is filled in. Whoever follows the link at night \
     finds a page that does not exist.",
);

pub(super) const LOCAL_LINK: Lint = Lint::new(
    "local-link",
    "A link leads to the machine of whoever follows it.",
    "`localhost` and 127.0.0.1 are another machine for everybody else: on the one of the person on call there is no such page.",
);

pub(super) fn check(document: &Document, report: &mut Report) {
    let sites: Vec<Site<'_>> = site::all(document).collect();
    check_runbooks(&sites, report);
    for site in &sites {
        check_braces(site, report);
        check_host(site, report);
    }
}

/// All of them at once: the cure is one line.
fn check_runbooks(sites: &[Site<'_>], report: &mut Report) {
    let pages = |site: &&Site<'_>| site.pages().next().is_some() && site.slo.links().runbook.is_none();
    let without: Vec<&Site<'_>> = sites.iter().filter(pages).collect();
    let Some(first) = without.first() else {
        return;
    };
    let names: Vec<String> = without.iter().map(|site| format!("{:?}", site.slo.name())).collect();
    let which = if names.len() == 1 { "SLO" } else { "SLOs" };
    let verb = if names.len() == 1 { "pages" } else { "page" };
    let message = format!("{which} {} {verb} without a runbook: expected a link to what to do", list(&names));
    let diagnostic = NO_RUNBOOK.warn(message).at_place(first.own_place(), "");
    report.add(diagnostic.help(
        "write `links: {runbook: \"https://runbooks.example/{slo}\"}` in `defaults`, where {slo} is the SLO's name",
    ));
}

fn check_braces(site: &Site<'_>, report: &mut Report) {
    for (which, link) in site.slo.links().iter().filter(|(_, link)| link.contains(['{', '}'])) {
        let message = site.says(format!("{which} {link:?} has braces that nothing fills: expected the address itself"));
        let diagnostic = UNFILLED_LINK.warn(message).at_place(site.place(&format!("links.{which}")), "");
        let name = site.slo.name();
        report.add_of(
            site,
            if link.contains("{slo}") {
                diagnostic.help(format!("write {}, or put the link in `defaults`", link.replace("{slo}", name)))
            } else {
                diagnostic.help("{slo} is the only word that is filled in, and in `defaults` only")
            },
        );
    }
}

fn check_host(site: &Site<'_>, report: &mut Report) {
    const LOCAL: [&str; 4] = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];
    for (which, link) in site.slo.links().iter() {
        let after = link.split_once("://").map_or(link, |(_, rest)| rest);
        let host = after.split(['/', '?', '#']).next().unwrap_or_default();
        let is_local =
            |local: &str| host.strip_prefix(local).is_some_and(|port| port.is_empty() || port.starts_with(':'));
        if !LOCAL.iter().any(|local| is_local(local)) {
            continue;
        }
        let message =
            site.says(format!("{which} {link:?} is of this machine only: expected an address that all can reach"));
        report.add_of(site, LOCAL_LINK.warn(message).at_place(site.place(&format!("links.{which}")), ""));
    }
}
