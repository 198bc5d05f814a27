//! What a chart is drawn from: burns and budget at moments that lie no closer together than a picture can show.

use std::time::Duration;

use goodput_core::SloStatus;

/// More than a picture is wide.
const MOST: usize = 2_048;

/// What stood at one moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Since the replay began.
    pub(super) at: Duration,
    /// Of each row the burns over its long and its short window, as its condition compares them.
    pub(super) burns: Vec<(Option<f64>, Option<f64>)>,
    /// The share of the budget that is left.
    pub(super) left: Option<f64>,
}

/// At most [`MOST`] samples, the same time apart.
#[derive(Debug)]
pub(super) struct Samples {
    apart: Duration,
    list: Vec<Sample>,
}

impl Samples {
    /// As close together as ticks are, while there are few.
    pub(super) fn new(tick: Duration) -> Self {
        Self { apart: tick, list: Vec::new() }
    }

    pub(super) fn list(&self) -> &[Sample] {
        &self.list
    }

    /// Whether one is due.
    pub(super) fn is_due(&self, at: Duration) -> bool {
        self.list.last().is_none_or(|last| at >= last.at.saturating_add(self.apart))
    }

    pub(super) fn take(&mut self, slo: &SloStatus, at: Duration) {
        if !self.is_due(at) {
            return;
        }
        if self.list.len() >= MOST {
            let mut position = 0_usize;
            self.list.retain(|_| {
                position += 1; // at most `MOST`
                position % 2 == 1
            });
            self.apart = self.apart.saturating_mul(2);
        }
        let burns = slo.conditions.iter().map(|condition| (condition.now.long.value(), condition.now.short.value()));
        let left = slo.budget.remaining().value();
        self.list.push(Sample { at, burns: burns.collect(), left });
    }
}
