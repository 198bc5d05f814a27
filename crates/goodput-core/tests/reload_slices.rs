//! Hot reload of SLOs that judge slices, and of what is counted under a name: what goes on, what begins anew, what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_core::{Budgeting, Counts, Definition, Goodput, ManualTimeline, Slo, SloStatus, Timeline, Window};

struct House {
    goodput: Goodput,
    hand: ManualTimeline,
}

fn definition(slos: impl IntoIterator<Item = Slo>) -> Definition {
    let mut definition = Definition::new("shop");
    definition.slos.extend(slos);
    definition
}

impl House {
    fn new(slos: impl IntoIterator<Item = Slo>) -> Self {
        let (timeline, hand) = Timeline::manual();
        let goodput = Goodput::builder("shop").definition(definition(slos)).timeline(timeline).build().unwrap();
        Self { goodput, hand }
    }

    fn reload(&self, slos: impl IntoIterator<Item = Slo>) {
        self.goodput.reload(definition(slos)).unwrap();
    }

    /// Ticks every 10 s.
    fn pass(&self, secs: u64) {
        for _ in 0..secs / 10 {
            self.hand.advance(Duration::from_secs(10));
            self.goodput.tick(self.hand.now());
        }
    }

    fn count(&self, good: u64, bad: u64) {
        self.goodput.work("work").add(Counts { good, bad, excluded: 0 });
    }

    fn slo(&self, name: &str) -> SloStatus {
        self.goodput.status().slo(name).unwrap().clone()
    }

    /// Good and bad slices since the start, and those of the last hour.
    fn slices(&self, name: &str) -> ((u64, u64), (u64, u64)) {
        let slo = self.slo(name);
        let hour = slo.windows.iter().find(|window| window.seen.window == Window::H1).unwrap().seen.counts;
        ((slo.counts.good, slo.counts.bad), (hour.good, hour.bad))
    }
}

fn minutes(objective: &str, target: &str) -> Slo {
    let target = Some(target.parse().unwrap());
    Slo::availability("ok", objective).budgeting(Budgeting::Timeslices { slice: Window::M1, target })
}

fn pool(objective: &str) -> Slo {
    Slo::saturation("pool", objective, "80%".parse().unwrap()).routes(["pool"])
}

#[test]
fn slices_of_an_slo_that_is_as_it_was_go_on_through_their_middle() {
    let house = House::new([minutes("99%", "90%"), pool("99%")]);
    let level = house.goodput.level("pool");
    house.count(9, 1);
    house.pass(60);
    level.set(90, 100);
    house.count(0, 5);
    house.pass(20);
    level.set(10, 100);
    house.pass(10); // the level itself has forgotten: only its slice knows
    // Another order, other objectives: positions change, slices do not.
    house.reload([pool("95%"), minutes("95%", "90%")]);
    house.pass(30);
    assert_eq!(house.slices("ok"), ((1, 1), (1, 1)), "what was bad before the reload is bad at the slice's end");
    assert_eq!(
        house.slices("pool"),
        ((0, 1), (0, 1)),
        "the level was high before the reload, and unknown in the first slice"
    );
    level.set(20, 100);
    house.pass(60);
    assert_eq!(house.slices("pool"), ((1, 1), (1, 1)), "the handle is the same");
}

#[test]
fn an_slo_that_judges_its_slices_otherwise_begins_anew_and_its_counters_never_fall() {
    let house = House::new([minutes("99%", "90%")]);
    for _ in 0..3 {
        house.count(9, 1);
        house.pass(60);
    }
    house.count(1, 0);
    house.reload([minutes("99%", "99%")]);
    assert_eq!(house.slices("ok"), ((3, 0), (0, 0)), "its windows are empty");
    house.count(9, 1);
    house.pass(60);
    assert_eq!(house.slices("ok"), ((3, 1), (0, 1)), "the slice of the reload is that of the new rule");
    let slices = house.slo("ok").slices.unwrap();
    assert_eq!((slices.judged, slices.unknown), (4, 0));
}

#[test]
fn what_the_slices_of_a_removed_slo_came_to_stays_and_goes_on_when_it_comes_back() {
    let house = House::new([minutes("99%", "90%"), pool("99%")]);
    house.count(1, 1);
    house.pass(60);
    house.reload([pool("99%")]);
    let removed = &house.goodput.status().removed;
    let removed: Vec<_> = removed.iter().map(|slo| (slo.name.as_str(), slo.counts.good, slo.counts.bad)).collect();
    assert_eq!(removed, [("ok", 0, 1)], "slices, not events");
    house.count(5, 0);
    house.pass(120);
    house.reload([pool("99%"), minutes("99%", "90%")]);
    house.count(1, 0);
    house.pass(60);
    assert_eq!(house.slices("ok"), ((1, 1), (1, 0)));
}

#[test]
fn what_a_name_counts_stays_events_or_slices() {
    let events = || Slo::availability("ok", "99%");
    let parts = || events().budgeting(Budgeting::RatioTimeslices { slice: Window::M1 });
    let house = House::new([events()]);
    for other in [minutes("99%", "90%"), parts()] {
        let message = house.goodput.reload(definition([other])).unwrap_err().to_string();
        assert!(message.contains("SLO \"ok\": budgeting by ") && message.contains("expected occurrences"), "{message}");
    }
    house.reload([pool("99%")]);
    house.goodput.reload(definition([minutes("99%", "90%")])).unwrap_err();
    let short = minutes("99%", "90%").budgeting(Budgeting::RatioTimeslices { slice: "15s".parse().unwrap() });
    let message = house.goodput.reload(definition([short])).unwrap_err().to_string();
    assert!(message.contains("15s"), "slices that no tick closes: {message}");
    house.count(1, 0);
    assert_eq!(house.goodput.definition().slos.len(), 1, "nothing has changed");
}

#[test]
fn records_of_a_removed_slo_are_no_requests_of_the_others() {
    let came = || Slo::completeness("came", "99%").routes(["orders"]);
    let all = || Slo::availability("all", "99%");
    let house = House::new([all()]);
    let orders = house.goodput.work("orders");
    orders.missing(1); // nobody asks
    house.reload([all(), came()]);
    orders.missing(2);
    house.reload([all()]);
    orders.missing(4);
    house.reload([all(), came()]);
    orders.arrived(8);
    let (all, came) = (house.slo("all").counts, house.slo("came").counts);
    assert_eq!((all.total(), came.good, came.bad), (0, 8, 2));
}
