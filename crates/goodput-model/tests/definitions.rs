//! What a definition refuses, each with the value and what was expected in its place.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::time::Duration;

use goodput_model::{
    Action, Band, BudgetBands, Budgeting, Counts, Definition, Indicator, Journey, JudgedAt, Objective, Observation,
    Period, Policy, Rate, Severity, Share, Slo, Tier, TimeUnit, Window,
};

/// Checks that a definition with this SLO has exactly this problem, or none.
#[track_caller]
fn check(slo: Slo, problem: &str) {
    let mut definition = Definition::new("shop");
    definition.slos.push(slo);
    check_all(&definition, problem);
}

#[track_caller]
fn check_all(definition: &Definition, problem: &str) {
    let problems: Vec<String> = definition.check().iter().map(ToString::to_string).collect();
    assert_eq!(problems.join("\n"), problem);
}

fn ok() -> Slo {
    Slo::availability("ok", "99%")
}

fn slices(target: Option<&str>) -> Budgeting {
    Budgeting::Timeslices { slice: Window::M1, target: target.map(|target| target.parse().unwrap()) }
}

#[test]
fn every_kind_of_indicator_holds_with_what_it_needs() {
    let rate = Rate::new(5, TimeUnit::Second).unwrap();
    let most = Share::percent(80).unwrap();
    for slo in [
        ok(),
        ok().budgeting(slices(Some("95%"))),
        ok().budgeting(Budgeting::RatioTimeslices { slice: Window::M5 }),
        ok().period(Period::MONTH),
        Slo::error_rate("a", "99%"),
        Slo::correctness("a", "99%").routes(["orders"]),
        Slo::completeness("a", "99%").routes(["orders"]),
        Slo::freshness("a", "99%", Duration::from_secs(1_800)).routes(["orders"]),
        Slo::freshness("a", "99%", Duration::from_secs(1_800)).routes(["orders"]).budgeting(Budgeting::Occurrences),
        Slo::throughput("a", "99%", rate),
        Slo::saturation("a", "99%", most).routes(["pool"]),
        Slo::custom("a", "99%"),
    ] {
        check(slo, "");
    }
}

