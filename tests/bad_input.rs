//! Bad input gets an error or a flag that names the value and what was expected; nothing panics and nothing is lost.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use goodput::{
    AlertRow, CancelPolicy, Code, Flag, Goodput, GoodputBuilder, JudgedAt, Measure, Moment, Period, Severity, Slo,
    SlotPlan, SlotTier, Ticker, TickerError, Timeline, Trigger, Window,
};

fn service() -> GoodputBuilder {
    Goodput::builder("shop")
}

fn slo() -> Slo {
    Slo::availability("ok", "99.9%")
}

fn row(long: Window, short: Window, factor: &str) -> AlertRow {
    AlertRow::new(Severity::Page, long, short, Trigger::factor(factor).expect("a factor"))
}

#[test]
fn a_definition_that_does_not_hold_is_refused_with_the_value_and_what_was_expected() {
    let many_statuses = (0..12).map(slo_with_statuses);
    let rows: Vec<(GoodputBuilder, &[&str])> = vec![
        (service().slo(Slo::availability("ok", "99.9")), &["ok", "99.9", "99.9%"]),
        (service().slo(Slo::availability("ok", "0.999")), &["ok", "0.999", "99.9%"]),
        (service().slo(Slo::availability("ok", "0.999%")), &["ok", "0.999%"]),
        (service().slo(Slo::availability("ok", "100%")), &["ok", "100%"]),
        (service().slo(Slo::availability("ok", "0%")), &["ok", "0%"]),
        (service().slo(Slo::availability("ok", "NaN%")), &["ok", "NaN%"]),
        (service().slo(slo()).slo(slo()), &["ok", "twice"]),
        (service().slo(Slo::availability("", "99%")), &["\"\"", "1 to 100 bytes"]),
        (service().slo(Slo::availability("x".repeat(101), "99%")), &["xxx", "1 to 100 bytes"]),
        (service().slo(Slo::availability("a{b}", "99%")), &["a{b}", "letters"]),
        (Goodput::builder(""), &["service", "\"\"", "1 to 100 bytes"]),
        (service().slo(slo().routes([""])), &["route", "\"\""]),
        (service().slo(slo().routes(Vec::<String>::new())), &["ok", "empty list of routes"]),
        (service().exclude_routes(["/a"]).slo(slo().routes(["/a"])), &["ok", "/a", "excluded"]),
        (service().slo(slo().routes(["unmatched"])), &["unmatched", "other"]),
        (service().exclude_routes(["other"]), &["unmatched", "other"]),
        (service().slo(slo().period("12h".parse().expect("a period"))), &["ok", "12h", "1d"]),
        (Goodput::builder("team/shop"), &["team/shop", "letters"]),
        (service().slo(slo().routes(["/a\n"])), &["route", "/a\\n"]),
        (service().exclude_routes(["x".repeat(300)]), &["route", "256"]),
        (service().slo(Slo::latency("fast", "99%", Duration::ZERO)), &["fast", "0ns", "more than zero"]),
        (service().slo(Slo::latency("fast", "99%", Duration::from_secs(90_000))), &["fast", "90000s", "a day"]),
        (
            service()
                .slo(Slo::latency("f", "99%", Duration::from_secs(1)).measure(Measure::End).judged_at(JudgedAt::Head)),
            &["End", "judged at the head", "judged at the end"],
        ),
        (service().slo(slo().cancel(CancelPolicy::BadIfOlder(Duration::from_secs(100_000)))), &["ok", "100000s"]),
        (service().slo(slo().bad_statuses([42])), &["ok", "42", "100 to 999"]),
        (service().server_deadline(Duration::ZERO), &["deadline", "0ns"]),
        (service().max_routes(1).slo(slo().routes(["/a", "/b"])), &["2 routes", "at most 1"]),
        (service().max_routes(usize::MAX), &["100000"]),
        (service().reasons((0..65).map(|n| format!("r{n}"))), &["65", "64"]),
        (service().slo(slo().alert(row(Window::M5, Window::H1, "14.4"))), &["ok", "5m", "1h"]),
        (service().slo(slo().alert(row(Window::H1, Window::H1, "14.4"))), &["ok", "1h"]),
        (
            service().slo(slo().period(Period::D7).alert(row(
                Window::from_secs(8 * 86_400).expect("8 d"),
                Window::H1,
                "1",
            ))),
            &["8d", "7d"],
        ),
        (service().slo(slo().alert(row(Window::H1, Window::M5, "0.5"))), &["ok", "0.5"]),
        (service().slo(Slo::availability("ok", "90%").alert(row(Window::H1, Window::M5, "14.4"))), &["ok", "14.4"]),
        (service().tick_every(Duration::ZERO), &["0ns", "10ms to 10s"]),
        (service().tick_every(Duration::from_secs(60)), &["60s", "10ms to 10s"]),
        (service().slots(SlotPlan::standard(Period::D7)).slo(slo()), &["604800s", "30d"]),
        (many_statuses.fold(service(), GoodputBuilder::slo), &["slo-0", "groups of statuses", "256"]),
        (many_thresholds(), &["slo-0", "4096 classes"]),
    ];
    for (index, (builder, words)) in rows.into_iter().enumerate() {
        let message = builder.build().map(|_| ()).expect_err(&format!("row {index}: {words:?}")).to_string();
        for word in words {
            assert!(message.contains(word), "row {index}: {message:?} does not say {word:?}");
        }
    }
}

