//! Levels, the age of data, records that were to come and reads: what they count for, and for whom.
//!
//! Property: whatever is set, whenever ticks come and the machine sleeps, each slice is what a list of all that was said has it be.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_core::{
    Budgeting, Counts, Dataset, Flag, Goodput, GoodputBuilder, Journey, Level, ManualTimeline, Moment, Slo, SloStatus,
    Timeline, Verdict, Window,
};
use proptest::prelude::*;

struct House {
    goodput: Goodput,
    hand: ManualTimeline,
}

impl House {
    fn new(slos: impl IntoIterator<Item = Slo>) -> Self {
        let (timeline, hand) = Timeline::manual();
        let builder = Goodput::builder("values").timeline(timeline);
        Self { goodput: slos.into_iter().fold(builder, GoodputBuilder::slo).build().unwrap(), hand }
    }

    /// Ticks every 10 s.
    fn pass(&self, secs: u64) {
        for _ in 0..secs / 10 {
            self.hand.advance(Duration::from_secs(10));
            self.goodput.tick(self.hand.now());
        }
    }

    fn slo(&self, name: &str) -> SloStatus {
        self.goodput.status().slo(name).unwrap().clone()
    }

    /// Good, bad and unknown slices.
    fn slices(&self, name: &str) -> (u64, u64, u64) {
        let slo = self.slo(name);
        (slo.counts.good, slo.counts.bad, slo.slices.unwrap().unknown)
    }

    fn flags(&self) -> Vec<Flag> {
        self.goodput.status().flags
    }
}

fn pool_free() -> Slo {
    Slo::saturation("pool-free", "99%", "80%".parse().unwrap()).routes(["pool"])
}

fn prices_fresh() -> Slo {
    Slo::freshness("prices-fresh", "99%", Duration::from_secs(90)).routes(["prices"])
}

fn all_came() -> Slo {
    Slo::completeness("all-came", "99%").routes(["orders"])
}

fn read_fresh(millis: u64) -> Slo {
    let fresh = Slo::freshness(format!("read-{millis}"), "99%", Duration::from_millis(millis)).routes(["prices"]);
    fresh.budgeting(Budgeting::Occurrences)
}

#[test]
fn a_slice_is_saturated_by_its_highest_level_and_by_the_one_it_began_with() {
    let house = House::new([pool_free()]);
    let pool = house.goodput.level("pool");
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (0, 0, 1), "never set");
    pool.set(8, 10);
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (1, 0, 1), "as much as it may be");
    pool.set(81, 100);
    pool.set(1, 100);
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (1, 1, 1), "for a moment");
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (2, 1, 1), "and no longer");
    house.pass(30);
    pool.set(9, 10);
    house.pass(30);
    pool.set(1, 10);
    assert_eq!(house.slices("pool-free"), (2, 2, 1));
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (2, 3, 1), "it began so");
    house.pass(60);
    assert_eq!(house.slices("pool-free"), (3, 3, 1));
}

#[test]
fn several_slos_see_the_same_level_each_in_slices_of_its_own() {
    let slices = |name: &str, at_most: &str, secs| {
        let slice = Window::from_secs(secs).unwrap();
        let slo = Slo::saturation(name, "99%", at_most.parse().unwrap()).routes(["pool"]);
        slo.budgeting(Budgeting::Timeslices { slice, target: None })
    };
    let house = House::new([slices("short", "50%", 10), slices("long", "50%", 60), slices("lax", "90%", 60)]);
    let pool = house.goodput.level("pool");
    pool.set(1, 10);
    house.pass(20);
    pool.set(7, 10);
    house.pass(10);
    pool.set(1, 10);
    house.pass(30);
    assert_eq!(house.slices("short"), (4, 2, 0));
    assert_eq!((house.slices("long"), house.slices("lax")), ((0, 1, 0), (1, 0, 0)));
}

