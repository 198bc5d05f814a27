//! How often people are told: one outage is one episode, and a service on target hardly ever is one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "episodes/random.rs"]
mod random;

use std::time::Duration;

use goodput_core::{
    Audience, Cause, Counts, Definition, Goodput, GoodputBuilder, ManualTimeline, Role, Slo, SlotPlan, SlotTier,
    Subscription, Timeline, Turn, Window,
};
use random::Random;

const TICK: Duration = Duration::from_secs(10);
const HOUR: u64 = 360; // ticks
const DAY: u64 = 24 * HOUR;

/// A service as it is by default but for its clock, that is told to notify.
struct Service {
    goodput: Goodput,
    hand: ManualTimeline,
    news: Subscription,
    tick: Duration,
}

impl Service {
    fn new() -> Self {
        Self::with(|builder| builder, TICK)
    }

    fn with(adapt: impl FnOnce(GoodputBuilder) -> GoodputBuilder, tick: Duration) -> Self {
        let (timeline, hand) = Timeline::manual();
        let mut definition = Definition::new("shop");
        definition.role = Role::Notify;
        definition.slos.push(Slo::custom("orders-ok", "99.9%"));
        let goodput = adapt(Goodput::builder("shop").definition(definition).timeline(timeline)).build().unwrap();
        let news = goodput.subscribe(100_000);
        Self { goodput, hand, news, tick }
    }

    fn tick(&self, good: u64, bad: u64) {
        self.hand.advance(self.tick);
        self.goodput.work("orders").add(Counts { good, bad, excluded: 0 });
        self.goodput.tick(self.hand.now());
    }

    /// Random arrivals for so many ticks.
    fn pass(&self, random: &mut Random, ticks: u64, per_second: f64, errors: f64) {
        let mean = per_second * self.tick.as_secs_f64();
        for _ in 0..ticks {
            let bad = random.poisson(mean * errors);
            self.tick(random.poisson(mean * (1.0 - errors)), bad);
        }
    }

    /// What fired, in words, and whether anybody heard of it.
    fn fired(&self) -> Vec<(Cause, bool)> {
        let mut fired = Vec::new();
        while let Some(transition) = self.news.try_recv() {
            let told = transition.notifies && transition.alert.audience > Audience::Nobody;
            match transition.change {
                Turn::Fired => fired.push((transition.alert.cause, told)),
                Turn::Emerged if told => fired.push((transition.alert.cause, told)),
                _ => {}
            }
        }
        assert_eq!(self.news.lost(), 0);
        fired
    }
}

/// How often the row of this long window fired.
fn episodes(fired: &[(Cause, bool)], long: Window) -> usize {
    let of = |cause: &Cause| matches!(cause, Cause::Row(row) if row.long() == long);
    fired.iter().filter(|(cause, _)| of(cause)).count()
}

#[test]
fn three_hours_of_outage_at_ten_requests_an_hour_are_one_episode() {
    // One every six minutes, at any second of them: five minutes are silent between any two.
    for phase in [0, 7, 35] {
        let service = Service::new();
        let evenly = |ticks: u64, bad: bool| {
            for tick in 0..ticks {
                let comes = u64::from(tick % 36 == phase);
                service.tick(comes * u64::from(!bad), comes * u64::from(bad));
            }
        };
        evenly(3 * DAY, false);
        assert_eq!(service.fired(), [], "phase {phase}");
        evenly(3 * HOUR, true);
        evenly(3 * DAY, false);
        let fired = service.fired();
        assert_eq!(episodes(&fired, Window::H1), 1, "phase {phase}: {fired:?}");
        assert_eq!(episodes(&fired, Window::H6), 1, "phase {phase}: {fired:?}");
    }
}

#[test]
fn the_same_outage_with_random_arrivals_is_one_episode() {
    for seed in 0..20 {
        let (service, mut random) = (Service::new(), Random::new(seed));
        service.pass(&mut random, DAY, 10.0 / 3_600.0, 0.0);
        service.pass(&mut random, 3 * HOUR, 10.0 / 3_600.0, 1.0);
        service.pass(&mut random, DAY, 10.0 / 3_600.0, 0.0);
        let fired = service.fired();
        assert_eq!(episodes(&fired, Window::H1), 1, "seed {seed}: {fired:?}");
    }
}

#[test]
fn errors_just_above_the_threshold_for_four_hours_are_three_episodes_at_most() {
    let mut most = 0;
    for seed in 0..20 {
        let (service, mut random) = (Service::new(), Random::new(seed));
        service.pass(&mut random, DAY, 2.0, 0.0);
        service.pass(&mut random, 4 * HOUR, 2.0, 0.016);
        service.pass(&mut random, DAY / 4, 2.0, 0.0);
        let found = episodes(&service.fired(), Window::H1);
        assert!(found <= 3, "seed {seed}: {found} episodes");
        most = most.max(found);
    }
    assert!(most >= 1, "nothing ever fired");
}

/// Whether one a second comes to all of them together or to each: what a rule over the whole fleet would know, one process cannot. So
/// people hear only of what would be a page. A row of factor 1 is exactly what such a service burns, and fires half of the time.
#[test]
fn twenty_replicas_exactly_on_target_notify_at_most_twice_in_thirty_days() {
    // Minutes are enough: the windows are hours. They are a sixth of the ticks.
    const MINUTE: Duration = Duration::from_secs(60);
    const MONTH: u64 = 30 * 1_440;
    let slots = SlotPlan::new(vec![tier(60, 6), tier(15 * 60, 72), tier(2 * 3_600, 720)]).unwrap();
    for (seed, rate) in [(0, 1.0 / 20.0), (1, 1.0 / 20.0), (2, 1.0)] {
        let (mut fired, mut told) = (0, Vec::new());
        for replica in 0..20 {
            let service = Service::with(|builder| builder.slots(slots.clone()).tick_every(MINUTE), MINUTE);
            let mut random = Random::new(1_000 * seed + replica);
            service.pass(&mut random, MONTH, rate, 0.001);
            let episodes = service.fired();
            fired += episodes.len();
            told.extend(episodes.into_iter().filter(|(_, told)| *told).map(|(cause, _)| cause));
        }
        assert!(told.len() <= 2, "seed {seed}: {told:?}");
        // It is a service on the edge: its status says so all the while.
        assert!(fired > 20, "seed {seed}: {fired}");
    }
}

fn tier(width: u64, hours: u64) -> SlotTier {
    SlotTier { width: Duration::from_secs(width), span: Duration::from_secs(hours * 3_600) }
}
