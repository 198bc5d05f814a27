//! A shop on clocks that the test moves, with a guarded SLO and what can be spared.

use std::time::Duration;

use goodput_core::{
    Code, Ending, Goodput, GoodputBuilder, Head, ManualTimeline, Request, Stopwatch, Timeline, Verdict,
};

pub(crate) const CHECKOUT: &str = "/checkout";
pub(crate) const SPARE: &str = "/recommendations";
pub(crate) const TICK: Duration = Duration::from_secs(10);

pub(crate) struct Scene {
    pub(crate) goodput: Goodput,
    calendar: ManualTimeline,
}

impl Scene {
    pub(crate) fn new(define: impl FnOnce(GoodputBuilder) -> GoodputBuilder) -> Self {
        let ((stopwatch, _), (timeline, calendar)) = (Stopwatch::manual(), Timeline::manual());
        let builder = Goodput::builder("shop").exclude_routes(["/health"]).stopwatch(stopwatch).timeline(timeline);
        Self { goodput: define(builder.tick_every(TICK)).build().unwrap(), calendar }
    }

    /// A tick later.
    pub(crate) fn tick(&self) {
        self.pass(TICK);
        self.tick_here();
    }

    pub(crate) fn tick_here(&self) {
        self.goodput.tick(self.calendar.now());
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.calendar.advance(time);
    }

    pub(crate) fn respond(&self, route: &str, head: Head) {
        let mut request = Request::begin(&self.goodput, self.goodput.route(Some(route)));
        request.respond(&self.goodput, head);
        request.complete_at_head(&self.goodput);
    }

    pub(crate) fn checkouts(&self, good: u64, bad: u64) {
        (0..good).for_each(|_| self.respond(CHECKOUT, Code::http(200).into()));
        (0..bad).for_each(|_| self.respond(CHECKOUT, Code::http(500).into()));
    }

    /// One request that a guard has shed, as its layer records it.
    pub(crate) fn shed(&self, verdict: Verdict) {
        self.respond(SPARE, Head { verdict: Some(verdict), ..Head::new(Code::http(503)) });
    }

    /// One request that another layer has refused.
    pub(crate) fn refuse(&self) {
        Request::begin(&self.goodput, self.goodput.route(Some(SPARE))).end(&self.goodput, Ending::Refused);
    }

    /// An outage, until the first guard admits no more than its floor.
    pub(crate) fn close(&self) {
        for _ in 0..10 {
            self.checkouts(0, 50);
            self.tick();
        }
    }

    /// The admitted share of the first guard, in thousandths of a percent.
    pub(crate) fn share(&self) -> u32 {
        self.goodput.status().guards[0].admitted.milli_percent()
    }
}