#[test]
fn data_is_as_old_as_it_was_said_to_be_and_gets_older() {
    let house = House::new([prices_fresh()]);
    let prices = house.goodput.dataset("prices");
    prices.refreshed(Duration::from_secs(30));
    house.pass(60);
    assert_eq!(house.slices("prices-fresh"), (1, 0, 0), "exactly 90 s old");
    house.pass(60);
    assert_eq!(house.slices("prices-fresh"), (1, 1, 0));
    house.pass(50);
    prices.refreshed(Duration::ZERO);
    house.pass(10);
    assert_eq!(house.slices("prices-fresh"), (2, 1, 0), "at its end a slice is judged");
    let reasons = house.slo("prices-fresh").reasons;
    assert_eq!(reasons.iter().map(|reason| reason.verdict.to_string()).collect::<Vec<_>>(), ["bad (stale)"]);
}

#[test]
fn data_that_nobody_refreshed_is_unknown_while_it_may_be_fresh_and_stale_from_then_on() {
    let house = House::new([prices_fresh()]);
    for (secs, slices) in [(60, (0, 0, 1)), (60, (0, 1, 1)), (60, (0, 2, 1))] {
        house.pass(secs);
        assert_eq!(house.slices("prices-fresh"), slices);
    }
}

#[test]
fn of_several_things_one_that_is_bad_is_enough_and_all_have_to_be_known() {
    let house = House::new([
        Slo::saturation("pools-free", "99%", "80%".parse().unwrap()).routes(["red", "blue"]),
        Slo::freshness("all-fresh", "99%", Duration::from_secs(3_600)).routes(["red", "blue"]),
    ]);
    house.goodput.level("red").set(1, 10);
    house.goodput.dataset("red").refreshed(Duration::ZERO);
    house.pass(60);
    assert_eq!((house.slices("pools-free"), house.slices("all-fresh")), ((0, 0, 1), (0, 0, 1)));
    house.goodput.level("blue").set(1, 10);
    house.goodput.dataset("blue").refreshed(Duration::ZERO);
    house.pass(60);
    assert_eq!((house.slices("pools-free"), house.slices("all-fresh")), ((1, 0, 1), (1, 0, 1)));
    house.goodput.level("red").set(9, 10);
    house.goodput.dataset("red").refreshed(Duration::from_secs(3_600));
    house.pass(60);
    assert_eq!((house.slices("pools-free"), house.slices("all-fresh")), ((1, 1, 1), (1, 1, 1)));
}

#[test]
fn records_and_reads_are_events_that_only_their_own_slos_count() {
    let slos = [
        all_came(),
        read_fresh(1_000),
        Slo::availability("everything", "99%"),
        Slo::correctness("rows-right", "99%").routes(["orders"]),
        Slo::completeness("others-came", "99%").routes(["invoices"]),
    ];
    let house = House::new(slos);
    let (orders, prices) = (house.goodput.work("orders"), house.goodput.work("prices"));
    orders.arrived(7);
    orders.missing(2);
    orders.add_arrivals(10, 9);
    orders.add_arrivals(10, 12);
    orders.add_arrivals(0, 0);
    prices.read_at_age(Duration::from_secs(1));
    orders.bad("malformed");
    let counts = |name: &str| house.slo(name).counts;
    assert_eq!(counts("all-came"), Counts { good: 26, bad: 3, excluded: 0 });
    assert_eq!(counts("read-1000"), Counts { good: 1, bad: 0, excluded: 0 });
    assert_eq!(counts("everything"), Counts { good: 0, bad: 1, excluded: 0 });
    assert_eq!(counts("rows-right"), Counts { good: 0, bad: 1, excluded: 0 });
    assert_eq!(counts("others-came"), Counts::default());
    let reasons = house.slo("all-came").reasons;
    assert_eq!(
        reasons.iter().map(|r| (r.verdict.to_string(), r.count)).collect::<Vec<_>>(),
        [("bad (missing)".into(), 3)]
    );
    let status = house.goodput.status();
    let missing = status.route("completeness:orders").unwrap();
    assert_eq!(missing.errors.iter().map(|error| error.count).sum::<u64>(), missing.failures());
    assert!(
        !missing.is_own()
            && !status.route("reads:prices").unwrap().is_own()
            && status.route("orders").unwrap().is_own()
    );
    assert_eq!((status.in_flight, status.flags), (0, vec![]));
}

