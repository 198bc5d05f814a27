//! Hot reload: requests are judged by what they began under, counters never fall, and a reload is done whole or not at all.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

#[path = "reload/crowd.rs"]
mod crowd;
#[path = "reload/model.rs"]
mod model;
#[path = "reload/refusals.rs"]
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use goodput_core::{
    Arrival, CancelPolicy, Code, Counts, Definition, Ending, Goodput, Head, JudgedAt, ManualStopwatch, ManualTimeline,
    Period, Remaining, Request, RouteClass, Seen, Slo, SloStatus, Stopwatch, Timeline, Verdict, Window,
};

/// An instance whose clocks are moved by hand, ten minutes old.
struct House {
    goodput: Goodput,
    stopwatch: ManualStopwatch,
    timeline: ManualTimeline,
}

impl House {
    fn new(definition: Definition) -> Self {
        let (stopwatch, stopwatch_hand) = Stopwatch::manual();
        let (timeline, timeline_hand) = Timeline::manual();
        let builder = Goodput::builder("").definition(definition).stopwatch(stopwatch).timeline(timeline);
        let house = Self { goodput: builder.build().unwrap(), stopwatch: stopwatch_hand, timeline: timeline_hand };
        house.pass(Duration::from_secs(600));
        house
    }

    /// Lets time pass on the timeline, with a tick every ten seconds.
    fn pass(&self, time: Duration) {
        for _ in 0..time.as_secs() / 10 {
            self.timeline.advance(Duration::from_secs(10));
            self.goodput.tick(self.timeline.now());
        }
    }

    fn begin(&self, template: &str) -> Request {
        Request::begin(&self.goodput, self.goodput.route(Some(template)))
    }

    /// Ends a request with this status, after so many milliseconds more.
    fn end(&self, mut request: Request, status: u16, millis: u64) {
        self.stopwatch.advance(Duration::from_millis(millis));
        request.respond(&self.goodput, Code::http(status));
        request.end(&self.goodput, Ending::Completed);
    }

    fn serve(&self, template: &str, status: u16) {
        self.end(self.begin(template), status, 1);
    }

    fn serve_all<'a>(&self, templates: impl IntoIterator<Item = &'a str>, status: u16) {
        for template in templates {
            self.serve(template, status);
        }
    }

    fn slo(&self, name: &str) -> SloStatus {
        self.goodput.status().slo(name).unwrap().clone()
    }

    /// Good and bad events: in all, and of the last five minutes.
    fn counts(&self, name: &str) -> [(u64, u64); 2] {
        let slo = self.slo(name);
        let recent = slo.window(Window::M5).unwrap().seen.counts;
        [(slo.counts.good, slo.counts.bad), (recent.good, recent.bad)]
    }
}

fn shop(slos: impl IntoIterator<Item = Slo>) -> Definition {
    let mut definition = Definition::new("shop");
    definition.slos.extend(slos);
    definition
}

fn ok() -> Slo {
    Slo::availability("ok", "99.9%")
}

fn fast(millis: u64) -> Slo {
    Slo::latency("fast", "99%", Duration::from_millis(millis))
}

#[test]
fn a_request_in_flight_is_judged_by_what_it_began_under() {
    let house = House::new(shop([ok(), fast(100)]));
    let (before, body) = (house.begin("/a"), house.begin("/a"));
    house.goodput.reload(shop([ok().bad_statuses([404]), fast(300)])).unwrap();
    let after = house.begin("/a");
    house.end(before, 404, 200);
    house.end(after, 404, 0);
    // 200 ms are slow under the one, and fast under the other. Only the latter is seen by the windows of today's SLO.
    assert_eq!(house.counts("fast"), [(1, 1), (1, 0)]);
    assert_eq!(house.counts("ok"), [(1, 1), (0, 1)]);
    house.end(body, 404, 0);
    assert_eq!(house.counts("ok"), [(2, 1), (0, 1)]);
    let route = &house.goodput.status().routes[0];
    assert_eq!((route.begun, route.finished, route.in_flight), (3, 3, 0));
}

#[test]
fn a_request_that_met_its_outer_layer_before_a_reload_is_judged_by_what_it_began_under() {
    let house = House::new(shop([ok().cancel(CancelPolicy::Bad)]));
    let arrive = |goodput: &Goodput| {
        let arrival = Arrival::now(goodput);
        let mut request = Request::begin(goodput, goodput.route(Some("/a")));
        assert!(arrival.meet(goodput, &mut request));
        (arrival, request)
    };
    let (before, mut given_up) = arrive(&house.goodput);
    house.goodput.reload(shop([ok().cancel(CancelPolicy::Good)])).unwrap();
    let (after, mut also) = arrive(&house.goodput);
    for (arrival, request) in [(&before, &mut given_up), (&after, &mut also)] {
        arrival.give_up(request);
        arrival.end(&house.goodput, house.goodput.route(None), Seen::Dropped);
    }
    assert_eq!(house.counts("ok"), [(1, 1), (1, 0)]);
    assert_eq!(house.goodput.status().in_flight, 0);
}

