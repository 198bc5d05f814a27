//! What is measured of goodput itself.

use std::time::Duration;

use goodput::{Goodput, GoodputBuilder, JudgedAt, SliLayer, Slo, Stopwatch};
use tower::Layer;

use crate::drive::{Bare, TEMPLATE};
use crate::interleave::Case;

/// The service with nothing around it.
pub const BARE: &str = "bare";
/// As built with nothing configured: the system's clock, and the route from axum's router.
pub const DEFAULT: &str = "default";
/// As that, with the opt-in clock.
pub const FAST: &str = "fast";

/// An availability and a latency SLO with three thresholds, all judged at the head.
pub fn slos(at: JudgedAt) -> GoodputBuilder {
    Goodput::builder("bench")
        .slo(Slo::availability("ok", "99.9%").judged_at(at))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(100)))
        .slo(Slo::latency("faster", "95%", Duration::from_millis(30)))
        .slo(Slo::latency("fastest", "90%", Duration::from_millis(10)))
}

fn leaked(builder: GoodputBuilder) -> &'static Goodput {
    match builder.build() {
        Ok(goodput) => goodput.leak(),
        Err(error) => unreachable!("the definition holds: {error}"),
    }
}

/// Every case there is, the bare service first.
pub fn all() -> Vec<Case> {
    let named = |goodput| SliLayer::new(goodput).named_by(goodput::axum::Matched::default());
    let head = || slos(JudgedAt::Head);
    let fast = || head().stopwatch(Stopwatch::fast());
    vec![
        Case::service(BARE, Bare::default()),
        Case::service(DEFAULT, named(leaked(head())).layer(Bare::default())),
        Case::service(FAST, named(leaked(fast())).layer(Bare::default())),
        Case::service("fixed", SliLayer::new(leaked(head())).route(TEMPLATE).layer(Bare::default())),
        Case::service("fixed, fast", SliLayer::new(leaked(fast())).route(TEMPLATE).layer(Bare::default())),
        Case::service("end", named(leaked(slos(JudgedAt::End))).layer(Bare::default())),
    ]
}