#[test]
fn a_read_is_fresh_to_the_nanosecond_for_each_slo_by_its_own_threshold() {
    let house = House::new([read_fresh(1), read_fresh(1_000)]);
    let prices = house.goodput.work("prices");
    let nano = Duration::from_nanos(1);
    for age in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(1), Duration::from_secs(400 * 86_400)] {
        prices.read_at_age(age);
        prices.read_at_age(age + nano);
    }
    let counts = |name: &str| (house.slo(name).counts.good, house.slo(name).counts.bad);
    assert_eq!((counts("read-1"), counts("read-1000")), ((3, 5), (5, 3)));
    let reasons = house.slo("read-1").reasons;
    assert_eq!(reasons.iter().map(|reason| reason.verdict.to_string()).collect::<Vec<_>>(), ["bad (stale)"]);
}

#[test]
fn the_routes_of_a_journey_are_those_of_its_slos() {
    let mut definition = goodput_core::Definition::new("journeys");
    let mut buying = Journey::new("buying");
    buying.routes = vec!["/cart".to_owned(), "/pay".to_owned()];
    definition.journeys = vec![buying];
    definition.slos = vec![Slo::availability("bought", "99%").journey("buying")];
    let goodput = Goodput::builder("journeys").definition(definition).build().unwrap();
    for (route, good) in [("/cart", 1), ("/pay", 2), ("/help", 2)] {
        goodput.work(route).good();
        assert_eq!(goodput.status().slo("bought").unwrap().counts.good, good, "{route}");
    }
}

#[test]
fn names_that_no_slo_looks_at_are_flagged_and_counted_nowhere() {
    let house = House::new([pool_free(), prices_fresh(), all_came(), Slo::availability("everything", "99%")]);
    let unknown = || {
        house.flags().into_iter().find_map(|flag| match flag {
            Flag::UnknownNames { first, times } => Some((first, times)),
            _ => None,
        })
    };
    house.goodput.level("pool").set(1, 2);
    house.goodput.dataset("prices").refreshed(Duration::ZERO);
    house.goodput.work("orders").arrived(1);
    assert_eq!(unknown(), None);
    house.goodput.level("prices").set(1, 2);
    assert_eq!(unknown(), Some(("prices".to_owned(), 1)));
    house.goodput.dataset("pool").refreshed(Duration::ZERO);
    house.goodput.work("pool").arrived(1);
    house.goodput.work("pool").missing(1);
    house.goodput.work("orders").read_at_age(Duration::ZERO);
    house.goodput.work(&"long".repeat(1_000)).arrived(1);
    assert_eq!(unknown(), Some(("prices".to_owned(), 6)));
    assert_eq!(house.slo("all-came").counts.total() + house.slo("everything").counts.total(), 1);
}

#[test]
fn values_that_nobody_sets_and_levels_that_are_none_are_flagged() {
    let house = House::new([pool_free(), prices_fresh()]);
    let pool = house.goodput.level("pool");
    house.pass(290);
    assert_eq!(house.flags(), []);
    house.pass(10);
    let nothing = |slo: &str, name: &str| Flag::NothingSet { slo: slo.to_owned(), names: vec![name.to_owned()] };
    assert_eq!(house.flags(), [nothing("pool-free", "pool"), nothing("prices-fresh", "prices")]);
    pool.set_share(f64::NAN);
    pool.set(0, 0);
    assert_eq!(house.flags()[2..], [Flag::LevelsRefused { times: 2 }]);
    pool.set(0, 1);
    house.goodput.dataset("prices").refreshed(Duration::ZERO);
    assert_eq!(house.flags(), [Flag::LevelsRefused { times: 2 }]);
}

