//! A real Alertmanager is told of each episode once, and of its end, whatever goes down meanwhile.
//!
//! What takes minutes takes seconds here: a round half a second where the default is a minute, and an alert ends by itself after two
//! seconds where the default is four minutes. Both are scaled by 120.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

mod alertmanager {
    pub(crate) mod program;
    pub(crate) mod scene;
}

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use alertmanager::program::{Alertmanager, Told, is_there};
use alertmanager::scene::{Plot, Scene};
use goodput_core::{Mute, Role, Timeline};
use goodput_notify::{AlertmanagerSink, Pace};

const ROUND: Duration = Duration::from_millis(500);
const END: Duration = Duration::from_secs(2);

fn sink(scene: &Scene, to: &[&Alertmanager]) -> AlertmanagerSink {
    sink_of("shop-0", scene, to)
}

fn sink_of(instance: &str, scene: &Scene, to: &[&Alertmanager]) -> AlertmanagerSink {
    let pace = Pace { every: ROUND, ends_after: END, ..Pace::default() };
    AlertmanagerSink::to(to.iter().map(|alertmanager| alertmanager.url()))
        .instance(instance)
        .generator_url("https://shop-0.example/status")
        .pace(pace)
        .start(Arc::clone(&scene.goodput))
        .unwrap()
}

fn statuses(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.status.as_str()).collect()
}

/// Long enough for alerts that nobody tells of any more to end by themselves and for that to be told, three times over.
fn long() {
    thread::sleep(3 * END);
}

#[test]
fn an_episode_is_told_once_by_each_alertmanager_and_ends_when_it_ends_and_not_before() {
    if !is_there() {
        return;
    }
    let both = [Alertmanager::start(), Alertmanager::start()];
    let scene = Scene::new(&Plot::default());
    let sink = sink(&scene, &[&both[0], &both[1]]);
    let clock = Timeline::system();
    scene.breaks(1);
    for alertmanager in &both {
        alertmanager.tells(1);
    }
    // A second of it is Alertmanager's own `group_wait`.
    let told_after = clock.now().since_origin();
    assert!(told_after < Duration::from_secs(4), "{told_after:?}");
    long();
    for alertmanager in &both {
        assert_eq!(
            statuses(&alertmanager.told()),
            ["firing"],
            "it goes on firing for three times as long as it is good for"
        );
    }
    scene.heals(0);
    for alertmanager in &both {
        assert_eq!(statuses(&alertmanager.tells(2)), ["firing", "resolved"]);
    }
    long();
    for (alertmanager, status) in both.iter().zip(sink.statuses()) {
        assert_eq!(
            statuses(&alertmanager.told()),
            ["firing", "resolved"],
            "that it resolved is repeated to it, not to people"
        );
        assert_eq!((status.failures_in_a_row, status.last_error, status.firing), (0, None, 0));
        let told = alertmanager.told();
        assert_eq!(told[0].alert["startsAt"], told[1].alert["startsAt"]);
    }
    scene.breaks(1);
    for alertmanager in &both {
        assert_eq!(
            statuses(&alertmanager.tells(3)),
            ["firing", "resolved", "firing"],
            "the next episode is another one"
        );
    }
}

#[test]
fn an_alert_arrives_with_what_was_promised() {
    if !is_there() {
        return;
    }
    let alertmanager = Alertmanager::start();
    let scene = Scene::new(&Plot::default());
    let _sink = sink(&scene, &[&alertmanager]);
    scene.breaks(1);
    let told = alertmanager.tells(1).remove(0);
    assert_eq!(
        told.alert["labels"],
        serde_json::json!({
            "alertname": "GoodputInstanceBurn",
            "service": "shop",
            "slo": "checkout-ok",
            "journey": "buying",
            "severity": "page",
            "scope": "instance",
            "instance": "shop-0",
            "long": "1h",
            "short": "5m",
            "team": "payments",
        })
    );
    for (name, text) in [
        ("runbook_url", "https://wiki.example/checkout"),
        ("dashboard", "https://grafana.example/checkout"),
        ("traces", "https://traces.example/checkout"),
        ("team", "payments \"& co\"\n{not a template}"),
        ("what", "page 1h/5m at 14.4x"),
        ("expected", "at most 14.4x"),
        ("routes", "/checkout 600"),
        ("reasons", "no_stock 600"),
        ("deploy", "v42"),
        ("owner", "payments"),
    ] {
        assert_eq!(told.annotation(name), text, "{name}");
    }
    for (name, part) in [
        ("summary", "checkout-ok of shop (this instance alone): burn "),
        ("description", "\nburn: 5m 1000x"),
        ("current", " over 1h, "),
        ("burn", "5m 1000x, "),
        ("budget", "at most "),
        ("exhaustion", "in "),
        ("events", " bad, "),
    ] {
        assert!(told.annotation(name).contains(part), "{name}: {:?}", told.annotation(name));
    }
    assert_eq!(told.alert["generatorURL"], "https://shop-0.example/status");
}

#[test]
fn an_alertmanager_that_was_down_when_it_fired_and_when_it_resolved_tells_of_both() {
    if !is_there() {
        return;
    }
    let mut alertmanager = Alertmanager::stopped();
    let scene = Scene::new(&Plot::default());
    let sink = sink(&scene, &[&alertmanager]);
    scene.breaks(1);
    thread::sleep(2 * END);
    assert!(sink.statuses()[0].failures_in_a_row > 0);
    alertmanager.run();
    assert_eq!(statuses(&alertmanager.tells(1)), ["firing"]);
    alertmanager.stop();
    scene.heals(0);
    thread::sleep(2 * END);
    alertmanager.run();
    assert_eq!(statuses(&alertmanager.tells(2)), ["firing", "resolved"]);
    assert_eq!(sink.statuses()[0].failures_in_a_row, 0);
}

