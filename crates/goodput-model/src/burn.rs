//! How fast an error budget is being spent.

use crate::{Counts, Objective, Observation};
use std::fmt;

/// How many times faster than allowed bad events happen: at 1 the budget lasts exactly its period.
///
/// The burn rate is the error ratio over the error budget. A total outage burns at `1 / (1 - objective)`: 1,000 for
/// 99.9 %. Source: SRE Workbook, chapter 5, table 5-4.
///
/// Exhaustive on purpose: a rate is known or it is not, and a window without valid events must be handled wherever
/// one is read. The number is finite, non-negative and for display; conditions compare integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BurnRate {
    /// No valid events: neither good nor bad, and never 0.
    NoData,
    /// So many times the allowed rate.
    Of(f64),
}

impl BurnRate {
    /// The burn of these events, as they are: error ratio over error budget.
    pub fn raw(objective: Objective, counts: Counts) -> Self {
        match counts.bad_ratio() {
            Some(ratio) => Self::Of(ratio / budget_share(objective)),
            None => Self::NoData,
        }
    }

    /// The burn of a window in which unseen time added nothing: [`raw`](Self::raw) times the covered share.
    ///
    /// It is what the same events would burn if error-free traffic at the same mean rate had preceded them, so one
    /// error among the first few events is no emergency, and a total outage from the first second still is one. Seen
    /// silence is seen: a process whose only events failed burns more with every second that brings no other.
    pub fn scaled(objective: Objective, observation: &Observation) -> Self {
        Self::raw(objective, observation.counts).times(observation.covered_share())
    }

    /// The burn in terms of the whole period's budget: the window's raw burn times how busy the window was compared
    /// with all that was seen of the period.
    ///
    /// The raw rate weighs a quiet hour like a busy one. This one does not: at a tenth of the usual traffic, a total
    /// outage spends a tenth as much. It quiets the quiet hours of a busy service and does nothing for one that is
    /// always small. Like the raw rate it does not scale for unseen time within the window.
    pub fn of_period(objective: Objective, window: &Observation, period: &Observation) -> Self {
        match (rate(window), rate(period)) {
            (Some(here), Some(usual)) => Self::raw(objective, window.counts).times(here / usual),
            _ => Self::NoData,
        }
    }

    /// The number, if there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::NoData => None,
            Self::Of(rate) => Some(rate),
        }
    }

    fn times(self, share: f64) -> Self {
        match self {
            Self::NoData => Self::NoData,
            Self::Of(rate) => Self::Of(rate * share),
        }
    }
}

/// `14.4x`, or `no data`.
impl fmt::Display for BurnRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("no data"),
            Self::Of(rate) => write!(f, "{}x", Factor(*rate)),
        }
    }
}

/// A factor for people: two decimals, fewer when they are zeros.
pub(crate) struct Factor(pub(crate) f64);

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0.0 && self.0 < 0.005 {
            return f.write_str("<0.01");
        }
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// The error budget as a share of events, in `(0, 1)`.
pub(crate) fn budget_share(objective: Objective) -> f64 {
    f64::from(objective.bad_ppb()) / 1.0e9
}

/// Valid events per second of covered time; `None` without either.
fn rate(observation: &Observation) -> Option<f64> {
    let (valid, covered) = (observation.counts.valid_exact(), observation.covered());
    (valid > 0 && !covered.is_zero()).then(|| valid as f64 / covered.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Window;
    use std::time::Duration;

    fn counts(good: u64, bad: u64) -> Counts {
        Counts { good, bad, excluded: 0 }
    }

    fn target() -> Objective {
        "99.9%".parse().unwrap()
    }

    fn check(rate: BurnRate, expected: Option<f64>) {
        match (rate.value(), expected) {
            (None, None) => {}
            (Some(rate), Some(expected)) => {
                assert!((rate - expected).abs() <= expected * 1.0e-12, "{rate}, expected {expected}");
            }
            (rate, expected) => panic!("{rate:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn it_is_the_error_ratio_over_the_error_budget() {
        for (objective, good, bad, rate) in [
            ("99.9%", 1_000, 0, Some(0.0)),
            ("99.9%", 999, 1, Some(1.0)),
            ("99.9%", 9_856, 144, Some(14.4)),
            ("99.9%", 0, 5, Some(1_000.0)),
            ("99.999%", 0, 5, Some(100_000.0)),
            ("50%", 0, 5, Some(2.0)),
            ("99.9%", 0, 0, None),
        ] {
            check(BurnRate::raw(objective.parse().unwrap(), counts(good, bad)), rate);
        }
    }

    #[test]
    fn unseen_time_adds_no_burn() {
        let one_of_ten = counts(9, 1);
        for (seen, rate) in [(0, 0.0), (1, 100.0 / 3_600.0), (1_800, 50.0), (3_600, 100.0), (7_200, 100.0)] {
            let observation = Observation::partial(Window::H1, one_of_ten, Duration::from_secs(seen));
            check(BurnRate::scaled(target(), &observation), Some(rate));
        }
        check(BurnRate::scaled(target(), &Observation::full(Window::H1, Counts::default())), None);
    }

    #[test]
    fn excluded_events_alone_are_no_data() {
        let excluded = Counts { excluded: 1_000, ..Counts::default() };
        assert_eq!(BurnRate::raw(target(), excluded), BurnRate::NoData);
    }

    #[test]
    fn against_the_period_a_quiet_hour_weighs_as_much_as_its_traffic() {
        let month = Observation::full(crate::Period::D30.window(), counts(719_280, 720)); // 1,000 an hour
        for (hour, rate) in [
            (counts(0, 100), Some(100.0)), // a total outage at a tenth of the traffic: raw burn is 1,000
            (counts(0, 1_000), Some(1_000.0)),
            (counts(990, 10), Some(10.0)),
            (counts(9_900, 100), Some(100.0)), // at ten times the traffic: raw burn is 10
            (counts(0, 0), None),
        ] {
            check(BurnRate::of_period(target(), &Observation::full(Window::H1, hour), &month), rate);
        }
        let nothing = Observation::full(month.window, Counts::default());
        check(BurnRate::of_period(target(), &Observation::full(Window::H1, counts(1, 1)), &nothing), None);
    }

    #[test]
    fn a_rate_reads_as_a_factor() {
        for (rate, text) in [
            (BurnRate::NoData, "no data"),
            (BurnRate::Of(14.4), "14.4x"),
            (BurnRate::Of(0.0), "0x"),
            (BurnRate::Of(1_000.0), "1000x"),
            (BurnRate::Of(0.333_333), "0.33x"),
        ] {
            assert_eq!(rate.to_string(), text);
        }
    }
}
