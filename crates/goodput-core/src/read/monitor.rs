//! What has to be remembered between readings: history, and which conditions held at the last tick.

use std::time::Duration;

use goodput_model::{
    Counts, Evaluation, Indicator, MinBad, Objective, Observation, Period, Policy, Row, Slo, UnseenTime, Window,
    evaluate,
};

use super::history::History;
use super::slots::SlotPlan;
use super::waiting::Waiting;
use crate::clock::Moment;

/// One SLO as the monitor sees it.
#[derive(Debug)]
pub(crate) struct WatchedSlo {
    pub(crate) name: String,
    pub(crate) indicator: Indicator,
    /// Empty for all.
    pub(crate) routes: Vec<String>,
    pub(crate) dependency: Option<String>,
    pub(crate) classes: Vec<String>,
    pub(crate) objective: Objective,
    pub(crate) period: Period,
    pub(crate) policy: Policy,
    pub(crate) min_bad: MinBad,
    /// Shortest first; the windows of its rows, the standard ones within its period, and the period itself.
    windows: Vec<Window>,
}

const STANDARD_WINDOWS: [Window; 7] =
    [Window::M5, Window::M30, Window::H1, Window::H2, Window::H6, Window::D1, Window::D3];

impl WatchedSlo {
    pub(crate) fn new(slo: &Slo, objective: Objective, policy: Policy) -> Self {
        let period = slo.judged_over();
        let whole = period.window();
        let mut windows: Vec<_> = STANDARD_WINDOWS.into_iter().filter(|window| *window < whole).collect();
        windows.extend(policy.rows().iter().flat_map(|row| [row.long(), row.short()]));
        windows.push(whole);
        windows.sort_unstable();
        windows.dedup();
        Self {
            name: slo.name().to_owned(),
            indicator: slo.indicator(),
            routes: slo.selected_routes().to_vec(),
            dependency: slo.dependency_name().map(str::to_owned),
            classes: slo.selected_classes().to_vec(),
            objective,
            period,
            policy,
            min_bad: slo.least_bad(),
            windows,
        }
    }
}

/// Behind one lock, which the ticker and readers take and the record path never does.
#[derive(Debug)]
pub(crate) struct Monitor {
    history: History,
    /// All windows any SLO looks at, shortest first.
    windows: Vec<Window>,
    /// For each SLO and row, whether its condition held at the last tick.
    active: Vec<Vec<bool>>,
    origin: Moment,
    last_tick: Option<Moment>,
    ticks: u64,
    went_backwards: u64,
    pub(crate) waiting: Waiting,
}

impl Monitor {
    pub(crate) fn new(plan: &SlotPlan, origin: Moment, slos: &[WatchedSlo], waiting: Waiting) -> Self {
        let mut windows: Vec<_> = slos.iter().flat_map(|slo| &slo.windows).copied().collect();
        windows.sort_unstable();
        windows.dedup();
        Self {
            history: History::new(plan, origin),
            windows,
            active: slos.iter().map(|slo| vec![false; slo.policy.rows().len()]).collect(),
            origin,
            last_tick: None,
            ticks: 0,
            went_backwards: 0,
            waiting,
        }
    }

    /// Remembers `counts` as what the counters stood at `now`. A moment before the last one is flagged and left out: then
    /// the answer is no.
    pub(crate) fn tick(&mut self, now: Moment, counts: &[Counts], slos: &[WatchedSlo]) -> bool {
        if self.last_tick.is_some_and(|last| now.since_origin() < last.since_origin()) {
            self.went_backwards = self.went_backwards.saturating_add(1);
            return false;
        }
        self.history.push(now, counts);
        self.last_tick = Some(now);
        self.ticks = self.ticks.saturating_add(1);
        let observed = self.observe(now, counts, slos);
        for ((slo, active), observed) in slos.iter().zip(&mut self.active).zip(&observed) {
            for (row, active) in slo.policy.rows().iter().zip(active) {
                *active = judge(slo, row, observed, *active).is_some_and(|evaluation| evaluation.active);
            }
        }
        true
    }

    /// Every window of every SLO, as it ends now. The far edges are looked up once for all SLOs.
    pub(crate) fn observe(&self, now: Moment, counts: &[Counts], slos: &[WatchedSlo]) -> Vec<Vec<Observation>> {
        let edges: Vec<_> = self.windows.iter().map(|window| (*window, self.history.edge(now, *window))).collect();
        slos.iter()
            .zip(counts)
            .enumerate()
            .map(|(index, (slo, live))| {
                let own = edges.iter().filter(|(window, _)| slo.windows.binary_search(window).is_ok());
                own.map(|(window, edge)| edge.observe(*window, now, index, *live)).collect()
            })
            .collect()
    }

    /// Each row of SLO `index`, judged by its observations.
    pub(crate) fn judge(&self, index: usize, slo: &WatchedSlo, observed: &[Observation]) -> Vec<Evaluation> {
        let active = self.active.get(index).map_or(&[][..], Vec::as_slice);
        let rows = slo.policy.rows().iter().zip(active);
        rows.filter_map(|(row, active)| judge(slo, row, observed, *active)).collect()
    }

    /// How long this instance has lived at `now`.
    pub(crate) fn age(&self, now: Moment) -> Duration {
        now.since_origin().saturating_sub(self.origin.since_origin())
    }

    /// How long ago history was last kept; since the beginning if it never was.
    pub(crate) fn since_last_tick(&self, now: Moment) -> Duration {
        now.since_origin().saturating_sub(self.last_tick.unwrap_or(self.origin).since_origin())
    }

    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    pub(crate) fn went_backwards(&self) -> u64 {
        self.went_backwards
    }
}

fn judge(slo: &WatchedSlo, row: &Row, observed: &[Observation], was_active: bool) -> Option<Evaluation> {
    let find = |window: Window| observed.iter().find(|observation| observation.window == window);
    let (long, short) = (find(row.long())?, find(row.short())?);
    Some(evaluate(row, slo.objective, long, short, slo.min_bad, UnseenTime::Scaled, was_active))
}
