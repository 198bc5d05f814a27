//! What holds and is probably not meant: mistakes in a definition that cost somebody a night.
//!
//! A lint never finds what makes a definition unusable; [`Definition::check`](goodput_model::Definition::check) does that. It
//! finds a page that no outage sets off, an SLO that cannot be missed, a number in the wrong unit. Each says the number, what was
//! expected, and what to write in its place. A definition that is meant as it is has no warnings, or few that one can live with.
//!
//! [`ALL`] lists them with the reasons, for help texts.

mod catalog;
mod classification;
mod clients;
mod journeys;
mod limits;
mod links;
mod objective;
mod overlap;
mod report;
mod routes;
mod rows;
mod service;
mod site;
mod slices;
mod traffic;
mod words;

pub use catalog::{ALL, Lint};

use crate::{Diagnostic, Document};
use report::Report;
use site::Site;

/// Everything worth a warning in a definition that holds, SLO by SLO and then what concerns several of them.
///
/// Diagnostics point at lines where the document knows them, and name the SLO in any case. Of an SLO whose objective could not
/// be read, nothing is said. Of each lint there are at most 20, and one that counts the rest. Takes time in proportion to the
/// definition.
pub fn lint(document: &Document) -> Vec<Diagnostic> {
    let mut report = Report::default();
    for site in site::all(document) {
        for check in OF_EACH_SLO {
            check(&site, &mut report);
        }
    }
    for check in OF_THE_WHOLE {
        check(document, &mut report);
    }
    report.finish()
}

const OF_EACH_SLO: [fn(&Site<'_>, &mut Report); 7] = [
    objective::check,
    limits::check,
    slices::check,
    classification::check,
    clients::check,
    rows::check,
    traffic::check,
];

const OF_THE_WHOLE: [fn(&Document, &mut Report); 5] =
    [service::check, journeys::check, routes::check, overlap::check, links::check];