#[test]
fn an_alertmanager_that_restarts_amid_an_episode_tells_of_it_once() {
    if !is_there() {
        return;
    }
    let mut alertmanager = Alertmanager::start();
    let scene = Scene::new(&Plot::default());
    let _sink = sink(&scene, &[&alertmanager]);
    scene.breaks(1);
    alertmanager.tells(1);
    alertmanager.stop();
    thread::sleep(2 * END);
    alertmanager.run();
    long();
    assert_eq!(statuses(&alertmanager.told()), ["firing"]);
    scene.heals(0);
    assert_eq!(statuses(&alertmanager.tells(2)), ["firing", "resolved"]);
}

#[test]
fn what_a_stopped_process_told_of_ends_by_itself_and_is_not_resolved_by_it() {
    if !is_there() {
        return;
    }
    let alertmanager = Alertmanager::start();
    let scene = Scene::new(&Plot::default());
    let sink = sink(&scene, &[&alertmanager]);
    scene.breaks(1);
    alertmanager.tells(1);
    let clock = Timeline::system();
    drop(sink);
    assert_eq!(statuses(&alertmanager.tells(2)), ["firing", "resolved"]);
    let after = clock.now().since_origin();
    assert!(after > END.saturating_sub(ROUND), "{after:?}: it was good for {END:?} from the last round on");
}

#[test]
fn a_ticket_beside_a_page_is_told_when_it_outlives_that_and_once() {
    if !is_there() {
        return;
    }
    let alertmanager = Alertmanager::start();
    let scene = Scene::new(&Plot { has_ticket: true, ..Plot::default() });
    let _sink = sink(&scene, &[&alertmanager]);
    // The ticket fires before or with the page.
    scene.goodput.mute(Mute::of_all(Duration::from_secs(3_600), "until both fire")).unwrap();
    scene.breaks(2);
    long();
    assert!(alertmanager.told().is_empty(), "nobody is told of what is muted: {:?}", alertmanager.told());
    scene.goodput.unmute(None);
    scene.goes_on();
    assert_eq!(told_of(&alertmanager.tells(1)), [("firing", "page")]);
    long();
    assert_eq!(told_of(&alertmanager.told()), [("firing", "page")], "the page speaks for the ticket");
    scene.heals(1);
    let mut told = alertmanager.tells(3);
    told.sort_by(|a, b| a.label("severity").cmp(b.label("severity")));
    assert_eq!(told_of(&told[..1]), [("firing", "page")]);
    assert_eq!(told_of(&told[1..]), [("resolved", "page"), ("firing", "ticket")]);
    scene.heals(0);
    let told = alertmanager.tells(4);
    assert_eq!(told_of(&told[3..]), [("resolved", "ticket")]);
}

#[test]
fn a_mute_amid_an_episode_lets_it_neither_resolve_nor_be_told_again() {
    if !is_there() {
        return;
    }
    let alertmanager = Alertmanager::start();
    let scene = Scene::new(&Plot::default());
    let _sink = sink(&scene, &[&alertmanager]);
    scene.breaks(1);
    alertmanager.tells(1);
    scene.goodput.mute(Mute::of("checkout-ok", Duration::from_secs(600), "maintenance")).unwrap();
    scene.goes_on();
    assert!(scene.goodput.alerts()[0].muted);
    long();
    scene.goodput.unmute(None);
    scene.goes_on();
    assert!(!scene.goodput.alerts()[0].muted);
    long();
    assert_eq!(statuses(&alertmanager.told()), ["firing"]);
}

#[test]
fn an_instance_that_observes_tells_nobody_and_one_of_many_pages_nobody() {
    if !is_there() {
        return;
    }
    let (quiet, loud) = (Alertmanager::start(), Alertmanager::start());
    let observer = Scene::new(&Plot { role: Role::Observe, ..Plot::default() });
    let one_of_many = Scene::new(&Plot { is_single: false, ..Plot::default() });
    let _sinks = (sink(&observer, &[&quiet]), sink(&one_of_many, &[&loud]));
    observer.breaks(1);
    one_of_many.breaks(1);
    assert_eq!(told_of(&loud.tells(1)), [("firing", "ticket")]);
    long();
    assert!(quiet.told().is_empty(), "{:?}", quiet.told());
}

#[test]
fn replicas_do_not_speak_for_each_other() {
    if !is_there() {
        return;
    }
    let alertmanager = Alertmanager::start();
    let scenes = [Scene::new(&Plot::default()), Scene::new(&Plot::default())];
    let _sinks = (sink_of("shop-0", &scenes[0], &[&alertmanager]), sink_of("shop-1", &scenes[1], &[&alertmanager]));
    for scene in &scenes {
        scene.breaks(1);
    }
    alertmanager.tells(2);
    scenes[0].heals(0);
    alertmanager.tells(3);
    long();
    let told: Vec<_> = alertmanager.told().into_iter().skip(2).collect();
    assert_eq!(statuses(&told), ["resolved"]);
    assert_eq!(told[0].label("instance"), "shop-0");
}

fn told_of(told: &[Told]) -> Vec<(&str, &str)> {
    told.iter().map(|told| (told.status.as_str(), told.label("severity"))).collect()
}
