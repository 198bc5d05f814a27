//! Lets time pass and events come, tick by tick, for an engine whose clock is moved by hand.

use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

use goodput_core::{Goodput, ManualTimeline, Moment, SlotPlan, Subscription, Timeline};

use super::interval::Interval;
use super::report::KeepsFiring;
use super::subject::{Subject, WORK};
use crate::failure::Failure;

/// Who looks on after each tick, and may have seen enough.
pub(super) trait Onlooker {
    fn look(&mut self, goodput: &Goodput, now: Moment) -> ControlFlow<()>;
}

/// Nobody looks on.
struct Nobody;

impl Onlooker for Nobody {
    fn look(&mut self, _: &Goodput, _: Moment) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// An engine and the hand that moves its clock.
#[derive(Debug)]
pub(super) struct Player {
    goodput: Goodput,
    hand: ManualTimeline,
    tick: Duration,
}

impl Player {
    /// An engine at the beginning of its time, at which a clock on the wall showed `wall`.
    pub(super) fn new(
        subject: &Subject,
        plan: SlotPlan,
        tick: Duration,
        wall: SystemTime,
        keeps_firing: KeepsFiring,
    ) -> Result<Self, Failure> {
        let (timeline, hand) = Timeline::manual();
        let goodput = Goodput::builder(WORK)
            .definition(subject.definition(keeps_firing))
            .timeline(timeline.beginning_at(wall))
            .slots(plan)
            .tick_every(tick)
            .build()
            .map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self { goodput, hand, tick })
    }

    pub(super) fn goodput(&self) -> &Goodput {
        &self.goodput
    }

    /// Every transition from here on. More than there can be at a tick fit.
    pub(super) fn subscribe(&self) -> Subscription {
        const CAPACITY: usize = 1_024;
        self.goodput.subscribe(CAPACITY)
    }

    pub(super) fn now(&self) -> Moment {
        self.hand.now()
    }

    /// Lets an interval pass, with a tick at each multiple of the time between two, until the onlooker has seen enough.
    pub(super) fn play(&self, interval: &Interval, onlooker: &mut impl Onlooker) -> ControlFlow<()> {
        self.play_at(interval, self.tick, onlooker)
    }

    /// Lets an interval pass with so much time between two ticks, and nobody looking on.
    pub(super) fn pass(&self, interval: &Interval, tick: Duration) {
        // Nobody has ever seen enough.
        let _ = self.play_at(interval, tick, &mut Nobody);
    }

    fn play_at(&self, interval: &Interval, tick: Duration, onlooker: &mut impl Onlooker) -> ControlFlow<()> {
        let work = self.goodput.work(WORK);
        if !interval.seen {
            self.hand.suspend(interval.length);
            work.add(interval.counts);
            return self.tick(onlooker);
        }
        let (mut elapsed, mut came) = (Duration::ZERO, interval.until(Duration::ZERO));
        while elapsed < interval.length {
            let next = until_next(self.now(), tick);
            let step = next.min(interval.length.saturating_sub(elapsed));
            elapsed = elapsed.saturating_add(step);
            self.hand.advance(step);
            let by_now = interval.until(elapsed);
            work.add(by_now.since(came));
            came = by_now;
            if step == next {
                self.tick(onlooker)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn tick(&self, onlooker: &mut impl Onlooker) -> ControlFlow<()> {
        let now = self.now();
        self.goodput.tick(now);
        onlooker.look(&self.goodput, now)
    }
}

/// How long it is until the next multiple of `tick`, which is not now.
fn until_next(now: Moment, tick: Duration) -> Duration {
    let gone = now.since_origin().as_nanos() % tick.as_nanos().max(1);
    // Below 2^64: a tick is no longer than a window, 400 days.
    tick.saturating_sub(Duration::from_nanos(u64::try_from(gone).unwrap_or(0)))
}