#[test]
fn work_and_its_guards_go_on_through_a_reload() {
    let house = House::new(shop([fast(100).routes(["job"])]));
    let work = house.goodput.work("job");
    let guard = work.start();
    house.goodput.reload(shop([fast(300).routes(["job"])])).unwrap();
    house.stopwatch.advance(Duration::from_millis(200));
    guard.finish(Verdict::Good);
    work.record(Verdict::Good, Duration::from_millis(200));
    work.add(Counts { good: 0, bad: 0, excluded: 4 });
    assert_eq!(house.counts("fast"), [(1, 1), (1, 0)]);
    let recent = house.slo("fast").window(Window::M5).unwrap().seen.counts;
    assert_eq!((house.slo("fast").counts.excluded, recent.excluded), (4, 4));
}

#[test]
fn a_target_a_period_and_alerts_are_changed_without_touching_a_route() {
    let house = House::new(shop([ok(), fast(100)]));
    (0..10).for_each(|_| house.serve("/a", 500));
    let week = Period::days(7).unwrap();
    let reload = house.goodput.reload(shop([fast(100), Slo::availability("ok", "95%").period(week)])).unwrap();
    assert_eq!(
        (&*reload.adjusted, &*reload.unchanged, reload.routes),
        (&["ok".to_owned()][..], &["fast".to_owned()][..], 0)
    );
    assert_eq!(reload.to_string(), "adjusted: ok; 1 SLO unchanged; 0 routes judge by other rules");
    assert_eq!(house.counts("ok"), [(0, 10), (0, 10)]);
    let slo = house.slo("ok");
    assert_eq!((slo.objective.to_string(), slo.period), ("95%".to_owned(), week));
    assert_eq!(slo.window(week.window()).unwrap().seen.coverage.seen(), Duration::from_secs(600));
    assert_eq!(house.goodput.definition().slos[1].judged_over(), week);
}

#[test]
fn an_equal_definition_is_nothing_to_do_and_says_so() {
    let house = House::new(shop([ok(), fast(100)]));
    let before = house.goodput.definition();
    let reload = house.goodput.reload(shop([ok(), fast(100)])).unwrap();
    assert!(reload.is_equal && Arc::ptr_eq(&before, &house.goodput.definition()));
    assert_eq!(reload.to_string(), "nothing to reload: the definition is the one in force");
}

#[test]
fn a_reload_says_what_becomes_of_each_slo() {
    let house = House::new(shop([ok(), fast(100), Slo::quality("whole", "99%"), Slo::availability("gone", "99%")]));
    house.serve("/a", 200);
    let next = [ok().routes(["/a"]), fast(200), Slo::quality("whole", "99%"), Slo::availability("late", "99%")];
    let reload = house.goodput.reload(shop(next)).unwrap();
    assert_eq!(
        reload.to_string(),
        "new: late; changed, and begun anew: fast; adjusted: ok; removed: gone; 1 SLO unchanged; 3 routes judge by other rules"
    );
}

#[test]
fn a_new_slo_has_seen_nothing_before_it_came() {
    let house = House::new(shop([ok()]));
    (0..10).for_each(|_| house.serve("/a", 500));
    house.goodput.reload(shop([ok(), fast(100)])).unwrap();
    let seen = |window| house.slo("fast").window(window).unwrap().seen;
    assert_eq!((seen(Window::M5).coverage.seen(), seen(Window::M5).counts), (Duration::ZERO, Counts::default()));
    assert_eq!(house.slo("fast").budget.remaining(), Remaining::NoData);
    house.serve("/a", 200);
    house.pass(Duration::from_secs(120));
    for window in [Window::M5, Window::H1, Window::D3] {
        assert_eq!((seen(window).coverage.seen(), seen(window).counts.good), (Duration::from_secs(120), 1), "{window}");
    }
    assert!(matches!(house.slo("fast").budget.remaining(), Remaining::AtMost(_)));
    // Beside it, the other has lost nothing.
    let ok = house.slo("ok");
    let hour = ok.window(Window::H1).unwrap().seen;
    assert_eq!((hour.coverage.seen(), hour.counts.bad, hour.counts.good), (Duration::from_secs(720), 10, 1));
    house.pass(Duration::from_secs(1_000));
    assert!(seen(Window::M5).coverage.is_full());
    assert_eq!(seen(Window::M5).counts.good, 0, "what it counted has left the window");
}

