//! The share of events that has to be good.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The share of valid events that has to be good, such as `99.9%`.
///
/// Held as whole parts per billion, so that every comparison made with it is exact. It lies in `[1 %, 100 %)`: an
/// objective of 100 % has no error budget and therefore no burn rate, and one below 1 % is almost surely a ratio
/// written as a percentage.
///
/// It is written one way only, as a percentage with its sign and at most 7 decimals. A bare `0.999` or `99.9` is
/// refused with a suggestion, since a factor of one hundred would otherwise hide in a missing character.
///
/// ```
/// use goodput_model::Objective;
///
/// let objective: Objective = "99.9%".parse()?;
/// assert_eq!(objective.good_ppb(), 999_000_000);
/// assert_eq!(objective.bad_ppb(), 1_000_000);
/// assert_eq!(
///     "0.999".parse::<Objective>().unwrap_err().to_string(),
///     r#"objective "0.999" has no percent sign: expected a percentage such as 99.9%; did you mean 99.9%?"#,
/// );
/// # Ok::<(), goodput_model::ObjectiveError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Objective {
    good_ppb: u32, // in [10^7, 10^9)
}

const PPB: u32 = 1_000_000_000;
const PPB_PER_PERCENT: u32 = PPB / 100;
const DECIMALS: usize = 7; // one part per billion of a whole is 0.0000001 %

impl Objective {
    /// An objective from its good share in parts per billion: `999_000_000` is 99.9 %.
    pub fn from_good_ppb(good_ppb: u32) -> Result<Self, ObjectiveError> {
        if (PPB_PER_PERCENT..PPB).contains(&good_ppb) {
            Ok(Self { good_ppb })
        } else {
            Err(ObjectiveError::OutOfRange { value: format!("{good_ppb} parts per billion"), suggestion: None })
        }
    }

    /// For the constants of this crate, which lie within the range.
    pub(crate) const fn of_ppb(good_ppb: u32) -> Self {
        Self { good_ppb }
    }

    /// The good share, in parts per billion.
    pub fn good_ppb(self) -> u32 {
        self.good_ppb
    }

    /// The error budget as a share of events, in parts per billion; never 0.
    pub fn bad_ppb(self) -> u32 {
        PPB - self.good_ppb // cannot wrap: `good_ppb < PPB`
    }

    /// The good share as a float in `(0, 1)`, for display. Decisions compare the integers.
    pub fn ratio(self) -> f64 {
        f64::from(self.good_ppb) / f64::from(PPB)
    }
}

/// The shortest exact form: `99.9%`. Parsing it gives the objective back.
impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.good_ppb / PPB_PER_PERCENT, self.good_ppb % PPB_PER_PERCENT);
        if fraction == 0 {
            return write!(f, "{whole}%");
        }
        let decimals = format!("{fraction:0DECIMALS$}");
        write!(f, "{whole}.{}%", decimals.trim_end_matches('0'))
    }
}

impl FromStr for Objective {
    type Err = ObjectiveError;

    fn from_str(text: &str) -> Result<Self, ObjectiveError> {
        let value = || text.to_owned();
        let Some(number) = text.strip_suffix('%') else {
            return Err(ObjectiveError::NoPercentSign { value: value(), suggestion: suggestion(text) });
        };
        let number = number.strip_suffix(' ').unwrap_or(number);
        match good_ppb(number) {
            Ok(good_ppb) if (PPB_PER_PERCENT..PPB).contains(&good_ppb) => Ok(Self { good_ppb }),
            Ok(_) => Err(ObjectiveError::OutOfRange { value: value(), suggestion: suggestion(number) }),
            Err(Unread::Malformed) => Err(ObjectiveError::Malformed { value: value(), suggestion: suggestion(number) }),
            Err(Unread::TooPrecise) => Err(ObjectiveError::TooPrecise { value: value() }),
        }
    }
}

impl TryFrom<&str> for Objective {
    type Error = ObjectiveError;

    fn try_from(text: &str) -> Result<Self, ObjectiveError> {
        text.parse()
    }
}

