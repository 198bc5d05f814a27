//! A running instance asked whether a change may go out, on a manual clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_core::{
    Action, Basis, BudgetBands, BurnStatus, Change, ChangeKind, Concern, Counts, Decision, Definition, Ending,
    GateCode, Goodput, ManualTimeline, Request, Risk, Slo, Timeline,
};

const HOUR: Duration = Duration::from_secs(3_600);
const TICK: Duration = Duration::from_secs(10);

struct House {
    goodput: Goodput,
    hand: ManualTimeline,
}

impl House {
    fn of(definition: Definition) -> Self {
        let (timeline, hand) = Timeline::manual();
        let builder = Goodput::builder("").definition(definition).timeline(timeline).tick_every(TICK);
        Self { goodput: builder.build().unwrap(), hand }
    }

    /// The only instance of a service with one SLO of 99.9 % over 30 days.
    fn new() -> Self {
        Self::of(shop(true))
    }

    /// So many hours with the same events in each.
    fn hours(&self, hours: u32, good: u64, bad: u64) {
        for _ in 0..hours {
            self.goodput.work("work").add(Counts { good, bad, excluded: 0 });
            self.hand.advance(HOUR);
            self.goodput.tick(self.goodput.now());
        }
    }

    /// So many seconds without an event, with a tick every ten.
    fn seconds(&self, seconds: u32) {
        for _ in 0..seconds / 10 {
            self.hand.advance(TICK);
            self.goodput.tick(self.goodput.now());
        }
    }

    fn month(&self) {
        self.hours(30 * 24, 10_000, 0);
    }

    fn ask(&self, kind: ChangeKind) -> Decision {
        self.goodput.decide(Change::new(kind, Risk::Low))
    }

    fn feature(&self) -> Decision {
        self.ask(ChangeKind::Feature)
    }

    fn check(&self, code: GateCode, data: Basis) {
        let decision = self.feature();
        assert_eq!((decision.gate(), decision.data), (code, data), "{decision}");
    }

    fn concerns(&self) -> Vec<Concern> {
        self.goodput.status().slo("ok").unwrap().evidence().concerns
    }

    fn band(&self) -> String {
        self.goodput.status().slo("ok").unwrap().band.as_ref().unwrap().name.clone()
    }
}

fn shop(single: bool) -> Definition {
    let mut definition = Definition::new("shop");
    definition.single_instance = single;
    definition.slos = vec![Slo::availability("ok", "99.9%")];
    definition
}

#[test]
fn a_young_process_does_not_approve_until_it_has_seen_nearly_all_of_its_period() {
    let house = House::new();
    house.check(GateCode::NoData, Basis::None);
    house.hours(1, 10_000, 0);
    house.check(GateCode::NoData, Basis::Thin);
    house.hours(27 * 24 - 2, 10_000, 0);
    house.check(GateCode::NoData, Basis::Thin);
    house.hours(1, 10_000, 0);
    house.check(GateCode::Approve, Basis::Enough);
}

#[test]
fn an_outage_blocks_whatever_is_not_known() {
    let house = House::new();
    house.hours(1, 100, 3);
    house.check(GateCode::Block, Basis::Thin);
    assert_eq!(house.feature().on_no_data(Action::Approve).gate(), GateCode::Block);

    let house = House::new();
    house.month();
    house.check(GateCode::Approve, Basis::Enough);
    house.hours(1, 0, 1_000);
    let decision = house.feature();
    assert_eq!((decision.action, decision.status), (Action::Defer, BurnStatus::Critical), "{decision}");
    assert_eq!(house.goodput.decide(Change::new(ChangeKind::Feature, Risk::High)).gate(), GateCode::Block);
}

#[test]
fn what_is_never_held_back_is_approved_in_the_middle_of_an_outage() {
    let house = House::new();
    house.hours(1, 0, 1_000);
    for kind in [ChangeKind::Rollback, ChangeKind::Security, ChangeKind::Emergency] {
        let decision = house.ask(kind);
        assert_eq!((decision.gate(), decision.would_have_been), (GateCode::Approve, Some(Action::Block)), "{decision}");
    }
    assert_eq!(house.ask(ChangeKind::Fix).gate(), GateCode::Review);
}

#[test]
fn an_exhausted_budget_blocks_until_it_has_recovered_beyond_the_hysteresis() {
    let house = House::new();
    house.month();
    house.hours(1, 0, 8_000); // 720 x 10,000 events allow 7,200
    house.hours(24, 10_000, 0);
    house.check(GateCode::Block, Basis::Enough);
    assert_eq!((house.feature().status, house.band()), (BurnStatus::Exhausted, "exhausted".to_owned()));
    // The month goes on, and the outage leaves it at its end.
    house.hours(29 * 24 - 2, 10_000, 0);
    house.check(GateCode::Block, Basis::Enough);
    house.hours(12, 10_000, 0);
    house.check(GateCode::Approve, Basis::Enough);
}

#[test]
fn a_band_is_kept_from_tick_to_tick_and_says_since_when() {
    let house = House::new();
    house.month();
    assert_eq!(house.band(), "green");
    house.hours(1, 10_000 - 3_620, 3_620);
    let entered = house.goodput.now();
    house.hours(7, 10_000, 0);
    let status = house.goodput.status();
    let band = status.slo("ok").unwrap().band.clone().unwrap();
    assert_eq!((band.name.as_str(), band.action, band.since), ("yellow", Action::Review, entered));
    assert!(status.to_string().contains("budget  49.7 % left; 100.000 % of 30d seen; band yellow"), "{status}");

    // Above the line of 50 %, but not beyond it by 2 %: a tick remembers where it stood, and one look would not.
    house.hours(24, 20_000, 0);
    let left = house.goodput.status().slo("ok").unwrap().budget.remaining().value().unwrap();
    assert!((0.50..0.52).contains(&left), "{left}");
    assert_eq!((house.band(), house.feature().action), ("yellow".to_owned(), Action::Review));
    house.hours(24, 30_000, 0);
    assert_eq!((house.band(), house.feature().action), ("green".to_owned(), Action::Approve));
}

