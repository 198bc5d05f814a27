//! What a tick finds of the signals: what no error ratio shows.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use goodput_model::{
    Budget, Budgeting, ExcludedSurge, Frozen, NoTraffic, Observation, Reason, Roughly, Signal, TrafficLost, Window,
    no_traffic, traffic_lost,
};

use super::alarms::View;
use super::history::Edge;
use super::monitor::WatchedSlo;

/// The numbers of a signal, for people.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum SignalDetail {
    /// Valid events have all but stopped.
    TrafficLost(TrafficLost),
    /// A reason excludes more than usual.
    ExcludedSurge {
        /// The reason.
        reason: Reason,
        /// Its shares.
        surge: ExcludedSurge,
    },
    /// Declared traffic does not come.
    NoData(NoTraffic),
}

impl fmt::Display for SignalDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrafficLost(TrafficLost { now, usual, window: Some(window), .. }) => {
                write!(f, "{now:.2} valid events a second over 5m, where {usual:.2} are usual over {window}")
            }
            Self::TrafficLost(TrafficLost { now, usual, .. }) => {
                write!(f, "{now:.2} valid events a second over 5m, where {usual:.2} are declared")
            }
            Self::ExcludedSurge { reason, surge } => write!(
                f,
                "{reason} excludes {:.1} % of the last hour's events and {:.1} % of the last day's",
                surge.hour * 100.0,
                surge.day * 100.0
            ),
            Self::NoData(NoTraffic { window, expected, .. }) => {
                write!(f, "no valid event in {}, where {expected:.0} are expected", Roughly(window.duration()))
            }
        }
    }
}

/// What a tick has looked up before it looks at each SLO.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// For each SLO, whether some route of it is stalled; empty where none is.
    pub(crate) stalled: Vec<bool>,
    /// Reasons that surge, by the SLO.
    pub(crate) surging: BTreeMap<usize, (Reason, ExcludedSurge)>,
    /// What has gone by of the calendar period of SLOs that follow it, with its length.
    pub(crate) calendars: BTreeMap<usize, (Observation, Duration)>,
}

/// A signal that holds: of which SLO, its place in [`Signal::ALL`], and its numbers.
pub(super) type Held = (u32, u8, Option<SignalDetail>);

impl Signals {
    /// Every signal that holds.
    pub(super) fn find(&self, view: &View<'_>) -> Vec<Held> {
        let mut held = Vec::new();
        let traffic = Traffic::of(view);
        for (index, slo) in view.slos.iter().enumerate() {
            let Ok(number) = u32::try_from(index) else { break };
            if self.stalled.get(index) == Some(&true) {
                held.extend(place(Signal::Stalled).map(|place| (number, place, None)));
            }
            if slo.traffic.is_some() || traffic.as_ref().is_some_and(|traffic| traffic.may_be_lost(view, index)) {
                find_of_traffic(view, index, slo, number, &mut held);
            }
            if let Some((reason, surge)) = self.surging.get(&index) {
                let detail = SignalDetail::ExcludedSurge { reason: *reason, surge: *surge };
                held.extend(place(Signal::ExcludedSurge).map(|place| (number, place, Some(detail))));
            }
            self.find_of_budget(view, index, slo, number, &mut held);
        }
        held
    }

    /// Why it cannot be told whether a signal holds that is not found, and for how long that may last: too little was seen lately of what
    /// it looks at. Of a process that has just begun that says nothing, as it has none that holds.
    pub(super) fn unknown(&self, view: &View<'_>, index: usize, signal: Signal) -> Option<(Frozen, Duration)> {
        let slo = view.slos.get(index)?;
        match signal {
            Signal::TrafficLost | Signal::NoData => {
                let seen = view.observe(index, Window::M5)?;
                (!seen.is_nearly_full()).then(|| (Frozen::Gap, frozen_at_most(signal, slo)))
            }
            Signal::BudgetConsumed { .. } => {
                let budget = self.budget(view, index, slo)?;
                (!budget.observed().is_nearly_full()).then(|| (Frozen::Gap, frozen_at_most(signal, slo)))
            }
            _ => None,
        }
    }

