//! Latency bands: the sorted thresholds of one measure point, and which two of them a latency lies between.

/// Sorted, distinct thresholds in nanoseconds. Band `i` holds the latencies that exceed exactly `i` of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bands(Box<[u64]>);

impl Bands {
    pub(crate) fn new(mut bounds: Vec<u64>) -> Self {
        bounds.sort_unstable();
        bounds.dedup();
        Self(bounds.into())
    }

    /// How many bands there are: one more than thresholds.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len() + 1
    }

    pub(crate) fn has_thresholds(&self) -> bool {
        !self.0.is_empty()
    }

    /// The band of a latency. Equal to a threshold is within it. Scans from the fastest, where most requests are.
    #[inline]
    pub(crate) fn of(&self, nanos: u64) -> usize {
        self.0.iter().position(|&bound| nanos <= bound).unwrap_or(self.0.len())
    }

    /// A latency that lies in `band`.
    pub(crate) fn representative(&self, band: usize) -> u64 {
        match self.0.get(band) {
            Some(&bound) => bound,
            None => self.0.last().map_or(0, |last| last.saturating_add(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_equal_to_a_threshold_is_within_it() {
        let bands = Bands::new(vec![300, 100, 300]);
        assert_eq!([0, 100, 101, 300, 301, u64::MAX].map(|nanos| bands.of(nanos)), [0, 0, 1, 1, 2, 2]);
    }

    #[test]
    fn every_representative_lies_in_its_band() {
        for bands in [Bands::default(), Bands::new(vec![5]), Bands::new(vec![1, 2, 900])] {
            for band in 0..bands.len() {
                assert_eq!(bands.of(bands.representative(band)), band);
            }
        }
    }
}
