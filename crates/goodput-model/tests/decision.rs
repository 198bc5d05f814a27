//! Decisions on cases that people know: each rule by itself, the exercises of the sources, and several instances.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "decision/exercises.rs"]
mod exercises;
#[path = "decision/merging.rs"]
mod merging;

use goodput_model::{
    Action, Alternative, BandStanding, Basis, BudgetBands, BurnStatus, CalendarUnit, Case, Change, ChangeKind, Concern,
    Counts, Decision, Evidence, Finding, Freshness, GateCode, MinBad, Observation, PageRow, Period, Policy,
    ReleaseCost, Risk, Severity, Window,
};
use std::time::Duration;

const TICK: Duration = Duration::from_secs(10);
const MONTH: u64 = 43_200_000; // a thousand events a minute for 30 days

/// An SLO of 99.9 % over 30 days, all of them seen, at a thousand events a minute: so many of them bad in the last hour, in the
/// last six, and in the period.
fn slo(hour: u64, six_hours: u64, period: u64) -> Evidence {
    let seen = |window: Window, bad: u64| {
        let valid = u64::from(window.secs()) * 1_000 / 60;
        Observation::full(window, Counts { good: valid - bad, bad, excluded: 0 })
    };
    let (objective, month) = ("99.9%".parse().unwrap(), Period::D30);
    let [hour, six_hours, all] = [seen(Window::H1, hour), seen(Window::H6, six_hours), seen(month.window(), period)];
    let mut evidence = Evidence::new("checkout-ok", objective, month, all, hour, six_hours);
    let policy = Policy::default_for(objective, month);
    let pages = policy.rows().iter().filter(|row| row.severity() == Severity::Page);
    evidence.pages =
        pages.map(|row| PageRow { row: *row, long: if row.long() == Window::H1 { hour } else { six_hours } }).collect();
    evidence
}

/// The case of a single instance that has just ticked.
fn case(slos: Vec<Evidence>) -> Case {
    let freshness = Freshness::new(Duration::from_secs(4), TICK);
    Case::of_instance("checkout", freshness, BudgetBands::default(), slos).expecting(1).unwrap()
}

fn feature(risk: Risk) -> Change {
    Change::new(ChangeKind::Feature, risk)
}

/// What is answered for a feature of each risk.
fn answers(case: &Case) -> [GateCode; 3] {
    Risk::ALL.map(|risk| case.decide(feature(risk)).gate())
}

fn has(decision: &Decision, label: &str) -> bool {
    decision.rationale.iter().any(|ground| ground.finding.label() == label)
}

/// The findings about one SLO, in the order they are told.
fn told_of<'a>(decision: &'a Decision, slo: &str) -> Vec<&'a str> {
    let about = decision.rationale.iter().filter(|ground| ground.slo.as_deref() == Some(slo));
    about.map(|ground| ground.finding.label()).collect()
}

#[test]
fn the_worse_of_the_last_hour_and_the_last_six_is_the_row_of_the_matrix() {
    use GateCode::{Approve, Block, Defer, Review};
    for (hour, six_hours, status, expected) in [
        (0, 0, BurnStatus::Healthy, [Approve, Approve, Review]),
        (60, 360, BurnStatus::Healthy, [Approve, Approve, Review]), // exactly at 1
        (61, 61, BurnStatus::Attention, [Approve, Review, Defer]),
        (0, 361, BurnStatus::Attention, [Approve, Review, Defer]),
        (91, 361, BurnStatus::Warning, [Review, Defer, Block]),
        (121, 121, BurnStatus::Critical, [Defer, Block, Block]),
        (0, 721, BurnStatus::Critical, [Defer, Block, Block]),
    ] {
        let case = case(vec![slo(hour, six_hours, six_hours)]);
        assert_eq!(case.decide(feature(Risk::Low)).status, status, "{hour} and {six_hours} bad");
        assert_eq!(answers(&case), expected, "{hour} and {six_hours} bad");
    }
}

