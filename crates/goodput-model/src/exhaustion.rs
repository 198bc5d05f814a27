//! When the budget runs out at the present burn.

use crate::window::Roughly;
use crate::{BurnRate, Period, Remaining};
use std::fmt;
use std::time::Duration;

/// How long the budget lasts if the burn stays as it is: remaining share x period / burn.
///
/// Exhaustive on purpose, as [`Remaining`] is: a bound stays a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhaustion {
    /// The remaining budget or the burn is not known.
    NoData,
    /// Nothing is being spent.
    Never,
    /// Nothing is left, at the traffic seen so far.
    Exhausted,
    /// In so long.
    In(Duration),
    /// In at most so long, since at most so much is left: unseen spending only brings it nearer.
    Within(Duration),
}

/// When the rest of the budget is spent, if the burn stays as it is.
///
/// A full budget at a burn of 1 lasts the period, at 2 half of it, at 1,000 it lasts 43 minutes of 30 days (SRE
/// Workbook, chapter 5, table 5-4). In a rolling period old errors also leave at the far end, which this ignores: it
/// answers "how long may this go on", not "will it happen". Times beyond what a [`Duration`] holds are
/// [`Exhaustion::Never`].
pub fn time_to_exhaustion(remaining: Remaining, burn: BurnRate, period: Period) -> Exhaustion {
    let (Some(share), Some(rate)) = (remaining.value(), burn.value()) else {
        return Exhaustion::NoData;
    };
    if share.is_nan() || rate.is_nan() {
        return Exhaustion::NoData;
    }
    if share <= 0.0 {
        return Exhaustion::Exhausted;
    }
    if rate <= 0.0 {
        return Exhaustion::Never;
    }
    let secs = share * f64::from(period.window().secs()) / rate;
    match (Duration::try_from_secs_f64(secs), remaining) {
        (Err(_), _) => Exhaustion::Never,
        (Ok(time), Remaining::AtMost(_)) => Exhaustion::Within(time),
        (Ok(time), Remaining::Is(_) | Remaining::NoData) => Exhaustion::In(time),
    }
}

/// `in 20h 34m`, `in 3d at the latest`, `never at this burn`, `exhausted`, `no data`.
impl fmt::Display for Exhaustion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoData => f.write_str("no data"),
            Self::Never => f.write_str("never at this burn"),
            Self::Exhausted => f.write_str("exhausted"),
            Self::In(time) => write!(f, "in {}", Roughly(time)),
            Self::Within(time) => write!(f, "in {} at the latest", Roughly(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_remains_times_the_period_over_the_burn() {
        use BurnRate::{NoData, Of};
        for (remaining, burn, text) in [
            (Remaining::Is(1.0), Of(1.0), "in 30d"),
            (Remaining::Is(1.0), Of(2.0), "in 15d"),
            (Remaining::Is(0.5), Of(10.0), "in 1d 12h"),
            (Remaining::Is(1.0), Of(0.5), "in 60d"),
            (Remaining::AtMost(0.5), Of(10.0), "in 1d 12h at the latest"),
            (Remaining::AtMost(0.0), Of(10.0), "exhausted"),
            (Remaining::Is(-0.1), Of(0.0), "exhausted"),
            (Remaining::Is(0.5), Of(0.0), "never at this burn"),
            (Remaining::Is(0.5), NoData, "no data"),
            (Remaining::NoData, Of(1.0), "no data"),
        ] {
            assert_eq!(time_to_exhaustion(remaining, burn, Period::D30).to_string(), text, "{remaining:?} at {burn:?}");
        }
    }

    #[test]
    fn numbers_nobody_measured_do_not_make_it_panic() {
        for (share, rate, expected) in [
            (f64::NAN, 1.0, Exhaustion::NoData),
            (1.0, f64::NAN, Exhaustion::NoData),
            (1.0, -1.0, Exhaustion::Never),
            (1.0, f64::MIN_POSITIVE, Exhaustion::Never),
            (f64::INFINITY, 1.0, Exhaustion::Never),
            (1.0, f64::INFINITY, Exhaustion::In(Duration::ZERO)),
            (f64::INFINITY, f64::INFINITY, Exhaustion::Never),
        ] {
            assert_eq!(
                time_to_exhaustion(Remaining::Is(share), BurnRate::Of(rate), Period::D30),
                expected,
                "{share}, {rate}"
            );
        }
    }
}
