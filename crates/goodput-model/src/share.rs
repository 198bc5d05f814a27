//! A share of a whole, in thousandths of a percent.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::alert::{Milli, thousandths};

/// A share from 0 % to 100 %, with at most three decimals, such as `80%` of a pool or `12.5%` of an error budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Share {
    milli: u32, // thousandths of a percent, in [0, 100_000]
}

impl Share {
    /// Nothing.
    pub const NONE: Self = Self { milli: 0 };
    /// All of it.
    pub const ALL: Self = Self { milli: 100_000 };

    /// So many percent; `None` above 100.
    pub const fn percent(percent: u32) -> Option<Self> {
        if percent <= 100 { Some(Self { milli: percent * 1_000 }) } else { None }
    }

    /// So many thousandths of a percent; `None` above 100,000, which is all of it.
    pub const fn from_milli_percent(milli: u32) -> Option<Self> {
        if milli <= Self::ALL.milli { Some(Self { milli }) } else { None }
    }

    /// In thousandths of a percent, 0 to 100,000.
    pub const fn milli_percent(self) -> u32 {
        self.milli
    }

    /// As a number in `[0, 1]`, for display.
    pub fn ratio(self) -> f64 {
        f64::from(self.milli) / 100_000.0
    }

    /// For the constants of this crate.
    pub(crate) const fn of_percent(percent: u32) -> Self {
        Self { milli: percent * 1_000 }
    }
}

/// `80%`, `12.5%`. Parsing it gives the share back.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", Milli(self.milli))
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let number = text.strip_suffix('%').and_then(|number| thousandths(number).ok());
        let milli = number.filter(|milli| *milli <= Self::ALL.milli);
        milli.map(|milli| Self { milli }).ok_or_else(|| ShareError { value: text.to_owned() })
    }
}

/// Why a text is no [`Share`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareError {
    value: String,
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { value } = self;
        write!(f, "share {value:?}: expected a percentage from 0% to 100% with at most three decimals, such as 80%")
    }
}

impl Error for ShareError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_and_printed_alike_or_refused_by_value() {
        for text in ["0%", "80%", "12.5%", "0.001%", "100%"] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), text);
        }
        for text in ["80", "0.8", "101%", "100.001%", "-1%", "1.0001%", "%", "", "NaN%", "80 %"] {
            let message = text.parse::<Share>().unwrap_err().to_string();
            assert!(message.starts_with(&format!("share {text:?}: expected")), "{message}");
        }
    }
}