#[test]
fn the_band_decides_where_it_is_stricter_than_the_matrix() {
    use GateCode::{Approve, Block, Defer, Review};
    for (percent_left, band, status, expected) in [
        (51, "green", BurnStatus::Healthy, [Approve, Approve, Review]),
        (50, "yellow", BurnStatus::Healthy, [Review, Review, Review]),
        (10, "red", BurnStatus::Healthy, [Defer, Defer, Defer]),
        (0, "exhausted", BurnStatus::Exhausted, [Block, Block, Block]),
    ] {
        let case = case(vec![slo(0, 0, MONTH / 1_000 / 100 * (100 - percent_left))]);
        let decision = case.decide(feature(Risk::Low));
        let is_band = |finding: &Finding| matches!(finding, Finding::Band { band: name, .. } if name == band);
        assert!(decision.rationale.iter().any(|ground| is_band(&ground.finding)), "{decision}");
        assert_eq!(decision.status, status, "{percent_left} % left");
        assert_eq!(answers(&case), expected, "{percent_left} % left");
    }
}

#[test]
fn a_band_is_left_for_a_better_one_beyond_the_hysteresis_only() {
    let at = |percent_left: u64, stands: usize| {
        let mut evidence = slo(0, 0, MONTH / 1_000 / 100 * (100 - percent_left));
        evidence.standing = BandStanding::at(stands);
        answers(&case(vec![evidence]))[0]
    };
    assert_eq!((at(51, 0), at(51, 1), at(53, 1)), (GateCode::Approve, GateCode::Review, GateCode::Approve));
    let mut evidence = slo(0, 0, MONTH / 1_000 / 100 * 49);
    evidence.standing = BandStanding::at(1);
    let decision = case(vec![evidence]).decide(feature(Risk::Low));
    assert!(
        decision.to_string().contains("51.0 % left of the budget: band yellow, until more has recovered"),
        "{decision}"
    );
    assert!(
        decision.to_string().contains("more than 50% and 2% beyond of the budget of checkout-ok is left"),
        "{decision}"
    );
}

#[test]
fn a_page_that_fires_or_whose_long_window_exceeds_it_is_critical() {
    // 99 % over 90 days: 43.2 in an hour, 18 in six. What makes no page is critical by its burn alone.
    let mut evidence = slo(0, 0, 0);
    evidence.concerns.push(Concern::PageFires);
    assert_eq!(answers(&case(vec![evidence])), [GateCode::Defer, GateCode::Block, GateCode::Block]);

    let objective = "50%".parse().unwrap();
    let policy = Policy::default_for(objective, Period::D7);
    let row = *policy.rows().iter().find(|row| row.long() == Window::H6).unwrap();
    assert!(row.factor() < 2.0, "{row} says more than the burn");
    let mut evidence = slo(0, 0, 0);
    evidence.objective = objective;
    let long = |bad| Observation::full(Window::H6, Counts { good: 1_000 - bad, bad, excluded: 0 });
    for (bad, status) in [(700, BurnStatus::Healthy), (701, BurnStatus::Critical)] {
        evidence.pages = vec![PageRow { row, long: long(bad) }];
        let decision = case(vec![evidence.clone()]).decide(feature(Risk::Low));
        assert_eq!(
            (decision.status, has(&decision, "page_exceeded")),
            (status, status == BurnStatus::Critical),
            "{row}"
        );
    }
}

#[test]
fn concerns_ask_for_what_they_are() {
    for (concern, status, expected) in [
        (Concern::Stalled, BurnStatus::Healthy, GateCode::Block),
        (Concern::TrafficLost, BurnStatus::Healthy, GateCode::Defer),
        (Concern::PageFires, BurnStatus::Critical, GateCode::Defer),
        (Concern::ExcludedSurge, BurnStatus::Healthy, GateCode::Review),
    ] {
        let mut evidence = slo(0, 0, 0);
        evidence.concerns.push(concern);
        let decision = case(vec![evidence]).decide(feature(Risk::Low));
        assert_eq!((decision.status, decision.gate()), (status, expected), "{concern}");
    }
}

