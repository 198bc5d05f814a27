//! The numbers of OpenSLO as the texts of a definition: a target as a percentage, exactly.

use goodput_model::Objective;

/// A target from 0 to 1 as a percentage: `0.9995` is `99.95%`. The error says what was probably meant, if that is plain.
pub(super) fn target(text: &str) -> Result<String, Option<String>> {
    let (whole, fraction) = digits(text).ok_or(None)?;
    if whole.trim_start_matches('0').is_empty() {
        let fraction = format!("{fraction:0<2}");
        let (percent, decimals) = fraction.split_at(2); // digits are one byte each
        return percentage(percent, decimals).ok_or(None);
    }
    // One is all of it, and more likely 100 % than 1 %.
    Err(percentage(whole, fraction).filter(|_| !is_one(text)).map(|_| format!("targetPercent: {text}")))
}

/// A target from 0 to 100 as a percentage: `99.95` is `99.95%`.
pub(super) fn target_percent(text: &str) -> Result<String, Option<String>> {
    let (whole, fraction) = digits(text).ok_or(None)?;
    percentage(whole, fraction).ok_or_else(|| target(text).ok().map(|_| format!("target: {text}")))
}

/// Whether it is exactly one, however it is written.
pub(super) fn is_one(text: &str) -> bool {
    normal(text).as_deref() == Some("1.")
}

/// A plain decimal number without what does not count: the zeros around it.
pub(super) fn normal(text: &str) -> Option<String> {
    let (whole, fraction) = digits(text)?;
    Some(format!("{}.{}", whole.trim_start_matches('0'), fraction.trim_end_matches('0')))
}

/// A plain decimal number: the digits before the point and those after it.
fn digits(text: &str) -> Option<(&str, &str)> {
    const LONGEST: usize = 30;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = text.len() <= LONGEST && plain(whole) && fraction.is_none_or(plain);
    is_plain.then_some((whole, fraction.unwrap_or_default()))
}

/// The percentage, if an objective can be that.
fn percentage(whole: &str, decimals: &str) -> Option<String> {
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let decimals = decimals.trim_end_matches('0');
    let text = if decimals.is_empty() { format!("{whole}%") } else { format!("{whole}.{decimals}%") };
    text.parse::<Objective>().is_ok().then_some(text)
}

/// An objective as a target: `99.95%` is `0.9995`.
pub(super) fn of_objective(objective: Objective) -> String {
    let text = format!("0.{:09}", objective.good_ppb()); // below one, so nine digits hold it
    text.trim_end_matches('0').to_owned()
}

/// A whole number of thousandths: 14,400 is `14.4`.
pub(super) fn of_thousandths(milli: u32) -> String {
    let text = format!("{}.{:03}", milli / 1_000, milli % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_target_is_a_percentage_or_what_was_meant_is_named() {
        for (text, expected) in [
            ("0.99", Ok("99%")),
            ("0.9995", Ok("99.95%")),
            ("0.9990", Ok("99.9%")),
            ("0.5", Ok("50%")),
            ("00.99", Ok("99%")),
            ("0.999999999", Ok("99.9999999%")),
            ("0.9999999999", Err(None)),
            ("0.001", Err(None)),
            ("0", Err(None)),
            ("1", Err(None)),
            ("1.0", Err(None)),
            ("1.5", Err(Some("targetPercent: 1.5"))),
            ("99.9", Err(Some("targetPercent: 99.9"))),
            ("100", Err(None)),
            ("-0.9", Err(None)),
            ("+0.9", Err(None)),
            (".9", Err(None)),
            ("9e-1", Err(None)),
            ("0.9.9", Err(None)),
            (".nan", Err(None)),
            ("", Err(None)),
            ("0.99%", Err(None)),
        ] {
            let expected = expected.map(str::to_owned).map_err(|meant| meant.map(str::to_owned));
            assert_eq!(target(text), expected, "{text}");
        }
        for (text, expected) in [
            ("99.95", Ok("99.95%")),
            ("99", Ok("99%")),
            ("1", Ok("1%")),
            ("0.999", Err(Some("target: 0.999"))),
            ("100", Err(None)),
            ("100.0", Err(None)),
        ] {
            let expected = expected.map(str::to_owned).map_err(|meant: Option<&str>| meant.map(str::to_owned));
            assert_eq!(target_percent(text), expected, "{text}");
        }
        assert!(["1", "1.0", "01.00"].into_iter().all(is_one) && !["0.99", "11", "1.1", "x"].into_iter().any(is_one));
    }

    proptest! {
        #[test]
        fn an_objective_survives_as_a_target(ppb in 10_000_000..1_000_000_000_u32) {
            let objective = Objective::from_good_ppb(ppb).unwrap();
            prop_assert_eq!(target(&of_objective(objective)), Ok(objective.to_string()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}") {
            let _ = (target(&text), target_percent(&text), is_one(&text));
        }
    }
}
