//! Guards on clocks that the test moves: what they hold back, when they close and open, and that they never hear themselves.
//!
//! Properties: the share is the same whether what was shed is counted by the guarded SLO or never came; the floor is always
//! admitted.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

#[path = "guard/refusals.rs"]
mod refusals;
#[path = "guard/scene.rs"]
mod scene;

use std::time::Duration;

use goodput_core::{
    Admission, BurnRate, ClassId, Code, Counts, FeatureGuard, Flag, Goodput, Guard, Head, JudgedAt, Reason, Slo,
    Verdict, Window,
};
use proptest::prelude::*;
use scene::{CHECKOUT, SPARE, Scene, TICK};

fn guard() -> Guard {
    Guard::shed("spare", "ok").routes([SPARE]).above("10").floor("10%")
}

fn ok() -> Slo {
    Slo::availability("ok", "99%").routes([CHECKOUT, SPARE])
}

#[test]
fn it_closes_by_halves_to_the_floor_and_opens_by_tenths_once_the_window_has_forgotten() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard()));
    let mut shares = Vec::new();
    // Ten minutes of an outage of half the requests, then ten without.
    for tick in 0..120 {
        scene.checkouts(10, if tick < 60 { 10 } else { 0 });
        scene.tick();
        shares.push(scene.share());
    }
    // 50 times the budget, of which a fifth of the window is needed to be 10 times.
    assert_eq!(shares[5..10], [100_000, 50_000, 25_000, 12_500, 10_000], "{shares:?}");
    assert!(shares[10..60].iter().all(|share| *share == 10_000), "{shares:?}");
    let opens = shares.iter().skip(60).position(|share| *share > 10_000).unwrap() + 60;
    // At most half the factor: 5 % errors, when all but 30 s of the window are good.
    assert!((86..=90).contains(&opens), "opens at {opens}: {shares:?}");
    let steps: Vec<u32> = (2..=10).map(|step| step * 10_000).collect();
    assert_eq!(shares[opens..opens + 9], steps, "{shares:?}");
    assert!(shares[opens + 9..].iter().all(|share| *share == 100_000));
    assert!(!scene.goodput.guards_are_acting());
}

#[test]
fn between_the_factor_and_half_of_it_the_share_stays() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard().window(Window::M1)));
    let run = |good, bad, ticks| {
        (0..ticks).for_each(|_| {
            scene.checkouts(good, bad);
            scene.tick();
        });
        scene.share()
    };
    assert_eq!(run(93, 7, 30), 100_000, "7 times, when nothing is held back");
    assert_eq!(run(50, 50, 20), 10_000);
    let held = run(93, 7, 7);
    assert_eq!(run(93, 7, 60), held, "7 times, while something is");
    assert!(held < 100_000);
    assert_eq!(run(100, 0, 30), 100_000);
}

#[test]
fn too_few_bad_events_hold_nothing_back() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard().min_bad(5)));
    scene.pass(Window::M5.duration());
    scene.checkouts(0, 4);
    scene.tick();
    assert_eq!(scene.share(), 100_000);
    scene.checkouts(0, 1);
    scene.tick();
    assert_eq!(scene.share(), 50_000);
}

#[test]
fn only_what_the_guard_chooses_is_held_back_and_the_floor_of_it_never_is() {
    let scene = Scene::new(|builder| {
        builder
            .slo(ok())
            .classes(["low", "high"])
            .guard(guard())
            .guard(Guard::shed("low", "ok").classes(["low"]).above("10").floor("25%"))
    });
    scene.close();
    let goodput = &scene.goodput;
    let admitted = |route: &str, class: &str| {
        let route = goodput.route(Some(route));
        let class = goodput.known_class(class).unwrap_or(ClassId::NONE);
        (0..1_000).filter(|_| goodput.admit(route, class) == Admission::Full).count()
    };
    assert_eq!(admitted(CHECKOUT, ""), 1_000);
    assert_eq!(admitted("/elsewhere", "high"), 1_000);
    assert_eq!(admitted(SPARE, ""), 100);
    assert_eq!(admitted(SPARE, "high"), 100);
    assert_eq!(admitted("/elsewhere", "low"), 250);
    assert_eq!(admitted("/health", "low"), 1_000, "excluded from every SLO");
    assert!(admitted(SPARE, "low") <= 100, "both hold it back");
}