#[test]
fn two_bad_events_are_too_few_to_tell_however_much_was_seen() {
    // At ten events an hour 7 of 7,200 may be bad. Two of ten, with all of the period seen or a second of it.
    for seen in [1, 30 * 86_400] {
        let check = |bad: u64, min_bad: MinBad, expected: Action| {
            let mut evidence = slo(0, 0, 0);
            let counts = Counts { good: 10 - bad, bad, excluded: 0 };
            evidence.hour = Observation::full(Window::H1, counts);
            evidence.six_hours = Observation::full(Window::H6, counts);
            evidence.seen = Observation::partial(Period::D30.window(), counts, Duration::from_secs(seen));
            evidence.pages.iter_mut().for_each(|page| page.long = Observation::full(page.row.long(), counts));
            evidence.min_bad = min_bad;
            let decision = case(vec![evidence]).decide(feature(Risk::Low));
            assert_eq!(decision.found, expected, "{bad} bad, {seen} s seen, {min_bad:?}\n{decision}");
        };
        check(0, MinBad::Auto, Action::Approve);
        check(1, MinBad::Auto, Action::Review);
        check(2, MinBad::Auto, Action::Review);
        check(3, MinBad::Auto, Action::Block);
        check(1, MinBad::AtLeast(1), Action::Block);
        check(4, MinBad::AtLeast(5), Action::Review);
        check(5, MinBad::AtLeast(5), Action::Block);
    }
}

#[test]
fn a_review_that_the_band_asks_for_needs_no_number_of_bad_events() {
    for (good, text) in [
        (1_666, "checkout-ok: 40.0 % left of the budget: band yellow -> review"),
        (999, "checkout-ok: band exhausted, but 1 bad event is fewer than the 3 that tell something -> review"),
    ] {
        let mut evidence = slo(0, 0, 0);
        evidence.seen.counts = Counts { good, bad: 1, excluded: 0 };
        let decision = case(vec![evidence]).decide(feature(Risk::Low));
        assert_eq!(decision.action, Action::Review);
        assert_eq!(decision.rationale.first().unwrap().to_string(), text);
    }
}

type Alter = Box<dyn Fn(&mut Evidence)>;

#[test]
fn what_is_not_known_is_said_and_a_block_stays_one() {
    let days = |days: u64| {
        move |slo: &mut Evidence| {
            slo.seen = Observation::partial(slo.seen.window, slo.seen.counts, Duration::from_secs(days * 86_400));
        }
    };
    let lately = |six: bool, secs: u64| {
        move |slo: &mut Evidence| {
            let window = if six { &mut slo.six_hours } else { &mut slo.hour };
            *window = Observation::partial(window.window, window.counts, Duration::from_secs(secs));
        }
    };
    let events = |good: u64| move |slo: &mut Evidence| slo.seen.counts = Counts { good, bad: 0, excluded: 3 };
    let silent = |slo: &mut Evidence| slo.six_hours.counts = Counts { excluded: 5, ..Counts::default() };
    let rows: Vec<(Alter, Basis, &str)> = vec![
        (Box::new(days(27)), Basis::Enough, ""),
        (Box::new(days(26)), Basis::Thin, "86.7 % of 30d seen, expected at least 90 %"),
        (Box::new(lately(false, 1_800)), Basis::Enough, ""),
        (Box::new(lately(false, 1_799)), Basis::Thin, "50.0 % of 1h seen, expected at least 50 %"),
        (Box::new(lately(true, 10_799)), Basis::Thin, "50.0 % of 6h seen, expected at least 50 %"),
        (Box::new(events(1_000)), Basis::Enough, ""),
        (Box::new(events(999)), Basis::Thin, "999 good events in the period, expected at least 1000"),
        (Box::new(events(0)), Basis::None, "no valid events in 30d"),
        (Box::new(silent), Basis::Thin, "no good event in the last 6h"),
    ];
    for (change, basis, text) in rows {
        let mut evidence = slo(0, 0, 0);
        change(&mut evidence);
        let decision = case(vec![evidence.clone()]).decide(feature(Risk::Low));
        let code = if basis == Basis::Enough { GateCode::Approve } else { GateCode::NoData };
        assert_eq!((decision.data, decision.gate()), (basis, code), "{decision}");
        assert!(decision.to_string().contains(text), "{text:?} is not in\n{decision}");

        evidence.concerns.push(Concern::Stalled);
        let decision = case(vec![evidence]).decide(feature(Risk::Low));
        assert_eq!((decision.data, decision.gate()), (basis, GateCode::Block), "{decision}");
    }
    let nothing = case(Vec::new()).decide(feature(Risk::Low));
    assert_eq!((nothing.data, nothing.gate(), nothing.slo), (Basis::None, GateCode::NoData, None));
}

