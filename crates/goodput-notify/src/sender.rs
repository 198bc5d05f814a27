//! The thread that keeps one Alertmanager told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use goodput_core::Timeline;
use parking_lot::Mutex;

use crate::backoff;
use crate::episodes::{Episodes, Notice};
use crate::failure::SendError;
use crate::pace::Pace;
use crate::post::{Failure, Line};
use crate::signal::Signal;
use crate::status::{Panics, SinkStatus};
use crate::wire::{self, Labels};

/// The most alerts of one request; more go in several.
const BATCH: usize = 64;
/// While there is nothing to tell, one round in so many asks whether the Alertmanager is there, so that one that is not shows
/// before it is needed.
const IDLE_ROUNDS: u64 = 10;

/// What a sender watches.
pub(crate) trait Watch {
    /// What fires now.
    fn firing(&mut self) -> Vec<Notice>;
    /// Waits until something may have changed, at most for `time`.
    fn wait(&mut self, time: Duration);
}

/// What it takes to keep one Alertmanager told.
pub(crate) struct Sender<W> {
    pub(crate) watch: W,
    pub(crate) line: Line,
    pub(crate) pace: Pace,
    pub(crate) generator_url: Option<String>,
    pub(crate) signal: Arc<Signal>,
    pub(crate) status: Arc<Mutex<SinkStatus>>,
    /// Real time, whatever the instance's own timeline shows.
    pub(crate) timeline: Timeline,
    pub(crate) episodes: Episodes,
    pub(crate) panics: Panics,
    pub(crate) due: Due,
}

/// When there is something to do next, on the sender's timeline.
#[derive(Debug, Default)]
pub(crate) struct Due {
    round: Duration,
    rounds: u64,
    /// Not before this, after a failure that may pass.
    retry: Option<Duration>,
    /// Whether to ask if the Alertmanager is there.
    greeting: bool,
}

impl<W: Watch> Sender<W> {
    /// Runs until told to stop. A panic is counted and the loop goes on, later each time.
    pub(crate) fn run(mut self) {
        while !self.signal.is_stopped() {
            let turn = AssertUnwindSafe(|| {
                self.turn();
                let until = self.due.retry.map_or(self.due.round, |retry| retry.min(self.due.round));
                self.watch.wait(until.saturating_sub(self.now()));
            });
            if let Err(payload) = catch_unwind(turn) {
                // What it panicked with may panic again when dropped, so it is forgotten.
                std::mem::forget(payload);
                let wait = self.panicked();
                self.signal.stops_within(wait);
            }
        }
    }

    fn turn(&mut self) {
        let now = self.now();
        if now >= self.due.round {
            self.due.round = now.saturating_add(self.pace.every);
            self.due.greeting |= self.due.rounds.is_multiple_of(IDLE_ROUNDS);
            self.due.rounds = self.due.rounds.wrapping_add(1);
            self.episodes.begin_round();
        }
        let firing = self.watch.firing();
        self.episodes.look(firing, self.timeline.wall(), &self.pace);
        self.count(); // before a request that may take its time
        if self.due.retry.is_none_or(|retry| now >= retry) {
            self.due.retry = None;
            self.send();
        }
        self.count();
    }

    fn count(&self) {
        let (firing, resolved) = self.episodes.counts();
        let degraded = self.panics.are_too_many(self.now());
        let mut status = self.status.lock();
        (status.firing, status.resolved, status.degraded) = (firing, resolved, degraded);
    }

    fn send(&mut self) {
        let due = self.episodes.due();
        if due.is_empty() && self.due.greeting {
            let answer = self.post(&[]);
            self.hear(answer, &[]);
            self.due.greeting = self.due.retry.is_some();
        }
        for batch in due.chunks(BATCH) {
            if self.signal.is_stopped() {
                return;
            }
            let answer = self.post(batch);
            self.due.greeting = false;
            self.hear(answer, batch);
            if self.due.retry.is_some() {
                return; // the rest would fare no better
            }
        }
    }

    fn post(&self, batch: &[Labels]) -> Result<(), Failure> {
        self.status.lock().requests += 1;
        let now = self.timeline.wall();
        let posted = self.episodes.posted(batch, now, &self.pace, self.generator_url.as_deref());
        self.line.post(&wire::body(&posted), now)
    }

    fn hear(&mut self, answer: Result<(), Failure>, batch: &[Labels]) {
        match answer {
            Ok(()) => {
                self.episodes.taken(batch);
                self.succeeded();
            }
            Err(Failure { error, retry_after }) => {
                if error.may_have_arrived() {
                    self.episodes.may_have_arrived(batch);
                }
                if error.is_passing() {
                    self.retry_later(error, retry_after);
                } else {
                    self.episodes.left_for_later(batch);
                    self.failed(error);
                }
            }
        }
    }

    /// Returns after how long.
    fn retry_later(&mut self, error: SendError, asked: Option<Duration>) -> Duration {
        let failures = self.failed(error);
        let wait = backoff::after(failures, self.pace.every, asked, fastrand::f64());
        self.due.retry = Some(self.now().saturating_add(wait));
        wait
    }

    /// Returns after how long to go on.
    fn panicked(&mut self) -> Duration {
        let now = self.now();
        self.panics.another(now);
        let degraded = self.panics.are_too_many(now);
        {
            let mut status = self.status.lock();
            status.panics = status.panics.saturating_add(1);
            status.degraded = degraded;
        }
        self.retry_later(SendError::Panicked, None)
    }

    /// One line in the log for a row of failures and one for its end, however long it is.
    fn succeeded(&mut self) {
        let mut status = self.status.lock();
        if status.succeeded(self.timeline.wall()) {
            let address = status.address.clone();
            drop(status);
            tracing::info!(target: "goodput", alertmanager = address, "alertmanager takes alerts again");
        }
    }

    /// Returns how many failures in a row there are.
    fn failed(&mut self, error: SendError) -> u32 {
        let mut status = self.status.lock();
        let is_first = status.failed(error, self.timeline.wall());
        let failures = status.failures_in_a_row;
        if is_first {
            let address = status.address.clone();
            drop(status);
            tracing::warn!(target: "goodput", alertmanager = address, %error, "alertmanager does not take alerts");
        }
        failures
    }

    fn now(&self) -> Duration {
        self.timeline.now().since_origin()
    }
}

#[cfg(test)]
mod tests;
