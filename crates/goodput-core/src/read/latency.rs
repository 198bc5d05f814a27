//! Latency distributions as a reader sees them: an hdrhistogram filled from the log-linear buckets.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::record::{bucket, bucket_bounds};

/// The latencies of one route since the process started, successes or errors.
///
/// Quantiles are right within 6.25 %: they are the middle of a bucket that is an eighth of its lower bound wide. Below 1 µs
/// they are 0.5 µs, above 137 s they are 137 s or more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latencies(Vec<(usize, u64)>);

/// The quantiles people ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LatencySummary {
    /// Half were at most this.
    pub p50: Duration,
    /// 90 % were at most this.
    pub p90: Duration,
    /// 95 % were at most this.
    pub p95: Duration,
    /// 99 % were at most this.
    pub p99: Duration,
    /// 99.9 % were at most this.
    pub p999: Duration,
    /// The slowest, as the middle of its bucket.
    pub max: Duration,
}

impl Latencies {
    /// Adds buckets in order, each with a count above 0.
    pub(crate) fn take_in(&mut self, buckets: Vec<(usize, u64)>) {
        if self.0.is_empty() {
            self.0 = buckets;
        } else {
            self.merge(&Self(buckets));
        }
    }

    /// How many latencies there are.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The latency that the share `quantile` of events, in [0, 1], did not exceed; nothing without events. What lies outside
    /// is taken as the nearer end, NaN as 0. Builds a histogram of 30 KB.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        Some(value_at(&self.histogram()?, quantile))
    }

    /// The usual quantiles; nothing without events. Builds a histogram of 30 KB.
    pub fn summary(&self) -> Option<LatencySummary> {
        let histogram = self.histogram()?;
        let at = |quantile| value_at(&histogram, quantile);
        Some(LatencySummary { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1.0) })
    }

    /// Adds the latencies of another route or instance.
    pub fn merge(&mut self, other: &Self) {
        for &(bucket, count) in &other.0 {
            match self.0.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
                Ok(found) => {
                    if let Some((_, sum)) = self.0.get_mut(found) {
                        *sum = sum.saturating_add(count);
                    }
                }
                Err(place) => self.0.insert(place, (bucket, count)),
            }
        }
    }

    fn histogram(&self) -> Option<Histogram<u64>> {
        // Two digits tell neighbouring buckets apart, which is all `value_at` needs.
        let mut histogram = Histogram::new_with_bounds(1, 1 << 38, 2).ok()?;
        for &(bucket, count) in &self.0 {
            histogram.saturating_record_n(middle(bucket), count);
        }
        (!histogram.is_empty()).then_some(histogram)
    }
}

/// The middle of the bucket the quantile lies in: hdrhistogram's own rounding stays within that bucket and is undone.
fn value_at(histogram: &Histogram<u64>, quantile: f64) -> Duration {
    Duration::from_nanos(middle(bucket(histogram.value_at_quantile(quantile))))
}

fn middle(bucket: usize) -> u64 {
    let (lower, upper) = bucket_bounds(bucket);
    lower.midpoint(upper)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::BUCKETS;

    proptest! {
        #[test]
        fn quantiles_are_right_within_six_and_a_quarter_percent(
            mut nanos in prop::collection::vec(1_024_u64..100_000_000_000, 1..300),
            quantile in 0.0_f64..=1.0,
        ) {
            let mut buckets = vec![0; BUCKETS];
            for nanos in &nanos {
                buckets[bucket(*nanos)] += 1;
            }
            nanos.sort_unstable();
            // hdrhistogram's definition: the smallest value with at least this share of the events at or below it.
            let rank = ((quantile * nanos.len() as f64).ceil() as usize).clamp(1, nanos.len());
            let exact = nanos[rank - 1] as f64;
            let buckets = buckets.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
            let shown = Latencies(buckets).quantile(quantile).unwrap().as_nanos() as f64;
            prop_assert!((shown - exact).abs() <= exact * 0.0625 + 1.0, "{shown} ns for {exact} ns");
        }
    }

    #[test]
    fn without_events_there_is_no_quantile() {
        assert_eq!(Latencies::default().summary(), None);
    }

    #[test]
    fn merging_adds_counts_bucket_by_bucket() {
        let of = |pairs: &[(usize, u64)]| Latencies(pairs.to_vec());
        let mut merged = of(&[(3, 1), (9, 2)]);
        merged.merge(&of(&[(1, 5), (9, 1)]));
        assert_eq!(merged, of(&[(1, 5), (3, 1), (9, 3)]));
    }
}
