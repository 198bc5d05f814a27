//! What has to be remembered between readings: history, and which conditions held at the last tick.

use std::time::Duration;

use goodput_model::{
    Budgeting, Counts, Evaluation, Indicator, MinBad, Objective, Observation, Period, Policy, Row, Slo, UnseenTime,
    Window, evaluate,
};

use super::history::{Column, Edge, History};
use super::in_force::InForce;
use super::slices::Slices;
use super::slots::SlotPlan;
use super::waiting::Waiting;
use crate::calendar::Calendar;
use crate::clock::Moment;
use crate::gauge::Gauges;

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
    pub(crate) budgeting: Budgeting,
    /// Where the period follows the calendar.
    pub(crate) calendar: Option<Calendar>,
    /// Shortest first; the windows of its rows, the standard ones within its period, and the period itself if it has a length.
    windows: Vec<Window>,
}

const STANDARD_WINDOWS: [Window; 7] =
    [Window::M5, Window::M30, Window::H1, Window::H2, Window::H6, Window::D1, Window::D3];

impl WatchedSlo {
    pub(crate) fn new(
        slo: &Slo,
        routes: &[String],
        objective: Objective,
        policy: Policy,
        calendar: Option<Calendar>,
    ) -> Self {
        let period = slo.judged_over();
        let whole = period.window();
        let mut windows: Vec<_> = STANDARD_WINDOWS.into_iter().filter(|window| *window < whole).collect();
        windows.extend(policy.rows().iter().flat_map(|row| [row.long(), row.short()]));
        windows.extend(calendar.is_none().then_some(whole));
        windows.sort_unstable();
        windows.dedup();
        Self {
            name: slo.name().to_owned(),
            indicator: slo.indicator(),
            routes: routes.to_vec(),
            dependency: slo.dependency_name().map(str::to_owned),
            classes: slo.selected_classes().to_vec(),
            objective,
            period,
            policy,
            min_bad: slo.least_bad_in_force(),
            budgeting: slo.budgeting_method(),
            calendar,
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
    /// The rows of all SLOs, in their order.
    standings: Vec<Standing>,
    origin: Moment,
    last_tick: Option<Moment>,
    ticks: u64,
    went_backwards: u64,
    pub(crate) waiting: Waiting,
    pub(crate) slices: Slices,
}

impl Monitor {
    pub(crate) fn new(plan: &SlotPlan, origin: Moment, slos: &[WatchedSlo], waiting: Waiting, slices: Slices) -> Self {
        let windows = all_windows(slos);
        Self {
            history: History::new(plan, origin, slos.len()),
            standings: slos.iter().enumerate().flat_map(|(index, slo)| standings(index, slo, &windows)).collect(),
            windows,
            origin,
            last_tick: None,
            ticks: 0,
            went_backwards: 0,
            waiting,
            slices,
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
        let edges: Vec<_> = self.windows.iter().map(|window| (*window, self.history.edge(now, *window))).collect();
        for standing in &mut self.standings {
            standing.active = standing.holds(&edges, now, counts, slos);
        }
        true
    }

    /// Goes on with other SLOs. A row that is as it was, of an SLO that is as it was, stands where it stood.
    pub(crate) fn go_on_with(
        &mut self,
        next: &InForce,
        gauges: &Gauges,
        columns: &mut [Column],
        former: &[WatchedSlo],
        now: Moment,
    ) {
        // Somebody who moves a timeline by hand may have ticked at a moment that it has not come to.
        let now = self.last_tick.map_or(now, |last| last.max(now));
        self.slices.go_on_with(&next.definition, gauges, columns, now);
        let slos = &next.slos;
        self.history.go_on_with(columns, now);
        self.windows = all_windows(slos);
        let active: Vec<(usize, Row)> = self
            .standings
            .iter()
            .filter(|standing| standing.active)
            .filter_map(|standing| Some((standing.slo as usize, *standing.policy_row(former)?)))
            .collect();
        self.standings =
            slos.iter().enumerate().flat_map(|(index, slo)| standings(index, slo, &self.windows)).collect();
        for standing in &mut self.standings {
            if let (Some(Column::Kept(position)), Some(row)) =
                (columns.get(standing.slo as usize), standing.policy_row(slos))
            {
                standing.active = active.contains(&(*position, *row));
            }
        }
    }

    /// How long SLO `index` has been counted as it is at `now`.
    pub(crate) fn age_of(&self, index: usize, now: Moment) -> Duration {
        now.since_origin().saturating_sub(self.history.beginning(index).since_origin())
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

    /// One window of SLO `index` that ends now.
    pub(crate) fn observe_one(&self, now: Moment, window: Window, index: usize, live: Counts) -> Observation {
        self.history.edge(now, window).observe(window, now, index, live)
    }

    /// Each row of SLO `index`, judged by its observations.
    pub(crate) fn judge(&self, index: usize, slo: &WatchedSlo, observed: &[Observation]) -> Vec<Evaluation> {
        let first = self.standings.partition_point(|standing| (standing.slo as usize) < index);
        let rows = slo.policy.rows().iter().zip(self.standings.iter().skip(first));
        rows.filter_map(|(row, standing)| judge(slo, row, observed, standing.active)).collect()
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

/// The windows of all SLOs, shortest first.
fn all_windows(slos: &[WatchedSlo]) -> Vec<Window> {
    let mut windows: Vec<_> = slos.iter().flat_map(|slo| &slo.windows).copied().collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// Where one row of one SLO stood at the last tick, and what a tick has to look at to know where it stands now: small, as
/// a tick walks through all of them.
#[derive(Debug)]
struct Standing {
    /// Positions in the definition and in its policy.
    slo: u32,
    row: u16,
    /// Positions among the monitor's windows.
    long: u32,
    short: u32,
    active: bool,
    /// Unless more of the events seen in the long window were bad, the row does not hold, whatever else is true: time that
    /// nobody saw adds no burn.
    least_bad_ratio: f32,
}

/// Far more than floating point can be wrong by, and less than matters for how often a row is looked at closely.
const LENIENCE: f64 = 0.999;

fn standings(index: usize, slo: &WatchedSlo, windows: &[Window]) -> Vec<Standing> {
    let place = |window| u32::try_from(windows.binary_search(&window).ok()?).ok();
    let rows = slo.policy.rows().iter().enumerate().filter_map(|(position, row)| {
        Some(Standing {
            slo: u32::try_from(index).ok()?,
            row: u16::try_from(position).ok()?,
            long: place(row.long())?,
            short: place(row.short())?,
            active: false,
            least_bad_ratio: (row.error_ratio() * LENIENCE) as f32,
        })
    });
    rows.collect()
}

impl Standing {
    fn policy_row<'a>(&self, slos: &'a [WatchedSlo]) -> Option<&'a Row> {
        slos.get(self.slo as usize)?.policy.rows().get(usize::from(self.row))
    }

    /// Whether the row holds. Two numbers of the long window tell nearly always that it does not; only where they leave it
    /// open is it judged.
    fn holds(&self, edges: &[(Window, Edge<'_>)], now: Moment, counts: &[Counts], slos: &[WatchedSlo]) -> bool {
        let index = self.slo as usize;
        let (Some((window, long)), Some(live)) = (edges.get(self.long as usize), counts.get(index)) else {
            return false;
        };
        let seen = long.counts_since(index, *live);
        if seen.bad as f64 <= f64::from(self.least_bad_ratio) * seen.valid() as f64 {
            return false;
        }
        let judged = edges.get(self.short as usize).zip(slos.get(index)).and_then(|((shorter, short), slo)| {
            let row = slo.policy.rows().get(usize::from(self.row))?;
            let observed = [long.observe(*window, now, index, *live), short.observe(*shorter, now, index, *live)];
            judge(slo, row, &observed, self.active)
        });
        judged.is_some_and(|evaluation| evaluation.active)
    }
}

fn judge(slo: &WatchedSlo, row: &Row, observed: &[Observation], was_active: bool) -> Option<Evaluation> {
    let find = |window: Window| observed.iter().find(|observation| observation.window == window);
    let (long, short) = (find(row.long())?, find(row.short())?);
    Some(evaluate(row, slo.objective, long, short, slo.min_bad, UnseenTime::Scaled, was_active))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    /// Objectives of every size, and among the rows those adapted to them.
    fn watched() -> Vec<WatchedSlo> {
        let objectives = ["50%", "90%", "99%", "99.9%", "99.999%"];
        let slos = objectives
            .into_iter()
            .flat_map(|objective| [Period::days(7).unwrap(), Period::D30].map(|period| (objective, period)));
        let slos = slos.map(|(objective, period)| {
            let slo = Slo::availability(format!("{objective} {period}"), objective).period(period);
            let objective = slo.objective().unwrap();
            WatchedSlo::new(&slo, &[], objective, Policy::default_for(objective, period), None)
        });
        slos.collect()
    }

    proptest! {
        /// A tick looks closely only at rows that may hold. Error ratios are drawn around what the rows ask for.
        #[test]
        fn a_tick_finds_every_row_as_it_is_judged_with_all_its_numbers(
            steps in prop::collection::vec((1_u64..3_000, 0_u64..200_000, 0.0_f64..1.0, -6..2_i32), 1..60),
        ) {
            let slos = watched();
            let waiting = Waiting::new(at(0), Duration::from_secs(10), Duration::from_secs(5), None);
            let mut monitor = Monitor::new(&SlotPlan::standard(Period::D30), at(0), &slos, waiting, Slices::default());
            let (mut now, mut counts, mut fired) = (0, vec![Counts::default(); slos.len()], 0);
            // The last step is an outage, so that some row holds.
            for (step, events, share, magnitude) in steps.into_iter().chain([(3_000, 1 << 40, 1.0, 0)]) {
                now += step;
                for counts in &mut counts {
                    let bad = (events as f64 * (share * 10_f64.powi(magnitude)).min(1.0)).round() as u64;
                    *counts += Counts { good: events - bad, bad, excluded: 0 };
                }
                let before: Vec<bool> = monitor.standings.iter().map(|standing| standing.active).collect();
                assert!(monitor.tick(at(now), &counts, &slos));
                let observed = monitor.observe(at(now), &counts, &slos);
                for (standing, before) in monitor.standings.iter().zip(before) {
                    let slo = &slos[standing.slo as usize];
                    let row = &slo.policy.rows()[usize::from(standing.row)];
                    let truth = judge(slo, row, &observed[standing.slo as usize], before).unwrap();
                    prop_assert_eq!(standing.active, truth.active, "{} {:?}", slo.name, truth);
                    fired += u32::from(truth.active);
                }
            }
            prop_assert!(fired >= slos.len() as u32, "{fired}");
        }
    }
}
