//! Thirty days in a moment: a month of traffic and an outage, on clocks that the program moves by hand.
//!
//! ```text
//! cargo run --example manual_clock
//! ```
//!
//! You see when each alert condition began to hold and when it stopped, and what was left of the error budget: "at most"
//! so much until 90 % of the period was seen, and from then on exactly so much. Tests of your own use the same clocks.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::time::Duration;

use goodput::{Goodput, ManualStopwatch, ManualTimeline, Period, Slo, SlotPlan, Status, Stopwatch, Timeline, Verdict};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: u64 = 60; // minutes, as are days and whatever is counted below
const DAY: u64 = 24 * HOUR;

fn main() -> anyhow::Result<()> {
    let (stopwatch, hand) = Stopwatch::manual();
    let (timeline, calendar) = Timeline::manual();
    let goodput = Goodput::builder("backups")
        .slo(Slo::availability("backups-ok", "99.9%"))
        .stopwatch(stopwatch)
        .timeline(timeline)
        .tick_every(MINUTE)
        .slots(SlotPlan::dense(MINUTE, Period::D30)?) // every window is exact, at the price of a megabyte
        .build()?;

    let mut watch = Watch::default();
    for minute in 0..30 * DAY {
        for event in 0..6 {
            one_backup(&goodput, &hand, is_outage(minute) && event % 2 == 0);
        }
        pass_a_minute(&goodput, &calendar);
        let status = goodput.status();
        watch.conditions(&status);
        if (minute + 1).is_multiple_of(3 * DAY) {
            print_budget(&status);
        }
    }
    Ok(())
}

/// From day 10, 14:00, half of the backups fail for half an hour.
fn is_outage(minute: u64) -> bool {
    let begin = 10 * DAY + 14 * HOUR;
    (begin..begin + HOUR / 2).contains(&minute)
}

/// A backup takes 250 ms of the stopwatch, and no time at all on the timeline.
fn one_backup(goodput: &Goodput, hand: &ManualStopwatch, fails: bool) {
    let event = goodput.work("backup").start();
    hand.advance(Duration::from_millis(250));
    event.finish(if fails { Verdict::bad("disk_full") } else { Verdict::Good });
}

/// Who moves the timeline ticks as well: a ticker would not know when.
fn pass_a_minute(goodput: &Goodput, calendar: &ManualTimeline) {
    calendar.advance(MINUTE);
    goodput.tick(calendar.now());
}

/// Remembers which conditions held, to tell what changed.
#[derive(Debug, Default)]
struct Watch {
    held: Vec<bool>,
}

impl Watch {
    fn conditions(&mut self, status: &Status) {
        let conditions = status.slos.iter().flat_map(|slo| &slo.conditions);
        let held: Vec<bool> = conditions.clone().map(|condition| condition.now.active).collect();
        self.held.resize(held.len(), false);
        for ((condition, now), before) in conditions.zip(&held).zip(&self.held) {
            if now != before {
                let change = if *now { "begins to hold" } else { "stops" };
                println!("{}  {} {change}", date(status), condition.row);
            }
        }
        self.held = held;
    }
}

fn print_budget(status: &Status) {
    for slo in &status.slos {
        println!("{}  {}: {}", date(status), slo.name, slo.budget.remaining());
    }
}

fn date(status: &Status) -> String {
    let minutes = status.age.as_secs() / 60;
    format!("day {:>2} {:02}:{:02}", minutes / DAY, minutes % DAY / HOUR, minutes % HOUR)
}
