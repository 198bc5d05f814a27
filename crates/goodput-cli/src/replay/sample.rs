//! One line of the text format of OpenMetrics or Prometheus: a name, labels, a value, a timestamp.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::feed::short;

/// What a line says.
#[derive(Debug)]
pub(super) struct Sample<'l> {
    pub(super) name: &'l str,
    labels: BTreeMap<&'l str, String>,
    value: Field<'l>,
    timestamp: Option<Field<'l>>,
}

/// A word of the line, and where it begins.
#[derive(Clone, Copy, Debug)]
struct Field<'l> {
    column: usize,
    text: &'l str,
}

/// What is wrong with a line, and in which column.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed {
    pub(super) column: usize,
    pub(super) what: String,
}

impl<'l> Sample<'l> {
    pub(super) fn parse(line: &'l str) -> Result<Self, Malformed> {
        let end = line.find(['{', ' ', '\t']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let (labels, rest) = match rest.strip_prefix('{') {
            Some(inner) => labels(line, inner)?,
            None => (BTreeMap::new(), rest),
        };
        let mut fields = words(line, rest);
        let end = Field { column: line.chars().count() + 1, text: "" };
        Ok(Self { name, labels, value: fields.next().unwrap_or(end), timestamp: fields.next() })
    }

    /// The label of this name; one that is not there is empty, as in PromQL.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// What tells its series from others.
    pub(super) fn series(&self) -> String {
        format!("{:?}", self.labels)
    }

    /// The value, if it is a whole number that is not larger than `most`.
    pub(super) fn count(&self, most: u64) -> Result<u64, Malformed> {
        let Field { column, text } = self.value;
        let value = text.parse::<f64>().ok().filter(|value| *value >= 0.0 && value.fract() == 0.0);
        // Exact: `most` is below 2^53.
        value.filter(|value| *value <= most as f64).map(|value| value as u64).ok_or_else(|| Malformed {
            column,
            what: format!("value {:?}: expected a whole number of events, at most {most}", short(text)),
        })
    }

    /// The column of the timestamp, or of the value where there is none.
    pub(super) fn time_column(&self) -> usize {
        self.timestamp.unwrap_or(self.value).column
    }

    /// When it was sampled: seconds since 1970, with decimals if need be; milliseconds where it would be millennia.
    pub(super) fn time(&self) -> Result<Timestamp, Malformed> {
        const MILLIS_FROM: f64 = 1.0e11;
        let Some(Field { column, text }) = self.timestamp else {
            let what = "no timestamp: expected one after the value".to_owned();
            return Err(Malformed { column: self.value.column, what });
        };
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let millis = number.map(|number| if number < MILLIS_FROM { number * 1_000.0 } else { number });
        // The cast saturates, and what is too large is no timestamp.
        millis.and_then(|millis| Timestamp::from_millisecond(millis.round() as i64).ok()).ok_or_else(|| Malformed {
            column,
            what: format!("timestamp {:?}: expected seconds since 1970, or milliseconds", short(text)),
        })
    }
}

/// Where the rest of a line begins.
fn column(line: &str, rest: &str) -> usize {
    let read = line.len().saturating_sub(rest.len());
    line.get(..read).unwrap_or_default().chars().count() + 1
}

/// The words of the rest of a line.
fn words<'l>(line: &'l str, rest: &'l str) -> impl Iterator<Item = Field<'l>> {
    let mut rest = rest;
    std::iter::from_fn(move || {
        let begin = rest.trim_start();
        let (text, after) = begin.split_at(begin.find([' ', '\t']).unwrap_or(begin.len()));
        rest = after;
        Some(Field { column: column(line, begin), text }).filter(|field| !field.text.is_empty())
    })
}

type Labels<'l> = BTreeMap<&'l str, String>;

/// The labels up to the closing brace, and what comes after it.
fn labels<'l>(line: &'l str, inner: &'l str) -> Result<(Labels<'l>, &'l str), Malformed> {
    let (mut labels, mut rest) = (BTreeMap::new(), inner.trim_start());
    let malformed = |rest: &str, what: &str| Malformed { column: column(line, rest), what: what.to_owned() };
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (name, after) =
            rest.split_once('=').ok_or_else(|| malformed(rest, "expected a label, name=\"value\", or }"))?;
        let after = after.trim_start();
        let Some(quoted) = after.strip_prefix('"') else { return Err(malformed(after, "expected a value in quotes")) };
        let (value, end) = unquoted(quoted).ok_or_else(|| malformed(after, "no end of the value: expected \""))?;
        labels.insert(name.trim(), value);
        let end = end.trim_start();
        rest = end.strip_prefix(',').unwrap_or(end).trim_start();
    }
}

/// The text up to the closing quote, with what was escaped as it is meant, and what comes after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut chars) = (String::new(), text.chars());
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_whatever_is_escaped_in_them() {
        let line = r#"a_total{ b = "1,}\"\\\n" , c="ü", } 7 8.5 # {trace="x"} 1"#;
        let sample = Sample::parse(line).unwrap();
        assert_eq!(
            (sample.name, sample.label("b"), sample.label("c"), sample.label("d")),
            ("a_total", "1,}\"\\\n", "ü", "")
        );
        assert_eq!((sample.count(10), sample.time()), (Ok(7), Ok(Timestamp::from_millisecond(8_500).unwrap())));
    }

    #[test]
    fn a_place_is_told_in_characters() {
        let sample = Sample::parse("a_total{b=\"ü\"} x 1").unwrap();
        assert_eq!(sample.count(10).unwrap_err().column, 16);
        assert_eq!(Sample::parse("a_total{b=\"ü\",c} 1").unwrap_err().column, 15);
    }
}
