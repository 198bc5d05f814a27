//! OpenSLO's shorthand for lengths of time: `5m`, `28d`, `1M`, `1Q`.

use goodput_model::Window;

/// A number and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shorthand {
    pub(super) number: u32, // at least 1
    pub(super) unit: Unit,
}

/// The units; `m` is a minute and `M` a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    const ALL: [Self; 7] = [Self::Minute, Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    const fn symbol(self) -> char {
        match self {
            Self::Minute => 'm',
            Self::Hour => 'h',
            Self::Day => 'd',
            Self::Week => 'w',
            Self::Month => 'M',
            Self::Quarter => 'Q',
            Self::Year => 'Y',
        }
    }

    /// Its length in seconds. Months, quarters and years differ; what OpenSLO's SDK takes for them is 30, 90 and 365 days.
    const fn secs(self) -> u32 {
        const DAY: u32 = 86_400;
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 30 * DAY,
            Self::Quarter => 90 * DAY,
            Self::Year => 365 * DAY,
        }
    }

    /// Whether its length is always the same.
    pub(super) const fn is_exact(self) -> bool {
        matches!(self, Self::Minute | Self::Hour | Self::Day | Self::Week)
    }
}

/// What is expected of one, in messages.
pub(super) const EXPECTED: &str =
    "a whole number and one of m (minutes), h, d, w, M (months), Q (quarters), Y, such as 28d or 1M";

impl Shorthand {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let unit = Unit::ALL.into_iter().find(|unit| text.ends_with(unit.symbol()))?;
        let number = text.get(..text.len() - 1)?; // every symbol is one byte
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse().ok().filter(|&number| plain && number > 0)?;
        Some(Self { number, unit })
    }

    /// Its length; `None` beyond 400 days.
    pub(super) fn window(self) -> Option<Window> {
        Window::from_secs(self.number.checked_mul(self.unit.secs())?).ok()
    }

    /// The month or quarter that a small `m` was probably meant to be.
    pub(super) fn in_months(self) -> Option<String> {
        (self.unit == Unit::Minute && self.number <= 12).then(|| format!("{}M", self.number))
    }
}

/// The shorthand for a window: exact, or for what is not whole minutes the next longer one.
pub(super) fn of_window(window: Window) -> String {
    let minutes = window.secs().div_ceil(60);
    for (unit, name) in [(1_440, 'd'), (60, 'h')] {
        if minutes.is_multiple_of(unit) {
            return format!("{}{name}", minutes / unit);
        }
    }
    format!("{minutes}m")
}

/// Whether a shorthand has exactly this length.
pub(super) fn is_exact(window: Window) -> bool {
    window.secs().is_multiple_of(60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_and_a_unit_is_a_length_of_time() {
        for (text, window) in [
            ("1m", Some("1m")),
            ("12h", Some("12h")),
            ("28d", Some("28d")),
            ("2w", Some("14d")),
            ("1M", Some("30d")),
            ("1Q", Some("90d")),
            ("1Y", Some("365d")),
            ("2Y", None),
            ("4294967295Y", None),
        ] {
            let read = Shorthand::parse(text).unwrap().window().map(|window| window.to_string());
            assert_eq!(read.as_deref(), window, "{text}");
        }
        for text in ["", "m", "0d", "-1d", "+1d", "1.5h", "1 d", "1D", "30", "1s", "1µ", "é", "99999999999d"] {
            assert_eq!(Shorthand::parse(text), None, "{text}");
        }
        assert_eq!(Shorthand::parse("1m").unwrap().in_months().as_deref(), Some("1M"));
        assert_eq!(Shorthand::parse("30m").unwrap().in_months(), None);
    }

    proptest! {
        #[test]
        fn whole_minutes_survive_and_the_rest_is_the_next_longer_one(secs in 1..=34_560_000_u32) {
            let window = Window::from_secs(secs).unwrap();
            let read = Shorthand::parse(&of_window(window)).unwrap().window().unwrap();
            prop_assert_eq!(read.secs(), secs.next_multiple_of(60));
            prop_assert_eq!(read == window, is_exact(window));
        }
    }
}
