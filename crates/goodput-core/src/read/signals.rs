//! What a tick finds of the signals: what no error ratio shows.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use goodput_model::{
    Budget, Budgeting, ExcludedSurge, NoTraffic, Objective, Observation, Reason, Roughly, Signal, TrafficLost, Window,
    no_traffic, traffic_lost,
};

use super::alarms::View;
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
        for (index, slo) in view.slos.iter().enumerate() {
            let Ok(number) = u32::try_from(index) else { break };
            if self.stalled.get(index) == Some(&true) {
                held.extend(place(Signal::Stalled).map(|place| (number, place, None)));
            }
            find_of_traffic(view, index, slo, number, &mut held);
            if let Some((reason, surge)) = self.surging.get(&index) {
                let detail = SignalDetail::ExcludedSurge { reason: *reason, surge: *surge };
                held.extend(place(Signal::ExcludedSurge).map(|place| (number, place, Some(detail))));
            }
            self.find_of_budget(view, index, slo, number, &mut held);
        }
        held
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
        let Some(budget) = self.budget(view, index, slo) else { return };
        if slo.calendar.is_none() && !may_have_consumed_half(slo.objective, budget.observed()) {
            return;
        }
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
    let usual: [Option<Observation>; 2] = [observe(Window::H1), observe(Window::D1)];
    // As many as a tenth of what came in the hour and the day: nothing is lost, whatever was seen of either.
    let most = usual.iter().flatten().map(|seen| seen.counts.valid()).max().unwrap_or(0);
    if slo.traffic.is_none() && short.counts.valid() >= most / 20 {
        return;
    }
    let usual: Vec<_> = usual.into_iter().flatten().collect();
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

/// Cheap, and never wrong where the answer is no: more than two fifths of the budget, at the traffic seen.
fn may_have_consumed_half(objective: Objective, seen: &Observation) -> bool {
    seen.counts.bad as f64 * 1.0e9 > f64::from(objective.bad_ppb()) * 0.4 * seen.counts.valid() as f64
}

fn place(signal: Signal) -> Option<u8> {
    u8::try_from(Signal::ALL.iter().position(|known| *known == signal)?).ok()
}
