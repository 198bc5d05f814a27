//! What an error ratio cannot show: requests that never end, that stop coming, or that count for nothing; and budgets that are gone.

use crate::exact::exceeds;
use crate::{Budget, Coverage, Observation, Rate, Remaining, Severity, Timing, Window};
use std::fmt;

/// A condition beside the alert rows.
///
/// | signal | holds while | for |
/// |---|---|---|
/// | stalled | three requests or more are overdue on a route and none has finished for as long as its limit | page |
/// | traffic lost | the valid events of five minutes are under a tenth of what the last hour or day had | ticket |
/// | excluded surge | one reason excludes five times the share of events in an hour that it does in a day | ticket |
/// | no data | traffic is expected and none came where ten events were due | ticket |
/// | budget consumed | so much of a period's budget is gone that is known | ticket, log for a half |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signal {
    /// Requests pile up on some route of the SLO, and none finishes. Nothing completes, so that no ratio shows it.
    Stalled,
    /// Valid events have all but stopped.
    TrafficLost,
    /// Events are excluded for one reason far more often than usual: an outage may hide there.
    ExcludedSurge,
    /// Declared traffic does not come.
    NoData,
    /// So many percent of the period's budget are consumed.
    BudgetConsumed {
        /// 50, 75, 90 or 100.
        percent: u8,
    },
}

impl Signal {
    /// Every one of them, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Stalled,
        Self::TrafficLost,
        Self::ExcludedSurge,
        Self::NoData,
        Self::BudgetConsumed { percent: 50 },
        Self::BudgetConsumed { percent: 75 },
        Self::BudgetConsumed { percent: 90 },
        Self::BudgetConsumed { percent: 100 },
    ];

    /// Whom it is for.
    ///
    /// Users are hit now where requests hang. What else is here has ordinary causes as well, such as the night, and is worth a look
    /// by day.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Stalled => Severity::Page,
            Self::BudgetConsumed { percent: 50 } => Severity::Log,
            Self::TrafficLost | Self::ExcludedSurge | Self::NoData | Self::BudgetConsumed { .. } => Severity::Ticket,
        }
    }

    /// When it fires and resolves.
    pub const fn timing(self) -> Timing {
        Timing::of(self.severity())
    }

    /// One word for machines.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Stalled => "stalled",
            Self::TrafficLost => "traffic_lost",
            Self::ExcludedSurge => "excluded_surge",
            Self::NoData => "no_data",
            Self::BudgetConsumed { .. } => "budget_consumed",
        }
    }
}

/// `stalled`, `traffic lost`, `excluded surge`, `no data`, `75 % of the budget consumed`.
impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stalled => f.write_str("stalled"),
            Self::TrafficLost => f.write_str("traffic lost"),
            Self::ExcludedSurge => f.write_str("excluded surge"),
            Self::NoData => f.write_str("no data"),
            Self::BudgetConsumed { percent } => write!(f, "{percent} % of the budget consumed"),
        }
    }
}

/// Valid events a second that have all but stopped, against what is usual; for people.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrafficLost {
    /// In the last five minutes.
    pub now: f64,
    /// In the window that shows the difference, or as declared.
    pub usual: f64,
    /// That window; none where it was declared.
    pub window: Option<Window>,
}

/// Whether valid events have all but stopped: their rate over `short` is under a tenth of that over one of the `usual` windows, which
/// saw one a second at least, or of the rate that is `expected`.
///
/// `short` has to be nearly all seen, and a usual window twice as much of itself as `short` is long, since a service that has just
/// begun has nothing that is usual. Counts compare exactly.
pub fn traffic_lost(short: &Observation, usual: &[Observation], expected: Option<Rate>) -> Option<TrafficLost> {
    if !short.is_nearly_full() {
        return None;
    }
    let (few, within) = (short.counts.valid_exact(), short.covered().as_nanos());
    let is_under_a_tenth = |many: u128, of: u128| exceeds(many, of, few.saturating_mul(10), within);
    let usual = usual.iter().filter(|window| window.covered() >= 2 * short.window.duration());
    let busy = usual.filter(|window| window.counts.valid_exact() >= window.covered().as_secs().into());
    let lost = |window: &&Observation| is_under_a_tenth(window.counts.valid_exact(), window.covered().as_nanos());
    let now = per_second(short);
    if let Some(window) = busy.clone().find(lost) {
        return Some(TrafficLost { now, usual: per_second(window), window: Some(window.window) });
    }
    let expected = expected.filter(|rate| {
        let nanos = u128::from(rate.unit().secs()) * 1_000_000_000;
        // Fewer than ten events are no sign of anything.
        rate.events_in(short.window) >= ENOUGH_TO_EXPECT && is_under_a_tenth(rate.events().into(), nanos)
    })?;
    Some(TrafficLost { now, usual: expected.per_second(), window: None })
}

