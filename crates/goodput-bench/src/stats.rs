//! Medians and other order statistics: what is left of noisy figures when the disturbed ones are not averaged in.

/// The value below which `share` of the values lie, by the nearest rank; 0 of no values.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The middle value; of an even number the lower of the two.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wild_value_does_not_move_the_median() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[3.0, 1.0, 1e9, 2.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((quantile(&[4.0, 1.0, 3.0, 2.0], 0.25) - 1.0).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }
}
