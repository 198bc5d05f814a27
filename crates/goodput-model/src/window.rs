//! Lengths of time: the window looked back through, and the period an objective is judged over.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

/// A length of time looked back through, in whole seconds: `5m`, `1h`, `3d`. Never zero, at most 400 days.
///
/// ```
/// use goodput_model::Window;
///
/// let window: Window = "90s".parse()?;
/// assert_eq!(window.secs(), 90);
/// assert_eq!(Window::H1.to_string(), "1h");
/// # Ok::<(), goodput_model::WindowError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window(NonZeroU32); // seconds, in [1, MAX_SECS]

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
const MAX_DAYS: u32 = 400; // a year and a month: nobody judges over more, and products stay far from overflow
const MAX_SECS: u32 = MAX_DAYS * DAY;

impl Window {
    /// 1 minute.
    pub const M1: Self = Self::of(MINUTE);
    /// 5 minutes.
    pub const M5: Self = Self::of(5 * MINUTE);
    /// 30 minutes.
    pub const M30: Self = Self::of(30 * MINUTE);
    /// 1 hour.
    pub const H1: Self = Self::of(HOUR);
    /// 2 hours.
    pub const H2: Self = Self::of(2 * HOUR);
    /// 6 hours.
    pub const H6: Self = Self::of(6 * HOUR);
    /// 1 day.
    pub const D1: Self = Self::of(DAY);
    /// 3 days.
    pub const D3: Self = Self::of(3 * DAY);

    /// For the constants: zero is not among them, and would become one second.
    pub(crate) const fn of(secs: u32) -> Self {
        match NonZeroU32::new(secs) {
            Some(secs) => Self(secs),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// A window of `secs` seconds.
    pub fn from_secs(secs: u32) -> Result<Self, WindowError> {
        match NonZeroU32::new(secs) {
            Some(secs) if secs.get() <= MAX_SECS => Ok(Self(secs)),
            Some(_) => Err(WindowError::TooLong { value: format!("{secs}s") }),
            None => Err(WindowError::Zero { value: "0s".to_owned() }),
        }
    }

    /// Its length in seconds; never 0.
    pub fn secs(self) -> u32 {
        self.0.get()
    }

    /// Its length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.secs()))
    }
}

/// The shortest exact form, in days, hours, minutes or seconds: `1d`, `36h`, `90s`. Parsing it gives the window back.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.secs();
        for (unit, name) in [(DAY, 'd'), (HOUR, 'h'), (MINUTE, 'm')] {
            if secs.is_multiple_of(unit) {
                return write!(f, "{}{name}", secs / unit);
            }
        }
        write!(f, "{secs}s")
    }
}

/// One whole number and one unit: `s`, `m`, `h`, `d` or `w`.
impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let value = || text.to_owned();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        if number.is_empty() {
            return Err(WindowError::Malformed { value: value() });
        }
        let unit = match unit {
            "s" => 1,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => WEEK,
            "M" | "mo" | "month" | "months" | "y" | "year" | "years" => {
                return Err(WindowError::Calendar { value: value() });
            }
            _ => return Err(WindowError::Malformed { value: value() }),
        };
        // Checked: digits that do not fit a u32 of seconds are too long, whatever the unit.
        let secs = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
        match secs {
            Some(0) => Err(WindowError::Zero { value: value() }),
            Some(secs) => Self::from_secs(secs).map_err(|_| WindowError::TooLong { value: value() }),
            None => Err(WindowError::TooLong { value: value() }),
        }
    }
}

/// What an objective is judged over: 30 rolling days unless said otherwise.
///
/// Whole weeks (28 days) hold the same number of weekends each time, which is why the SRE Workbook, chapter 2,
/// recommends a four-week rolling window; 30 days is what its alerting chapter calculates with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Period {
    /// The last so many days, up to this moment.
    Rolling(Window),
    /// From the first moment of the present one, in the time zone of the definition.
    ///
    /// What a process says of it is right while it has seen the whole of it; rules for a fleet cannot follow it, since the
    /// ranges of PromQL are constants.
    Calendar(CalendarUnit),
}

