//! Real services with a past: their status is served as it is in production, and their time goes by as fast as needed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use axum::Router;
use goodput_core::{Definition, Goodput, ManualTimeline, Period, Slo, SlotPlan, Stopwatch, Timeline};
use goodput_status::StatusService;

/// One instance, and the hand that moves its time.
pub(crate) struct Instance {
    pub(crate) goodput: Arc<Goodput>,
    pub(crate) hand: ManualTimeline,
}

/// Rare, so that days go by in a moment, and that nothing is old before a slow machine has asked.
pub(crate) const TICK: Duration = Duration::from_secs(600);
/// How long all of them have lived: more than their period of a day.
const HOURS: u32 = 25;

impl Instance {
    /// An instance that began so long ago that it has now seen its period, as soon as [`hours`](Self::hours) have gone by.
    pub(crate) fn new(definition: Definition) -> Self {
        let system = Timeline::system();
        Self::beginning_at(system.wall_at(system.now()) - Duration::from_secs(3_600) * HOURS, definition)
    }

    /// An instance whose clock showed this when it began.
    pub(crate) fn beginning_at(began: SystemTime, definition: Definition) -> Self {
        let (timeline, hand) = Timeline::manual();
        let (stopwatch, _still) = Stopwatch::manual();
        let plan = SlotPlan::dense(TICK, Period::days(1).unwrap()).unwrap();
        let builder =
            Goodput::builder("checkout").definition(definition).stopwatch(stopwatch).tick_every(TICK).slots(plan);
        let goodput = builder.timeline(timeline.beginning_at(began)).build().unwrap();
        Self { goodput: Arc::new(goodput), hand }
    }

    /// Lets all hours go by, each with so many good and bad events at its beginning.
    pub(crate) fn hours(self, events: impl Fn(u32) -> (u64, u64)) -> Self {
        for hour in 0..HOURS {
            let (good, bad) = events(hour);
            (0..good).for_each(|_| self.goodput.work("/checkout").good());
            (0..bad).for_each(|_| self.goodput.work("/checkout").bad("broken"));
            for _ in 0..6 {
                self.hand.advance(TICK);
                self.goodput.tick(self.hand.now());
            }
        }
        self
    }

    /// The address of its status.
    pub(crate) fn serve(&self) -> String {
        let status = StatusService::new(Arc::clone(&self.goodput)).max_age(Duration::ZERO);
        format!("http://{}/slo/status", serve(Router::new().nest_service("/slo", status)))
    }
}

/// Two SLOs over a day.
pub(crate) fn definition(single_instance: bool) -> Definition {
    let mut definition = Definition::new("checkout");
    definition.single_instance = single_instance;
    let day = Period::days(1).unwrap();
    definition.slos.push(Slo::availability("ok", "99%").period(day));
    definition.slos.push(Slo::availability("strict", "99.9%").period(day));
    definition
}

/// An instance, declared the only one, of whose events so many of 1,000 were bad.
pub(crate) fn single(bad_in_1000: u64) -> Instance {
    let mut definition = definition(true);
    definition.slos.truncate(1);
    Instance::new(definition).hours(|_| (1_000 - bad_in_1000, bad_in_1000))
}

/// Serves a router until the test process ends.
pub(crate) fn serve(router: Router) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await.unwrap();
        });
    });
    address
}
