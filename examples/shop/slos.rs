//! What the shop promises: four SLOs on two journeys.

use std::time::Duration;

use goodput::{BuildError, Goodput, Slo, Timeline};

use crate::routes::{CART, CHECKOUT, HEALTH, HOME, PRODUCT};

/// Looking around in the shop.
const BROWSE: [&str; 2] = [HOME, PRODUCT];
/// Buying something.
const BUY: [&str; 2] = [CART, CHECKOUT];

/// What is fast when looking around; buying may take twice as long.
const FAST_BROWSE: Duration = Duration::from_millis(100);
const FAST_BUY: Duration = Duration::from_millis(200);

/// The shop's SLOs, on a timeline that runs `speed` times faster than real time.
pub(crate) fn of_the_shop(speed: u32) -> Result<Goodput, BuildError> {
    Goodput::builder("shop")
        .slo(Slo::availability("browse-ok", "99.5%").routes(BROWSE))
        .slo(Slo::latency("browse-fast", "99%", FAST_BROWSE).routes(BROWSE))
        .slo(Slo::availability("checkout-ok", "99.9%").routes(BUY))
        .slo(Slo::latency("checkout-fast", "99%", FAST_BUY).routes(BUY))
        .exclude_routes([HEALTH])
        .timeline(Timeline::accelerated(speed))
        .build()
}

/// The most that a request to this route may take to be fast.
pub(crate) fn fast(route: &str) -> Duration {
    if BUY.contains(&route) { FAST_BUY } else { FAST_BROWSE }
}