impl TryFrom<String> for Objective {
    type Error = ObjectiveError;

    fn try_from(text: String) -> Result<Self, ObjectiveError> {
        text.parse()
    }
}

impl TryFrom<&String> for Objective {
    type Error = ObjectiveError;

    fn try_from(text: &String) -> Result<Self, ObjectiveError> {
        text.parse()
    }
}

/// Why a text or number is no [`Objective`]. Every variant names the value and, where one is likely, what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// The percent sign is missing: `0.999` or `99.9`.
    NoPercentSign {
        /// The text as given.
        value: String,
        /// What was probably meant.
        suggestion: Option<Objective>,
    },
    /// Not a plain decimal number before the sign: empty, an exponent, a plus or minus, a comma.
    Malformed {
        /// The text as given.
        value: String,
        /// What was probably meant.
        suggestion: Option<Objective>,
    },
    /// Finer than one part per billion, that is, more than 7 decimals of a percentage.
    TooPrecise {
        /// The text as given.
        value: String,
    },
    /// A percentage outside `[1 %, 100 %)`.
    OutOfRange {
        /// The text or number as given.
        value: String,
        /// What was probably meant.
        suggestion: Option<Objective>,
    },
}

impl fmt::Display for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suggestion = match self {
            Self::NoPercentSign { value, suggestion } => {
                write!(f, "objective {value:?} has no percent sign: expected a percentage such as 99.9%")?;
                suggestion
            }
            Self::Malformed { value, suggestion } => {
                write!(f, "objective {value:?} is not a plain number: expected a percentage such as 99.9%")?;
                suggestion
            }
            Self::TooPrecise { value } => {
                write!(
                    f,
                    "objective {value:?} has too many decimals: expected at most {DECIMALS}, such as 99.9999999%"
                )?;
                &None
            }
            Self::OutOfRange { value, suggestion } => {
                write!(f, "objective {value:?} is out of range: expected at least 1% and less than 100%")?;
                suggestion
            }
        };
        match suggestion {
            Some(objective) => write!(f, "; did you mean {objective}?"),
            None => Ok(()),
        }
    }
}

impl Error for ObjectiveError {}

/// Lets an [`Objective`] stand where anything that may become one is accepted.
impl From<Infallible> for ObjectiveError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

enum Unread {
    Malformed,
    TooPrecise,
}

