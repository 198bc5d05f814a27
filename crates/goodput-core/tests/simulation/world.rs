//! One seed: a service of some SLOs that lives for 90 days through everything that may happen to a process, and is asked about it.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use goodput_core::{
    AlertRow, Case, Cause, Counts, Definition, Flag, Goodput, ManualTimeline, Memory, Period, Severity, Slo, SlotPlan,
    SlotTier, Subscription, Timeline, Transition, Trigger, Window,
};

use super::beside::{self, Beside, Differs, Told};
use super::check;
use super::clock::written_at;
use super::dice::Dice;
use super::model::{AlertOf, MOST, Model, Saved, Totals, Worth};

const SERVICE: &str = "simulated";
/// Some Tuesday in 2026.
const WALL: Duration = Duration::from_secs(1_770_000_000);
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What a seed came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Story {
    /// Everything that was told, in its order.
    pub(crate) told: Vec<String>,
    pub(crate) restarts: u64,
    pub(crate) crashes: u64,
    pub(crate) sleeps: u64,
    pub(crate) damaged: u64,
    pub(crate) from_the_future: u64,
    pub(crate) too_old: u64,
    pub(crate) checks: u64,
    pub(crate) restarted_beside: u64,
    /// Of rows, while others with more bad or more good events lived beside it.
    pub(crate) first_alerts: u64,
}

/// What the traffic is like for a while.
#[derive(Clone, Copy)]
enum Weather {
    Fine,
    Leaking,
    Outage,
    Silent,
    ExcludedOnly,
}

struct World {
    seed: u64,
    dice: Dice,
    definition: Definition,
    routes: Vec<&'static str>,
    longest: Duration,
    tick_every: Duration,
    plan: SlotPlan,
    weather: Weather,
    goodput: Goodput,
    hand: ManualTimeline,
    news: Subscription,
    /// What a clock on the wall showed at the timeline's origin, set since to what it shows there now.
    began: Duration,
    model: Model,
    /// What all of the past came to, whoever remembers it.
    truth: Totals,
    disk: Option<OnDisk>,
    beside: Vec<Beside>,
    /// Which rows have fired since those with other events began.
    fired: BTreeSet<AlertOf>,
    /// What it said when it was looked at lately.
    cases: VecDeque<Case>,
    story: Story,
}

/// A memory that was written, and what was true then.
struct OnDisk {
    bytes: Vec<u8>,
    saved: Saved,
    totals: Totals,
    truth: Totals,
}

/// Lives through so many days.
pub(crate) fn live(seed: u64, days: u64) -> Story {
    let mut world = World::new(seed);
    let mut left = Duration::from_secs(days * DAY);
    while !left.is_zero() {
        left = left.saturating_sub(world.step());
    }
    world.story
}

fn service(dice: &mut Dice) -> (Definition, Vec<&'static str>) {
    let mut definition = Definition::new(SERVICE);
    definition.max_routes = 4; // a tick looks at all there may be
    let mut routes = Vec::new();
    for name in ["one", "two", "three"].into_iter().take(usize::try_from(dice.within(1, MOST as u64 + 1)).unwrap()) {
        let route = dice.pick(&["/orders", "/pay"]);
        let period = if dice.one_in(2) { Period::D30 } else { Period::D7 };
        let objective = dice.pick(&["90%", "95%", "99%", "99.9%"]);
        let mut slo = Slo::availability(name, objective).routes([route]).period(period);
        if dice.one_in(2) {
            let milli = u32::try_from(dice.within(1_000, 8_000)).unwrap();
            let (long, short) =
                dice.pick(&[(Window::H1, Window::M5), (Window::H2, Window::M30), (Window::H6, Window::H1)]);
            slo = slo.alert(AlertRow::new(Severity::Page, long, short, Trigger::Factor { milli }));
            slo = slo.alert(AlertRow::new(Severity::Ticket, Window::D3, Window::H6, Trigger::Factor { milli: 1_000 }));
        }
        definition.slos.push(slo);
        routes.push(route);
    }
    (definition, routes)
}