#[test]
fn an_slo_that_comes_back_begins_anew_and_its_counters_go_on() {
    let house = House::new(shop([ok(), fast(100)]));
    let slow = house.begin("/a");
    house.serve("/a", 200);
    house.goodput.reload(shop([ok()])).unwrap();
    let of_removed = |house: &House| {
        let status = house.goodput.status();
        status.removed.iter().map(|slo| (slo.name.clone(), slo.counts.good, slo.counts.bad)).collect::<Vec<_>>()
    };
    assert_eq!(of_removed(&house), [("fast".to_owned(), 1, 0)]);
    house.end(slow, 200, 500);
    assert_eq!(of_removed(&house), [("fast".to_owned(), 1, 1)], "what began under it ends under it");
    house.pass(Duration::from_secs(60));
    let reload = house.goodput.reload(shop([ok(), fast(100)])).unwrap();
    assert_eq!(reload.new, ["fast"]);
    assert!(of_removed(&house).is_empty());
    house.serve("/a", 200);
    assert_eq!(house.counts("fast"), [(2, 1), (1, 0)]);
    assert_eq!(house.slo("fast").window(Window::M5).unwrap().seen.coverage.seen(), Duration::ZERO);
}

#[test]
fn a_row_that_fires_goes_on_firing_in_silence_through_a_reload() {
    let alone = House::new(shop([ok()]));
    let reloaded = House::new(shop([ok()]));
    for house in [&alone, &reloaded] {
        (0..1_000).for_each(|_| house.serve("/a", 500));
        house.pass(Duration::from_secs(10));
        assert!(house.slo("ok").firing().is_some());
        // The short windows of the pages run empty: only what was remembered keeps them up.
        house.pass(Duration::from_secs(2_400));
    }
    reloaded.goodput.reload(shop([fast(100), ok().routes(["/a"])])).unwrap();
    let active = |house: &House| house.slo("ok").conditions.iter().map(|row| row.now.active).collect::<Vec<_>>();
    assert_eq!(active(&reloaded), active(&alone));
    reloaded.pass(Duration::from_secs(10));
    alone.pass(Duration::from_secs(10));
    assert_eq!(active(&reloaded), active(&alone));
    assert!(active(&alone)[..2].iter().all(|active| *active), "both pages");
    // The rows of an SLO that judges otherwise have not fired.
    reloaded.goodput.reload(shop([fast(100), ok().bad_statuses([404])])).unwrap();
    assert!(active(&reloaded).iter().all(|active| !active));
}

#[test]
fn what_hangs_is_overdue_by_the_limit_it_began_under() {
    let mut definition = shop([ok()]);
    definition.server_deadline = Some(Duration::from_secs(60));
    let house = House::new(definition.clone());
    let hung: Vec<Request> = (0..3).map(|_| house.begin("/a")).collect();
    definition.server_deadline = Some(Duration::from_secs(600));
    house.goodput.reload(definition).unwrap();
    let _young = house.begin("/a");
    house.pass(Duration::from_secs(200));
    let status = house.goodput.status();
    let route = status.route("/a").unwrap();
    assert_eq!((route.in_flight, route.overdue, status.slo("ok").unwrap().overdue), (4, 3, 3));
    assert_eq!(route.limit, Duration::from_secs(600));
    // A slot is a fourteenth of the longest limit wide, and ends with a tick.
    assert!(route.oldest.unwrap() >= Duration::from_secs(200 - 600 / 14 - 10));
    drop(hung);
}

#[test]
fn routes_are_excluded_streamed_named_and_forgotten_by_reloads() {
    let house = House::new(shop([ok()]));
    let serve = |template| {
        house.serve(template, 500);
        let counts = house.slo("ok").counts;
        (counts.bad, counts.excluded)
    };
    assert_eq!(serve("/health"), (1, 0));
    let mut excluding = shop([ok()]);
    excluding.excluded_routes.push("/health".to_owned());
    assert_eq!(house.goodput.reload(excluding).unwrap().routes, 1);
    assert_eq!(serve("/health"), (1, 1));
    house.goodput.reload(shop([ok().routes(["/pay"])])).unwrap();
    assert_eq!(serve("/health"), (1, 1));
    assert_eq!(serve("/pay"), (2, 1));
    let mut streaming = shop([ok()]);
    streaming.stream_routes.push("/pay".to_owned());
    house.goodput.reload(streaming).unwrap();
    let mut stream = house.begin("/pay");
    assert!(stream.respond(&house.goodput, Code::http(200)));
    assert_eq!((house.goodput.status().in_flight, house.slo("ok").counts.good), (0, 1));
    stream.end(&house.goodput, Ending::Completed);
    // A mark that was made beside the definition holds for all of them.
    house.goodput.mark_streaming(house.goodput.route(Some("/feed")));
    house.goodput.reload(shop([ok().judged_at(JudgedAt::End), fast(100)])).unwrap();
    let mut feed = house.begin("/feed");
    feed.respond(&house.goodput, Code::http(200));
    assert_eq!(house.goodput.status().route("/feed").unwrap().open_streams, 1);
}

