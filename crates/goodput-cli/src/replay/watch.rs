//! Watches a replay: which condition fired when, when it was resolved, and what had been spent by then.

use std::ops::ControlFlow;
use std::time::Duration;

use goodput_core::{Counts, Goodput, Moment, Row, SloStatus};

use super::player::{Onlooker, Player};
use super::samples::Samples;

/// From one firing of a condition to its resolution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Episode {
    pub(super) row: Row,
    pub(super) fired: Mark,
    /// None while it fires.
    pub(super) resolved: Option<Mark>,
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
    pub(super) episodes: Vec<Episode>,
    /// Of each row, the position of the episode that goes on.
    open: Vec<Option<usize>>,
    pub(super) samples: Option<Samples>,
    /// Whether it has seen enough once nothing fires any more.
    pub(super) until_quiet: bool,
}

impl Watch {
    /// Looks on from now on.
    pub(super) fn new(player: &Player, samples: Option<Samples>) -> Self {
        let status = player.goodput().status();
        Self {
            zero: player.now().since_origin(),
            before: status.slos.first().map(|slo| slo.counts).unwrap_or_default(),
            episodes: Vec::new(),
            open: Vec::new(),
            samples,
            until_quiet: false,
        }
    }

    pub(super) fn since_zero(&self, now: Moment) -> Duration {
        now.since_origin().saturating_sub(self.zero)
    }

    fn note(&mut self, slo: &SloStatus, at: Duration) {
        let mark = Mark { at, spent: slo.budget.spent() };
        self.open.resize(slo.conditions.len(), None);
        for (condition, open) in slo.conditions.iter().zip(&mut self.open) {
            match (condition.now.active, *open) {
                (true, None) => {
                    *open = Some(self.episodes.len());
                    self.episodes.push(Episode { row: condition.row, fired: mark, resolved: None });
                }
                (false, Some(position)) => {
                    *open = None;
                    if let Some(episode) = self.episodes.get_mut(position) {
                        episode.resolved = Some(mark);
                    }
                }
                _ => {}
            }
        }
    }
}

impl Onlooker for Watch {
    fn look(&mut self, goodput: &Goodput, now: Moment) -> ControlFlow<()> {
        let at = self.since_zero(now);
        let status = goodput.status();
        if let Some(slo) = status.slos.first() {
            self.note(slo, at);
            if let Some(samples) = &mut self.samples {
                samples.take(slo, at);
            }
        }
        if self.until_quiet && self.open.iter().all(Option::is_none) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
