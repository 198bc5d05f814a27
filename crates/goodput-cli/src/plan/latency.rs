//! Latency quantiles: as somebody says them, as they are counted, and the thresholds that follow.

use std::str::FromStr;
use std::time::Duration;

use goodput_model::Objective;

use super::ladder::round_up;

/// So many of the requests took at most so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quantile {
    pub(super) share: Objective,
    pub(super) at_most: Duration,
}

impl Quantile {
    /// A round threshold that leaves at least a tenth of room, since what was measured is not all there will be.
    pub(super) fn threshold(self) -> Option<Duration> {
        round_up(self.at_most.saturating_mul(11) / 10)
    }
}

/// `p99=800ms`: a quantile in percent, and a number of `us`, `ms` or `s`.
impl FromStr for Quantile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("quantile {text:?}: expected one such as p99=800ms or p99.9=1.5s");
        let (share, time) = text.strip_prefix('p').and_then(|text| text.split_once('=')).ok_or_else(expected)?;
        let share = format!("{share}%").parse().map_err(|error| format!("{}: {error}", expected()))?;
        let split = time.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(expected)?;
        let (number, unit) = time.split_at(split);
        let nanos = match unit {
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            _ => return Err(expected()),
        };
        let at_most = decimal(number, nanos).filter(|time| !time.is_zero()).ok_or_else(expected)?;
        Ok(Self { share, at_most })
    }
}

/// A plain decimal number of a unit of so many nanoseconds; finer than a nanosecond is refused, and more than a day.
pub(super) fn decimal(text: &str, unit: u64) -> Option<Duration> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let parts = 10_u64.pow(u32::try_from(decimals.len()).ok()?); // at most 10^9
    // Below 10^9 * 10^9 * 2 and checked for what a unit makes of it.
    let total = whole.parse::<u64>().ok()?.checked_mul(parts)?.checked_add(decimals.parse().ok()?)?;
    let nanos = u128::from(total) * u128::from(unit);
    let nanos = nanos.is_multiple_of(u128::from(parts)).then(|| nanos / u128::from(parts))?;
    let time = Duration::from_nanos(u64::try_from(nanos).ok()?);
    (time <= Duration::from_secs(86_400)).then_some(time)
}

/// The least latency that this share of the counted requests did not exceed; `None` of no requests.
pub(super) fn quantile(counted: &[(Duration, u64)], share: Objective) -> Option<Quantile> {
    let total: u128 = counted.iter().map(|(_, count)| u128::from(*count)).sum();
    let rank = (total * u128::from(share.good_ppb())).div_ceil(1_000_000_000).max(1);
    let mut seen = 0;
    let reached = counted.iter().find(|(_, count)| {
        seen += u128::from(*count); // cannot overflow: fewer than 2^20 lines of 64-bit numbers
        seen >= rank
    });
    reached.map(|(at_most, _)| Quantile { share, at_most: *at_most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_read_strictly() {
        for (text, expected) in [
            ("p99=800ms", Some(("99%", 800_000_000))),
            ("p99.9=1.5s", Some(("99.9%", 1_500_000_000))),
            ("p50=250us", Some(("50%", 250_000))),
            ("99=800ms", None),
            ("p99:800ms", None),
            ("p100=1s", None),
            ("pNaN=1s", None),
            ("p99=800", None),
            ("p99=0ms", None),
            ("p99=-1ms", None),
            ("p99=1e3ms", None),
            ("p99=1m", None),
            ("p99=99999999999s", None),
            ("", None),
        ] {
            let expected = expected
                .map(|(share, nanos)| Quantile { share: share.parse().unwrap(), at_most: Duration::from_nanos(nanos) });
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_threshold_is_round_and_leaves_room() {
        for (measured, threshold) in
            [("p99=800ms", 1_000), ("p50=120ms", 150), ("p99=990ms", 1_500), ("p95=450ms", 500)]
        {
            let quantile: Quantile = measured.parse().unwrap();
            assert_eq!(quantile.threshold(), Some(Duration::from_millis(threshold)), "{measured}");
        }
    }

    #[test]
    fn a_quantile_is_the_least_latency_that_the_share_did_not_exceed() {
        let millis = Duration::from_millis;
        let counted = [(millis(100), 90), (millis(500), 9), (millis(2_000), 1)];
        for (share, at_most) in [("50%", 100), ("90%", 100), ("90.1%", 500), ("99%", 500), ("99.1%", 2_000)] {
            let found = quantile(&counted, share.parse().unwrap()).unwrap();
            assert_eq!(found.at_most, millis(at_most), "{share}");
        }
        assert_eq!(quantile(&[], "50%".parse().unwrap()), None);
    }
}