#[test]
fn a_dependency_that_a_reload_names_is_judged_from_then_on() {
    let house = House::new(shop([ok()]));
    let call = |status| {
        let request = Request::begin(&house.goodput, house.goodput.dependency("stock"));
        house.end(request, status, 1);
    };
    call(500);
    house.goodput.reload(shop([ok(), Slo::dependency("stock-ok", "99%", "stock")])).unwrap();
    call(500);
    assert_eq!(house.counts("stock-ok"), [(0, 1), (0, 1)]);
    assert_eq!(house.counts("ok"), [(0, 0), (0, 0)]);
}

#[test]
fn a_quality_slo_that_a_reload_adds_hears_of_degraded_responses() {
    let house = House::new(shop([ok()]));
    assert!(!house.goodput.hears_degraded());
    house.goodput.reload(shop([Slo::quality("whole", "99%")])).unwrap();
    assert!(house.goodput.hears_degraded());
    let mut request = house.begin("/a");
    house.goodput.reload(shop([ok()])).unwrap();
    assert!(house.goodput.hears_degraded(), "a request in flight is still judged by it");
    request.respond(&house.goodput, Head { degraded: true, ..Head::new(Code::http(200)) });
    request.end(&house.goodput, Ending::Completed);
    assert_eq!(house.goodput.status().removed[0].counts.bad, 1);
}

#[test]
fn the_bound_on_routes_moves_within_its_table() {
    let mut definition = shop([ok()]);
    definition.max_routes = 2;
    let house = House::new(definition.clone());
    let told_apart = || house.goodput.status().routes.iter().filter(|route| route.template != "other").count();
    house.serve_all(["/a", "/b", "/c"], 200);
    assert_eq!(told_apart(), 2);
    definition.max_routes = 4;
    house.goodput.reload(definition.clone()).unwrap();
    house.serve_all(["/c", "/d", "/e"], 200);
    assert_eq!(told_apart(), 4);
    definition.max_routes = 1;
    house.goodput.reload(definition).unwrap();
    house.serve_all(["/d", "/f"], 200);
    assert_eq!((told_apart(), house.slo("ok").counts.good), (4, 8), "what has a place keeps it");
}

#[test]
fn routes_named_later_may_have_a_class_of_their_own() {
    let mut definition = shop([ok(), fast(100).classes(["low"])]);
    definition.classes.push("low".to_owned());
    let house = House::new(definition.clone());
    definition.route_classes.push(RouteClass { route: "/search".to_owned(), class: "low".to_owned() });
    house.goodput.reload(definition).unwrap();
    house.serve("/search", 200);
    assert_eq!(house.counts("fast"), [(1, 0), (1, 0)]);
    assert_eq!(house.goodput.status().route("/search").unwrap().class.as_deref(), Some("low"));
}

#[test]
fn an_slo_that_has_just_come_is_not_flagged_for_having_seen_nothing() {
    let house = House::new(shop([ok()]));
    (0..200).for_each(|_| house.serve("/a", 200));
    house.goodput.reload(shop([ok(), fast(100).routes(["/typo"])])).unwrap();
    let flagged = || house.goodput.status().flags.iter().any(|flag| flag.label() == "no_route_seen");
    house.pass(Duration::from_secs(290));
    assert!(!flagged());
    house.pass(Duration::from_secs(10));
    assert!(flagged());
}

#[test]
fn slos_in_another_order_are_the_same() {
    let house = House::new(shop([ok(), fast(100), Slo::quality("whole", "99%")]));
    house.serve("/a", 500);
    let reload = house.goodput.reload(shop([Slo::quality("whole", "99%"), ok(), fast(100)])).unwrap();
    assert_eq!((reload.unchanged.len(), reload.routes), (3, 0));
    house.serve("/a", 200);
    assert_eq!(house.counts("ok"), [(1, 1), (1, 1)]);
    assert_eq!(house.counts("whole"), [(1, 0), (1, 0)]);
}

#[test]
fn no_status_from_before_a_reload_is_shared_after_it() {
    let goodput = Goodput::builder("").definition(shop([ok()])).build().unwrap();
    let hour = Duration::from_secs(3_600);
    assert!(goodput.status_within(hour).slo("fast").is_none());
    goodput.reload(shop([ok(), fast(100)])).unwrap();
    assert!(goodput.status_within(hour).slo("fast").is_some());
}
