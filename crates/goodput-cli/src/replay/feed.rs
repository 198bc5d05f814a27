//! A recording on its way into the engine: intervals, one after another, from a file of either format.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::args::Gaps;
use super::interval::Interval;
use super::lines::Lines;
use super::{csv, openmetrics};
use crate::failure::Failure;
use crate::read;

/// The most events of a kind in one interval: what the engine takes in one batch.
pub(super) const MOST_EVENTS: u64 = 1 << 48;

/// The longest recording: the longest period.
pub(super) const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// What was recorded, from when on.
pub(super) struct Feed {
    pub(super) began: Timestamp,
    pub(super) intervals: Box<dyn Iterator<Item = Result<Interval, Failure>>>,
}

/// The recording at `path`: its first line says in which format it is.
pub(super) fn open(path: &Path, slo: Option<&str>, gaps: Gaps) -> Result<Feed, Failure> {
    let name = read::name(path);
    let input = read::open(path).map_err(|what| Failure::Recording(format!("{name}: {what}")))?;
    let mut lines = Lines::new(name, input);
    let Some(first) = lines.next()? else {
        return Err(lines.lacks(
            &"is empty: expected a CSV file that begins with time,good,bad, or the text format of OpenMetrics",
        ));
    };
    if openmetrics::is_first(&first) {
        openmetrics::read(lines, first, slo, gaps)
    } else {
        csv::read(lines, &first, gaps)
    }
}

/// A text as far as a message has room for it.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST { text.to_owned() } else { text.chars().take(MOST).chain(['…']).collect() }
}