#[test]
fn a_route_and_a_class_together_choose_what_is_both() {
    let scene = Scene::new(|builder| {
        builder
            .slo(ok())
            .classes(["low"])
            .class_routes("low", [SPARE])
            .guard(guard().routes([CHECKOUT]).classes(["low"]))
    });
    scene.close();
    let of = |route: &str| scene.goodput.route(Some(route));
    let full = |route, class| (0..10).all(|_| scene.goodput.admit(route, class) == Admission::Full);
    let low = scene.goodput.known_class("low").unwrap();
    assert!(full(of(CHECKOUT), ClassId::NONE));
    assert!(!full(of(CHECKOUT), low));
    assert!(!full(of(SPARE), ClassId::NONE), "its route has the class");
}

#[test]
fn what_is_degraded_is_marked_and_served() {
    let degrade = Guard::degrade("less", "ok").routes([SPARE]).above("10").floor("50%");
    let scene = Scene::new(|builder| builder.slo(ok()).guard(degrade));
    scene.close();
    let route = scene.goodput.route(Some(SPARE));
    let answers: Vec<_> = (0..4).map(|_| scene.goodput.admit(route, ClassId::NONE)).collect();
    assert_eq!(answers, [Admission::Degraded, Admission::Full, Admission::Degraded, Admission::Full]);
    assert_eq!(scene.goodput.status().guards[0].held_back, 2);
    assert!(scene.goodput.status().slos[0].sheds.is_none());
}

#[test]
fn guards_that_nobody_ticks_let_everything_pass() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard()));
    scene.close();
    let route = scene.goodput.route(Some(SPARE));
    let held_back = || (0..10).filter(|_| scene.goodput.admit(route, ClassId::NONE) != Admission::Full).count();
    assert_eq!(held_back(), 9);
    scene.pass(TICK * 3);
    assert_eq!(held_back(), 9);
    scene.pass(Duration::from_nanos(1));
    assert_eq!(held_back(), 0);
}

#[test]
fn a_tick_from_the_past_moves_nothing() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard()));
    scene.close();
    let share = scene.share();
    scene.goodput.tick(goodput_core::Moment::at(Duration::from_secs(1)));
    assert_eq!(scene.share(), share);
}

/// What an SLO makes of ten sheds that count as `verdict`: bad and excluded, all in all and as sheds.
fn check_sheds(what: &str, slo: Slo, verdict: Verdict, counts: (u64, u64), sheds: (u64, u64)) {
    let scene = Scene::new(|builder| builder.slo(slo).guard(guard()));
    scene.checkouts(3, 2);
    scene.tick();
    (0..40).for_each(|_| scene.tick());
    let before = scene.goodput.status().slos[0].counts;
    (0..10).for_each(|_| scene.shed(verdict));
    let status = scene.goodput.status();
    let now = status.slos[0].counts.since(before);
    assert_eq!((now.good, now.bad, now.excluded), (0, counts.0, counts.1), "{what}");
    let seen = status.slos[0].window(Window::M5).unwrap().seen.counts;
    assert_eq!((seen.good, seen.bad, seen.excluded), (0, counts.0, counts.1), "{what}: in the window");
    let reasons = status.slos[0].reasons.iter().filter(|of| of.verdict.reason() == Some(Reason::SHED));
    assert_eq!(reasons.map(|of| of.count).sum::<u64>(), sheds.0 + sheds.1, "{what}: by reason");
    let Some(shed) = &status.slos[0].sheds else {
        assert_eq!(sheds, (0, 0), "{what}");
        return;
    };
    assert_eq!(shed.sheds, Counts { good: 0, bad: sheds.0, excluded: sheds.1 }, "{what}");
    assert_eq!(shed.counts, before, "{what}");
    assert_eq!(shed.window(Window::M5).unwrap().counts, Counts::default(), "{what}");
    assert_eq!(shed.window(Window::H1).unwrap().counts, before, "{what}");
}