#[test]
fn of_several_values_those_that_nobody_sets_are_flagged() {
    let house = House::new([
        Slo::saturation("pools-free", "99%", "80%".parse().unwrap()).routes(["red", "blue"]),
        Slo::freshness("all-fresh", "99%", Duration::from_secs(3_600)).routes(["red", "blue"]),
    ]);
    house.goodput.level("red").set(1, 10);
    house.goodput.dataset("blue").refreshed(Duration::ZERO);
    house.pass(300);
    let nothing = |slo: &str, name: &str| Flag::NothingSet { slo: slo.to_owned(), names: vec![name.to_owned()] };
    assert_eq!(house.slices("pools-free"), (0, 0, 5), "nobody knows");
    assert_eq!(house.flags(), [nothing("pools-free", "blue"), nothing("all-fresh", "red")]);
    house.goodput.level("blue").set(0, 10);
    house.goodput.dataset("red").refreshed(Duration::ZERO);
    assert_eq!(house.flags(), []);
}

#[test]
fn only_what_the_code_said_counts_for_a_custom_slo() {
    let house = House::new([Slo::custom("said", "99%")]);
    let work = house.goodput.work("work");
    work.start().finish(Verdict::Good);
    work.start().finish(Verdict::bad("wrong"));
    drop(work.start());
    work.good();
    work.bad("wrong");
    work.excluded("duplicate");
    let slo = house.slo("said");
    assert_eq!(slo.counts, Counts { good: 2, bad: 2, excluded: 2 });
    assert_eq!(slo.reasons.iter().filter(|reason| reason.verdict == Verdict::excluded("unsaid")).count(), 1);
}

#[test]
fn handles_may_be_kept_anywhere() {
    fn anywhere<T: Clone + Send + Sync + 'static>() {}
    anywhere::<Level>();
    anywhere::<Dataset>();
    let (level, data) = {
        let house = House::new([pool_free(), prices_fresh()]);
        (house.goodput.level("pool"), house.goodput.dataset("prices"))
    };
    level.set(1, 2);
    data.refreshed(Duration::ZERO);
}

/// What happened, one after the other. The names are two.
#[derive(Clone, Debug)]
enum Step {
    Wait { millis: u64, asleep: bool },
    Tick,
    Level { name: usize, percent: u64 },
    Refreshed { name: usize, millis: u64 },
}

const NAMES: [&str; 2] = ["red", "blue"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wait = |millis, asleep| Step::Wait { millis, asleep };
    let level = |(name, percent)| vec![Step::Level { name, percent }];
    let refreshed = |(name, millis)| vec![Step::Refreshed { name, millis }];
    let step = prop_oneof![
        8 => Just(vec![wait(10_000, false), Step::Tick]),
        3 => (9_000_u64..11_000).prop_map(move |millis| vec![wait(millis, false), Step::Tick]),
        1 => (1_u64..200_000, any::<bool>()).prop_map(move |(millis, asleep)| vec![wait(millis, asleep)]),
        1 => Just(vec![Step::Tick]),
        4 => (0..2_usize, 78_u64..84).prop_map(level),
        2 => (0..2_usize, 0_u64..90).prop_map(level),
        2 => (0..2_usize, 0_u64..100_000).prop_map(refreshed),
        2 => (0..2_usize, (0_u64..10).prop_map(|fives| fives * 5_000)).prop_map(refreshed),
    ];
    prop::collection::vec(step, 1..150).prop_map(|steps| steps.into_iter().flatten().collect())
}

/// All steps with the moment of each, and at which of them there was a tick; the first one stands for the beginning.
struct Told {
    steps: Vec<(Moment, Step)>,
    ticks: Vec<(usize, Moment)>,
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

impl Told {
    /// Good, bad and unknown slices of so many milliseconds, by looking each of them up. `judge` is given the ticks it lies between.
    fn slices(&self, slice: u64, judge: impl Fn((usize, Moment), (usize, Moment)) -> Option<bool>) -> (u64, u64, u64) {
        let (mut good, mut bad, mut unknown) = (0, 0, 0);
        let first_from = |time| self.ticks.iter().find(|(_, at)| millis(at.since_origin()) >= time);
        for begins in (0..).step_by(usize::try_from(slice).unwrap()) {
            let (Some(from), Some(to)) = (first_from(begins), first_from(begins + slice)) else { break };
            let asleep = |at: Moment| millis(at.since_origin()) - millis(at.awake());
            let unseen = millis(from.1.since_origin()) - begins + asleep(to.1) - asleep(from.1);
            let late = millis(to.1.since_origin()) - begins - slice;
            match judge(*from, *to).filter(|_| unseen.max(late) * 10 <= slice) {
                None => unknown += 1,
                Some(true) => good += 1,
                Some(false) => bad += 1,
            }
        }
        (good, bad, unknown)
    }

