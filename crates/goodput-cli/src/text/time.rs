//! Lengths of time for people: rounded to what one remembers, or exactly as written in files.

use std::fmt;
use std::time::Duration;

use goodput_model::{Period, Roughly};

/// A length of time, rounded: to microseconds below a tenth of a second (`2.592ms`), to hundredths of a second below an
/// hour (`51.84s`, `2m 9.6s`), else to its second unit (`3h 36m`, `2d 2h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Took(pub(crate) Duration);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HOUR: u64 = 3_600;
        let secs = self.0.as_secs();
        if secs >= HOUR {
            let unit = if secs >= 24 * HOUR { HOUR } else { 60 };
            let rounded = self.0.saturating_add(Duration::from_secs(unit / 2)).as_secs() / unit * unit;
            return Roughly(Duration::from_secs(rounded)).fmt(f);
        }
        let micros = self.0.as_nanos().div_ceil(1_000);
        if (1..100_000).contains(&micros) {
            let text = format!("{}.{:03}", micros / 1_000, micros % 1_000);
            return write!(f, "{}ms", text.trim_end_matches('0').trim_end_matches('.'));
        }
        let millis = self.0.as_nanos().div_ceil(1_000_000);
        let (minutes, millis) = (millis / 60_000, millis % 60_000);
        // Whole seconds and what little follows: milliseconds only where there are no minutes beside them.
        let rest = if minutes > 0 { millis.div_ceil(10) * 10 } else { millis };
        let text = format!("{}.{:03}", rest / 1_000, rest % 1_000);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        match (minutes, text) {
            (0, text) => write!(f, "{text}s"),
            (minutes, "0") => write!(f, "{minutes}m"),
            (minutes, text) => write!(f, "{minutes}m {text}s"),
        }
    }
}

/// A period within a sentence: `30d`, `a month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over(pub(crate) Period);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Period::Calendar(unit) => write!(f, "a {}", unit.label()),
            period => period.fmt(f),
        }
    }
}

/// A threshold as it is written: `300ms`, `1.5s`, `30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exactly(pub(crate) Duration);

impl fmt::Display for Exactly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.0.as_secs();
        if self.0.subsec_nanos() > 0 || secs < 60 {
            // `us` is what everybody can type.
            return f.write_str(&format!("{:?}", self.0).replace('µ', "u"));
        }
        let (unit, name) = [(86_400, 'd'), (3_600, 'h'), (60, 'm')]
            .into_iter()
            .find(|(unit, _)| secs.is_multiple_of(*unit))
            .unwrap_or((1, 's'));
        write!(f, "{}{name}", secs / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_what_one_remembers() {
        for (millis, text) in [
            (0, "0s"),
            (3, "3ms"),
            (99, "99ms"),
            (100, "0.1s"),
            (5_184, "5.184s"),
            (51_840, "51.84s"),
            (60_000, "1m"),
            (129_600, "2m 9.6s"),
            (259_200, "4m 19.2s"),
            (1_036_800, "17m 16.8s"),
            (2_592_000, "43m 12s"),
            (12_960_000, "3h 36m"),
            (3_600_000, "1h"),
            (5_399_999, "1h 30m"),
            (129_600_000, "1d 12h"),
            (2_592_000_000, "30d"),
            (74_057_143, "20h 34m"),
        ] {
            assert_eq!(Took(Duration::from_millis(millis)).to_string(), text);
        }
    }

    #[test]
    fn thresholds_are_shown_as_they_are_written() {
        for (nanos, text) in [
            (300_000_000, "300ms"),
            (1_500_000_000, "1.5s"),
            (2_000_000_000, "2s"),
            (60_000_000_000, "1m"),
            (1_800_000_000_000, "30m"),
            (90_000_000_000, "90s"),
            (1_500, "1.5us"),
            (500_000, "500us"),
            (7_200_000_000_000, "2h"),
        ] {
            assert_eq!(Exactly(Duration::from_nanos(nanos)).to_string(), text);
        }
    }
}
