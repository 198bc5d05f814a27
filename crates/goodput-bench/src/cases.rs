//! What is measured: a table of cases, each with what it is and what it is compared with.

use std::sync::Arc;

use goodput::{JudgedAt, SliLayer};
use tower::layer::util::Identity;
use tower::util::MapRequestLayer;
use tower::{Layer, Service};

use crate::drive::{Bare, Payload};
use crate::fault::Planting;
use crate::interleave::Case;
use crate::sli::{Clock, Place, Sli, Slos};
use crate::{clock, otel, router};

/// The service with nothing around it.
pub const BARE: &str = "bare";
/// As built with nothing configured: the system's clock, and the route from axum's router.
pub const DEFAULT: &str = "default";
/// As that, with the opt-in clock.
pub const FAST: &str = "fast";
/// The router with no layer.
pub const AXUM: &str = "axum";

/// A case that can be built.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it is called in tables.
    pub name: &'static str,
    /// What that is.
    pub what: &'static str,
    /// The case that this one costs more than. What has none is itself what others are compared with.
    pub over: Option<&'static str>,
    measured: Measured,
}

#[derive(Clone, Copy, Debug)]
enum Measured {
    /// Goodput, into which faults can be planted.
    Sli(Sli),
    Other(fn(&str) -> Case),
}

impl Row {
    /// Builds it. A fault is planted only into what is ours.
    pub fn case(&self, planting: impl Planting) -> Case {
        match self.measured {
            Measured::Sli(sli) => sli.case(self.name, planting),
            Measured::Other(build) => build(self.name),
        }
    }
}

/// Every case there is.
pub const ROWS: &[Row] = &[
    other(BARE, "the service with nothing around it", None, |name| Case::service(name, Bare::default())),
    other("pass-through", "a layer that does nothing", Some(BARE), |name| Case::service(name, passed_through())),
    ours(DEFAULT, "nothing configured: matched route, four SLOs, judged at the head", Sli::DEFAULT),
    ours(FAST, "as default, with the fast stopwatch", Sli { clock: Clock::Fast, ..Sli::DEFAULT }),
    ours("fixed", "as default, with one route for the service", Sli { place: Place::Fixed, ..Sli::DEFAULT }),
    ours(
        "fixed, fast",
        "as fixed, with the fast stopwatch",
        Sli { place: Place::Fixed, clock: Clock::Fast, ..Sli::DEFAULT },
    ),
    ours("default, 1 SLO", "as default, with one SLO of one threshold", Sli { slos: Slos::One, ..Sli::DEFAULT }),
    ours("default, 10 SLOs", "as that, ten times", Sli { slos: Slos::Ten, ..Sli::DEFAULT }),
    ours(
        "end",
        "as default, with an SLO that waits for the end",
        Sli { slos: Slos::Four(JudgedAt::End), ..Sli::DEFAULT },
    ),
    other("default, Arc", "as default, through an `Arc` that all threads share", Some(BARE), through_an_arc),
    other("OpenTelemetry", "counter and histogram by hand, with four attributes", Some(BARE), otel::unbound),
    other("OpenTelemetry, bound", "as that, with attributes bound beforehand", Some(BARE), otel::bound),
    other(AXUM, "an axum router with no layer", None, |name| router::case(name, router::router())),
    other("axum, pass-through", "with a layer that does nothing", Some(AXUM), |name| {
        router::case(name, router::router().layer(Identity::new()))
    }),
    in_axum("axum, default", "with default", Sli { place: Place::Axum, ..Sli::DEFAULT }),
    in_axum("axum, fast", "with the fast stopwatch", Sli { place: Place::Axum, clock: Clock::Fast, ..Sli::DEFAULT }),
    in_axum(
        "axum, end",
        "with an SLO that waits for the end",
        Sli { place: Place::Axum, slos: Slos::Four(JudgedAt::End), ..Sli::DEFAULT },
    ),
    other("clock", "two readings of the system's clock", None, clock::system),
    other("counter", "two readings of the counter of the fast stopwatch", None, clock::counter),
];

/// The case of this name.
pub fn named(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

const fn ours(name: &'static str, what: &'static str, sli: Sli) -> Row {
    Row { name, what, over: Some(BARE), measured: Measured::Sli(sli) }
}

const fn in_axum(name: &'static str, what: &'static str, sli: Sli) -> Row {
    Row { name, what, over: Some(AXUM), measured: Measured::Sli(sli) }
}

const fn other(name: &'static str, what: &'static str, over: Option<&'static str>, build: fn(&str) -> Case) -> Row {
    Row { name, what, over, measured: Measured::Other(build) }
}

fn through_an_arc(name: &str) -> Case {
    let layer = SliLayer::new(Arc::new(Sli::DEFAULT.goodput())).named_by(goodput::axum::Matched::default());
    Case::service(name, layer.layer(Bare::default()))
}

type Sent = http::Request<Payload>;

fn passed_through() -> impl Service<Sent, Response = http::Response<Payload>> + Clone + Send + 'static {
    MapRequestLayer::new(|request: Sent| request).layer(Bare::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Fault, Sound};

    #[test]
    fn a_name_means_one_case_and_what_it_is_compared_with_comes_before() {
        for (index, row) in ROWS.iter().enumerate() {
            let before = &ROWS[..index];
            assert!(before.iter().all(|other| other.name != row.name), "{}", row.name);
            let known = |over| before.iter().any(|other| other.name == over && other.over.is_none());
            assert!(row.over.is_none_or(known), "{}", row.name);
        }
    }

    #[test]
    fn every_case_runs_with_every_fault() {
        for row in ROWS {
            row.case(Sound).runner()(100);
            for &(_, fault) in Fault::ALL {
                row.case(fault).runner()(100);
            }
        }
    }
}