/// No valid events where some were expected; for people.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct NoTraffic {
    /// In which there were none.
    pub window: Window,
    /// How many were expected in it.
    pub expected: f64,
}

/// Whether no valid event came in the shortest of the `windows`, shortest first, in which ten are `expected`. It has to be nearly all
/// seen.
pub fn no_traffic(windows: &[Observation], expected: Option<Rate>) -> Option<NoTraffic> {
    let rate = expected?;
    let window = windows.iter().find(|window| rate.events_in(window.window) >= ENOUGH_TO_EXPECT)?;
    let is_empty = window.counts.valid_exact() == 0 && window.is_nearly_full();
    is_empty.then(|| NoTraffic { window: window.window, expected: rate.events_in(window.window) })
}

/// What one reason excludes of all events, in an hour and in a day; for people.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExcludedSurge {
    /// Of the last hour's events, in `[0, 1]`.
    pub hour: f64,
    /// Of the last day's.
    pub day: f64,
}

impl ExcludedSurge {
    /// One that was found before, with these shares.
    pub const fn of_shares(hour: f64, day: f64) -> Self {
        Self { hour, day }
    }
}

/// Whether a reason excludes more than five times the share of events in an hour that it does in a day, with 50 of them at least.
/// Each as (excluded for that reason, all events). Compares exactly.
///
/// The day holds the hour, so a reason that is new in this hour shows only if others had events before: a young process has no day
/// to compare with.
pub fn excluded_surge(hour: (u64, u64), day: (u64, u64)) -> Option<ExcludedSurge> {
    const AT_LEAST: u64 = 50;
    const TIMES: u128 = 5;
    let surges =
        hour.0 >= AT_LEAST && exceeds(hour.0.into(), hour.1.into(), u128::from(day.0) * TIMES, u128::from(day.1));
    // Under load the two may be read at different moments.
    let share = |(of, all): (u64, u64)| (of as f64 / all.max(1) as f64).min(1.0);
    surges.then(|| ExcludedSurge { hour: share(hour), day: share(day) })
}

impl Budget {
    /// Whether at least so many percent of the period's budget are consumed. Never where that is not known, since time that
    /// nobody saw may have brought many good events; exactly.
    pub fn has_consumed(&self, percent: u8) -> bool {
        matches!(self.remaining(), Remaining::Is(_)) && self.spends_at_least(percent)
    }
}

/// Of a window whose events are to speak for all of it, in percent.
const NEARLY_ALL: u32 = 90;
/// Fewer events than this may fail to come by chance.
const ENOUGH_TO_EXPECT: f64 = 10.0;

fn per_second(seen: &Observation) -> f64 {
    seen.counts.valid_exact() as f64 / seen.covered().as_secs_f64().max(1.0e-9)
}

