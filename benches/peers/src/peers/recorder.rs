//! The one recorder of a process for the `metrics` crate: metrics-exporter-prometheus 0.18, with buckets as axum-prometheus has.

use std::sync::{Mutex, PoisonError};

use axum_prometheus::AXUM_HTTP_REQUESTS_DURATION_SECONDS;
use axum_prometheus::utils::SECONDS_DURATION_BUCKETS;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The histogram of the one that is written by hand.
pub(super) const BY_HAND_DURATION: &str = "by_hand_duration_seconds";

/// Installs it the first time. Histograms keep every sample until the handle's upkeep or a scrape: whoever times requests must
/// time that as well.
///
/// A sample is lost when its thread has found the block to write it to and upkeep takes that block away before it is written:
/// `AtomicBucket::clear_with` waits for writes that have begun, not for those about to begin. Its counters are exact.
pub(super) fn installed() -> PrometheusHandle {
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    handle.get_or_insert_with(install).clone()
}

fn install() -> PrometheusHandle {
    let buckets = |builder: PrometheusBuilder, name: &str| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), SECONDS_DURATION_BUCKETS)
    };
    let builder = buckets(PrometheusBuilder::new(), AXUM_HTTP_REQUESTS_DURATION_SECONDS)
        .and_then(|builder| buckets(builder, BY_HAND_DURATION));
    match builder.and_then(PrometheusBuilder::install_recorder) {
        Ok(handle) => handle,
        Err(error) => unreachable!("the process has no other recorder: {error}"),
    }
}
