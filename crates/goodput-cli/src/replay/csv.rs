//! Counts from a CSV file: one line for each interval, in order and without gaps.

use std::collections::VecDeque;
use std::time::Duration;

use goodput_core::Counts;
use jiff::Timestamp;

use super::args::Gaps;
use super::feed::{Feed, LONGEST, MOST_EVENTS, short};
use super::interval::Interval;
use super::lines::{Line, Lines};
use crate::failure::Failure;
use crate::text::Took;

const COLUMNS: [&str; 4] = ["time", "good", "bad", "excluded"];

/// The recording whose first line is `head`. Each line is named by the beginning of its interval, and as far from the one before
/// as the second is from the first.
pub(super) fn read(mut lines: Lines, head: &Line, gaps: Gaps) -> Result<Feed, Failure> {
    let columns = columns(&lines, head)?;
    let nothing = |lines: &Lines| {
        lines.lacks(
            &"fewer than two lines of counts: expected two, as the time between them is how long each speaks for",
        )
    };
    let first = row(&mut lines, columns)?.ok_or_else(|| nothing(&lines))?;
    let second = row(&mut lines, columns)?.ok_or_else(|| nothing(&lines))?;
    let step = after(&lines, &second, first.time)?;
    let began = first.time;
    let mut rows = Rows {
        lines,
        columns,
        gaps,
        step,
        began,
        last: first.time,
        waiting: [Interval::seen(step, first.counts)].into(),
    };
    rows.follow(&second)?;
    Ok(Feed { began, intervals: Box::new(rows) })
}

/// One line below the head.
#[derive(Clone, Copy, Debug)]
struct Row {
    line: u64,
    time: Timestamp,
    counts: Counts,
}

/// How many columns there are: three or four.
fn columns(lines: &Lines, head: &Line) -> Result<usize, Failure> {
    let names: Vec<_> = fields(&head.text).map(|(_, text)| text.to_ascii_lowercase()).collect();
    if names == COLUMNS[..3] || names == COLUMNS {
        return Ok(names.len());
    }
    let found = short(&names.join(","));
    Err(lines.wrong(head.number, 1, &format!("columns {found:?}: expected time,good,bad or time,good,bad,excluded")))
}

/// The fields of a line, each with its column. Times and counts hold neither commas nor quotes, so those around a field are
/// dropped.
fn fields(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut column = 1;
    line.split(',').map(move |field| {
        let blank = field.chars().take_while(|c| c.is_whitespace()).count();
        let place = column + blank;
        column += field.chars().count() + 1; // a line has at most 64 KiB
        let text = field.trim();
        (place, text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text))
    })
}

fn row(lines: &mut Lines, columns: usize) -> Result<Option<Row>, Failure> {
    let Some(line) = lines.next()? else { return Ok(None) };
    let fields: Vec<_> = fields(&line.text).take(COLUMNS.len() + 1).collect();
    if fields.len() != columns {
        let names = COLUMNS.get(..columns).unwrap_or_default().join(",");
        let found = fields.len();
        return Err(lines.wrong(line.number, 1, &format!("{found} fields: expected {columns}: {names}")));
    }
    let mut fields = fields.into_iter();
    let (column, text) = fields.next().unwrap_or((1, ""));
    let time = time(text).ok_or_else(|| {
        let expected = "expected one such as 2026-03-31T12:00:00Z, or seconds since 1970";
        lines.wrong(line.number, column, &format!("time {:?}: {expected}", short(text)))
    })?;
    let mut counts = [0; 3];
    for ((name, count), (column, text)) in COLUMNS.iter().skip(1).zip(&mut counts).zip(fields) {
        *count = number(text).ok_or_else(|| {
            let expected = format!("expected a whole number of events, at most {MOST_EVENTS}");
            lines.wrong(line.number, column, &format!("{name} {:?}: {expected}", short(text)))
        })?;
    }
    let [good, bad, excluded] = counts;
    Ok(Some(Row { line: line.number, time, counts: Counts { good, bad, excluded } }))
}

fn time(text: &str) -> Option<Timestamp> {
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    text.parse().ok()
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|count| digits && *count <= MOST_EVENTS)
}

/// How long the row is after `last`.
fn after(lines: &Lines, row: &Row, last: Timestamp) -> Result<Duration, Failure> {
    let wrong = |what: String| lines.wrong(row.line, 1, &what);
    if row.time == last {
        return Err(wrong(format!("time {} is there twice: expected each once", row.time)));
    }
    Duration::try_from(row.time.duration_since(last))
        .map_err(|_| wrong(format!("time {} is before {last}, the line before: expected them in order", row.time)))
}

struct Rows {
    lines: Lines,
    columns: usize,
    gaps: Gaps,
    step: Duration,
    began: Timestamp,
    /// The time of the row read last.
    last: Timestamp,
    /// What is known already.
    waiting: VecDeque<Interval>,
}