/// A plain decimal percentage, `digits` or `digits.digits`, in parts per billion of the whole.
fn good_ppb(number: &str) -> Result<u32, Unread> {
    let (whole, decimals) = match number.split_once('.') {
        Some((whole, decimals)) if !decimals.is_empty() => (whole, decimals),
        Some(_) => return Err(Unread::Malformed),
        None => (number, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty() || leading_zero || !all_digits(whole) || !all_digits(decimals) {
        return Err(Unread::Malformed);
    }
    if decimals.len() > DECIMALS {
        return Err(Unread::TooPrecise);
    }
    // Neither fails: both hold digits only, and a number of any size saturates above every objective.
    let whole: u32 = whole.parse().unwrap_or(u32::MAX);
    let fraction: u32 = format!("{decimals:0<DECIMALS$}").parse().unwrap_or(0);
    Ok(whole.saturating_mul(PPB_PER_PERCENT).saturating_add(fraction))
}

/// What somebody who wrote `text` most probably meant: a number up to 1 is a ratio, one below 100 a
/// percentage; nobody means 100 %.
fn suggestion(text: &str) -> Option<Objective> {
    let number: f64 = text.trim().trim_end_matches('%').trim_end().replace(',', ".").parse().ok()?;
    let percent = if number <= 1.0 { number * 100.0 } else { number };
    if !(1.0..100.0).contains(&percent) {
        return None;
    }
    let good_ppb = (percent * f64::from(PPB_PER_PERCENT)).round() as u32; // below 2^30: `percent < 100`
    Objective::from_good_ppb(good_ppb).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_percentage_with_its_sign_is_read_exactly() {
        for (text, ppb) in [
            ("99.9%", 999_000_000),
            ("99.9 %", 999_000_000),
            ("99.90%", 999_000_000),
            ("99%", 990_000_000),
            ("99.999%", 999_990_000),
            ("99.9999999%", 999_999_999),
            ("50%", 500_000_000),
            ("1%", 10_000_000),
            ("1.0000001%", 10_000_001),
        ] {
            assert_eq!(text.parse::<Objective>().map(Objective::good_ppb), Ok(ppb), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_probably_meant() {
        for (text, reason, meant) in [
            ("0.999", "no percent sign", Some("99.9%")),
            ("99.9", "no percent sign", Some("99.9%")),
            ("0.99999", "no percent sign", Some("99.999%")),
            ("1.0", "no percent sign", None),
            ("100", "no percent sign", None),
            ("", "no percent sign", None),
            ("NaN", "no percent sign", None),
            ("inf", "no percent sign", None),
            ("three nines", "no percent sign", None),
            ("0.999%", "out of range", Some("99.9%")),
            ("0.5%", "out of range", Some("50%")),
            ("100%", "out of range", None),
            ("100.0000001%", "out of range", None),
            ("99999999999999%", "out of range", None),
            ("0%", "out of range", None),
            ("NaN%", "not a plain number", None),
            ("%", "not a plain number", None),
            ("-99%", "not a plain number", None),
            ("+99%", "not a plain number", Some("99%")),
            ("1e1%", "not a plain number", Some("10%")),
            ("1e2%", "not a plain number", None),
            ("99,9%", "not a plain number", Some("99.9%")),
            (" 99.9%", "not a plain number", Some("99.9%")),
            ("99.9  %", "not a plain number", Some("99.9%")),
            ("99.9%%", "not a plain number", Some("99.9%")),
            ("99.9% ", "no percent sign", Some("99.9%")),
            ("99.%", "not a plain number", Some("99%")),
            (".5%", "not a plain number", Some("50%")),
            ("099%", "not a plain number", Some("99%")),
            ("٩٩%", "not a plain number", None),
            ("99.99999999%", "too many decimals", None),
        ] {
            let message = text.parse::<Objective>().expect_err(text).to_string();
            assert!(message.starts_with(&format!("objective {text:?} ")), "{message}");
            assert!(message.contains(reason), "{text:?}: {message}");
            assert!(message.contains("expected"), "{message}");
            match meant {
                Some(meant) => assert!(message.ends_with(&format!("; did you mean {meant}?")), "{message}"),
                None => assert!(!message.contains("did you mean"), "{message}"),
            }
        }
    }

    #[test]
    fn whoever_writes_a_constructor_can_take_text_and_objectives_alike() {
        fn take(value: impl TryInto<Objective, Error: Into<ObjectiveError>>) -> Result<Objective, ObjectiveError> {
            value.try_into().map_err(Into::into)
        }
        let expected = Objective::from_good_ppb(999_000_000);
        let text = String::from("99.9%");
        assert_eq!(take("99.9%"), expected);
        assert_eq!(take(&text), expected);
        assert_eq!(take(text), expected);
        assert_eq!(take(expected.clone().unwrap()), expected);
    }

    #[test]
    fn the_edges_of_the_range_are_one_percent_and_just_under_the_whole() {
        for (ppb, ok) in
            [(0, false), (9_999_999, false), (10_000_000, true), (999_999_999, true), (PPB, false), (u32::MAX, false)]
        {
            assert_eq!(Objective::from_good_ppb(ppb).is_ok(), ok, "{ppb}");
        }
    }

    proptest! {
        #[test]
        fn parsing_what_was_printed_gives_it_back(ppb in PPB_PER_PERCENT..PPB) {
            let objective = Objective::from_good_ppb(ppb).unwrap();
            prop_assert_eq!(objective.to_string().parse(), Ok(objective));
            prop_assert_eq!(objective.good_ppb() + objective.bad_ppb(), PPB);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}%?") {
            let _ = text.parse::<Objective>();
        }
    }
}
