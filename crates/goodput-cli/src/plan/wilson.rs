//! How sure a measured share is: the score interval of Wilson.

/// Between which shares the true one lies, 19 times of 20, when `bad` of `total` independent events were bad.
///
/// Wilson (1927), "Probable inference, the law of succession, and statistical inference": unlike the usual plus and
/// minus it holds for few bad events, and for none. Errors that come in bursts are fewer than they look, so the truth is
/// wider. `None` of no events.
pub(super) fn interval(bad: u64, total: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_964; // the 97.5 % quantile of the normal distribution
    if total == 0 {
        return None;
    }
    let (n, p) = (total as f64, bad as f64 / total as f64);
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    // Of none or all bad one end is exact, and rounding would miss it.
    let low = if bad == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if bad >= total { 1.0 } else { (centre + half).min(1.0) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_the_published_one() {
        // Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
        for (bad, total, low, high) in
            [(81, 263, 0.255_3, 0.366_2), (15, 148, 0.062_4, 0.160_5), (0, 20, 0.0, 0.161_1), (1, 29, 0.006_1, 0.171_8)]
        {
            let (found_low, found_high) = interval(bad, total).unwrap();
            assert!((found_low - low).abs() < 6.0e-5, "{bad} of {total}: from {found_low}");
            assert!((found_high - high).abs() < 6.0e-5, "{bad} of {total}: to {found_high}");
        }
        assert_eq!(interval(0, 0), None);
        for total in [1, 5, 29, 1_000, u64::MAX] {
            assert!(interval(0, total).unwrap().0 <= 0.0, "none of {total}");
            assert!(interval(total, total).unwrap().1 >= 1.0, "all of {total}");
        }
    }
}
