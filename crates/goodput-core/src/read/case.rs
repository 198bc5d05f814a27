//! What a status says to a decision.

use goodput_model::{
    Budgeting, Case, Concern, Evidence, Freshness, Observation, PageRow, Period, Severity, Signal, Window, traffic_lost,
};

use super::signals::USUAL;
use super::status::{ConditionStatus, SloStatus, Status};

impl Status {
    /// What this instance knows, for a decision: alone, or [merged](Case::merge) with what others know.
    ///
    /// Where the definition declares it the single instance, it speaks for the service; else it is one of many, and does not
    /// approve.
    pub fn case(&self) -> Case {
        let freshness = Freshness::new(self.since_last_tick, self.tick_every);
        let slos = self.slos.iter().map(SloStatus::evidence).collect();
        let mut case = Case::of_instance(self.service.as_str(), freshness, self.bands.clone(), slos);
        case.replicas.expected = self.single_instance.then_some(1);
        case
    }
}

impl SloStatus {
    /// What a decision looks at of this SLO.
    pub fn evidence(&self) -> Evidence {
        let seen = *self.budget.observed();
        let window = |window: Window| self.seen(window).unwrap_or(seen);
        let (hour, six_hours) = (window(Window::H1), window(Window::H6));
        let mut evidence = Evidence::new(self.name.as_str(), self.objective, self.period, seen, hour, six_hours);
        evidence.length = matches!(self.period, Period::Calendar(_)).then(|| self.budget.length());
        let pages = || self.conditions.iter().filter(|condition| condition.row.severity() == Severity::Page);
        let page = |row| Some(PageRow { row, long: self.seen(row.long())? });
        evidence.pages = pages().filter_map(|condition| page(condition.row)).collect();
        evidence.min_bad = self.min_bad;
        evidence.concerns.extend(pages().any(ConditionStatus::fires).then_some(Concern::PageFires));
        for signal in self.signals.iter().filter(|signal| signal.fires()) {
            let concern = concern(signal.signal);
            evidence.concerns.extend(concern.filter(|concern| !evidence.concerns.contains(concern)));
        }
        let is_known = evidence.concerns.contains(&Concern::TrafficLost);
        evidence.concerns.extend((!is_known && self.has_lost_good_traffic()).then_some(Concern::TrafficLost));
        evidence.concerns.sort_unstable();
        evidence.standing = self.band.as_ref().map(|band| band.standing).unwrap_or_default();
        evidence
    }

    /// Whether good events have all but stopped, compared with all that are usual: further bad events make that no less so, as they
    /// would for [`Signal::TrafficLost`], which looks at both.
    fn has_lost_good_traffic(&self) -> bool {
        let Some(mut short) = self.seen(Window::M5).filter(|_| self.budgeting == Budgeting::Occurrences) else {
            return false;
        };
        short.counts.bad = 0;
        let usual: Vec<_> = USUAL.into_iter().filter_map(|window| self.seen(window)).collect();
        traffic_lost(&short, &usual, self.traffic).is_some()
    }

    /// What was seen of one of its windows that are no calendar period.
    fn seen(&self, window: Window) -> Option<Observation> {
        let windows = self.windows.iter().filter(|status| status.calendar.is_none());
        windows.map(|status| status.seen).find(|seen| seen.window == window)
    }
}

/// What a signal means for a decision. How much of a budget is consumed it knows by itself.
fn concern(signal: Signal) -> Option<Concern> {
    match signal {
        Signal::Stalled => Some(Concern::Stalled),
        Signal::TrafficLost | Signal::NoData => Some(Concern::TrafficLost),
        Signal::ExcludedSurge => Some(Concern::ExcludedSurge),
        _ => None,
    }
}