/// What calendar periods there are. Exhaustive on purpose: reports are written for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CalendarUnit {
    /// 28 to 31 days.
    Month,
    /// 90 to 92 days, from January, April, July or October on.
    Quarter,
}

impl CalendarUnit {
    /// As it is written: `month` or `quarter`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
        }
    }
}

impl Period {
    /// 7 rolling days.
    pub const D7: Self = Self::Rolling(Window::of(7 * DAY));
    /// 28 rolling days: four whole weeks.
    pub const D28: Self = Self::Rolling(Window::of(28 * DAY));
    /// 30 rolling days.
    pub const D30: Self = Self::Rolling(Window::of(30 * DAY));
    /// 90 rolling days.
    pub const D90: Self = Self::Rolling(Window::of(90 * DAY));

    /// So many rolling days, at most 400.
    pub fn days(days: u32) -> Result<Self, WindowError> {
        // Checked: a product beyond a u32 is beyond the limit as well.
        let secs = days.checked_mul(DAY).ok_or_else(|| WindowError::TooLong { value: format!("{days}d") })?;
        Window::from_secs(secs).map(Self::Rolling)
    }

    /// The present calendar month.
    pub const MONTH: Self = Self::Calendar(CalendarUnit::Month);
    /// The present calendar quarter.
    pub const QUARTER: Self = Self::Calendar(CalendarUnit::Quarter);

    /// Its length: that of a rolling period, and 30 or 90 days for a month or quarter, whose own length changes. What the
    /// factors of alert rows and the sizes of budgets are calculated with.
    pub fn window(self) -> Window {
        match self {
            Self::Rolling(window) => window,
            Self::Calendar(CalendarUnit::Month) => Window::of(30 * DAY),
            Self::Calendar(CalendarUnit::Quarter) => Window::of(90 * DAY),
        }
    }

    /// The longest it can be: what memory has to reach back for.
    pub fn longest(self) -> Window {
        match self {
            Self::Rolling(window) => window,
            // An hour more each: clocks may be turned back within it.
            Self::Calendar(CalendarUnit::Month) => Window::of(31 * DAY + HOUR),
            Self::Calendar(CalendarUnit::Quarter) => Window::of(92 * DAY + HOUR),
        }
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::D30
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(window) => window.fmt(f),
            Self::Calendar(unit) => f.write_str(unit.label()),
        }
    }
}

/// Rolling periods are written like windows, `30d` or `4w`; calendar ones as `month` or `quarter`.
impl FromStr for Period {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        match text {
            "month" => Ok(Self::MONTH),
            "quarter" => Ok(Self::QUARTER),
            _ => text.parse().map(Self::Rolling),
        }
    }
}

/// Why a text or number is no [`Window`] or [`Period`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WindowError {
    /// A length of nothing.
    Zero {
        /// As given.
        value: String,
    },
    /// Longer than 400 days.
    TooLong {
        /// As given.
        value: String,
    },
    /// Not one whole number and one unit.
    Malformed {
        /// As given.
        value: String,
    },
    /// Months and years differ in length.
    Calendar {
        /// As given.
        value: String,
    },
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { value } => write!(f, "window {value:?} is empty: expected at least 1s"),
            Self::TooLong { value } => write!(f, "window {value:?} is too long: expected at most {MAX_DAYS}d"),
            Self::Malformed { value } => write!(
                f,
                "window {value:?} is not a length of time: \
                 expected one whole number and one of s, m, h, d, w, such as 5m or 30d"
            ),
            Self::Calendar { value } => write!(
                f,
                "window {value:?} is in months or years, which differ in length: \
                 expected days or weeks, such as 30d or 4w (m means minutes)"
            ),
        }
    }
}

impl Error for WindowError {}

/// A length of time for people, in its two largest units: `20h 34m`, `43m 12s`, `25.92s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roughly(pub Duration);

