//! What has to be remembered between readings: history, the alarms, and what they look at.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use goodput_model::{
    BudgetBands, Budgeting, Counts, Evaluation, Indicator, MinBad, Objective, Observation, Period, Policy, Rate, Slo,
    UnseenTime, Window,
};

use super::alarms::{Alarms, Event, View, judge};
use super::bands::Standings;
use super::history::{Column, History};
use super::in_force::InForce;
use super::signals::Signals;
use super::slices::Slices;
use super::slots::SlotPlan;
use super::snapshot::Detail;
use super::surges::Surges;
use super::waiting::Waiting;
use super::wall::Wall;
use crate::alert::Baseline;
use crate::calendar::{Calendar, Present};
use crate::clock::Moment;
use crate::gauge::Gauges;
use crate::state::{MAX_RESTARTS, Past, PastSlo, Remembered};

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
    pub(crate) unseen: UnseenTime,
    /// The traffic that is usual, as declared.
    pub(crate) traffic: Option<Rate>,
    pub(crate) budgeting: Budgeting,
    /// Where the period follows the calendar.
    pub(crate) calendar: Option<Calendar>,
    /// Shortest first; the windows of its rows, the standard ones within its period, and the period itself if it has a length.
    windows: Vec<Window>,
}

const HOUR: Duration = Duration::from_secs(3_600);
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
            unseen: slo.unseen_time(),
            traffic: slo.expected_traffic(),
            budgeting: slo.budgeting_method(),
            calendar,
            windows,
        }
    }
}

impl WatchedSlo {
    /// Shortest first.
    pub(crate) fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// Whether its counts are of slices of time.
    pub(crate) fn judges_slices(&self) -> bool {
        self.budgeting != Budgeting::Occurrences
    }
}

/// Behind one lock, which the ticker and readers take and the record path never does.
#[derive(Debug)]
pub(crate) struct Monitor {
    history: History,
    /// All windows any SLO looks at, shortest first.
    windows: Vec<Window>,
    pub(crate) alarms: Alarms,
    /// Which budget bands SLOs stand in.
    pub(crate) bands: Standings,
    pub(crate) surges: Surges,
    /// What went wrong before budgets began to burn.
    pub(crate) baseline: Arc<Baseline>,
    origin: Moment,
    last_tick: Option<Moment>,
    ticks: u64,
    went_backwards: u64,
    /// When processes went on from earlier ones, the oldest first; nothing where nobody remembers.
    pub(crate) restarts: Option<Vec<Duration>>,
    pub(crate) waiting: Waiting,
    pub(crate) slices: Slices,
    pub(crate) wall: Wall,
}

impl Monitor {
    pub(crate) fn new(plan: &SlotPlan, origin: Moment, slos: &[WatchedSlo], waiting: Waiting, slices: Slices) -> Self {
        let windows = all_windows(slos);
        Self {
            history: History::new(plan, origin, slos.len()),
            alarms: Alarms::new(slos, &windows),
            bands: Standings::default(),
            surges: Surges::default(),
            baseline: Arc::default(),
            windows,
            origin,
            last_tick: None,
            ticks: 0,
            went_backwards: 0,
            restarts: None,
            waiting,
            slices,
            wall: Wall::default(),
        }
    }

    /// Puts what an earlier process has counted under what this one has: windows see the sum.
    pub(crate) fn rebase(&self, counts: &mut [Counts]) {
        self.history.rebase(counts);
    }

    /// Remembers `counts` as what the counters stood at `now`. A moment before the last one is flagged and left out: then
    /// the answer is no.
    pub(crate) fn tick(&mut self, now: Moment, counts: &[Counts]) -> bool {
        if self.last_tick.is_some_and(|last| now.since_origin() < last.since_origin()) {
            self.went_backwards = self.went_backwards.saturating_add(1);
            return false;
        }
        self.history.push(now, counts);
        self.last_tick = Some(now);
        self.ticks = self.ticks.saturating_add(1);
        true
    }

    /// Steps the alarms and the budget bands after a tick. Tells what changed, and whether some budget burns: over five minutes,
    /// faster than it may.
    pub(crate) fn alarm(
        &mut self,
        now: Moment,
        wall: SystemTime,
        counts: &[Counts],
        (slos, bands): (&[WatchedSlo], &BudgetBands),
        stalled: Vec<bool>,
    ) -> (Vec<Event>, bool) {
        let edges: Vec<_> = self.windows.iter().map(|window| (*window, self.history.edge(now, *window))).collect();
        let view = View { now, wall, edges: &edges, counts, slos };
        let signals = Signals { stalled, surging: self.surges.surging.clone(), calendars: self.calendars(&view) };
        let budgets = slos.iter().enumerate().map(|(index, slo)| signals.budget(&view, index, slo));
        self.bands.tick(bands, budgets.map(|budget| budget.map(|budget| budget.as_seen())), now);
        let events = self.alarms.tick(&view, &signals);
        let burns = slos.iter().enumerate().any(|(index, slo)| burns(&view, index, slo.objective));
        (events, burns)
    }

