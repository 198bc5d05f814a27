//! A service on a manual clock whose traffic comes in batches, a tick after each, and who hears of its alerts.

use std::sync::Arc;
use std::time::Duration;

use goodput_core::{
    AlertRow, Cause, Definition, Goodput, ManualTimeline, Severity, Slo, Status, Subscription, Timeline, Transition,
    Trigger, Turn, Window,
};

pub(crate) struct House {
    pub(crate) goodput: Goodput,
    pub(crate) hand: ManualTimeline,
    pub(crate) news: Subscription,
}

/// One tick.
pub(crate) const TICK: Duration = Duration::from_secs(10);

pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

pub(crate) fn slo() -> Slo {
    Slo::availability("ok", "99.9%")
}

/// The default factors of 30 days.
pub(crate) fn row(severity: Severity, long: Window, short: Window) -> AlertRow {
    let milli = match long {
        Window::H1 => 14_400,
        Window::H6 => 6_000,
        _ => 3_000,
    };
    AlertRow::new(severity, long, short, Trigger::Factor { milli })
}

impl House {
    pub(crate) fn of(slos: impl IntoIterator<Item = Slo>) -> Self {
        let mut definition = Definition::new("house");
        definition.slos = slos.into_iter().collect();
        Self::defined(definition)
    }

    pub(crate) fn defined(definition: Definition) -> Self {
        let (timeline, hand) = Timeline::manual();
        let goodput =
            Goodput::builder("house").definition(definition).timeline(timeline).deploy("v42").build().unwrap();
        let news = goodput.subscribe(10_000);
        Self { goodput, hand, news }
    }

    /// Time goes on, with so many good and bad events before each tick.
    pub(crate) fn pass(&self, time: Duration, good: u64, bad: u64) {
        for _ in 0..time.as_secs() / TICK.as_secs() {
            self.step(good, bad);
        }
    }

    pub(crate) fn step(&self, good: u64, bad: u64) {
        let work = self.goodput.work("work");
        (0..good).for_each(|_| work.good());
        (0..bad).for_each(|_| work.bad("broken"));
        self.hand.advance(TICK);
        self.goodput.tick(self.goodput.now());
    }

    pub(crate) fn status(&self) -> Status {
        self.goodput.status()
    }

    /// What was told since it was asked for last.
    pub(crate) fn transitions(&self) -> Vec<Arc<Transition>> {
        std::iter::from_fn(|| self.news.try_recv()).collect()
    }

    /// The same for alert rows, with the second it was told in, and whether people are told.
    pub(crate) fn told(&self) -> Vec<(u64, Turn, bool)> {
        let told = self.transitions().into_iter().filter(|told| matches!(told.alert.cause, Cause::Row(_)));
        told.map(|told| (told.at.since_origin().as_secs(), told.change, told.notifies)).collect()
    }

    pub(crate) fn told_with_severity(&self) -> Vec<(Severity, Turn, bool)> {
        let told = self.transitions().into_iter();
        told.map(|told| (told.alert.severity, told.change, told.notifies)).collect()
    }
}