#[test]
fn a_shed_is_bad_or_excluded_as_the_guard_says_and_shown_apart() {
    let fast = || Slo::good_and_fast("ok", "99%", Duration::from_millis(100)).routes([CHECKOUT, SPARE]);
    let latency = || Slo::latency("ok", "99%", Duration::from_millis(100)).routes([CHECKOUT, SPARE]);
    let (bad, excluded) = (Verdict::Bad(Reason::SHED), Verdict::Excluded(Reason::SHED));
    check_sheds("availability", ok(), bad, (10, 0), (10, 0));
    check_sheds("availability, excluded", ok(), excluded, (0, 10), (0, 10));
    check_sheds("at the head", ok().judged_at(JudgedAt::Head), bad, (10, 0), (10, 0));
    check_sheds("good and fast", fast(), bad, (10, 0), (10, 0));
    check_sheds("good and fast, excluded", fast(), excluded, (0, 10), (0, 10));
    check_sheds("error rate", Slo::error_rate("ok", "99%").routes([CHECKOUT, SPARE]), bad, (10, 0), (10, 0));
    check_sheds("latency, excluded", latency(), excluded, (0, 10), (0, 10));
    // Latency alone excludes every failure: nothing is there to take out.
    check_sheds("latency", latency(), bad, (0, 10), (0, 0));
}

#[test]
fn other_layers_refusals_are_no_sheds_of_the_guard() {
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard()));
    scene.checkouts(10, 0);
    (0..5).for_each(|_| scene.refuse());
    let status = scene.goodput.status();
    let bad: Vec<_> = status.slos[0].reasons.iter().map(|of| (of.verdict, of.count)).collect();
    assert_eq!(bad, [(Verdict::Bad(Reason::SHED), 5)]);
    assert!(status.slos[0].sheds.is_none());
    scene.tick();
    assert!(scene.goodput.status().guards[0].burn.value().unwrap() > 0.0, "they are seen as what they are");
}

#[test]
fn a_reload_that_removes_the_slo_opens_and_one_that_has_it_judge_otherwise_begins_anew() {
    let scene = Scene::new(|builder| builder.slo(ok()).slo(Slo::availability("other", "99%")).guard(guard()));
    let mut definition = (*scene.goodput.definition()).clone();
    scene.close();
    definition.slos[0] = ok().good_statuses([500]);
    scene.goodput.reload(definition.clone()).unwrap();
    assert!(scene.goodput.status().guards[0].burn == BurnRate::NoData);
    scene.tick();
    assert_eq!(scene.share(), 20_000, "it has seen nothing yet");
    scene.close();
    definition.slos.remove(0);
    scene.goodput.reload(definition).unwrap();
    (0..9).for_each(|_| scene.tick());
    assert_eq!(scene.share(), 100_000);
    assert!(scene.goodput.status().guards[0].burn == BurnRate::NoData);
}

#[test]
fn a_feature_is_off_while_the_slo_burns_and_one_that_nobody_declared_is_never_on() {
    let scene = Scene::new(|builder| builder.slo(ok()).feature(FeatureGuard::new("ranking", "ok").above("10")));
    let feature = scene.goodput.feature("ranking").unwrap();
    assert!(feature.is_allowed() && scene.goodput.feature_allowed("ranking"));
    scene.close();
    assert!(!feature.is_allowed() && !scene.goodput.feature_allowed("ranking"));
    assert!(!scene.goodput.guards_are_acting(), "requests are none of its business");
    scene.pass(Window::M5.duration() * 2);
    scene.tick();
    assert!(feature.is_allowed() && scene.goodput.feature_allowed("ranking"));
    let status = scene.goodput.status();
    assert_eq!((status.features[0].name.as_str(), status.features[0].allowed), ("ranking", true));
    assert!(!status.flags.iter().any(|flag| flag.label() == "unknown_features"));

    assert!(scene.goodput.feature("rankign").is_none());
    assert!(!scene.goodput.feature_allowed("rankign") && !scene.goodput.feature_allowed("Ranking"));
    let flags = scene.goodput.status().flags;
    assert!(flags.contains(&Flag::UnknownFeatures { first: "rankign".to_owned(), times: 2 }), "{flags:?}");
    let bare = Goodput::builder("bare").build().unwrap();
    assert!(!bare.feature_allowed("ranking"));
    assert_eq!(bare.status().flags.iter().filter(|flag| flag.label() == "unknown_features").count(), 1);
}