    /// Whether the level was at most 80 % from one tick to the other.
    fn was_free(&self, name: usize, from: usize, to: usize) -> Option<bool> {
        let level = |(_, step): &(Moment, Step)| match step {
            Step::Level { name: of, percent } if *of == name => Some(*percent),
            _ => None,
        };
        let begun_with = self.steps.iter().take(from).rev().find_map(level);
        let highest = self.steps.iter().take(to).skip(from).filter_map(level).max();
        Some(begun_with.max(highest)? <= 80)
    }

    /// Whether the data was at most 45 s old at a tick.
    fn was_fresh(&self, name: usize, (to, at): (usize, Moment)) -> Option<bool> {
        let now = millis(at.since_origin());
        let newest = self.steps.iter().take(to).rev().find_map(|(said, step)| match step {
            Step::Refreshed { name: of, millis: age } if *of == name => Some(now + age - millis(said.since_origin())),
            _ => None,
        });
        newest.map_or((now > 45_000).then_some(false), |age| Some(age <= 45_000))
    }
}

/// Of two things: bad if one is, good if both are.
fn both(red: Option<bool>, blue: Option<bool>) -> Option<bool> {
    if red == Some(false) || blue == Some(false) { Some(false) } else { red.and(blue) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn slices_of_values_never_differ_from_a_list_of_all_that_was_said(steps in steps()) {
        let slices = |secs| Budgeting::Timeslices { slice: Window::from_secs(secs).unwrap(), target: None };
        let free = |name: &str, secs, names: &[&str]| {
            let slo = Slo::saturation(name, "99%", "80%".parse().unwrap());
            slo.routes(names.iter().copied()).budgeting(slices(secs))
        };
        let fresh = |name: &str, secs, names: &[&str]| {
            let slo = Slo::freshness(name, "99%", Duration::from_secs(45));
            slo.routes(names.iter().copied()).budgeting(slices(secs))
        };
        let house = House::new([
            free("red-free", 20, &["red"]),
            free("both-free", 60, &NAMES),
            fresh("blue-fresh", 10, &["blue"]),
            fresh("both-fresh", 60, &NAMES),
        ]);
        let mut told = Told { steps: Vec::new(), ticks: vec![(0, Moment::default())] };
        for step in steps {
            match step {
                Step::Wait { millis, asleep: true } => house.hand.suspend(Duration::from_millis(millis)),
                Step::Wait { millis, asleep: false } => house.hand.advance(Duration::from_millis(millis)),
                Step::Tick => {
                    house.goodput.tick(house.hand.now());
                    told.ticks.push((told.steps.len(), house.hand.now()));
                }
                Step::Level { name, percent } => house.goodput.level(NAMES[name]).set(percent, 100),
                Step::Refreshed { name, millis } => {
                    house.goodput.dataset(NAMES[name]).refreshed(Duration::from_millis(millis));
                }
            }
            told.steps.push((house.hand.now(), step));
        }
        let free = |name| { let told = &told; move |from: (usize, Moment), to: (usize, Moment)| told.was_free(name, from.0, to.0) };
        let fresh = |name| { let told = &told; move |_: (usize, Moment), to| told.was_fresh(name, to) };
        prop_assert_eq!(house.slices("red-free"), told.slices(20_000, free(0)));
        prop_assert_eq!(house.slices("both-free"), told.slices(60_000, |from, to| both(free(0)(from, to), free(1)(from, to))));
        prop_assert_eq!(house.slices("blue-fresh"), told.slices(10_000, fresh(1)));
        prop_assert_eq!(house.slices("both-fresh"), told.slices(60_000, |from, to| both(fresh(0)(from, to), fresh(1)(from, to))));
    }
}
