//! When alerts fire and are resolved, by a clock moved by hand: every row at every share of errors of the SRE Workbook's chapter 5,
//! to the tick on the dense plan, and on the default plan within what its coarse far edges can cost.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_core::{
    AlertRow, Cause, Counts, Goodput, ManualTimeline, MinBad, Objective, Period, Position, Severity, Slo, SlotPlan,
    Subscription, Timeline, Trigger, Turn, Window,
};

/// Factor in thousandths, and long window; the short one is a twelfth of it.
const ROWS: [(u64, Window); 4] = [(14_400, Window::H1), (6_000, Window::H6), (3_000, Window::D1), (1_000, Window::D3)];

const OBJECTIVES: [&str; 3] = ["99.9%", "99%", "99.99%"];

/// Milliseconds from a clean history until each of [`ROWS`] is reached at 99.9 %, by error ratio in thousandths.
const DETECTION: [(u64, [Option<u64>; 4]); 10] = [
    (1_000, [Some(51_840), Some(129_600), Some(259_200), Some(259_200)]),
    (500, [Some(103_680), Some(259_200), Some(518_400), Some(518_400)]),
    (150, [Some(345_600), Some(864_000), Some(1_728_000), Some(1_728_000)]),
    (100, [Some(518_400), Some(1_296_000), Some(2_592_000), Some(2_592_000)]),
    (50, [Some(1_036_800), Some(2_592_000), Some(5_184_000), Some(5_184_000)]),
    (20, [Some(2_592_000), Some(6_480_000), Some(12_960_000), Some(12_960_000)]),
    (10, [None, Some(12_960_000), Some(25_920_000), Some(25_920_000)]),
    (5, [None, None, Some(51_840_000), Some(51_840_000)]),
    (2, [None, None, None, Some(129_600_000)]),
    (1, [None, None, None, None]), // exactly at the threshold of the last
];

// ------------------------------------------------------------------------------------------------ what is expected

/// What errors of a share have to last until a row is reached: a fraction of milliseconds, so that no rounding decides a tick.
#[derive(Clone, Copy, Debug)]
struct Reached {
    num: u64,
    den: u64,
    long: Window,
}

impl Reached {
    /// `(1 - objective) / errors x long window x factor`; nothing if that does not fit the window.
    fn of(objective: Objective, (factor, long): (u64, Window), permille: u64) -> Option<Self> {
        let num = u64::from(objective.bad_ppb()) * factor * u64::from(long.secs());
        let reached = Self { num, den: 1_000_000 * permille, long };
        (num < reached.den * millis(long)).then_some(reached)
    }

    fn short(&self) -> Window {
        twelfth(self.long)
    }

    /// The first tick at which it is exceeded: at the very moment it is only reached.
    fn fires_at(&self, tick: u64) -> u64 {
        self.num / (self.den * tick) + 1
    }

    /// The first tick after the errors at which the short window is at the threshold again, or below it.
    fn lets_go_at(&self, tick: u64) -> u64 {
        (12 * self.den * millis(self.short()) - self.num).div_ceil(12 * self.den * tick)
    }

    /// As [`fires_at`](Self::fires_at), in milliseconds: at the earliest, and at the latest where windows reach back by up to `gap`
    /// milliseconds more. `r T / (W + g) > b e` is `T > t (1 + g / W)`; a tick may have passed by just before.
    fn fires_within(&self, gap: u64, tick: u64) -> (u64, u64) {
        let time = self.num / self.den;
        (time, time + time * gap / millis(self.long) + 1 + tick)
    }

    /// Likewise after the errors: `r (V + g - T) / (V + g) <= b e` is `T >= (V + g) (1 - b e / r)`.
    fn lets_go_within(&self, gap: u64, tick: u64) -> (u64, u64) {
        let short = millis(self.short());
        let time = short - self.num.div_ceil(12 * self.den);
        (time, time + time * gap / short + 1 + tick)
    }
}

fn millis(window: Window) -> u64 {
    u64::from(window.secs()) * 1_000
}

fn twelfth(window: Window) -> Window {
    Window::from_secs(window.secs() / 12).unwrap()
}

