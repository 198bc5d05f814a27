//! Counts from counters in the text format of OpenMetrics or Prometheus: how much each went up between two moments.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use goodput_core::{Counts, names};
use jiff::Timestamp;

use super::args::Gaps;
use super::feed::{Feed, LONGEST, MOST_EVENTS, short};
use super::interval::Interval;
use super::lines::{Line, Lines};
use super::sample::{Malformed, Sample};
use crate::failure::Failure;
use crate::text::Took;

/// The counter of events, as exporters write it for Prometheus.
const METRIC: &str = "goodput_events_total";

/// More than anybody scrapes in a year once a minute, and all of them fit into memory.
const MOST_MOMENTS: usize = 1_000_000;
const MOST_SERIES: usize = 10_000;

/// What a counter may show: whole numbers beyond are not exact in this format.
const MOST_VALUE: u64 = 1 << 53;

/// Two samples further apart are a gap: for Prometheus, too, a series is stale by then.
const STALE: Duration = Duration::from_secs(300);

/// Whether a recording that begins with this line is one: a comment, or a name that columns are not called by.
pub(super) fn is_first(line: &Line) -> bool {
    let name = line.text.split(['{', ' ', '\t', ',']).next().unwrap_or_default();
    line.text.starts_with('#') || name.contains('_')
}

/// The events of one SLO: all series of it are added up. A counter that falls was reset, and has counted what it shows since. One
/// that appears later than others counts from its first sample on, as in PromQL.
pub(super) fn read(mut lines: Lines, first: Line, slo: Option<&str>, gaps: Gaps) -> Result<Feed, Failure> {
    let mut counters = Counters { slo: slo.map(str::to_owned), is_asked: slo.is_some(), ..Counters::default() };
    let (mut next, mut ended) = (Some(first), false);
    while let Some(line) = next {
        if ended {
            return Err(lines.wrong(line.number, 1, &"a line after # EOF: expected the end"));
        }
        if line.text.starts_with('#') {
            ended = line.text == "# EOF";
        } else if line.text.starts_with(METRIC) {
            counters.take(&line.text).map_err(|wrong| lines.wrong(line.number, wrong.column, &wrong.what))?;
        }
        next = lines.next()?;
    }
    if counters.moments.len() < 2 {
        let whose = slo.map_or_else(String::new, |slo| format!(" of slo {slo:?}"));
        return Err(lines.lacks(&format!("fewer than two moments with samples of {METRIC}{whose}: expected two")));
    }
    counters.into_feed(gaps).map_err(|what| lines.lacks(&what))
}

/// What the counters said so far.
#[derive(Debug, Default)]
struct Counters {
    /// The one that is asked for, or else the first that was found.
    slo: Option<String>,
    is_asked: bool,
    /// By their labels: when they were last seen, and at what.
    series: HashMap<String, (Timestamp, u64)>,
    /// What was counted up to this moment since the one before.
    moments: BTreeMap<Timestamp, Counts>,
}

impl Counters {
    fn take(&mut self, line: &str) -> Result<(), Malformed> {
        let sample = Sample::parse(line)?;
        if sample.name != METRIC {
            return Ok(());
        }
        let slo = sample.label(names::SLO);
        let known = self.slo.get_or_insert_with(|| slo.to_owned());
        if known != slo {
            // Without a name, somebody has to say which.
            let what = format!("slo {:?} beside {:?}: expected one, or --slo NAME", short(slo), short(known));
            return if self.is_asked { Ok(()) } else { Err(Malformed { column: 1, what }) };
        }
        let verdict = sample.label(names::VERDICT).to_owned();
        let time = sample.time()?;
        let value = sample.count(MOST_VALUE)?;
        let former = self.series.insert(sample.series(), (time, value));
        if self.series.len() > MOST_SERIES {
            return Err(Malformed { column: 1, what: format!("more than {MOST_SERIES} series: expected fewer") });
        }
        let counted = match former {
            Some((last, _)) if last >= time => {
                let what = format!("time {time} is not after {last}, the sample before: expected each series in order");
                return Err(Malformed { column: sample.time_column(), what });
            }
            Some((_, before)) if value >= before => value.saturating_sub(before),
            Some(_) => value,
            None => 0,
        };
        let counts = self.moments.entry(time).or_default();
        let count = match verdict.as_str() {
            "good" => &mut counts.good,
            "bad" => &mut counts.bad,
            "excluded" => &mut counts.excluded,
            _ => {
                let what = format!("verdict {:?}: expected good, bad or excluded", short(&verdict));
                return Err(Malformed { column: 1, what });
            }
        };
        *count = count.saturating_add(counted);
        if *count > MOST_EVENTS {
            let what = format!("{count} events since the moment before: expected at most {MOST_EVENTS}");
            return Err(Malformed { column: 1, what });
        }
        if self.moments.len() > MOST_MOMENTS {
            return Err(Malformed { column: 1, what: format!("more than {MOST_MOMENTS} moments: expected fewer") });
        }
        Ok(())
    }

