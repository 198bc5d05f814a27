//! Watches a replay: which alert fired when, when it was resolved, and what had been spent by then.

use std::ops::ControlFlow;
use std::time::Duration;

use goodput_core::{Cause, Counts, Goodput, Moment, Row, Signal, Subscription, Transition, Turn};

use super::player::{Onlooker, Player};
use super::samples::Samples;

/// From one firing of an alert to its resolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Episode {
    pub(super) cause: Cause,
    pub(super) fired: Mark,
    /// Whether a more severe alert fired when it did.
    pub(super) suppressed: bool,
    /// None while it fires.
    pub(super) resolved: Option<Mark>,
}

impl Episode {
    /// The alert row, if it is one.
    pub(super) fn row(&self) -> Option<&Row> {
        match &self.cause {
            Cause::Row(row) => Some(row),
            Cause::Signal(_) => None,
        }
    }

    /// The signal, if it is one.
    pub(super) fn signal(&self) -> Option<Signal> {
        match self.cause {
            Cause::Signal(signal) => Some(signal),
            Cause::Row(_) => None,
        }
    }
}

/// What stood at the beginning or the end of an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// Since the replay began.
    pub(super) at: Duration,
    /// The share of the period's budget; none without events.
    pub(super) spent: Option<f64>,
}

/// Looks on from `zero` on, which is second 0 of the answer.
#[derive(Debug)]
pub(super) struct Watch {
    zero: Duration,
    /// What had been counted by then.
    pub(super) before: Counts,
    news: Subscription,
    /// In the order in which they fired.
    pub(super) episodes: Vec<Episode>,
    pub(super) samples: Option<Samples>,
    /// Whether it has seen enough once no alert row fires any more.
    pub(super) until_quiet: bool,
}

impl Watch {
    /// Looks on from now on.
    pub(super) fn new(player: &Player, samples: Option<Samples>) -> Self {
        let status = player.goodput().status();
        Self {
            zero: player.now().since_origin(),
            before: status.slos.first().map(|slo| slo.counts).unwrap_or_default(),
            news: player.subscribe(),
            episodes: Vec::new(),
            samples,
            until_quiet: false,
        }
    }

    pub(super) fn since_zero(&self, now: Moment) -> Duration {
        now.since_origin().saturating_sub(self.zero)
    }

    fn note(&mut self, transition: &Transition) {
        let Transition { change, at, alert, .. } = transition;
        let mark = Mark { at: self.since_zero(*at), spent: alert.budget.and_then(|budget| budget.spent()) };
        match change {
            Turn::Fired => self.episodes.push(Episode {
                cause: alert.cause,
                fired: mark,
                suppressed: alert.suppressed,
                resolved: None,
            }),
            Turn::Resolved(_) => {
                let mut open = self.episodes.iter_mut().rev();
                if let Some(episode) = open.find(|episode| episode.cause == alert.cause) {
                    episode.resolved = Some(mark);
                }
            }
            // It fired before, and is told only now.
            _ => {}
        }
    }

    /// Whether no alert row fires.
    fn is_quiet(&self) -> bool {
        self.episodes.iter().all(|episode| episode.resolved.is_some() || episode.row().is_none())
    }
}

impl Onlooker for Watch {
    fn look(&mut self, goodput: &Goodput, now: Moment) -> ControlFlow<()> {
        while let Some(transition) = self.news.try_recv() {
            self.note(&transition);
        }
        let at = self.since_zero(now);
        if let Some(samples) = self.samples.as_mut().filter(|samples| samples.is_due(at))
            && let Some(slo) = goodput.status().slos.first()
        {
            samples.take(slo, at);
        }
        if self.until_quiet && self.is_quiet() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