#[test]
fn the_expected_times_are_the_published_ones() {
    for (permille, times) in DETECTION {
        for (row, time) in ROWS.into_iter().zip(times) {
            let reached = Reached::of("99.9%".parse().unwrap(), row, permille);
            assert_eq!(reached.map(|reached| reached.num / reached.den), time, "{permille} per mille, {row:?}");
        }
    }
}

// ------------------------------------------------------------------------------------------------ the engine

/// A service with one SLO for each row, whose alerts end with their conditions.
struct Service {
    goodput: Goodput,
    hand: ManualTimeline,
    news: Subscription,
    tick: Duration,
    began: Duration,
}

/// So many events at each tick that every share of errors is a whole number of them.
const EVENTS: u64 = 100_000;

impl Service {
    fn new(objective: &str, rows: &[(u64, Window)], plan: SlotPlan, tick: Duration) -> Self {
        let (timeline, hand) = Timeline::manual();
        let mut builder = Goodput::builder("shop").timeline(timeline).slots(plan).tick_every(tick);
        for (factor, long) in rows {
            let trigger = Trigger::Factor { milli: u32::try_from(*factor).unwrap() };
            let row = AlertRow::new(Severity::Page, *long, twelfth(*long), trigger);
            let slo = Slo::custom(long.to_string(), objective).min_bad(MinBad::AtLeast(1));
            builder = builder.slo(slo.alert(row).keep_firing(Duration::ZERO));
        }
        let goodput = builder.build().unwrap();
        let news = goodput.subscribe(1_000);
        Self { goodput, hand, news, tick, began: Duration::ZERO }
    }

    fn dense(objective: &str, row: (u64, Window), tick: Duration) -> Self {
        Self::new(objective, &[row], SlotPlan::dense(tick, Period::D30).unwrap(), tick)
    }

    /// Lets so many ticks pass with this share of errors.
    fn pass(&self, ticks: u64, permille: u64) {
        let work = self.goodput.work("orders");
        let bad = EVENTS * permille / 1_000;
        for _ in 0..ticks {
            self.hand.advance(self.tick);
            work.add(Counts { good: EVENTS - bad, bad, excluded: 0 });
            self.goodput.tick(self.hand.now());
        }
    }

    /// From here on times are counted anew.
    fn begin(&mut self) {
        self.began = self.hand.now().since_origin();
    }

    /// What happened to alert rows since it was asked last, with the time since [`begin`](Self::begin) in milliseconds.
    fn told(&self) -> Vec<(String, Turn, u64)> {
        let mut told = Vec::new();
        while let Some(transition) = self.news.try_recv() {
            if let Cause::Row(_) = transition.alert.cause {
                let at = u64::try_from(transition.at.since_origin().saturating_sub(self.began).as_millis()).unwrap();
                told.push((transition.alert.slo.clone(), transition.change, at));
            }
        }
        assert_eq!(self.news.lost(), 0);
        told
    }
}

/// The one time at which something of this kind happened to the SLO; nothing if it never did.
fn once(told: &[(String, Turn, u64)], slo: Window, fired: bool) -> Option<u64> {
    let times = told.iter().filter(|(name, change, _)| *name == slo.to_string() && (*change == Turn::Fired) == fired);
    let times: Vec<u64> = times.map(|(.., at)| *at).collect();
    assert!(times.len() <= 1, "{slo}: {told:?}");
    times.first().copied()
}

#[test]
fn every_row_fires_and_lets_go_at_the_expected_tick_on_the_dense_plan() {
    for objective in OBJECTIVES {
        for row in ROWS {
            // An hour and three days alike are 3,600 ticks.
            let tick = row.1.duration() / 3_600;
            let tick_millis = u64::try_from(tick.as_millis()).unwrap();
            for (permille, _) in DETECTION {
                let what = format!("{objective}, {row:?}, {permille} per mille");
                let mut service = Service::dense(objective, row, tick);
                service.pass(3_601, 0);
                service.begin();
                let Some(reached) = Reached::of(objective.parse().unwrap(), row, permille) else {
                    service.pass(4_000, permille);
                    assert_eq!(service.told(), [], "{what}");
                    continue;
                };
                let fires = reached.fires_at(tick_millis);
                // Until the short window holds nothing else.
                let lasting = (fires + 300).max(600);
                service.pass(lasting, permille);
                assert_eq!(once(&service.told(), row.1, true), Some(fires * tick_millis), "{what}");
                service.begin();
                service.pass(301, 0);
                let lets_go = reached.lets_go_at(tick_millis);
                assert_eq!(once(&service.told(), row.1, false), Some(lets_go * tick_millis), "{what}");
            }
        }
    }
}

