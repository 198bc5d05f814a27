//! What a person sees of a run: a header and a duration for each step, then everything that did not pass.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::step::Step;
use crate::tally::Tally;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();

pub(crate) fn listed(step: &Step) {
    anstream::println!("{:10} {}", step.name, step.truth);
}

pub(crate) fn started(step: &Step) {
    anstream::println!("{BOLD}==> {}: {}{BOLD:#}", step.name, step.truth);
}

pub(crate) fn finished(tally: &Tally, took: Duration) {
    for note in &tally.notes {
        anstream::println!("{note}");
    }
    let style = if tally.failed == 0 { GOOD } else { BAD };
    anstream::println!("{style}    {tally}{style:#} in {:.1} s\n", took.as_secs_f64());
}

/// The last line stands alone, for people and for scripts.
pub(crate) fn summary(total: &Tally) {
    for note in &total.notes {
        anstream::println!("{note}");
    }
    let style = if total.failed == 0 { GOOD } else { BAD };
    anstream::println!("{style}{total}{style:#}");
}

#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "how long a step took is told to a person and decides nothing"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let result = work();
    (result, start.elapsed())
}