#[test]
fn stale_counts_and_missing_instances_do_not_approve() {
    let fresh = case(vec![slo(0, 0, 0)]);
    let late = |millis| fresh.clone().aged_by(Duration::from_millis(millis)).decide(feature(Risk::Low));
    assert_eq!((late(26_000).gate(), late(26_000).data), (GateCode::Approve, Basis::Enough));
    assert_eq!((late(26_001).gate(), late(26_001).data), (GateCode::NoData, Basis::Stale));

    let two = || fresh.clone().merge(fresh.clone()).unwrap();
    for (case, basis, code) in [
        (two().expecting(2).unwrap(), Basis::Enough, GateCode::Approve),
        (two().expecting(3).unwrap(), Basis::Thin, GateCode::NoData),
        (two(), Basis::Enough, GateCode::Review),
    ] {
        let decision = case.decide(feature(Risk::Low));
        assert_eq!((decision.data, decision.gate()), (basis, code), "{decision}");
    }
    assert!(two().expecting(1).is_err());
}

#[test]
fn without_data_the_stricter_of_what_was_found_and_what_was_said_is_done() {
    let thin = |bad: u64| {
        let mut evidence = slo(bad, bad, bad);
        evidence.seen = Observation::partial(evidence.seen.window, evidence.seen.counts, Duration::from_secs(86_400));
        case(vec![evidence]).decide(feature(Risk::Low))
    };
    for (bad, found, untold, said, code) in [
        (0, Action::Approve, GateCode::NoData, Action::Approve, GateCode::Approve),
        (0, Action::Approve, GateCode::NoData, Action::Review, GateCode::Review),
        (0, Action::Approve, GateCode::NoData, Action::Block, GateCode::Block),
        (100, Action::Review, GateCode::NoData, Action::Approve, GateCode::Review),
        (200, Action::Defer, GateCode::NoData, Action::Approve, GateCode::Defer),
        (200, Action::Defer, GateCode::NoData, Action::Block, GateCode::Block),
        (50_000, Action::Block, GateCode::Block, Action::Approve, GateCode::Block),
    ] {
        let decision = thin(bad);
        assert_eq!((decision.found, decision.gate()), (found, untold), "{decision}");
        let told = decision.clone().on_no_data(said);
        assert_eq!(told.gate(), code, "{bad} bad, {said:?}");
        let would_have_been = Some(decision.action).filter(|untold| *untold != told.action);
        assert_eq!(told.would_have_been, would_have_been, "{bad} bad, {said:?}");
    }
    let enough = case(vec![slo(0, 0, 0)]).decide(feature(Risk::Low));
    assert_eq!(enough.clone().on_no_data(Action::Block), enough);
}

#[test]
fn kinds_are_spared_and_say_what_it_would_have_been() {
    let burning = case(vec![slo(50_000, 50_000, 50_000)]);
    let first = |decision: &Decision| decision.rationale.first().unwrap().finding.label();
    for (kind, action, code, reason) in [
        (ChangeKind::Feature, Action::Block, 1, "burn"),
        (ChangeKind::Config, Action::Block, 1, "burn"),
        (ChangeKind::Fix, Action::Review, 4, "reviewed_at_most"),
        (ChangeKind::Rollback, Action::Approve, 0, "never_held_back"),
        (ChangeKind::Security, Action::Approve, 0, "never_held_back"),
        (ChangeKind::Emergency, Action::Approve, 0, "never_held_back"),
    ] {
        let decision = burning.decide(Change::new(kind, Risk::High));
        assert_eq!((decision.action, decision.gate().code()), (action, code), "{decision}");
        assert_eq!(decision.would_have_been, (action != Action::Block).then_some(Action::Block));
        assert_eq!(first(&decision), reason, "{decision}");
    }
    // A fix that would be reviewed at most anyway is spared nothing.
    for (bad, action) in [(0, Action::Approve), (61, Action::Review)] {
        let decision = case(vec![slo(bad, bad, bad)]).decide(Change::new(ChangeKind::Fix, Risk::Medium));
        assert_eq!((decision.action, first(&decision)), (action, "burn"), "{decision}");
    }
    // A fix of something nobody knows about is reviewed, not refused for want of data.
    let unknown = case(Vec::new()).decide(Change::new(ChangeKind::Fix, Risk::Low));
    assert_eq!((unknown.gate(), unknown.data), (GateCode::Review, Basis::None));
    assert_eq!(unknown.on_no_data(Action::Block).gate(), GateCode::Review);
}