#[test]
fn a_status_reads_as_what_guards_do_and_what_there_is_without_them() {
    let ranking = FeatureGuard::new("ranking", "ok").above("2");
    let scene = Scene::new(|builder| builder.slo(ok()).guard(guard()).feature(ranking));
    scene.checkouts(150, 0);
    scene.close();
    (0..3).for_each(|_| scene.shed(Verdict::Bad(Reason::SHED)));
    let printed = scene.goodput.status().to_string();
    for line in [
        "guard spare: 10% admitted, 0 held back; ok at ",
        " over 5m, acts above 10x",
        "feature ranking: off; ok at ",
        " over 5m, off above 2x",
        "ok without the 3 that guards have shed: 500 bad of 650",
    ] {
        assert!(printed.contains(line), "{line:?}: {printed}");
    }
}

#[test]
fn exporters_know_of_sheds_from_the_beginning() {
    for (guard, verdict) in
        [(guard(), Verdict::Bad(Reason::SHED)), (guard().exclude_sheds(), Verdict::Excluded(Reason::SHED))]
    {
        let goodput = Goodput::builder("shop").slo(ok()).guard(guard).build().unwrap();
        assert!(goodput.possible_verdicts()[0].1.contains(&verdict), "{verdict}");
    }
    let bare = Goodput::builder("shop").slo(ok()).build().unwrap();
    assert!(!bare.possible_verdicts()[0].1.contains(&Verdict::Excluded(Reason::SHED)));
}

/// One step: (good, bad) checkouts, requests for what is spare and how many of those that are served fail, and seconds to the next tick.
type Step = (u64, u64, u64, u64, u64);

/// The shares after each tick, and how many of the spare requests were admitted in each step.
fn run(steps: &[Step], slo: Slo, guard: Guard, counts_sheds: bool) -> Vec<(u32, usize)> {
    let scene = Scene::new(|builder| builder.slo(slo).guard(guard));
    let route = scene.goodput.route(Some(SPARE));
    let mut seen = Vec::new();
    for (good, bad, spare, failing, seconds) in steps {
        scene.checkouts(*good, *bad);
        let mut admitted = 0;
        for number in 0..*spare {
            match scene.goodput.admit(route, ClassId::NONE) {
                Admission::Shed(shed) if counts_sheds => {
                    scene.respond(SPARE, Head { verdict: Some(shed.verdict), ..Head::new(Code::http(503)) });
                }
                Admission::Shed(_) => {}
                Admission::Full | Admission::Degraded => {
                    admitted += 1;
                    scene.respond(SPARE, Code::http(if number < *failing { 500 } else { 200 }).into());
                }
            }
        }
        scene.pass(Duration::from_secs(*seconds));
        scene.tick_here();
        seen.push((scene.share(), admitted));
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Two runs, one in which the guarded SLO counts what is shed and one in which that never came, agree at every tick.
    #[test]
    fn sheds_never_feed_the_signal(
        steps in prop::collection::vec((0_u64..40, 0_u64..8, 0_u64..60, 0_u64..6, 1_u64..40), 1..120),
        kind in 0..4,
        excludes in any::<bool>(),
        factor in prop::sample::select(vec!["1", "5", "20"]),
    ) {
        let guard = guard().above(factor);
        let guard = if excludes { guard.exclude_sheds() } else { guard };
        let slo = match kind {
            0 => ok(),
            1 => ok().judged_at(JudgedAt::Head),
            2 => Slo::good_and_fast("ok", "99%", Duration::from_millis(100)).routes([CHECKOUT, SPARE]),
            _ => Slo::latency("ok", "99%", Duration::from_millis(100)).routes([CHECKOUT, SPARE]),
        };
        let with = run(&steps, slo.clone(), guard.clone(), true);
        let without = run(&steps, slo, guard, false);
        prop_assert_eq!(&with, &without);
        // The floor is always admitted.
        let mut share = 100_000;
        for ((next, admitted), step) in with.iter().zip(&steps) {
            let exact = step.2 as f64 * f64::from(share) / 100_000.0;
            prop_assert!((*admitted as f64 - exact).abs() < 1.0, "{} of {} at {}", admitted, step.2, share);
            prop_assert!(*next >= 10_000);
            share = *next;
        }
    }
}