/// An SLO that gives each status a meaning by one bit of its number, so that twelve of them tell all apart.
fn slo_with_statuses(bit: u16) -> Slo {
    let bad: Vec<u16> = (200..=999).filter(|status| status >> (bit % 10) & 1 == 1).collect();
    Slo::availability(format!("slo-{bit}"), "99%").bad_statuses(bad)
}

/// SLOs with so many thresholds that every combination of bands is a class of its own.
fn many_thresholds() -> GoodputBuilder {
    (0..30).fold(service(), |builder, n| {
        let threshold = Duration::from_millis(10 + n);
        let measure = [Measure::Head, Measure::FirstByte, Measure::End][n as usize % 3];
        builder.slo(Slo::good_and_fast(format!("slo-{n}"), "99%", threshold).measure(measure))
    })
}

#[test]
fn all_problems_of_a_definition_are_reported_together() {
    let error = Goodput::builder("")
        .slo(Slo::availability("ok", "2"))
        .slo(Slo::latency("ok", "99%", Duration::ZERO))
        .build()
        .expect_err("four problems");
    let goodput::BuildError::Definition(problems) = error else { panic!("{error}") };
    assert_eq!(problems.len(), 4, "{problems:?}");
}

#[test]
fn slot_plans_that_cannot_be_are_refused() {
    let tier = |width, span| SlotTier { width: Duration::from_secs(width), span: Duration::from_secs(span) };
    for tiers in [vec![], vec![tier(0, 10)], vec![tier(10, 100), tier(5, 200)], vec![tier(1, 100_000_000)]] {
        SlotPlan::new(tiers.clone()).expect_err(&format!("{tiers:?}"));
    }
    for width in [Duration::ZERO, Duration::from_millis(10), Duration::MAX] {
        SlotPlan::dense(width, Period::D30).expect_err(&format!("{width:?}"));
    }
}

#[test]
fn an_slo_whose_routes_saw_nothing_is_flagged_with_its_routes() {
    let goodput = service().slo(slo().routes(["/chekout"])).build().expect("a definition that holds");
    goodput.work("/checkout").good();
    assert_eq!(goodput.status().flags, [], "one event is no sign of anything");
    (0..99).for_each(|_| goodput.work("/checkout").good());
    let flags = goodput.status().flags;
    let expected = Flag::NoRouteSeen { slo: "ok".into(), routes: vec!["/chekout".into()] };
    assert!(flags.contains(&expected), "{flags:?}");
    assert!(expected.to_string().contains("/chekout"));
}

