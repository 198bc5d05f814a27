//! Other instances that see the same as the one of the story, and one thing else: one was stopped and started, one has more bad events,
//! one has more good ones.

use std::collections::BTreeSet;
use std::time::Duration;

use goodput_core::{
    AlarmState, Cause, Change, ChangeKind, Counts, GateCode, Goodput, ManualTimeline, Risk, Signal, Status,
    Subscription, Transition, Turn,
};

use super::model::AlertOf;

/// What one of them has beside what all see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Differs {
    /// It goes on from the memory of the one of the story.
    Restarted,
    MoreBad,
    MoreGood,
}

/// See the module.
pub(crate) struct Beside {
    pub(crate) differs: Differs,
    goodput: Goodput,
    hand: ManualTimeline,
    news: Subscription,
    /// What has fired at least once.
    fired: BTreeSet<AlertOf>,
}

/// What the instance of the story has told at a tick, and the rows that have fired at least once.
pub(crate) struct Told<'a> {
    pub(crate) now: &'a [String],
    pub(crate) fired: &'a BTreeSet<AlertOf>,
}

impl Beside {
    pub(crate) fn new(differs: Differs, (goodput, hand): (Goodput, ManualTimeline)) -> Self {
        let news = goodput.subscribe(10_000);
        Self { differs, goodput, hand, news, fired: BTreeSet::new() }
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.hand.advance(time);
    }

    pub(crate) fn sleep(&self, time: Duration) {
        self.hand.suspend(time);
    }

    /// All see `counts`; `more` is what differs, if anything does.
    pub(crate) fn count(&self, route: &str, counts: Counts, more: u64) {
        let more = match self.differs {
            Differs::Restarted => Counts::default(),
            Differs::MoreBad => Counts { bad: more, ..Counts::default() },
            Differs::MoreGood => Counts { good: more, ..Counts::default() },
        };
        self.goodput.work(route).add(counts + more);
    }

    /// I11 and I16, of what was told.
    pub(crate) fn tick(&mut self, story: &Told<'_>, when: &str) {
        self.goodput.tick(self.goodput.now());
        let told: Vec<_> = std::iter::from_fn(|| self.news.try_recv()).collect();
        self.fired.extend(told.iter().filter_map(|told| fired(told)));
        match self.differs {
            Differs::Restarted => {
                let own: Vec<_> = told.iter().map(|told| verdict(told)).collect();
                assert_eq!(own, story.now, "I11 {when}");
            }
            Differs::MoreBad => {
                let later: Vec<_> = story.fired.difference(&self.fired).collect();
                assert!(later.is_empty(), "I16 {when}: more bad events, and later: {later:?}");
            }
            Differs::MoreGood => {
                let earlier: Vec<_> = self.fired.difference(story.fired).collect();
                assert!(earlier.is_empty(), "I16 {when}: more good events, and earlier: {earlier:?}");
            }
        }
    }

    /// I11 and I16, of a status that was read right after a tick.
    pub(crate) fn look(&self, story: &Status, when: &str) {
        let own = self.goodput.status();
        match self.differs {
            Differs::Restarted => {
                for (own, story) in said(&own).into_iter().zip(said(story)) {
                    assert_eq!(own, story, "I11 {when}");
                }
            }
            Differs::MoreBad => {
                // Bad events are traffic as well: where none is lost for them, none goes on to be for a while after it is back.
                let lost = |status: &Status| {
                    let mut signals = status.slos.iter().flat_map(|slo| &slo.signals);
                    signals.any(|signal| {
                        let goes_on = signal.frozen.is_some()
                            || matches!(signal.alarm, AlarmState::Firing { quiet: Some(_), .. });
                        signal.signal == Signal::TrafficLost && goes_on
                    })
                };
                let has_traffic = lost(story);
                for risk in Risk::ALL {
                    let change = Change { kind: ChangeKind::Feature, risk };
                    let [own, story] = [&own, story].map(|status| status.case().expecting(1).unwrap().decide(change));
                    let is_milder = own.action < story.action && !has_traffic;
                    let passes = own.gate() == GateCode::Approve && story.gate() != GateCode::Approve;
                    assert!(!is_milder && !passes, "I16 {when}: {:?} after {:?}", own.action, story.action);
                }
            }
            Differs::MoreGood => {}
        }
    }
}

/// The row that fires from here on.
pub(crate) fn fired(told: &Transition) -> Option<AlertOf> {
    let is_row = matches!(told.alert.cause, Cause::Row(_)) && told.change == Turn::Fired;
    is_row.then(|| (told.alert.slo.clone(), told.alert.cause.to_string()))
}

/// All that is said of what happened, but for its number, which begins at 1 in every process, and for the numbers that a signal had
/// when it held last.
pub(crate) fn verdict(told: &Transition) -> String {
    let Transition { change, at, notifies, alert, .. } = told;
    let (at, slo, cause, told) = (at.since_origin(), &alert.slo, &alert.cause, alert.told);
    format!("{at:?} {slo} {cause} {change:?} {notifies} {told} {:?} {:?}", alert.episode, alert.evaluation)
}

/// All that is said of the past, and what follows from it.
fn said(status: &Status) -> Vec<String> {
    let slos = status.slos.iter().map(|slo| {
        let band = slo.band.as_ref().map(|band| (&band.name, band.since.since_origin()));
        format!("{}: {:?} {:?} {:?} {band:?}", slo.name, slo.windows, slo.conditions, slo.exhaustion)
    });
    let change = Change { kind: ChangeKind::Feature, risk: Risk::Medium };
    slos.chain([format!("{:?}", status.case().expecting(1).unwrap().decide(change))]).collect()
}