    /// The budget of an SLO; none where the calendar is not known.
    pub(super) fn budget(&self, view: &View<'_>, index: usize, slo: &WatchedSlo) -> Option<Budget> {
        match self.calendars.get(&index) {
            Some((seen, length)) => Some(Budget::of_calendar(slo.objective, seen, *length)),
            None if slo.calendar.is_some() => None,
            None => Some(Budget::new(slo.objective, &view.observe(index, slo.period.window())?)),
        }
    }

    fn find_of_budget(&self, view: &View<'_>, index: usize, slo: &WatchedSlo, number: u32, held: &mut Vec<Held>) {
        if slo.calendar.is_none() && !may_have_consumed_half(view, index, slo) {
            return;
        }
        let Some(budget) = self.budget(view, index, slo) else { return };
        for (place, signal) in (0..).zip(Signal::ALL) {
            if let Signal::BudgetConsumed { percent } = signal
                && budget.has_consumed(percent)
            {
                held.push((number, place, None));
            }
        }
    }
}

fn find_of_traffic(view: &View<'_>, index: usize, slo: &WatchedSlo, number: u32, held: &mut Vec<Held>) {
    // Slices come by the clock, whatever the traffic.
    if slo.budgeting != Budgeting::Occurrences {
        return;
    }
    let observe = |window| view.observe(index, window);
    let Some(short) = observe(Window::M5) else { return };
    let usual: Vec<_> = USUAL.into_iter().filter_map(observe).collect();
    if let Some(lost) = traffic_lost(&short, &usual, slo.traffic) {
        held.extend(place(Signal::TrafficLost).map(|place| (number, place, Some(SignalDetail::TrafficLost(lost)))));
    }
    if slo.traffic.is_some() {
        let windows = [Window::M5, Window::M30, Window::H1, Window::H2, Window::H6, Window::D1, Window::D3];
        let seen: Vec<_> = windows.into_iter().filter_map(observe).collect();
        let none = no_traffic(&seen, slo.traffic).map(SignalDetail::NoData);
        held.extend(none.and_then(|none| Some((number, place(Signal::NoData)?, Some(none)))));
    }
}

/// How long a signal goes on where it cannot be told whether it holds.
pub(super) fn frozen_at_most(signal: Signal, slo: &WatchedSlo) -> Duration {
    match signal {
        Signal::BudgetConsumed { .. } => slo.period.window().duration(),
        _ => Window::H1.duration(),
    }
}

/// Windows that show what is usual.
pub(super) const USUAL: [Window; 2] = [Window::H1, Window::D1];

/// The far edges of the windows that tell of traffic, looked up once for all SLOs.
struct Traffic<'a> {
    short: &'a Edge<'a>,
    usual: [Option<&'a Edge<'a>>; 2],
}

impl<'a> Traffic<'a> {
    fn of(view: &View<'a>) -> Option<Self> {
        Some(Self { short: view.edge(Window::M5)?, usual: USUAL.map(|window| view.edge(window)) })
    }

    /// Cheap, and never wrong where the answer is no: a window that shows what is usual was seen for at least twice as long as the
    /// short one, so that it has ten times its rate only with more than twenty times its events.
    fn may_be_lost(&self, view: &View<'_>, index: usize) -> bool {
        let Some(live) = view.counts.get(index) else { return false };
        let valid = |edge: &Edge<'_>| edge.counts_since(index, *live).valid();
        let enough = valid(self.short).saturating_mul(20);
        self.usual.iter().flatten().any(|edge| valid(edge) > enough)
    }
}