#[test]
fn ticks_that_stay_away_make_counts_stale() {
    let house = House::new();
    house.month();
    house.hand.advance(3 * TICK);
    house.check(GateCode::Approve, Basis::Enough);
    house.hand.advance(Duration::from_millis(1));
    house.check(GateCode::NoData, Basis::Stale);
    assert_eq!(house.feature().age, 3 * TICK + Duration::from_millis(1));
    house.goodput.tick(house.goodput.now());
    house.check(GateCode::Approve, Basis::Enough);
}

#[test]
fn one_instance_of_many_asks_for_a_review_and_all_of_them_approve() {
    let houses = [House::of(shop(false)), House::of(shop(false))];
    for house in &houses {
        house.month();
        house.check(GateCode::Review, Basis::Enough);
    }
    let [one, other] = houses.map(|house| house.goodput.status().case());
    let change = Change::new(ChangeKind::Feature, Risk::Low);
    let both = one.clone().merge(other).unwrap();
    assert_eq!(both.clone().expecting(2).unwrap().decide(change).gate(), GateCode::Approve);
    assert_eq!(both.expecting(3).unwrap().decide(change).gate(), GateCode::NoData);
    assert_eq!(one.expecting(1).unwrap().decide(change).gate(), GateCode::Approve);
}

#[test]
fn what_no_count_shows_is_asked_about_too() {
    // A page that fires, and one that does so because next to nothing is good.
    for (good, concerns) in [(9_000, &[Concern::PageFires][..]), (0, &[Concern::TrafficLost, Concern::PageFires])] {
        let house = House::new();
        house.month();
        house.hours(1, good, 1_000);
        assert_eq!(house.concerns(), concerns);
    }

    // Traffic that stops.
    let house = House::new();
    house.month();
    house.seconds(600);
    assert_eq!(house.concerns(), [Concern::TrafficLost]);
    assert_eq!(house.feature().gate(), GateCode::Defer);

    // The same with failures in its place: traffic of a kind, so that the signal is silent, and still next to nothing is good. Of 1 % that
    // may fail, 3,000 of 300,000 in an hour are no more, and no page fires.
    let mut definition = shop(true);
    definition.slos = vec![Slo::availability("ok", "99%")];
    for (failures, concerns) in [(0, &[Concern::TrafficLost][..]), (3_000, &[Concern::TrafficLost])] {
        let house = House::of(definition.clone());
        house.hours(30 * 24, 360_000, 0);
        for _ in 0..12 {
            house.goodput.work("work").add(Counts { bad: failures / 12, ..Counts::default() });
            house.seconds(30);
        }
        assert_eq!((house.concerns(), house.feature().gate()), (concerns.to_vec(), GateCode::Defer), "{failures}");
    }

    // Requests that begin and never end, while others come and go on another route.
    let house = House::new();
    house.month();
    let begin = || Request::begin(&house.goodput, house.goodput.route(Some("/hangs")));
    let hanging = [begin(), begin(), begin()];
    for _ in 0..6 {
        house.goodput.work("work").add(Counts { good: 30, bad: 0, excluded: 0 });
        house.seconds(10);
    }
    assert_eq!(house.concerns(), [Concern::Stalled]);
    assert_eq!(house.feature().gate(), GateCode::Block);
    for mut request in hanging {
        request.end(&house.goodput, Ending::Completed);
    }
}

#[test]
fn a_reload_goes_on_in_its_bands_and_begins_anew_in_others() {
    let house = House::new();
    house.month();
    house.hours(1, 10_000 - 3_620, 3_620);
    house.hours(24, 20_000, 0);
    assert_eq!(house.band(), "yellow", "less than the hysteresis above the line");
    let mut definition = shop(true);
    definition.slos.push(Slo::availability("other", "99%"));
    house.goodput.reload(definition.clone()).unwrap();
    assert_eq!(house.band(), "yellow");
    house.seconds(10);
    assert_eq!(house.band(), "yellow");
    definition.bands = BudgetBands::preset("50/20").unwrap();
    house.goodput.reload(definition).unwrap();
    assert_eq!(house.band(), "green");
    house.seconds(10);
    assert_eq!(house.band(), "green");
}

#[cfg(feature = "calendar")]
#[test]
fn a_calendar_month_is_asked_about_with_its_own_length() {
    let mut definition = shop(true);
    definition.slos = vec![Slo::availability("ok", "99.9%").period(goodput_core::Period::MONTH)];
    let (timeline, hand) = Timeline::manual();
    // 2024-02-01 00:00 in UTC.
    let wall = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_706_745_600);
    let builder = Goodput::builder("").definition(definition).timeline(timeline.beginning_at(wall)).tick_every(TICK);
    let house = House { goodput: builder.build().unwrap(), hand };
    house.hours(10 * 24, 10_000 - 12, 12);
    // 1.2 times as fast as it may, for 10 of 29 days.
    let evidence = house.goodput.status().case().slos.first().unwrap().clone();
    assert_eq!(evidence.length, Some(Duration::from_secs(29 * 86_400)));
    let left = evidence.budget_as_seen().remaining().unwrap();
    assert!((left - (1.0 - 1.2 * 10.0 / 29.0)).abs() < 1.0e-3, "{left}");
    let decision = house.feature();
    assert_eq!((decision.gate(), decision.status), (GateCode::Approve, BurnStatus::Attention), "{decision}");
    assert_eq!(house.band(), "green");
}