impl Observation {
    /// Whether nearly all of the window was seen: 90 %.
    pub fn is_nearly_full(&self) -> bool {
        Coverage::new(self.covered(), self.window.duration()).is_at_least(NEARLY_ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, Objective, Period};
    use std::time::Duration;

    fn valid(window: Window, valid: u64) -> Observation {
        Observation::full(window, Counts { good: valid, bad: 0, excluded: 7 })
    }

    #[test]
    fn each_signal_has_a_word_for_machines_and_one_for_people_and_its_own_urgency() {
        use Severity::{Log, Page, Ticket};
        let words = Signal::ALL.map(|signal| (signal.label(), signal.to_string(), signal.severity()));
        let consumed = |percent: u8| format!("{percent} % of the budget consumed");
        assert_eq!(
            words,
            [
                ("stalled", "stalled".to_owned(), Page),
                ("traffic_lost", "traffic lost".to_owned(), Ticket),
                ("excluded_surge", "excluded surge".to_owned(), Ticket),
                ("no_data", "no data".to_owned(), Ticket),
                ("budget_consumed", consumed(50), Log),
                ("budget_consumed", consumed(75), Ticket),
                ("budget_consumed", consumed(90), Ticket),
                ("budget_consumed", consumed(100), Ticket),
            ]
        );
        assert!(Signal::ALL.iter().all(|signal| signal.timing() == Timing::of(signal.severity())));
    }

    #[test]
    fn the_numbers_of_a_signal_are_those_it_was_found_by() {
        let lost = traffic_lost(&valid(Window::M5, 3), &[valid(Window::H1, 7_200)], None).unwrap();
        assert_eq!((lost.now, lost.usual, lost.window), (0.01, 2.0, Some(Window::H1)));
        let declared = traffic_lost(&valid(Window::M5, 3), &[], Some("3/s".parse().unwrap())).unwrap();
        assert_eq!((declared.usual, declared.window), (3.0, None));
        let none = no_traffic(&[valid(Window::M5, 0)], Some("1/s".parse().unwrap())).unwrap();
        assert_eq!((none.window, none.expected), (Window::M5, 300.0));
        let surge = excluded_surge((60, 100), (60, 1_000)).unwrap();
        assert_eq!((surge.hour, surge.day), (0.6, 0.06));
    }

    #[test]
    fn traffic_is_lost_under_a_tenth_of_what_is_usual_where_that_is_one_a_second() {
        let rate = |text: &str| Some(text.parse::<Rate>().unwrap());
        for (short, hour, day, expected, lost) in [
            (30, 3_600, 0, None, false), // exactly a tenth
            (29, 3_600, 0, None, true),
            (0, 3_599, 0, None, false), // less than one a second is usual
            (0, 3_599, 86_400, None, true),
            (30, 3_599, 86_400, None, false),
            (0, 0, 0, None, false),
            (0, 0, 0, rate("1/s"), true),
            (30, 0, 0, rate("1/s"), false),
            (0, 0, 0, rate("1/m"), false), // five are expected in five minutes
            (0, 0, 0, rate("2/m"), true),
            (1, 0, 0, rate("2/m"), false), // exactly a tenth
        ] {
            let usual = [valid(Window::H1, hour), valid(Window::D1, day)];
            let found = traffic_lost(&valid(Window::M5, short), &usual, expected);
            assert_eq!(found.is_some(), lost, "{short} of {hour} and {day}, {expected:?}");
        }
    }

    #[test]
    fn nothing_is_lost_by_a_process_that_has_just_begun_or_did_not_look() {
        let partly = |window, valid, seen| {
            Observation::partial(window, Counts { good: valid, bad: 0, excluded: 0 }, Duration::from_secs(seen))
        };
        for (short_seen, hour_seen, lost) in
            [(300, 3_600, true), (270, 3_600, true), (269, 3_600, false), (300, 600, true), (300, 599, false)]
        {
            let (short, hour) = (partly(Window::M5, 0, short_seen), partly(Window::H1, 5_000, hour_seen));
            assert_eq!(traffic_lost(&short, &[hour], None).is_some(), lost, "{short_seen} s, {hour_seen} s");
        }
    }

    #[test]
    fn there_is_no_data_where_ten_events_were_due_and_none_came() {
        let windows = [Window::M5, Window::H1, Window::D1];
        for (rate, counts, window) in [
            (Some("2/m"), [0, 9, 9], Some(Window::M5)),
            (Some("2/m"), [1, 9, 9], None),
            (Some("1/m"), [0, 0, 9], Some(Window::H1)),
            (Some("1/m"), [0, 1, 1], None),
            (Some("10/h"), [0, 0, 0], Some(Window::H1)),
            (Some("1/d"), [0, 0, 0], None),
            (None, [0, 0, 0], None),
        ] {
            let seen: Vec<_> = windows.into_iter().zip(counts).map(|(window, count)| valid(window, count)).collect();
            let found = no_traffic(&seen, rate.map(|rate| rate.parse().unwrap()));
            assert_eq!(found.map(|found| found.window), window, "{rate:?} {counts:?}");
        }
        let barely = Observation::partial(Window::M5, Counts::default(), Duration::from_secs(60));
        assert_eq!(no_traffic(&[barely], Some("1/s".parse().unwrap())), None);
    }

    #[test]
    fn a_reason_surges_above_five_times_its_share_of_a_day() {
        for (hour, day, surges) in [
            ((50, 1_000), (240, 24_000), false), // exactly five times
            ((51, 1_000), (241, 24_000), true),
            ((49, 49), (49, 24_000), false), // too few
            ((50, 50), (50, 24_000), true),
            ((500, 1_000), (500, 1_000), false), // no more than an hour is known
            ((0, 0), (0, 0), false),
        ] {
            assert_eq!(excluded_surge(hour, day).is_some(), surges, "{hour:?} of {day:?}");
        }
    }

    #[test]
    fn a_budget_is_consumed_only_where_it_is_known() {
        let objective: Objective = "99.9%".parse().unwrap();
        let budget = |bad, days: u64| {
            let counts = Counts { good: 1_000_000 - bad, bad, excluded: 0 };
            let seen = Duration::from_secs(days * 86_400);
            Budget::new(objective, &Observation::partial(Period::D30.window(), counts, seen))
        };
        for (bad, days, percent, consumed) in [
            (500, 30, 50, true),
            (499, 30, 50, false),
            (500, 30, 75, false),
            (1_000, 30, 100, true),
            (999, 30, 100, false),
            (5_000, 30, 100, true),
            (500, 27, 50, false), // 450 of it are spent for certain
            (556, 27, 50, true),
            (5_000, 26, 50, false), // at least: not known
            (0, 30, 50, false),
        ] {
            assert_eq!(budget(bad, days).has_consumed(percent), consumed, "{bad} bad in {days} d, {percent} %");
        }
    }
}
