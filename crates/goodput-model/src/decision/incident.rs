//! What one incident cost the error budget, and whether that calls for a post-mortem.

use std::fmt;

use crate::Budget;
use crate::budget::Percent;

/// What one firing episode cost: its bad events as a share of those the period allows.
///
/// ```
/// use goodput_model::{Budget, Counts, Incident, Observation, Period};
///
/// // Eight minutes of total outage in 30 days at a thousand requests a minute.
/// let counts = Counts { good: 43_192_000, bad: 8_000, excluded: 0 };
/// let budget = Budget::new("99.9%".parse()?, &Observation::full(Period::D30.window(), counts));
/// let incident = Incident::new(&budget, 8_000);
/// assert_eq!(incident.to_string(), "18.5 % of the period's budget");
/// assert!(!incident.needs_post_mortem());
/// # Ok::<(), goodput_model::ObjectiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incident {
    budget: Budget,
    bad: u64,
}

impl Incident {
    /// An incident that spends more than this much of the budget is written up (SRE Workbook, appendix B).
    pub const POST_MORTEM_ABOVE_PERCENT: u32 = 20;

    /// An episode with so many bad events. The budget says how many the period allows, at the traffic seen so far.
    pub fn new(budget: &Budget, bad: u64) -> Self {
        Self { budget: *budget, bad }
    }

    /// How many events were bad in it.
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// Its share of the period's budget, from 0 up, for display; `None` where the period has no valid events.
    pub fn share(&self) -> Option<f64> {
        self.budget.share_of(self.bad)
    }

    /// Whether it spent more than 20 % of the period's budget, exactly. Not so where the period has no valid events.
    pub fn needs_post_mortem(&self) -> bool {
        self.budget.is_exceeded_in_part(Self::POST_MORTEM_ABOVE_PERCENT, self.bad)
    }
}

/// `18.5 % of the period's budget`, or `no data`.
impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.share() {
            Some(share) => write!(f, "{} of the period's budget", Percent(share)),
            None => f.write_str("no data"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Observation, Period};
    use std::time::Duration;

    /// A month of `days` seen at a thousand events a minute, and an incident of so many bad ones.
    fn check(days: u64, bad: u64, text: &str, post_mortem: bool) {
        let valid = days * 1_440_000;
        let counts = Counts { good: valid - bad.min(valid), bad: bad.min(valid), excluded: 0 };
        let period = Observation::partial(Period::D30.window(), counts, Duration::from_secs(days * 86_400));
        let incident = Incident::new(&Budget::new("99.9%".parse().unwrap(), &period), bad);
        assert_eq!(
            (incident.bad(), incident.to_string().as_str(), incident.needs_post_mortem()),
            (bad, text, post_mortem),
            "{bad} in {days} d"
        );
    }

    #[test]
    fn more_than_a_fifth_of_the_budget_calls_for_a_post_mortem() {
        check(30, 8_000, "18.5 % of the period's budget", false);
        check(30, 8_640, "20.0 % of the period's budget", false);
        check(30, 8_641, "20.0 % of the period's budget", true);
        check(30, 43_200, "100.0 % of the period's budget", true);
        check(30, 0, "0.0 % of the period's budget", false);
        check(0, 5, "no data", false);
        check(0, 0, "no data", false);
    }

    #[test]
    fn the_first_day_speaks_for_the_traffic_of_the_period() {
        check(1, 8_640, "20.0 % of the period's budget", false);
        check(1, 8_641, "20.0 % of the period's budget", true);
    }
}
