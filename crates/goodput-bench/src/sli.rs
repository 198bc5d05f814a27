//! Goodput itself as a case: which clock, where the route comes from, which SLOs, and around which service.

use std::time::Duration;

use goodput::{Goodput, GoodputBuilder, JudgedAt, SliLayer, Slo, Stopwatch};
use tower::Layer;

use crate::drive::{Bare, TEMPLATE};
use crate::fault::{Handle, Planting, WithHandle};
use crate::interleave::Case;
use crate::router;

/// A layer of goodput in its place.
#[derive(Clone, Copy, Debug)]
pub struct Sli {
    /// What times requests.
    pub clock: Clock,
    /// Where the layer is, and what names its routes.
    pub place: Place,
    /// What is judged.
    pub slos: Slos,
}

/// What times requests.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The time stamp counter.
    Fast,
}

/// Where the layer is.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Around the bare service, with the route that axum's router has matched.
    Matched,
    /// Around the bare service, which has one route.
    Fixed,
    /// In an axum router.
    Axum,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub enum Slos {
    /// An availability SLO, judged at the head or at the end, and latency SLOs with three thresholds, judged at the head.
    Four(JudgedAt),
    /// One latency SLO with one threshold.
    One,
    /// Ten latency SLOs that share one threshold.
    Ten,
}

impl Sli {
    /// The system's clock, the matched route, four SLOs that are judged at the head: nothing configured.
    pub const DEFAULT: Self = Self { clock: Clock::System, place: Place::Matched, slos: Slos::Four(JudgedAt::Head) };

    /// An instance of its own.
    pub fn goodput(self) -> Goodput {
        let mut builder = match self.slos {
            Slos::Four(at) => slos(at),
            Slos::One => same(1),
            Slos::Ten => same(10),
        };
        if let Clock::Fast = self.clock {
            builder = builder.stopwatch(Stopwatch::fast());
        }
        match builder.build() {
            Ok(goodput) => goodput,
            Err(error) => unreachable!("the definition holds: {error}"),
        }
    }

    /// As a case of this name, with what is planted.
    pub fn case(self, name: &'static str, planting: impl Planting) -> Case {
        planting.plant(self.goodput().leak(), Build { name, place: self.place })
    }
}

/// An availability and a latency SLO with three thresholds; only the availability may wait for the end.
pub fn slos(at: JudgedAt) -> GoodputBuilder {
    Goodput::builder("bench")
        .slo(Slo::availability("ok", "99.9%").judged_at(at))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(100)))
        .slo(Slo::latency("faster", "95%", Duration::from_millis(30)))
        .slo(Slo::latency("fastest", "90%", Duration::from_millis(10)))
}

fn same(count: usize) -> GoodputBuilder {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].into_iter().take(count);
    names.fold(Goodput::builder("bench"), |builder, name| {
        builder.slo(Slo::latency(name, "99%", Duration::from_millis(100)))
    })
}

/// A case that is to be built around a handle.
struct Build {
    name: &'static str,
    place: Place,
}

impl WithHandle for Build {
    type Output = Case;

    fn with<H: Handle>(self, handle: H) -> Case {
        match self.place {
            Place::Matched => {
                let layer = SliLayer::new(handle).named_by(goodput::axum::Matched::default());
                Case::service(self.name, layer.layer(Bare::default()))
            }
            Place::Fixed => Case::service(self.name, SliLayer::new(handle).route(TEMPLATE).layer(Bare::default())),
            Place::Axum => router::case(self.name, router::router().layer(goodput::axum::SliLayer::new(handle))),
        }
    }
}