fn start(
    world: (&Definition, &SlotPlan, Duration),
    wall: Duration,
    memory: Option<Memory>,
) -> (Goodput, ManualTimeline) {
    let (definition, plan, tick_every) = world;
    let (timeline, hand) = Timeline::manual();
    let goodput = Goodput::builder(SERVICE)
        .definition(definition.clone())
        .timeline(timeline.beginning_at(SystemTime::UNIX_EPOCH + wall))
        .slots(plan.clone())
        .tick_every(tick_every)
        .remember(memory)
        .build()
        .unwrap();
    (goodput, hand)
}

fn say(told: &Transition) -> String {
    let (at, slo, cause) = (told.at.since_origin(), &told.alert.slo, &told.alert.cause);
    format!("{} {at:?} {slo} {cause} {:?} {} {:?}", told.number, told.change, told.notifies, told.alert.episode)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let (definition, routes) = service(&mut dice);
        let longest = definition.slos.iter().map(|slo| slo.judged_over().window().duration()).max().unwrap();
        let tick_every = dice.secs(10 * MINUTE, 30 * MINUTE);
        let tier = |width: u64, span| SlotTier { width: Duration::from_secs(width), span };
        let plan = SlotPlan::new(vec![
            tier(30 * MINUTE, Duration::from_secs(6 * HOUR)),
            tier(2 * HOUR, Duration::from_secs(3 * DAY)),
            tier(6 * HOUR, longest),
        ])
        .unwrap();
        let (goodput, hand) = start((&definition, &plan, tick_every), WALL, None);
        let news = goodput.subscribe(10_000);
        let mut world = Self {
            seed,
            dice,
            definition,
            routes,
            longest,
            tick_every,
            plan,
            weather: Weather::Fine,
            goodput,
            hand,
            news,
            began: WALL,
            model: Model::beginning(WALL),
            truth: Totals::default(),
            disk: None,
            beside: Vec::new(),
            fired: BTreeSet::new(),
            cases: VecDeque::new(),
            story: Story::default(),
        };
        world.put_others_beside();
        world
    }

    /// Two begin together with the one of the story.
    fn put_others_beside(&mut self) {
        self.fired.clear();
        for differs in [Differs::MoreBad, Differs::MoreGood] {
            self.beside.push(Beside::new(differs, self.start(self.began, None)));
        }
    }

    fn start(&self, wall: Duration, memory: Option<Memory>) -> (Goodput, ManualTimeline) {
        start((&self.definition, &self.plan, self.tick_every), wall, memory)
    }

    fn wall(&self) -> Duration {
        self.began + self.hand.now().since_origin()
    }

    fn when(&self) -> String {
        format!("seed {} at {:?}, wall {:?}", self.seed, self.model.now, self.wall())
    }

    fn pass(&mut self, time: Duration) {
        self.hand.advance(time);
        self.beside.iter().for_each(|other| other.pass(time));
        self.model.pass(time);
    }

    /// To the next tick, and whatever happens around it. Says how much of the 90 days it took.
    fn step(&mut self) -> Duration {
        let before = self.hand.now().since_origin();
        if self.dice.one_in(40) {
            let weathers = [
                Weather::Fine,
                Weather::Fine,
                Weather::Leaking,
                Weather::Outage,
                Weather::Silent,
                Weather::ExcludedOnly,
            ];
            self.weather = self.dice.pick(&weathers);
        }
        let late = if self.dice.one_in(50) { self.dice.within(2, 30) } else { 1 };
        let until = self.tick_every * u32::try_from(late).unwrap();
        // Events come after the last tick, and sometimes right at the next one.
        let first = if self.dice.one_in(20) { until } else { self.dice.secs(1, until.as_secs()) };
        self.pass(first);
        self.traffic();
        if self.dice.one_in(150) {
            let asleep = self.dice.secs(1, 12 * HOUR);
            self.hand.suspend(asleep);
            self.beside.iter().for_each(|other| other.sleep(asleep));
            self.model.sleep(asleep);
            self.story.sleeps += 1;
        }
        if self.dice.one_in(200) {
            self.look(false);
        }
        self.pass(until.saturating_sub(first));
        self.tick();
        let lived = self.hand.now().since_origin() - before;
        if self.dice.one_in(500) {
            self.set_the_clock();
        }
        if self.dice.one_in(10) {
            self.save();
        }
        if self.dice.one_in(100) {
            self.restart_beside();
        }
        lived + if self.dice.one_in(150) { self.end() } else { Duration::ZERO }
    }

    fn traffic(&mut self) {
        let mut by_route = [("/orders", Counts::default()), ("/pay", Counts::default())];
        for (_, counts) in &mut by_route {
            let some = self.dice.within(1, 500);
            *counts = match self.weather {
                Weather::Fine => {
                    let bad = u64::from(self.dice.one_in(20));
                    Counts { good: some, bad, excluded: self.dice.within(0, 3) }
                }
                Weather::Leaking => Counts { good: some, bad: some * self.dice.within(0, 20) / 100, excluded: 0 },
                Weather::Outage => Counts { good: some / self.dice.within(1, 600), bad: some, excluded: 1 },
                Weather::Silent => Counts::default(),
                Weather::ExcludedOnly => Counts { excluded: some, ..Counts::default() },
            };
        }
        for (route, counts) in by_route {
            self.goodput.work(route).add(counts);
            let more = if self.dice.one_in(4) { self.dice.within(0, 50) } else { 0 };
            self.beside.iter().for_each(|other| other.count(route, counts, more));
        }
        let mut counts = Totals::default();
        for (own, route) in counts.iter_mut().zip(&self.routes) {
            *own = by_route.iter().find(|(name, _)| name == route).unwrap().1;
        }
        self.model.count(counts);
        self.truth.iter_mut().zip(counts).for_each(|(truth, counts)| *truth += counts);
    }

    fn tick(&mut self) {
        self.goodput.tick(self.goodput.now());
        let (mut status, mut verdicts) = (None, Vec::new());
        while let Some(told) = self.news.try_recv() {
            let status = status.get_or_insert_with(|| self.goodput.status());
            let when = self.when();
            check::transition(&told, status, &mut self.model, &when);
            self.story.told.push(say(&told));
            verdicts.push(beside::verdict(&told));
            let is_first = beside::fired(&told).is_some_and(|row| self.fired.insert(row));
            self.story.first_alerts += u64::from(is_first && self.beside.len() > 1);
        }
        let when = self.when();
        for other in &mut self.beside {
            other.tick(&Told { now: &verdicts, fired: &self.fired }, &when);
        }
        if status.is_some() || self.dice.one_in(60) {
            self.look(true);
        }
    }

    fn look(&mut self, is_tick: bool) {
        let when = self.when();
        assert_eq!(self.goodput.now().since_origin(), self.model.now, "{when}");
        let status = self.goodput.status();
        check::status(&status, &mut self.model, is_tick, &when);
        if is_tick {
            self.beside.iter().for_each(|other| other.look(&status, &when));
        }
        self.cases.push_front(status.case());
        self.cases.truncate(3);
        if let [one, two, three] = self.cases.make_contiguous() {
            check::merges([one, two, three], &when);
        }
        self.story.checks += 1;
    }

    /// Somebody sets the clock on the wall, which this process goes on without.
    fn set_the_clock(&mut self) {
        let by = self.dice.secs(1, 40 * DAY);
        self.began = if self.dice.one_in(2) { self.began + by } else { self.began - by };
    }

    /// Writes the memory, or fails to. I20: it is read as it was written, and no bit of it may flip.
    fn save(&mut self) {
        let memory = written_at(&self.goodput.memory().unwrap(), self.wall());
        let bytes = memory.as_bytes().to_vec();
        assert_eq!(Memory::decode(bytes.clone()).as_ref(), Ok(&memory), "I20 {}", self.when());
        let flipped = self.damage(bytes.clone());
        assert!(Memory::decode(flipped).is_err(), "I20 {}", self.when());
        if self.dice.one_in(8) {
            return; // the disk is full
        }
        let (saved, totals) = (self.model.save(self.wall()), self.model.totals());
        self.disk = Some(OnDisk { bytes, saved, totals, truth: self.truth });
    }

    /// One bit flips, or the end is torn off.
    fn damage(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        let place = usize::try_from(self.dice.within(0, bytes.len() as u64)).unwrap();
        if self.dice.one_in(4) {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 1 << self.dice.within(0, 8);
        }
        bytes
    }

    /// Another one begins from the memory of this one, at once, and both go on.
    fn restart_beside(&mut self) {
        let memory = self.goodput.memory().unwrap();
        let wall = memory.written().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        self.beside.retain(|other| other.differs != Differs::Restarted);
        self.beside.push(Beside::new(Differs::Restarted, self.start(wall, Some(memory))));
        self.story.restarted_beside += 1;
    }

    /// The process ends, cleanly or not, and another one begins. Says how long nobody was there.
    fn end(&mut self) -> Duration {
        if self.dice.one_in(2) {
            self.save();
            self.story.restarts += 1;
        } else {
            self.story.crashes += 1;
        }
        let down = if self.dice.one_in(12) { self.dice.secs(0, 35 * DAY) } else { self.dice.secs(0, 3 * HOUR) };
        let set = match self.dice.within(0, 12) {
            0 => self.dice.secs(0, 40 * DAY),
            1..=3 => self.dice.secs(0, 10 * MINUTE),
            _ => Duration::ZERO,
        };
        let wall = if self.dice.one_in(3) { self.wall() + down + set } else { self.wall() + down - set };
        let disk = self.disk.take();
        let bytes = disk.as_ref().map(|disk| disk.bytes.clone()).unwrap_or_default();
        let bytes = if !bytes.is_empty() && self.dice.one_in(15) { self.damage(bytes) } else { bytes };
        let memory = Memory::decode(bytes).ok();
        self.story.damaged += u64::from(memory.is_none());
        let (goodput, hand) = self.start(wall, memory.clone());
        self.beside.clear();
        (self.goodput, self.hand, self.began) = (goodput, hand, wall);
        self.news = self.goodput.subscribe(10_000);
        match disk.filter(|_| memory.is_some()) {
            Some(disk) => self.recall(disk),
            None => self.begin_anew(),
        }
        self.look(false);
        down
    }

    fn begin_anew(&mut self) {
        (self.model, self.truth) = (Model::beginning(self.began), Totals::default());
        self.put_others_beside();
        self.check_what_fires();
    }

    /// I19, and I15 across processes.
    fn recall(&mut self, disk: OnDisk) {
        let unwritten: Totals = std::array::from_fn(|slo| self.truth[slo].since(disk.truth[slo]));
        let worth = self.model.recall(&disk.saved, self.began, self.longest);
        let when = self.when();
        let from_the_future = self.goodput.status().flags.iter().find_map(|flag| match flag {
            Flag::StateFromTheFuture { by } => Some(*by),
            _ => None,
        });
        assert_eq!(from_the_future, if let Worth::FromTheFuture(by) = worth { Some(by) } else { None }, "{when}");
        match worth {
            Worth::GoesOn => {}
            Worth::FromTheFuture(_) => self.story.from_the_future += 1,
            Worth::TooOld => self.story.too_old += 1,
        }
        if worth != Worth::GoesOn {
            return self.begin_anew();
        }
        let remembered = self.goodput.memory().unwrap();
        for (slo, remembered) in remembered.slos().enumerate() {
            let (restored, truth) = (remembered.last(), self.truth[slo]);
            assert_eq!(restored, disk.totals[slo], "I19 {when}: no tick had that");
            let behind = truth.since(restored);
            assert!(!truth.went_backwards(restored), "I19 {when}: {restored:?} of {truth:?}");
            assert_eq!(behind, unwritten[slo], "I19 {when}: {restored:?} of {truth:?}");
        }
        // What was lost with the process is lost: the truth goes on from what is known.
        self.truth = disk.totals;
        self.check_what_fires();
        self.disk = Some(OnDisk { truth: self.truth, ..disk });
    }

    fn check_what_fires(&self) {
        let alerts = self.goodput.alerts().into_iter();
        let firing: BTreeSet<_> = alerts.map(|alert| (alert.slo.clone(), Cause::to_string(&alert.cause))).collect();
        assert_eq!(firing, self.model.told.firing, "I15 {}", self.when());
    }
}