#[test]
fn every_row_fires_and_lets_go_on_the_default_plan_within_what_its_far_edges_cost() {
    const TICK: u64 = 10_000;
    const DAY: u64 = 8_640; // ticks
    let plan = SlotPlan::standard(Period::D30);
    // The far edge is the newest mark before it, and those are a slot's width and a tick apart at most.
    let gap = |window: Window| {
        let tier = plan.tiers().iter().find(|tier| tier.span >= window.duration()).unwrap();
        u64::try_from(tier.width.as_millis()).unwrap() + TICK
    };
    for objective in OBJECTIVES {
        for (permille, _) in DETECTION {
            let mut service = Service::new(objective, &ROWS, plan.clone(), Duration::from_millis(TICK));
            // The outage begins in the midst of every slot but the finest.
            service.pass(3 * DAY + 47, 0);
            service.begin();
            let reached = ROWS.map(|row| Reached::of(objective.parse().unwrap(), row, permille));
            let longest = reached.iter().flatten().map(|reached| reached.fires_within(gap(reached.long), TICK).1).max();
            // At least as long as the longest short window, which is to hold nothing else.
            let lasting = longest.unwrap_or(0).max(millis(Window::H6) + gap(Window::H6)) / TICK + 1;
            service.pass(lasting, permille);
            let fired = service.told();
            service.begin();
            service.pass(DAY / 4 + 180, 0);
            let resolved = service.told();
            for (row, reached) in ROWS.into_iter().zip(reached) {
                let what = format!("{objective}, {row:?}, {permille} per mille");
                let (Some(reached), long) = (reached, row.1) else {
                    assert_eq!((once(&fired, row.1, true), once(&resolved, row.1, false)), (None, None), "{what}");
                    continue;
                };
                let within = |time: Option<u64>, (first, last): (u64, u64)| {
                    assert!(
                        time.is_some_and(|time| (first..=last).contains(&time)),
                        "{what}: {time:?}, not {first} to {last}"
                    );
                };
                within(once(&fired, long, true), reached.fires_within(gap(long), TICK));
                within(once(&resolved, long, false), reached.lets_go_within(gap(reached.short()), TICK));
            }
        }
    }
}

// ------------------------------------------------------------------------------------------------ figure 5-6

/// 15 % errors for ten minutes. Seconds after their beginning at which the page 1h/5m at 14.4x comes to a position.
const FIGURE_5_6: [(u64, Position); 5] = [
    (0, Position::Acceptable),
    (29, Position::Increasing),    // the short window, after 28.8 s; the book: immediately
    (346, Position::Firing),       // the long one, after 345.6 s; the book: 5 minutes
    (872, Position::Recovering),   // the short one, 271.2 s after the end; the book: 5 minutes
    (3_855, Position::Acceptable), // the long one, 3,254.4 s after the end; the book: 60 minutes
];

#[test]
fn fifteen_percent_errors_for_ten_minutes_walk_through_every_position_as_figure_5_6_has_it() {
    let mut service = Service::dense("99.9%", ROWS[0], Duration::from_secs(1));
    service.pass(3_601, 0);
    service.begin();
    let mut walked = vec![(0, position(&service))];
    for second in 1..=4_000 {
        service.pass(1, if second <= 600 { 150 } else { 0 });
        let found = position(&service);
        if walked.last().is_some_and(|(_, last)| *last != found) {
            walked.push((second, found));
        }
    }
    assert_eq!(walked, FIGURE_5_6);
    let times: Vec<_> = service.told().into_iter().map(|(_, _, at)| at).collect();
    assert_eq!(times, [346_000, 872_000]);
}

fn position(service: &Service) -> Position {
    service.goodput.status().slos[0].conditions[0].now.position
}