    /// The moments as intervals, each up to the next.
    fn into_feed(self, gaps: Gaps) -> Result<Feed, String> {
        let mut moments = self.moments.into_iter();
        let Some((began, _)) = moments.next() else { return Err("nothing was counted: expected samples".to_owned()) };
        let (mut last, mut intervals) = (began, Vec::with_capacity(moments.len()));
        for (time, counts) in moments {
            // Positive, as a map is in order.
            let length = Duration::try_from(time.duration_since(last)).unwrap_or_default();
            let seen = length <= STALE;
            if !seen && gaps == Gaps::Refuse {
                let gap = Took(length);
                return Err(format!(
                    "no sample for {gap} from {last} on: expected one every 5m at least, or --gaps unseen for time that nobody saw"
                ));
            }
            intervals.push(Interval { length, counts, seen });
            last = time;
        }
        let length = Duration::try_from(last.duration_since(began)).unwrap_or_default();
        if length > LONGEST {
            return Err(format!("from {began} to {last} are {}: expected at most 400d", Took(length)));
        }
        Ok(Feed { began, intervals: Box::new(intervals.into_iter().map(Ok)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(text: &str, slo: Option<&str>, gaps: Gaps) -> Result<Vec<Interval>, String> {
        let mut lines = Lines::of_text("counts.txt", text);
        let told = |failure| match failure {
            Failure::Recording(message) => message,
            failure => panic!("{failure:?}"),
        };
        let first = lines.next().map_err(told)?.unwrap();
        assert!(is_first(&first));
        read(lines, first, slo, gaps).map_err(told)?.intervals.collect::<Result<_, _>>().map_err(told)
    }

    fn seconds(secs: u64, good: u64, bad: u64) -> Interval {
        Interval::seen(Duration::from_secs(secs), Counts { good, bad, excluded: 0 })
    }

    #[test]
    fn what_was_counted_between_two_moments_is_the_sum_over_all_series() {
        let text = "\
# TYPE goodput_events counter
goodput_events_total{slo=\"ok\",verdict=\"good\",instance=\"a\"} 100 60
goodput_events_total{slo=\"ok\",verdict=\"good\",instance=\"a\"} 160 120
goodput_events_total{slo=\"ok\",verdict=\"good\",instance=\"a\"} 1.7e+02 180.0
goodput_events_total{slo=\"ok\",verdict=\"good\",instance=\"b\"} 7 120
goodput_events_total{slo=\"ok\",verdict=\"good\",instance=\"b\"} 9 180
goodput_events_total{slo=\"ok\",verdict=\"bad\",instance=\"a\"} 5 60
goodput_events_total{slo=\"ok\",verdict=\"bad\",instance=\"a\"} 3 120
goodput_events_created{slo=\"ok\"} 3 120
# EOF
";
        assert_eq!(replay(text, None, Gaps::Refuse), Ok(vec![seconds(60, 60, 3), seconds(60, 12, 0)]));
    }

    #[test]
    fn milliseconds_and_one_slo_of_several_are_understood() {
        let text = "\
goodput_events_total{slo=\"a\",verdict=\"good\"} 1 1774958400000
goodput_events_total{slo=\"b\",verdict=\"good\"} 1 1774958400000
goodput_events_total{slo=\"b\",verdict=\"good\"} 4 1774958430000
";
        assert_eq!(replay(text, Some("b"), Gaps::Refuse), Ok(vec![seconds(30, 3, 0)]));
    }

    #[test]
    fn time_without_samples_is_unseen_where_that_is_said() {
        let text = "goodput_events_total{verdict=\"bad\"} 1 0\ngoodput_events_total{verdict=\"bad\"} 3 301\n";
        let counts = Counts { good: 0, bad: 2, excluded: 0 };
        let gap = Interval { length: Duration::from_secs(301), counts, seen: false };
        assert_eq!(replay(text, None, Gaps::Unseen), Ok(vec![gap]));
        assert!(
            replay(text, None, Gaps::Refuse)
                .unwrap_err()
                .contains("counts.txt: no sample for 5m 1s from 1970-01-01T00:00:00Z on")
        );
    }

    #[test]
    fn anything_else_is_refused_by_line_column_and_value() {
        const GOOD: &str = "goodput_events_total{slo=\"ok\",verdict=\"good\"}";
        for (text, message) in [
            ("# EOF\n".to_owned(), " fewer than two moments with samples of goodput_events_total: expected two"),
            (format!("{GOOD} 1 0\n"), " fewer than two moments"),
            (format!("{GOOD} 1\n"), "1:47: no timestamp: expected one after the value"),
            (format!("{GOOD} one 0\n"), "1:47: value \"one\": expected a whole number of events"),
            (format!("{GOOD} -1 0\n"), "1:47: value \"-1\": expected"),
            (format!("{GOOD} NaN 0\n"), "1:47: value \"NaN\": expected"),
            (format!("{GOOD} 1.5 0\n"), "1:47: value \"1.5\": expected"),
            (format!("{GOOD} 1e300 0\n"), "1:47: value \"1e300\": expected"),
            (format!("{GOOD} 1 NaN\n"), "1:49: timestamp \"NaN\": expected seconds since 1970"),
            (format!("{GOOD} 1 60\n{GOOD} 1 60\n"), "2:49: time 1970-01-01T00:01:00Z is not after"),
            (format!("{GOOD} 1 60\n{GOOD} 1 0\n"), "2:49: time 1970-01-01T00:00:00Z is not after"),
            (format!("# EOF\n{GOOD} 1 60\n"), "2:1: a line after # EOF"),
            (
                "goodput_events_total{verdict=\"ok\"} 1 0\n".to_owned(),
                "1:1: verdict \"ok\": expected good, bad or excluded",
            ),
            ("goodput_events_total{verdict=good} 1 0\n".to_owned(), "1:30: expected a value in quotes"),
            ("goodput_events_total{verdict=\"good 1 0\n".to_owned(), "1:30: no end of the value"),
            ("goodput_events_total 1 0\n".to_owned(), "1:1: verdict \"\": expected good"),
            (
                format!("{GOOD} 1 0\ngoodput_events_total{{slo=\"b\"}} 1 0\n"),
                "2:1: slo \"b\" beside \"ok\": expected one, or --slo",
            ),
        ] {
            let found = replay(&text, None, Gaps::Refuse).unwrap_err();
            assert!(found.contains(&format!("counts.txt:{message}")), "{text:?}: {found}");
        }
    }
}
