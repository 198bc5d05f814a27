//! Per request: `counter!` and `histogram!` with three labels, and its part of the recorder's upkeep. metrics 0.24.6.

use super::hand::{ByHand, Observe, status_label};
use super::recorder::{self, BY_HAND_DURATION};
use crate::ledger::{Ledger, sum_in_text};
use crate::peer::Built;

const BY_HAND_TOTAL: &str = "by_hand_requests_total";

#[derive(Debug)]
struct Macros;

impl Observe for Macros {
    #[inline]
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        let status = status_label(status);
        metrics::counter!(BY_HAND_TOTAL, "method" => method, "route" => route, "status" => status).increment(1);
        metrics::histogram!(BY_HAND_DURATION, "method" => method, "route" => route, "status" => status).record(seconds);
    }
}

pub(super) fn service() -> Built {
    let _ = recorder::installed();
    let read = |metric: String| move || sum_in_text(&recorder::installed().render(), &metric, &[]);
    let ledger = Ledger::none()
        .and("requests", read(BY_HAND_TOTAL.to_owned()))
        .and_nearly("durations", read(format!("{BY_HAND_DURATION}_count")))
        .upkeep(|| recorder::installed().run_upkeep());
    Built::service(ByHand::around_bare(&Macros), ledger)
}