/// Cheap, and never wrong where the answer is no: more than two fifths of the budget, at the traffic seen.
fn may_have_consumed_half(view: &View<'_>, index: usize, slo: &WatchedSlo) -> bool {
    let (Some(edge), Some(live)) = (view.edge(slo.period.window()), view.counts.get(index)) else { return false };
    let seen = edge.counts_since(index, *live);
    seen.bad as f64 * 1.0e9 > f64::from(slo.objective.bad_ppb()) * 0.4 * seen.valid() as f64
}

fn place(signal: Signal) -> Option<u8> {
    u8::try_from(Signal::ALL.iter().position(|known| *known == signal)?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use goodput_model::{Counts, Period, Policy, Slo};
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Moment;
    use crate::read::SlotPlan;
    use crate::read::history::History;

    /// What a tick finds of traffic, and what all windows say, of good events by the second.
    fn check(steps: &[(u64, u64)]) -> (bool, bool) {
        let slo = Slo::availability("ok", "99%");
        let (objective, period) = (slo.objective().unwrap(), Period::D30);
        let slos = [WatchedSlo::new(&slo, &[], objective, Policy::default_for(objective, period), None)];
        let at = |second| Moment::at(Duration::from_secs(second));
        let mut history = History::new(&SlotPlan::standard(period), at(0), 1);
        let (mut second, mut counts) = (0, [Counts::default()]);
        for (step, good) in steps {
            second += step;
            counts[0].good += good;
            history.push(at(second), &counts);
        }
        let now = at(second);
        let edges = slos[0].windows().iter().map(|window| (*window, history.edge(now, *window)));
        let edges: Vec<_> = edges.collect();
        let view = View { now, wall: SystemTime::UNIX_EPOCH, edges: &edges, counts: &counts, slos: &slos };
        let usual = USUAL.map(|window| view.observe(0, window).unwrap());
        let truth = traffic_lost(&view.observe(0, Window::M5).unwrap(), &usual, None).is_some();
        (!Signals::default().find(&view).is_empty(), truth)
    }

    #[test]
    fn a_twentieth_of_the_events_that_is_under_a_tenth_of_the_rate_is_lost_traffic() {
        // 619 in ten minutes, of which 30 in the last five: 30 is 619 / 20, cut off.
        assert_eq!(check(&[(300, 589), (300, 30)]), (true, true));
        assert_eq!(check(&[(300, 570), (300, 30)]), (false, false));
    }

    #[test]
    fn each_signal_with_numbers_says_them_against_what_is_usual() {
        let full = |window, good| Observation::full(window, Counts { good, ..Counts::default() });
        let (short, hour) = (full(Window::M5, 30), full(Window::H1, 7_200));
        let lost = |usual: &[_], expected| traffic_lost(&short, usual, expected).map(SignalDetail::TrafficLost);
        let surge =
            SignalDetail::ExcludedSurge { reason: Reason::RATE_LIMITED, surge: ExcludedSurge::of_shares(0.5, 0.025) };
        let rate = "10/m".parse().unwrap();
        let none = no_traffic(&[full(Window::M5, 0)], Some(rate)).map(SignalDetail::NoData);
        for (detail, says) in [
            (lost(&[hour], None), "0.10 valid events a second over 5m, where 2.00 are usual over 1h"),
            (
                lost(&[], Some("120/s".parse().unwrap())),
                "0.10 valid events a second over 5m, where 120.00 are declared",
            ),
            (Some(surge), "rate_limited excludes 50.0 % of the last hour's events and 2.5 % of the last day's"),
            (none, "no valid event in 5m, where 50 are expected"),
        ] {
            assert_eq!(detail.map(|detail| detail.to_string()).as_deref(), Some(says));
        }
    }

    proptest! {
        #[test]
        fn a_tick_finds_lost_traffic_where_all_windows_say_so(
            before in prop::collection::vec((1_u64..3_000, 0_u64..3_000), 0..20),
            (good, few) in (300_u64..1_000, 0_u64..60),
        ) {
            let steps: Vec<_> = before.into_iter().chain([(300, good), (300, few)]).collect();
            let (found, truth) = check(&steps);
            prop_assert_eq!(found, truth);
        }
    }
}
