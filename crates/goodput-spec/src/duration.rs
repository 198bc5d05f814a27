//! Lengths of time to the nanosecond, as people write them: `300ms`, `1.5s`, `30m`.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The units, the longest first. `m` is a minute; there is no month.
const UNITS: [(&str, u64); 7] = [
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

/// A plain decimal number and a unit, exactly: what is finer than a nanosecond is refused, as is what nobody waits for.
pub(crate) fn parse(text: &str) -> Result<Duration, DurationError> {
    read(text).map(Duration::from_nanos).ok_or_else(|| DurationError { value: text.to_owned() })
}

fn read(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.')?);
    let unit = if unit == "µs" { "us" } else { unit };
    let nanos = UNITS.into_iter().find(|(name, _)| *name == unit)?.1;
    let (whole, decimals) = match number.split_once('.') {
        Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
        Some(_) => return None,
        None => (number, ""),
    };
    if decimals.len() > 15 || decimals.contains('.') {
        return None;
    }
    let parts = 10_u128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    let fraction = if decimals.is_empty() { 0 } else { decimals.parse::<u128>().ok()? };
    // Below 2^64 * 2^47 * 2^50 with room to spare; checked all the same, since it is input.
    let total = u128::from(whole.parse::<u64>().ok()?).checked_mul(parts)?.checked_add(fraction)?;
    let total = total.checked_mul(u128::from(nanos))?;
    if !total.is_multiple_of(parts) {
        return None;
    }
    u64::try_from(total / parts).ok()
}

/// The shortest exact form: a whole number and the longest unit that fits. Parsing it gives the duration back.
pub(crate) fn print(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let fitting = UNITS.into_iter().find(|&(_, unit)| nanos.is_multiple_of(u128::from(unit)) && nanos > 0);
    let (name, unit) = fitting.unwrap_or(("s", 1));
    format!("{}{name}", nanos / u128::from(unit))
}

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DurationError {
    value: String,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a length of time: expected a plain number and one of ns, us, ms, s, m (minutes), h, d, such as 300ms or 1.5s",
            self.value
        )
    }
}

impl Error for DurationError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_of_time_is_read_exactly_or_refused() {
        for (text, nanos) in [
            ("300ms", Some(300_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("0.000000001s", Some(1)),
            ("30m", Some(1_800_000_000_000)),
            ("2h", Some(7_200_000_000_000)),
            ("1d", Some(86_400_000_000_000)),
            ("250us", Some(250_000)),
            ("250µs", Some(250_000)),
            ("7ns", Some(7)),
            ("0s", Some(0)),
            ("18446744073709551615ns", Some(u64::MAX)),
            ("18446744073709551616ns", None),
            ("0.0000000001s", None),
            ("0.5ns", None),
            ("1M", None),
            ("1w", None),
            ("-1s", None),
            ("+1s", None),
            ("1e3s", None),
            ("NaNs", None),
            ("1 s", None),
            ("1.s", None),
            (".5s", None),
            ("1.2.3s", None),
            ("300", None),
            ("ms", None),
            ("", None),
        ] {
            assert_eq!(parse(text).ok(), nanos.map(Duration::from_nanos), "{text}");
        }
        assert!(parse("5M").unwrap_err().to_string().starts_with(r#""5M" is not a length of time: expected"#));
    }

    #[test]
    fn the_longest_unit_that_fits_is_printed() {
        for (text, printed) in
            [("1500ms", "1500ms"), ("1000ms", "1s"), ("90s", "90s"), ("3600s", "1h"), ("48h", "2d"), ("0ms", "0s")]
        {
            assert_eq!(print(parse(text).unwrap()), printed);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in any::<u64>()) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse(&print(duration)), Ok(duration));
        }
    }
}
