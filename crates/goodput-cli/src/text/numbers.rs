//! Numbers for people: as many digits as say something.

/// `1,000,000`; up to two decimals where it is no whole number.
pub(crate) fn number(value: f64) -> String {
    let text = trimmed(&format!("{value:.2}"));
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if decimals.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{decimals}") }
}

/// A share with three digits that say something: `18.5 %`, `0.0231 %`, `185 %`. What is not all or nothing does not look
/// like it: `99.95 %` and `99.999 %` keep their nines.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0e-6 {
        return "<0.000001 %".to_owned();
    }
    let significant = |value: f64| 2 - (value.abs().log10().floor() as i32).clamp(-7, 2);
    let decimals = match percent {
        _ if percent == 0.0 => 0,
        _ if percent > 99.0 && percent < 100.0 => significant(100.0 - percent).clamp(1, 7),
        _ => significant(percent),
    };
    let decimals = usize::try_from(decimals).unwrap_or(0);
    format!("{} %", trimmed(&format!("{percent:.decimals$}")))
}

/// A burn rate: `14.4x`, `1,000x`, `0.933x`.
pub(crate) fn factor(value: f64) -> String {
    if value > 0.0 && value < 1.0 {
        format!("{}x", trimmed(&format!("{value:.3}")))
    } else {
        format!("{}x", number(value))
    }
}

/// `1 slice`, `7 slices`.
pub(crate) fn plural(count: f64, thing: &str) -> String {
    let count = number(count);
    format!("{count} {thing}{}", if count == "1" { "" } else { "s" })
}

fn trimmed(text: &str) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (999.0, "999"),
            (1_000.0, "1,000"),
            (30_000_000.0, "30,000,000"),
            (1_234.5, "1,234.5"),
            (33.333_333, "33.33"),
            (-1_000.0, "-1,000"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn shares_have_three_digits_that_say_something() {
        for (share, text) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.185_185, "18.5 %"),
            (0.138_888, "13.9 %"),
            (1.851_851, "185 %"),
            (0.000_231_48, "0.0231 %"),
            (0.02, "2 %"),
            (0.001, "0.1 %"),
            (0.014_4, "1.44 %"),
            (0.999_5, "99.95 %"),
            (0.999_99, "99.999 %"),
            (0.997_3, "99.73 %"),
            (0.000_000_001, "<0.000001 %"),
        ] {
            assert_eq!(percent(share), text, "{share}");
        }
    }

    #[test]
    fn factors_read_like_factors() {
        for (value, text) in
            [(14.4, "14.4x"), (1_000.0, "1,000x"), (0.933_333, "0.933x"), (0.0, "0x"), (13.44, "13.44x")]
        {
            assert_eq!(factor(value), text);
        }
    }
}