impl fmt::Display for Roughly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, char); 4] = [(DAY as u64, 'd'), (HOUR as u64, 'h'), (MINUTE as u64, 'm'), (1, 's')];
        let secs = self.0.as_secs();
        for ((large, large_name), (small, small_name)) in UNITS.into_iter().zip(UNITS.into_iter().skip(1)) {
            if secs >= large {
                write!(f, "{}{large_name}", secs / large)?;
                return match secs % large / small {
                    0 => Ok(()),
                    rest => write!(f, " {rest}{small_name}"),
                };
            }
        }
        let hundredths = self.0.as_millis() / 10;
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        write!(f, "{}s", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_and_a_unit_is_a_window_and_prints_shortest() {
        for (text, secs, printed) in [
            ("5m", 300, "5m"),
            ("300s", 300, "5m"),
            ("90s", 90, "90s"),
            ("90m", 5_400, "90m"),
            ("1h", 3_600, "1h"),
            ("24h", 86_400, "1d"),
            ("36h", 129_600, "36h"),
            ("3d", 259_200, "3d"),
            ("1w", 604_800, "7d"),
            ("4w", 2_419_200, "28d"),
            ("400d", 34_560_000, "400d"),
        ] {
            let window: Window = text.parse().expect(text);
            assert_eq!((window.secs(), window.to_string().as_str()), (secs, printed), "{text}");
            assert_eq!(window.duration(), Duration::from_secs(secs.into()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for (text, reason) in [
            ("0s", "is empty"),
            ("0d", "is empty"),
            ("401d", "is too long"),
            ("58w", "is too long"),
            ("99999999999999999999s", "is too long"),
            ("4294967295w", "is too long"),
            ("1M", "months or years"),
            ("1month", "months or years"),
            ("1y", "months or years"),
            ("", "not a length"),
            ("5", "not a length"),
            ("m", "not a length"),
            ("-5m", "not a length"),
            ("+5m", "not a length"),
            ("5 m", "not a length"),
            ("5m ", "not a length"),
            ("1.5h", "not a length"),
            ("1h30m", "not a length"),
            ("5ms", "not a length"),
            ("5H", "not a length"),
        ] {
            let message = text.parse::<Window>().expect_err(text).to_string();
            assert!(message.starts_with(&format!("window {text:?} ")) && message.contains(reason), "{message}");
            assert!(message.contains("expected"), "{message}");
        }
        assert!(Window::from_secs(0).is_err());
        assert!(Window::from_secs(MAX_SECS + 1).is_err());
    }

    #[test]
    fn periods_are_days() {
        for (period, text) in [
            (Period::D7, "7d"),
            (Period::D28, "28d"),
            (Period::default(), "30d"),
            (Period::D30, "30d"),
            (Period::D90, "90d"),
        ] {
            assert_eq!(period.to_string(), text);
            assert_eq!(text.parse(), Ok(period));
            assert_eq!(Period::days(period.window().secs() / DAY), Ok(period));
        }
        assert_eq!("4w".parse(), Ok(Period::D28));
        for days in [0, 401, u32::MAX] {
            assert!(Period::days(days).is_err(), "{days}");
        }
    }

    #[test]
    fn people_read_two_units() {
        for (millis, text) in [
            (0, "0s"),
            (600, "0.6s"),
            (25_920, "25.92s"),
            (51_840, "51.84s"),
            (60_000, "1m"),
            (2_592_000, "43m 12s"),
            (74_057_000, "20h 34m"),
            (259_200_000, "3d"),
            (2_592_000_000, "30d"),
            (90_061_000, "1d 1h"),
        ] {
            assert_eq!(Roughly(Duration::from_millis(millis)).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed_gives_it_back(secs in 1..=MAX_SECS) {
            let window = Window::from_secs(secs).unwrap();
            prop_assert_eq!(window.to_string().parse(), Ok(window));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9]{0,12}\\PC{0,3}") {
            let _ = text.parse::<Window>();
        }
    }
}