#[test]
fn traffic_that_never_matches_a_route_is_flagged() {
    let goodput = service().slo(slo()).build().expect("a definition that holds");
    let unmatched = |count| {
        for _ in 0..count {
            let mut request = goodput::Request::begin(&goodput, goodput.route(None));
            request.respond(&goodput, Code::http(200));
            request.complete_at_head(&goodput);
        }
    };
    unmatched(19);
    assert_eq!(goodput.status().flags, [], "a scanner came by");
    unmatched(11);
    assert!(goodput.status().flags.contains(&Flag::NoMatchedPath { unmatched: 30 }));
    (0..90).for_each(|_| goodput.work("/a").good());
    assert!(goodput.status().flags.contains(&Flag::ManyUnmatched { unmatched: 30, all: 120 }));
    (0..60).for_each(|_| goodput.work("/a").good());
    assert_eq!(goodput.status().flags, [], "a sixth is not many");
}

#[test]
fn a_timeline_that_goes_backwards_is_flagged_and_loses_nothing() {
    let (timeline, hand) = Timeline::manual();
    let goodput = service().slo(slo()).timeline(timeline).build().expect("a definition that holds");
    hand.advance(Duration::from_secs(100));
    goodput.work("/a").good();
    goodput.tick(hand.now());
    goodput.work("/a").good();
    goodput.tick(Moment::at(Duration::from_secs(50)));
    let status = goodput.status();
    assert!(status.flags.contains(&Flag::TimelineWentBackwards { times: 1 }), "{:?}", status.flags);
    let seen = status.slo("ok").and_then(|slo| slo.window(Window::H1)).map(|window| window.seen.counts.good);
    assert_eq!(seen, Some(2));
    assert_eq!(status.ticks, 1);
}

#[test]
fn a_missing_ticker_is_flagged() {
    let (timeline, hand) = Timeline::manual();
    let goodput = service().timeline(timeline).build().expect("a definition that holds");
    hand.advance(Duration::from_secs(31));
    let flagged =
        |goodput: &Goodput| goodput.status().flags.iter().any(|flag| matches!(flag, Flag::NoRecentTick { .. }));
    assert!(flagged(&goodput));
    goodput.tick(hand.now());
    assert!(!flagged(&goodput));
}

#[test]
fn a_manual_timeline_has_no_ticker() {
    let (timeline, _hand) = Timeline::manual();
    let goodput = service().timeline(timeline).build().expect("a definition that holds");
    assert_eq!(Ticker::start(std::sync::Arc::new(goodput)).err(), Some(TickerError::ManualTimeline));
}

#[test]
fn building_opens_no_port_and_starts_no_thread() {
    let own = |what: &str| std::fs::read_dir(format!("/proc/self/{what}")).map(Iterator::count).unwrap_or_default();
    // Alone in a process of its own: other tests come and go in this one.
    if std::env::var_os("GOODPUT_ALONE").is_none() {
        let mut alone = std::process::Command::new(std::env::current_exe().expect("this test"));
        let name = "building_opens_no_port_and_starts_no_thread";
        let output = alone.args(["--exact", name]).env("GOODPUT_ALONE", "1").output().expect("a process");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let before = (own("task"), own("fd"));
    let instances: Vec<Goodput> = (0..10).map(|_| service().slo(slo()).build().expect("builds")).collect();
    assert_eq!((own("task"), own("fd")), before);
    assert!(before.0 > 0, "the system does not say how many threads and files a process has");
    assert_eq!(instances.len(), 10, "and as many as one likes: nothing is global");
}

#[test]
fn absurd_batches_saturate_and_panic_nowhere() {
    let goodput = service().slo(slo()).build().expect("a definition that holds");
    let all = goodput::Counts { good: u64::MAX, bad: u64::MAX, excluded: u64::MAX };
    (0..3).for_each(|n| goodput.work(&format!("job-{n}")).add(all));
    let counts = goodput.status().slo("ok").map(|slo| slo.counts);
    assert_eq!(counts.map(|counts| counts.bad), Some(3 << 48));
}

#[test]
fn names_with_control_characters_forge_no_line() {
    let goodput = service().slo(slo()).build().expect("a definition that holds");
    goodput.work("job\n  /checkout  9 begun").good();
    assert!(!goodput.status().to_string().contains("\n  /checkout"), "{}", goodput.status());
}
