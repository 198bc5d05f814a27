//! A file of measurements: what it may hold, strictly, and where it does not.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::latency::decimal;
use crate::failure::Failure;
use crate::read;

/// What was measured.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Measured {
    /// Events day by day.
    Days { good: u64, bad: u64, days: u32 },
    /// Latencies, ascending, and how many requests took so long.
    Latencies(Vec<(Duration, u64)>),
}

const DAYS: [&str; 3] = ["day", "good", "bad"];
const LATENCIES: [&str; 2] = ["latency_ms", "count"];

/// The measurements at `path`: its first line says which.
pub(super) fn read(path: &Path) -> Result<Measured, Failure> {
    let source = read::source(path)?;
    parse(source.text()).map_err(|what| Failure::input(format!("{}: {what}", source.name())))
}

fn parse(text: &str) -> Result<Measured, String> {
    // A spreadsheet may begin its text with the mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|error| error.to_string())?.clone();
    let lines = reader.records().map(|line| Ok(Line { text, fields: line.map_err(|error| error.to_string())? }));
    if head == DAYS[..] {
        days(lines)
    } else if head == LATENCIES[..] {
        latencies(lines)
    } else {
        let found: Vec<&str> = head.iter().take(8).collect();
        Err(format!("line 1: columns {:?}: expected \"day,good,bad\" or \"latency_ms,count\"", found.join(",")))
    }
}

/// One line below the head, and the text it is from.
struct Line<'t> {
    text: &'t str,
    fields: StringRecord,
}

impl Line<'_> {
    fn field(&self, index: usize) -> &str {
        self.fields.get(index).unwrap_or_default()
    }

    fn count(&self, index: usize) -> Result<u64, String> {
        let text = self.field(index);
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let count = text.parse().ok().filter(|_| digits);
        count.ok_or_else(|| self.wrong(&format!("count {text:?}: expected a whole number of events")))
    }

    fn wrong(&self, what: &str) -> String {
        format!("line {}: {what}", self.number())
    }

    /// Counted only for the one line that is wrong, since it takes a look at all before it. The reader's own numbers are
    /// those of the blank lines it skips.
    fn number(&self) -> usize {
        let byte = self.fields.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or(0);
        let (before, after) = self.text.split_at_checked(byte).unwrap_or_default();
        let blank = after.len() - after.trim_start_matches(['\n', '\r']).len();
        let breaks = |text: &str| text.matches('\n').count();
        breaks(before) + breaks(after.get(..blank).unwrap_or_default()) + 1
    }
}

fn days<'t>(lines: impl Iterator<Item = Result<Line<'t>, String>>) -> Result<Measured, String> {
    let (mut good, mut bad, mut seen) = (0_u64, 0_u64, BTreeSet::new());
    for line in lines {
        let line = line?;
        let day = line.field(0);
        if !is_day(day) {
            return Err(line.wrong(&format!("day {day:?}: expected one such as 2026-03-31")));
        }
        if !seen.insert(day.to_owned()) {
            return Err(line.wrong(&format!("day {day:?} is there twice: expected each day once")));
        }
        let sum = good.checked_add(line.count(1)?).zip(bad.checked_add(line.count(2)?));
        (good, bad) = sum.ok_or_else(|| line.wrong("more events than 64 bits count"))?;
    }
    Ok(Measured::Days { good, bad, days: u32::try_from(seen.len()).unwrap_or(u32::MAX) })
}

fn latencies<'t>(lines: impl Iterator<Item = Result<Line<'t>, String>>) -> Result<Measured, String> {
    let mut counted = Vec::new();
    for line in lines {
        let line = line?;
        let latency = line.field(0);
        let expected = "expected a plain number of milliseconds, at most a day of them";
        let time =
            decimal(latency, 1_000_000).ok_or_else(|| line.wrong(&format!("latency_ms {latency:?}: {expected}")))?;
        counted.push((time, line.count(1)?));
    }
    counted.sort_by_key(|(time, _)| *time);
    Ok(Measured::Latencies(counted))
}

/// `2026-03-31`; that February has no 31st day is for others to know.
fn is_day(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut next = |length: usize, most: u32| {
        parts.next().is_some_and(|part| {
            let digits = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            digits && part.parse().is_ok_and(|number: u32| (1..=most).contains(&number))
        })
    };
    next(4, 9_999) && next(2, 12) && next(2, 31) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_measurement_are_read() {
        let days = "day,good,bad\n2026-03-01, 997, 3\n\"2026-03-02\",998,2\n";
        assert_eq!(parse(days), Ok(Measured::Days { good: 1_995, bad: 5, days: 2 }));
        let latencies = "latency_ms,count\n250.5,10\n100,90\n";
        let counted = vec![(Duration::from_millis(100), 90), (Duration::from_micros(250_500), 10)];
        assert_eq!(parse(latencies), Ok(Measured::Latencies(counted)));
    }

    #[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "what is measured is the time it takes")]
    #[test]
    fn the_longest_file_is_read_at_once() {
        let text = format!("latency_ms,count\n{}", "1,1\n".repeat(read::MOST / 4));
        let began = std::time::Instant::now();
        assert!(parse(&text).is_ok());
        // A look at all lines before each line would take minutes.
        assert!(began.elapsed() < Duration::from_secs(20), "took {:?}", began.elapsed());
    }

    #[test]
    fn anything_else_is_refused_by_line_and_value() {
        for (text, part) in [
            ("", "line 1: columns \"\": expected"),
            ("time,good,bad\n", "line 1: columns \"time,good,bad\": expected"),
            ("day,good\n", "expected \"day,good,bad\""),
            ("day,good,bad\n2026-03-01,1\n", "line: 2"),
            ("day,good,bad\n2026-03-01,1,0\n2026-03-01,1,0\n", "line 3: day \"2026-03-01\" is there twice"),
            ("day,good,bad\n1.3.2026,1,0\n", "line 2: day \"1.3.2026\": expected"),
            ("day,good,bad\n2026-13-01,1,0\n", "line 2: day"),
            ("day,good,bad\n2026-03-01,-1,0\n", "line 2: count \"-1\": expected"),
            ("day,good,bad\n2026-03-01,1,NaN\n", "line 2: count \"NaN\": expected"),
            ("day,good,bad\n2026-03-01,1,1.5\n", "line 2: count \"1.5\": expected"),
            ("day,good,bad\n2026-03-01,18446744073709551615,0\n2026-03-02,1,0\n", "line 3: more events"),
            ("latency_ms,count\n\n\nfast,1\n", "line 4: latency_ms \"fast\": expected"),
            ("latency_ms,count\n1e3,1\n", "line 2: latency_ms \"1e3\": expected"),
            ("latency_ms,count\n-5,1\n", "line 2: latency_ms"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{text:?}: {message}");
        }
    }
}