    /// Looks at what is excluded for which reason, every five minutes; and remembers it, with all else that went wrong, while nothing
    /// burns.
    pub(crate) fn look_at_reasons(
        &mut self,
        (now, counts): (Moment, &[Counts]),
        slos: &[WatchedSlo],
        classes: &[String],
        burns: bool,
        detail: &Detail,
    ) {
        let history = &self.history;
        // Of those that judge slices, history holds slices, and the reasons are of events.
        let events = |index: usize| slos.get(index).is_some_and(|slo| slo.budgeting == Budgeting::Occurrences);
        self.surges.look(now, &detail.reasons, |index, time| {
            let window = u32::try_from(time.as_secs()).ok().and_then(|secs| Window::from_secs(secs).ok());
            let seen = window.zip(counts.get(index)).filter(|_| events(index));
            seen.map_or(0, |(window, live)| history.edge(now, window).counts_since(index, *live).total())
        });
        if !burns && self.alarms.is_quiet() {
            self.baseline = Arc::new(Baseline::of(detail, slos, classes));
        }
    }

    fn calendars(&self, view: &View<'_>) -> std::collections::BTreeMap<usize, (Observation, Duration)> {
        // A definition has one time zone: what month it is, is asked once.
        let mut presents = std::collections::BTreeMap::new();
        let calendars = view.slos.iter().enumerate().filter_map(|(index, slo)| {
            let (Period::Calendar(unit), Some(calendar)) = (slo.period, &slo.calendar) else { return None };
            let present = *presents.entry(unit).or_insert_with(|| calendar.present(view.wall));
            let live = view.counts.get(index).copied()?;
            let Present { gone, length, .. } = present?;
            Some((index, (self.observe_one(view.now, gone, index, live), length)))
        });
        calendars.collect()
    }

    /// Goes on with other SLOs. A row that is as it was, of an SLO that is as it was, stands where it stood; what fired and is gone
    /// is over.
    pub(crate) fn go_on_with(
        &mut self,
        next: &InForce,
        gauges: &Gauges,
        columns: &mut [Column],
        former: &[WatchedSlo],
        now: Moment,
    ) -> Vec<Event> {
        // Somebody who moves a timeline by hand may have ticked at a moment that it has not come to.
        let now = self.last_tick.map_or(now, |last| last.max(now));
        self.slices.go_on_with(&next.definition, gauges, columns, now);
        let slos = &next.slos;
        self.history.go_on_with(columns, now);
        self.windows = all_windows(slos);
        self.bands.go_on_with(columns);
        self.surges.go_on_with(columns);
        self.baseline = Arc::default();
        self.alarms.go_on_with(columns, former, slos, &self.windows)
    }