#[test]
fn an_override_goes_ahead_and_says_who_why_and_what_it_would_have_been() {
    let blocked = case(vec![slo(50_000, 50_000, 50_000)]).decide(feature(Risk::Low));
    let decision = blocked.clone().overridden("tax rules change tonight", "ada").unwrap();
    assert_eq!((decision.gate(), decision.would_have_been), (GateCode::Approve, Some(Action::Block)));
    assert!(decision.to_string().contains("overridden by ada: tax rules change tonight"), "{decision}");
    for (reason, by, message) in [
        (" ", "ada", "override without a reason: expected a reason, and who goes ahead"),
        ("tax", "", "override without a person: expected a reason, and who goes ahead"),
    ] {
        assert_eq!(blocked.clone().overridden(reason, by).unwrap_err().to_string(), message);
    }
}

#[test]
fn the_worst_slo_speaks() {
    let mut search = slo(0, 0, 0);
    search.slo = "search-ok".to_owned();
    let calm = || slo(0, 0, 0);
    let mut burning_search = slo(200, 200, 200);
    burning_search.slo.clone_from(&search.slo);
    for (first, second, speaks) in [
        (calm(), search.clone(), "checkout-ok"),
        (slo(200, 200, 200), search.clone(), "checkout-ok"),
        (calm(), burning_search, "search-ok"),
        (calm(), without_events(search), "search-ok"),
    ] {
        let decision = case(vec![first, second]).decide(feature(Risk::Low));
        assert_eq!(decision.slo.as_deref(), Some(speaks), "{decision}");
    }
}

#[test]
fn the_slo_that_speaks_tells_all_and_the_others_what_asks_for_something() {
    let [mut search, mut cart] = [slo(0, 0, MONTH / 1_000 / 2), slo(0, 0, 0)];
    "search-ok".clone_into(&mut search.slo);
    "cart-ok".clone_into(&mut cart.slo);
    let decision = case(vec![cart, search, slo(200, 200, 200)]).decide(feature(Risk::Low));
    assert_eq!(told_of(&decision, "checkout-ok"), ["burn", "burn", "band"], "{decision}");
    assert_eq!(told_of(&decision, "search-ok"), ["band"], "half of its budget is left: yellow\n{decision}");
    assert!(told_of(&decision, "cart-ok").is_empty(), "{decision}");
}

#[test]
fn what_has_to_hold_follows_from_what_asks_for_more_than_an_approval() {
    let reviewed = "somebody who knows the service has looked at the risk";
    let hour = "checkout-ok burns at most 1x over 1h";
    let mut few = slo(0, 0, 0);
    few.seen.counts = Counts { good: 999, bad: 0, excluded: 0 };
    for (evidence, kind, risk, expected) in [
        (slo(0, 0, 0), ChangeKind::Feature, Risk::Low, vec![]),
        (slo(61, 61, 61), ChangeKind::Feature, Risk::Low, vec![]), // it burns, and may go out all the same
        (slo(0, 0, 0), ChangeKind::Feature, Risk::High, vec![reviewed]),
        (slo(61, 61, 61), ChangeKind::Feature, Risk::Medium, vec![reviewed, hour]),
        (slo(121, 121, 121), ChangeKind::Feature, Risk::Low, vec![hour]),
        (slo(121, 121, 121), ChangeKind::Fix, Risk::Low, vec![reviewed, hour]),
        (slo(121, 121, 121), ChangeKind::Rollback, Risk::Low, vec![]),
        (few, ChangeKind::Feature, Risk::Low, vec![reviewed, "checkout-ok has at least 1000 good events in 30d"]),
    ] {
        let decision = case(vec![evidence]).decide(Change::new(kind, risk));
        let conditions: Vec<String> = decision.conditions.iter().map(ToString::to_string).collect();
        assert_eq!(conditions, expected, "{decision}");
    }
}

