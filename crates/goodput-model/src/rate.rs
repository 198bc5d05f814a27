//! Events per unit of time, as whole numbers.

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::Window;

/// So many events a second, minute, hour or day; never none.
///
/// A whole number and a unit, so that ten an hour is exactly that: write `30/m` for one every other second.
///
/// ```
/// use goodput_model::{Rate, Window};
///
/// let rate: Rate = "10/h".parse()?;
/// assert_eq!(rate.to_string(), "10/h");
/// assert_eq!(rate.events_in(Window::D1), 240.0);
/// # Ok::<(), goodput_model::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    events: NonZeroU32,
    per: TimeUnit,
}

/// What a [`Rate`] is per. Exhaustive on purpose: people count by these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day of 24 hours.
    Day,
}

impl TimeUnit {
    const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    /// Its length in seconds.
    pub const fn secs(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }
}

impl Rate {
    /// So many events per unit; `None` for none.
    pub const fn new(events: u32, per: TimeUnit) -> Option<Self> {
        match NonZeroU32::new(events) {
            Some(events) => Some(Self { events, per }),
            None => None,
        }
    }

    /// How many events it is per [`unit`](Self::unit); never 0.
    pub const fn events(self) -> u32 {
        self.events.get()
    }

    /// What it is per.
    pub const fn unit(self) -> TimeUnit {
        self.per
    }

    /// Events per second, for people.
    pub fn per_second(self) -> f64 {
        f64::from(self.events()) / f64::from(self.per.secs())
    }

    /// The events that come within `window` at this rate.
    pub fn events_in(self, window: Window) -> f64 {
        self.per_second() * f64::from(window.secs())
    }

    /// Whether `events` within `millis` milliseconds are at least this rate, exactly.
    pub fn is_reached(self, events: u64, millis: u64) -> bool {
        // Below 2^64 * 2^27 and 2^32 * 2^64.
        u128::from(events) * u128::from(self.per.secs()) * 1_000 >= u128::from(self.events()) * u128::from(millis)
    }
}

/// `50/s`, `10/h`. Parsing it gives the rate back.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.events, self.per.symbol())
    }
}

/// A whole number, a slash and one of `s`, `m`, `h`, `d`.
impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let read = || {
            let (events, unit) = text.split_once('/')?;
            let per = TimeUnit::ALL.into_iter().find(|per| per.symbol() == unit)?;
            let digits = events.bytes().all(|byte| byte.is_ascii_digit());
            Self::new(events.parse().ok().filter(|_| digits)?, per)
        };
        read().ok_or_else(|| RateError { value: text.to_owned() })
    }
}

/// Why a text is no [`Rate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateError {
    value: String,
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value } = self;
        write!(
            f,
            "rate {value:?}: expected a whole number of events above 0 and one of /s, /m, /h, /d, such as 50/s or 10/h"
        )
    }
}

impl Error for RateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_printed_alike_or_refused_by_value() {
        for text in ["1/s", "50/s", "10/h", "30/m", "4294967295/d"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["0/s", "-1/s", "+1/s", "1.5/s", "5", "5/", "/s", "5/M", "5/w", "4294967296/s", "NaN/s", "", "5 /s"]
        {
            let message = text.parse::<Rate>().unwrap_err().to_string();
            assert!(message.starts_with(&format!("rate {text:?}: expected")), "{message}");
        }
    }

    #[test]
    fn a_rate_is_reached_exactly() {
        let ten_an_hour: Rate = "10/h".parse().unwrap();
        assert!(ten_an_hour.is_reached(10, 3_600_000));
        assert!(!ten_an_hour.is_reached(10, 3_600_001));
        assert!(ten_an_hour.is_reached(1, 360_000));
    }
}