    /// How long SLO `index` has been counted as it is at `now`, by this process.
    pub(crate) fn age_of(&self, index: usize, now: Moment) -> Duration {
        let begun = self.history.beginning(index).max(self.origin); // what an earlier process remembered is older
        now.since_origin().saturating_sub(begun.since_origin())
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
        let find = |window: Window| observed.iter().find(|observation| observation.window == window);
        let rows = slo.policy.rows();
        let rows = rows.iter().zip(self.alarms.of_rows(index, rows.len()));
        rows.filter_map(|(row, episode)| {
            let was_active = episode.is_some_and(|episode| episode.alarm.is_active());
            Some(judge(slo, row, find(row.long())?, find(row.short())?, was_active))
        })
        .collect()
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

    /// What there is to remember of this instance, with the counters at `live` and so much time since 1970 by the clock on the wall.
    pub(crate) fn past(
        &self,
        (instance, now, written): (String, Moment, Duration),
        (live, detail): (&[Counts], &Detail),
        in_force: &InForce,
    ) -> Past {
        let mut excluded = self.surges.saved(&detail.reasons, live.len()).into_iter();
        let slos = in_force.keys().iter().zip(live).enumerate().map(|(index, (key, live))| {
            let (beginning, began_with) = self.history.began(index);
            let (band, standings) = (self.bands.saved(index), self.alarms.saved(index, &in_force.slos));
            let excluded = excluded.next().unwrap_or_default();
            PastSlo { key: Arc::clone(key), beginning, began_with, last: *live, band, excluded, standings }
        });
        Past {
            service: in_force.definition.service.clone(),
            instance,
            written,
            origin: self.history.origin(),
            // Somebody who moves a timeline by hand may have ticked at a moment that it has not come to.
            last: self.last_tick.map_or(now, |tick| tick.max(now)),
            marks: self.history.marks(),
            bands: self.bands.what(),
            mutes: self.alarms.mutes.saved(now),
            restarts: self.restarts(now).unwrap_or_default(),
            looks: self.surges.looks(),
            slos: slos.collect(),
        }
    }

    /// Goes on from what an earlier process remembered. Says how often its counters fell.
    pub(crate) fn recall(&mut self, past: &Remembered<'_>, in_force: &InForce) -> u64 {
        let columns = past.columns(in_force.keys());
        // Before the alarms, which are not to be heard until the first tick either.
        self.alarms.mutes.recall(past.mutes(), past.now(), &in_force.slos);
        for (index, remembered) in &columns {
            if let Some(slo) = in_force.slos.get(*index) {
                self.alarms.recall(*index, slo, past.standings(remembered), past);
            }
        }
        let stood = columns.iter().filter_map(|(index, slo)| Some((*index, past.band(slo)?)));
        self.bands.recall(&in_force.definition.bands, past.bands(), in_force.slos.len(), stood);
        let excluded = columns.iter().map(|(index, slo)| (*index, slo.excluded()));
        self.surges.recall(past.looks(), excluded);
        self.restarts = Some(past.restarts().chain([past.now().since_origin()]).collect());
        self.history.recall(past, &columns)
    }

    /// When processes went on from earlier ones within the last hour, the oldest first; nothing where nobody remembers.
    pub(crate) fn restarts(&self, now: Moment) -> Option<Vec<Duration>> {
        let since = now.since_origin().saturating_sub(HOUR);
        let mut lately: Vec<_> = self.restarts.as_ref()?.iter().copied().filter(|at| *at > since).collect();
        lately.drain(..lately.len().saturating_sub(MAX_RESTARTS));
        Some(lately)
    }

    /// Looks as it did to whoever saw it last, if this is not the process that does the counting.
    pub(crate) fn stand_still_since(&mut self, last: Moment) {
        // That somebody looks is no restart.
        self.restarts.iter_mut().for_each(|restarts| restarts.truncate(restarts.len().saturating_sub(1)));
        self.last_tick = Some(last);
    }

    pub(crate) fn went_backwards(&self) -> u64 {
        self.went_backwards
    }
}

/// Whether the SLO's raw burn over five minutes is above 1.
fn burns(view: &View<'_>, index: usize, objective: Objective) -> bool {
    let edge = view.edges.iter().find(|(window, _)| *window == Window::M5);
    let (Some((_, edge)), Some(live)) = (edge, view.counts.get(index)) else { return false };
    let seen = edge.counts_since(index, *live);
    // Below 2^64 * 2^30 on either side.
    u128::from(seen.bad) * 1_000_000_000 > u128::from(seen.valid()) * u128::from(objective.bad_ppb())
}

/// The windows of all SLOs, shortest first.
fn all_windows(slos: &[WatchedSlo]) -> Vec<Window> {
    let mut windows: Vec<_> = slos.iter().flat_map(|slo| &slo.windows).copied().collect();
    windows.sort_unstable();
    windows.dedup();
    windows
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
                let truth: Vec<_> = {
                    let observed = monitor.observe(at(now), &counts, &slos);
                    let rows = slos.iter().zip(observed).enumerate();
                    rows.map(|(index, (slo, observed))| monitor.judge(index, slo, &observed)).collect()
                };
                assert!(monitor.tick(at(now), &counts));
                monitor.alarm(at(now), SystemTime::UNIX_EPOCH, &counts, (&slos, &BudgetBands::default()), Vec::new());
                for (index, (slo, truth)) in slos.iter().zip(truth).enumerate() {
                    let rows = monitor.alarms.of_rows(index, truth.len());
                    for (episode, truth) in rows.zip(truth) {
                        let alarm = episode.map(|episode| episode.alarm).unwrap_or_default();
                        let held = alarm.frozen().is_some() && !truth.active;
                        prop_assert_eq!(alarm.is_active(), truth.active || held, "{} {:?}", slo.name, truth);
                        fired += u32::from(truth.active);
                    }
                }
            }
            prop_assert!(fired >= slos.len() as u32, "{fired}");
        }
    }
}
