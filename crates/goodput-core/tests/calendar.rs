//! Calendar periods on a manual timeline: what a budget is at the beginning, in the middle and at the end of a month.

#![cfg(feature = "calendar")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::{Duration, SystemTime};

use goodput_core::{
    CalendarError, CalendarUnit, Counts, Definition, Exhaustion, Goodput, ManualTimeline, Period, Roughly, Slo,
    SloStatus, Timeline, Window,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// 2024-02-01 00:00 in UTC: the February of a leap year.
fn february() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_706_745_600)
}

struct House {
    goodput: Goodput,
    hand: ManualTimeline,
}

impl House {
    fn new(zone: &str, wall: SystemTime, period: Period) -> Self {
        let (timeline, hand) = Timeline::manual();
        let mut definition = Definition::new("calendar");
        definition.time_zone = zone.into();
        definition.slos = vec![Slo::availability("ok", "99%").period(period)];
        let builder = Goodput::builder("calendar").definition(definition).timeline(timeline.beginning_at(wall));
        Self { goodput: builder.tick_every(Duration::from_secs(10)).build().unwrap(), hand }
    }

    /// So many hours, with the same events in each.
    fn hours(&self, hours: u32, good: u64, bad: u64) {
        for _ in 0..hours {
            self.goodput.work("work").add(Counts { good, bad, excluded: 0 });
            self.hand.advance(HOUR);
            self.goodput.tick(self.hand.now());
        }
    }

    fn slo(&self) -> SloStatus {
        self.goodput.status().slo("ok").unwrap().clone()
    }
}

#[test]
fn the_budget_of_a_month_is_that_of_its_own_length_and_begins_anew_with_the_next() {
    let house = House::new("UTC", february(), Period::MONTH);
    house.hours(10 * 24, 99, 1);
    let slo = house.slo();
    // Ten of 29 days, each with as many bad events as it may have.
    assert_eq!(slo.budget.remaining().to_string(), "65.5 % left");
    assert_eq!(slo.budget.allowed_time(), DAY * 29 / 100);
    let Exhaustion::In(time) = slo.exhaustion else { panic!("{}", slo.exhaustion) };
    assert_eq!(Roughly(time).to_string(), "19d", "with the month, at this burn");
    house.hours(19 * 24 - 1, 100, 0);
    assert_eq!(house.slo().budget.remaining().to_string(), "65.5 % left");
    house.hours(1, 100, 0);
    assert_eq!(house.slo().windows.last().unwrap().seen.window.secs(), 1, "the first moment of March");
    house.hours(1, 100, 0);
    let slo = house.slo();
    assert_eq!(slo.budget.remaining().to_string(), "100.0 % left", "of March");
    let month = slo.windows.last().unwrap();
    assert_eq!((month.label().as_str(), month.calendar), ("month", Some(CalendarUnit::Month)));
    assert_eq!((month.seen.counts.good, month.seen.window), (100, Window::H1));
    assert_eq!(slo.window(Window::D3).map(|window| window.seen.counts.good), Some(7_200), "other windows roll on");
}

#[test]
fn what_is_left_of_a_month_is_a_bound_where_less_than_nine_tenths_of_it_so_far_was_seen() {
    // The process starts with the tenth of February.
    let house = House::new("UTC", february() + 9 * DAY, Period::MONTH);
    house.hours(24, 100, 0);
    let slo = house.slo();
    assert_eq!(slo.budget.remaining().to_string(), "at most 100.0 % left");
    let month = slo.windows.last().unwrap().seen;
    assert_eq!((month.window, month.covered()), (Window::from_secs(10 * 86_400).unwrap(), DAY));
}

#[test]
fn a_budget_that_lasts_until_the_next_month_begins_is_never_exhausted() {
    let house = House::new("UTC", february(), Period::MONTH);
    house.hours(19 * 24, 995, 5);
    // A third is spent. At fifteen times what is allowed, and then at exactly that.
    house.hours(1, 850, 150);
    let Exhaustion::In(time) = house.slo().exhaustion else { panic!("{}", house.slo().exhaustion) };
    assert!(time < DAY * 2, "{time:?}");
    house.hours(1, 990, 10);
    assert_eq!(house.slo().exhaustion, Exhaustion::Never, "ten days take a half of what remains");
    // What somebody spent unseen is not known to last.
    let late = House::new("UTC", february() + 19 * DAY, Period::MONTH);
    late.hours(2, 990, 10);
    assert!(matches!(late.slo().exhaustion, Exhaustion::Within(_)), "{}", late.slo().exhaustion);
}

#[test]
fn a_quarter_begins_with_january_april_july_and_october() {
    // 90 days before the second of April; 2024 has a leap day, so that it is the third of January.
    let house = House::new("UTC", february() + 61 * DAY - 90 * DAY, Period::QUARTER);
    let quarter = |house: &House| house.slo().windows.last().unwrap().seen.window.secs() / 86_400;
    assert_eq!(quarter(&house), 2);
    house.hours(88 * 24, 1, 0);
    assert_eq!(quarter(&house), 90);
    house.hours(24 + 1, 1, 0);
    assert_eq!(quarter(&house), 0);
}

#[test]
fn a_month_begins_when_it_does_where_the_operator_says() {
    // 23:30 in UTC is half past midnight in Berlin, and half past six in the evening in New York.
    for (zone, gone) in
        [("Europe/Berlin", 1_800), ("UTC", 31 * 86_400 - 1_800), ("America/New_York", 30 * 86_400 + 66_600)]
    {
        let house = House::new(zone, february() - HOUR / 2, Period::MONTH);
        assert_eq!(house.slo().windows.last().unwrap().seen.window.secs(), gone, "{zone}");
    }
}

#[test]
fn a_calendar_reads_as_a_person_wants_to_read_it() {
    let house = House::new("UTC", february(), Period::MONTH);
    house.hours(36, 999, 1);
    let shown = house.goodput.status().to_string();
    assert!(shown.contains("ok: availability, 99% over month\n"), "{shown}");
    assert!(shown.contains("  budget  99.5 % left; 100.000 % of month so far seen; band green\n"), "{shown}");
}

#[test]
fn a_zone_that_nobody_knows_is_refused_by_name() {
    let mut definition = Definition::new("calendar");
    definition.time_zone = "Mars/Olympus_Mons".to_owned();
    definition.slos = vec![Slo::availability("ok", "99%").period(Period::MONTH)];
    let error = Goodput::builder("calendar").definition(definition.clone()).build().unwrap_err();
    let message = error.to_string();
    assert!(message.contains("\"ok\": period month: time zone \"Mars/Olympus_Mons\": expected"), "{message}");
    assert!(CalendarError::WithoutFeature.to_string().contains("feature"));
    definition.slos = vec![Slo::availability("ok", "99%")];
    assert!(Goodput::builder("calendar").definition(definition).build().is_ok(), "nobody asks for the zone");
}