impl Rows {
    /// The row and the gap before it, if there is one.
    fn follow(&mut self, row: &Row) -> Result<(), Failure> {
        let (step, last) = (self.step, self.last);
        let apart = after(&self.lines, row, last)?;
        let expected = last.checked_add(step).unwrap_or(last);
        let wrong = |what: String| self.lines.wrong(row.line, 1, &what);
        if apart.as_nanos() % step.as_nanos().max(1) != 0 {
            return Err(wrong(format!("time {}: expected {expected}, {} after the line before", row.time, Took(step))));
        }
        let gap = apart.saturating_sub(step);
        if !gap.is_zero() && self.gaps == Gaps::Refuse {
            return Err(wrong(format!(
                "time {}: {} are missing: expected {expected}, or --gaps unseen for time that nobody saw",
                row.time,
                Took(gap)
            )));
        }
        let length = Duration::try_from(row.time.duration_since(self.began)).unwrap_or_default();
        if length > LONGEST {
            return Err(wrong(format!("time {} is {} after the first: expected at most 400d", row.time, Took(length))));
        }
        self.last = row.time;
        if !gap.is_zero() {
            self.waiting.push_back(Interval { length: gap, counts: Counts::default(), seen: false });
        }
        self.waiting.push_back(Interval::seen(step, row.counts));
        Ok(())
    }
}

impl Iterator for Rows {
    type Item = Result<Interval, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(interval) = self.waiting.pop_front() {
            return Some(Ok(interval));
        }
        let row = match row(&mut self.lines, self.columns) {
            Ok(row) => row?,
            Err(failure) => return Some(Err(failure)),
        };
        if let Err(failure) = self.follow(&row) {
            return Some(Err(failure));
        }
        self.waiting.pop_front().map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(text: &str, gaps: Gaps) -> Result<Vec<Interval>, String> {
        let mut lines = Lines::of_text("counts.csv", text);
        let told = |failure| match failure {
            Failure::Recording(message) => message,
            failure => panic!("{failure:?}"),
        };
        let head = lines.next().map_err(told)?.unwrap();
        read(lines, &head, gaps).map_err(told)?.intervals.collect::<Result<_, _>>().map_err(told)
    }

    fn minute(good: u64, bad: u64, excluded: u64) -> Interval {
        Interval::seen(Duration::from_secs(60), Counts { good, bad, excluded })
    }

    #[test]
    fn each_line_is_an_interval_as_long_as_the_first() {
        let text = "Time, good,\"bad\",excluded\n2026-03-31T12:00:00Z,1,2,3\n2026-03-31T12:01:00Z,4,5,6\n\n1774958520,\"7\",8,9\n";
        assert_eq!(replay(text, Gaps::Refuse), Ok(vec![minute(1, 2, 3), minute(4, 5, 6), minute(7, 8, 9)]));
    }

    #[test]
    fn a_gap_is_time_that_nobody_saw_where_that_is_said() {
        let text = "time,good,bad\n60,1,0\n120,1,0\n300,1,0\n";
        let gap = Interval { length: Duration::from_secs(120), counts: Counts::default(), seen: false };
        assert_eq!(replay(text, Gaps::Unseen), Ok(vec![minute(1, 0, 0), minute(1, 0, 0), gap, minute(1, 0, 0)]));
    }

    #[test]
    fn anything_else_is_refused_by_line_column_and_value() {
        for (text, message) in [
            ("time,bad,good\n", "1:1: columns \"time,bad,good\": expected time,good,bad or time,good,bad,excluded"),
            ("time,good\n", "1:1: columns \"time,good\": expected"),
            ("time,good,bad\n", "fewer than two lines of counts: expected two"),
            ("time,good,bad\n0,1,0\n", "fewer than two lines of counts: expected two"),
            ("time,good,bad\n0,1\n", "2:1: 2 fields: expected 3: time,good,bad"),
            ("time,good,bad\n0,1,0,0\n", "2:1: 4 fields: expected 3"),
            ("time,good,bad\nnoon,1,0\n", "2:1: time \"noon\": expected one such as"),
            ("time,good,bad\n-60,1,0\n", "2:1: time \"-60\": expected"),
            ("time,good,bad\nNaN,1,0\n", "2:1: time \"NaN\": expected"),
            (
                "time,good,bad\n0, -1,0\n",
                "2:4: good \"-1\": expected a whole number of events, at most 281474976710656",
            ),
            ("time,good,bad\n0,1,NaN\n", "2:5: bad \"NaN\": expected a whole number"),
            ("time,good,bad\n0,1,1e3\n", "2:5: bad \"1e3\": expected a whole number"),
            ("time,good,bad\n0,281474976710657,1\n", "2:3: good \"281474976710657\": expected"),
            ("time,good,bad\n60,1,0\n60,1,0\n", "3:1: time 1970-01-01T00:01:00Z is there twice"),
            ("time,good,bad\n60,1,0\n0,1,0\n", "3:1: time 1970-01-01T00:00:00Z is before 1970-01-01T00:01:00Z"),
            (
                "time,good,bad\n0,1,0\n60,1,0\n90,1,0\n",
                "4:1: time 1970-01-01T00:01:30Z: expected 1970-01-01T00:02:00Z, 1m after",
            ),
            (
                "time,good,bad\n0,1,0\n60,1,0\n180,1,0\n",
                "4:1: time 1970-01-01T00:03:00Z: 1m are missing: expected 1970-01-01T00:02:00Z",
            ),
            (
                "time,good,bad\n0,1,0\n35000000,1,0\n",
                "3:1: time 1971-02-10T02:13:20Z is 405d 2h after the first: expected at most 400d",
            ),
        ] {
            let found = replay(text, Gaps::Refuse).unwrap_err();
            assert!(
                found.contains(&format!(
                    "counts.csv:{}",
                    if message.starts_with(|c: char| c.is_ascii_digit()) {
                        message.to_owned()
                    } else {
                        format!(" {message}")
                    }
                )),
                "{text:?}: {found}"
            );
        }
    }
}