#[test]
fn what_could_be_done_instead_is_what_would_fare_better() {
    use ChangeKind::{Feature, Fix, Rollback};
    let red = || slo(0, 0, MONTH / 1_000 / 10 * 9);
    for (evidence, kind, risk, action, expected) in [
        (slo(0, 0, 0), Feature, Risk::Low, Action::Approve, vec![]),
        (slo(0, 0, 0), Feature, Risk::High, Action::Review, vec!["smaller_steps", "canary"]),
        (slo(61, 61, 61), Feature, Risk::Low, Action::Approve, vec![]),
        (
            slo(61, 61, 61),
            Feature,
            Risk::Medium,
            Action::Review,
            vec!["smaller_steps", "canary", "fix_first", "roll_back"],
        ),
        // Nothing burns, and a smaller risk is deferred as well.
        (red(), Feature, Risk::High, Action::Defer, vec!["canary", "override"]),
        (
            slo(121, 121, 121),
            Feature,
            Risk::High,
            Action::Block,
            vec!["smaller_steps", "fix_first", "roll_back", "override"],
        ),
        (slo(121, 121, 121), Fix, Risk::High, Action::Review, vec!["canary", "roll_back"]),
        (slo(121, 121, 121), Rollback, Risk::High, Action::Approve, vec![]),
    ] {
        let decision = case(vec![evidence]).decide(Change::new(kind, risk));
        let alternatives: Vec<&str> = decision.alternatives.iter().map(Alternative::label).collect();
        assert_eq!((decision.action, alternatives), (action, expected), "{decision}");
    }
    // An hour at worst is more than the 43 minutes of the month: approved, and better tried on a part of the traffic first.
    let estimate = ReleaseCost::new(0.01, Duration::from_secs(3_600));
    let decision = case(vec![slo(0, 0, 0)]).decide_at_cost(feature(Risk::Low), estimate);
    let canary = Alternative::Canary { percent: 5, worst: Duration::from_secs(180) };
    assert_eq!((decision.action, decision.alternatives), (Action::Approve, vec![canary]));
}

fn without_events(mut slo: Evidence) -> Evidence {
    for window in [&mut slo.hour, &mut slo.six_hours, &mut slo.seen] {
        window.counts = Counts::default();
    }
    slo
}

#[test]
fn a_decision_prints_as_a_person_needs_it() {
    let mut evidence = slo(95, 400, 31_200);
    evidence.seen = Observation::partial(evidence.seen.window, evidence.seen.counts, Duration::from_secs(15 * 86_400));
    let case = Case::of_instance(
        "checkout",
        Freshness::new(Duration::from_secs(4), TICK),
        BudgetBands::default(),
        vec![evidence],
    );
    let expected = "\
defer: feature of medium risk
because:
  checkout-ok: burns 1.58x over 1h, above 1.5x: warning -> defer
  one instance of many cannot speak for the rest, expected all of them, or one that is declared the only one -> review
  checkout-ok: burns 1.11x over 6h, above 1x: attention -> review
  checkout-ok: at most 63.9 % left of the budget, and 27.8 % if what nobody saw went alike: band yellow -> review
  checkout-ok: 50.0 % of 30d seen, expected at least 90 % -> review
provided that:
  checkout-ok burns at most 1x over 1h
  all instances were asked and their number said, or this one is declared the only one
  checkout-ok burns at most 1x over 6h
  more than 50% of the budget of checkout-ok is left
  at least 90 % of 30d of checkout-ok was seen
instead:
  smaller steps: at low risk the answer is review
  5 % of the traffic first: at worst that costs 36s
  first a fix of what burns: that is reviewed at most
  a rollback of what burns: that is never held back
  go ahead all the same, with the reason on record
cost: 57.6s expected (8.0 % of what is left), 12m at worst (100.0 %); 12m of total outage left
data: thin, from one instance of many, 4s old; checkout-ok speaks: warning, 50.0 % of 30d seen";
    assert_eq!(case.decide(feature(Risk::Medium)).to_string(), expected);
}