#[test]
fn an_indicator_refuses_what_it_cannot_do_with() {
    let rate = Rate::new(5, TimeUnit::Second).unwrap();
    check(
        Slo::throughput("a", "99%", rate).budgeting(Budgeting::Occurrences),
        r#"SLO "a": throughput budgeted by occurrences: expected timeslices: it judges slices, not events"#,
    );
    check(
        Slo::throughput("a", "99%", rate).budgeting(slices(Some("95%"))),
        r#"SLO "a": throughput budgeted by timeslices: expected timeslices without a target: its slices are good or bad as a whole"#,
    );
    check(
        Slo::throughput("a", "99%", rate).budgeting(Budgeting::RatioTimeslices { slice: Window::M1 }),
        r#"SLO "a": throughput budgeted by ratio_timeslices: expected timeslices: its slices are good or bad as a whole"#,
    );
    check(
        ok().budgeting(slices(None)),
        r#"SLO "ok": availability budgeted by timeslices: expected a target: the share of a slice's events that has to be good"#,
    );
    check(
        ok().budgeting(Budgeting::RatioTimeslices { slice: Window::D3 }),
        r#"SLO "ok": slice 3d: expected at most 1d"#,
    );
    check(Slo::completeness("a", "99%"), r#"SLO "a": completeness of nothing: expected the names of what it looks at"#);
    check(
        Slo::correctness("a", "99%").of_dependency("payments"),
        r#"SLO "a": correctness looks at no requests: expected neither a dependency nor request classes"#,
    );
    check(
        Slo::freshness("a", "99%", Duration::ZERO).routes(["orders"]),
        r#"SLO "a": age 0ns: expected more than zero and at most 400 days"#,
    );
}

#[test]
fn texts_links_and_names_are_refused_by_value() {
    check(
        ok().description("{{ $labels.x }}"),
        r#"description of SLO ok "{{ $labels.x }}": expected 1 to 2000 bytes without control characters, {{ or }}, which alert templates execute"#,
    );
    check(
        ok().runbook("runbooks/checkout"),
        r#"SLO "ok": runbook "runbooks/checkout": expected an address such as https://runbooks.example/checkout"#,
    );
    check(
        ok().annotation("team-name", "payments"),
        r#"SLO "ok": annotation "team-name": expected a name of letters, digits and _ that does not begin with a digit"#,
    );
    check(ok().journey("buy"), r#"SLO "ok": journey "buy" is not declared: expected one of the definition's journeys"#);
    check(
        ok().sla("99.5"),
        r#"SLO "ok": SLA: objective "99.5" has no percent sign: expected a percentage such as 99.9%; did you mean 99.5%?"#,
    );
    for name in ["9lives", "__name__", "team-name", "", "service", "le", "scope"] {
        let mut definition = Definition::new("shop");
        definition.labels.insert(name.to_owned(), "x".to_owned());
        assert!(
            definition.check().iter().any(|problem| problem.to_string().starts_with(&format!("label {name:?}"))),
            "{name}"
        );
    }
    let mut definition = Definition::new("shop");
    definition.selector.insert("job".to_owned(), "shop".to_owned());
    check_all(&definition, "");
    definition.time_zone = "Europe Berlin".to_owned();
    check_all(
        &definition,
        r#"time zone "Europe Berlin": expected a name of the IANA database, such as Europe/Berlin or UTC"#,
    );
}

#[test]
fn bands_leave_no_gap_and_get_no_milder() {
    let band = |name: &str, above: Option<u32>, action| Band {
        name: name.to_owned(),
        above: above.map(|percent| Share::percent(percent).unwrap()),
        action,
    };
    let check_bands = |bands: Vec<Band>, problem: &str| {
        let mut definition = Definition::new("shop");
        definition.bands = BudgetBands::new(bands, Share::NONE);
        check_all(&definition, problem);
    };
    let green = || band("green", Some(50), Action::Approve);
    let last = || band("red", None, Action::Block);
    check_bands(vec![green(), last()], "");
    check_bands(vec![], r#"band "": expected at least one band"#);
    check_bands(vec![green()], r#"band "green": expected no line, as it is the last band and holds whatever is less"#);
    check_bands(
        vec![last(), last()],
        "band \"red\": expected the share of the budget it begins above, as it is not the last band\n\
         band \"red\": expected names that differ",
    );
    check_bands(
        vec![green(), band("yellow", Some(50), Action::Review), last()],
        r#"band "yellow": expected a line lower than that of the band before"#,
    );
    check_bands(
        vec![band("green", Some(50), Action::Defer), band("red", None, Action::Review)],
        r#"band "red": expected an action at least as strict as that of the band before"#,
    );
}

#[test]
fn an_slo_looks_at_its_own_routes_else_at_those_of_its_journey() {
    let mut definition = Definition::new("shop");
    let mut buy = Journey::new("buy");
    buy.routes = vec!["/cart".to_owned(), "/checkout".to_owned()];
    definition.journeys = vec![buy];
    let (all, one) = (ok().journey("buy"), ok().journey("buy").routes(["/cart"]));
    assert_eq!(definition.routes_of(&all), ["/cart", "/checkout"]);
    assert_eq!(definition.routes_of(&one), ["/cart"]);
    assert!(definition.routes_of(&ok()).is_empty());
    assert!(definition.routes_of(&ok().journey("buy").of_dependency("payments")).is_empty());

    definition.excluded_routes = vec!["/cart".to_owned()];
    definition.slos = vec![all];
    assert_eq!(definition.check().len(), 1, "an excluded route is refused where a journey names it");
}

#[test]
fn periods_are_written_as_they_are_read() {
    for text in ["30d", "28d", "36h", "month", "quarter"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
    assert_eq!(Period::MONTH.window(), Period::D30.window());
    assert!(Period::MONTH.longest() > Period::days(31).unwrap().window());
    assert_eq!(Period::D30.longest(), Period::D30.window());
}

#[test]
fn tiers_allow_fewer_errors_the_higher_they_are() {
    let objectives: Vec<Objective> = Tier::ALL.iter().map(|tier| tier.objective()).collect();
    assert!(objectives.is_sorted_by(|a, b| a < b));
    assert!(Tier::ALL.is_sorted_by(|a, b| a.threshold() > b.threshold()));
    assert_eq!(Tier::Critical.objective().to_string(), "99.95%");
}

#[test]
fn an_hour_of_bad_slices_is_enough_for_a_page_however_long_they_are() {
    let row = *Policy::default_for("99%".parse().unwrap(), Period::D30).rows().first().unwrap();
    assert_eq!((row.severity(), row.long()), (Severity::Page, Window::H1));
    for (slice, an_hour) in [("1m", 60), ("10m", 6), ("20m", 3), ("30m", 2), ("1h", 1), ("4h", 1), ("1d", 1)] {
        let target = Some("95%".parse().unwrap());
        let slo = ok().budgeting(Budgeting::Timeslices { slice: slice.parse().unwrap(), target });
        let bad = Observation::full(row.long(), Counts { bad: an_hour, ..Counts::default() });
        let floor = slo.least_bad_in_force().floor(slo.objective().unwrap(), &row, &bad);
        assert!(floor <= an_hour, "{slice}: {floor} of {an_hour}");
    }
}

#[test]
fn saying_what_is_so_by_default_makes_no_other_slo() {
    let latency = || Slo::latency("fast", "99%", Duration::from_millis(300));
    assert_eq!(ok(), ok().judged_at(JudgedAt::End).budgeting(Budgeting::Occurrences).streams_judged_at(JudgedAt::Head));
    assert_eq!(latency(), latency().judged_at(JudgedAt::Head).streams_judged_at(JudgedAt::End));
    assert_ne!(ok(), ok().judged_at(JudgedAt::Head));
    assert_ne!(ok(), ok().streams_judged_at(JudgedAt::End));
    assert_ne!(ok(), ok().budgeting(slices(Some("95%"))));
}

#[test]
fn of_several_meanings_given_to_a_status_the_last_counts() {
    let slo = ok().bad_statuses([404, 410]).good_statuses([404]).bad_grpc_codes([5]).excluded_grpc_codes([5]);
    assert_eq!(slo.status_overrides().count(), 2);
    assert_eq!(slo.grpc_overrides().count(), 1);
    assert!(matches!(slo.indicator(), Indicator::Availability));
}
