//! What a transition carries, and that nobody who listens can hold up a tick.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use goodput_core::{
    Cause, Cleared, Code, Counts, Definition, Ending, Flag, Goodput, GoodputBuilder, Period, Request, Severity, Signal,
    Slo, Timeline, TraceParent, Turn, Window,
};

use parking_lot::Mutex;

use crate::house::{House, TICK, minutes, row, slo};

#[test]
fn a_transition_says_what_how_much_where_to_look_and_what_was_released() {
    let mut definition = Definition::new("house");
    definition.labels.insert("team".to_owned(), "payments".to_owned());
    definition.owner = Some("payments".to_owned());
    definition.slos = vec![
        slo()
            .alert(row(Severity::Page, Window::H1, Window::M5))
            .runbook("https://runbooks.example/ok")
            .annotation("note", "call the bank"),
    ];
    let house = House::defined(definition);
    house.goodput.work("quiet").good();
    house.pass(minutes(60), 9, 1);
    let transitions = house.transitions();
    let told = &transitions[0];
    let alert = &told.alert;
    assert_eq!((told.number, told.change, told.notifies), (1, Turn::Fired, true));
    assert_eq!((alert.name(), alert.scope.to_string()), ("GoodputInstanceBurn", "instance".to_owned()));
    assert_eq!(alert.routes.iter().map(|route| &*route.template).collect::<Vec<_>>(), ["work"]);
    assert_eq!(alert.reasons[0].verdict.reason().unwrap().to_string(), "broken");
    assert_eq!(alert.links.runbook.as_deref(), Some("https://runbooks.example/ok"));
    assert_eq!((alert.annotations.len(), alert.labels.len()), (1, 1));
    assert_eq!((alert.deploy.as_deref(), alert.owner.as_deref()), (Some("v42"), Some("payments")));
    assert!(alert.summary().starts_with("burn "), "{}", alert.summary());
    assert!(alert.budget.is_some() && !alert.windows.is_empty());
    assert!(
        told.to_string().starts_with("fired: SLO \"ok\" of house (this instance alone), page 1h/5m at 14.4x: burn "),
        "{told}"
    );
}

#[test]
fn what_went_wrong_before_the_budget_began_to_burn_is_not_shown_as_its_cause() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
    let old = house.goodput.work("old");
    (0..5).for_each(|_| old.bad("once"));
    house.pass(minutes(60), 1_000, 0);
    house.transitions();
    house.pass(minutes(10), 0, 1_000);
    let transitions = house.transitions();
    let alert = &transitions[0].alert;
    assert_eq!(alert.routes.iter().map(|route| &*route.template).collect::<Vec<_>>(), ["work"]);
    assert_eq!(alert.reasons.len(), 1);
}

#[test]
fn a_budget_that_is_gone_for_long_hides_no_later_cause() {
    let page = row(Severity::Page, Window::H1, Window::M5);
    let day = Period::days(1).unwrap();
    let house = House::of([Slo::availability("ok", "99%").period(day).alert(page)]);
    house.pass(minutes(60 * 24), 100, 0);
    // More than half of the budget, which stays gone for a day.
    house.pass(minutes(10), 0, 100);
    house.pass(minutes(120), 100, 0);
    let told = house.transitions();
    assert!(told.iter().any(|told| matches!(told.alert.cause, Cause::Signal(Signal::BudgetConsumed { .. }))));
    let work = house.goodput.work("work");
    for _ in 0..60 {
        (0..100).for_each(|_| work.bad("disk_full"));
        house.step(0, 0);
    }
    let told = house.transitions();
    let page = told.iter().find(|told| matches!(told.alert.cause, Cause::Row(_))).unwrap();
    let reasons: Vec<_> =
        page.alert.reasons.iter().map(|reason| reason.verdict.reason().unwrap().to_string()).collect();
    assert_eq!(reasons, ["disk_full"]);
}

#[test]
fn alerts_are_what_fires_now_with_the_numbers_of_now() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5))]);
    assert!(house.goodput.alerts().is_empty());
    house.pass(minutes(2), 0, 10);
    let (first, fired_at) = (house.goodput.alerts(), house.transitions()[0].at);
    house.pass(minutes(2), 0, 10);
    let second = house.goodput.alerts();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(
        (first[0].fired_at, second[0].fired_at, second[0].fired_wall),
        (fired_at, fired_at, first[0].fired_wall)
    );
    assert!(second[0].episode.bad > first[0].episode.bad);
}

#[test]
fn who_does_not_listen_loses_the_oldest_and_holds_up_nobody() {
    let house = House::of([slo().alert(row(Severity::Page, Window::H1, Window::M5).keep_firing(TICK))]);
    let narrow = house.goodput.subscribe(1);
    house.pass(minutes(2), 0, 10);
    house.pass(minutes(10), 1_000, 0);
    assert_eq!(narrow.lost(), 1);
    assert!(matches!(narrow.try_recv().unwrap().change, Turn::Resolved(_)));
    assert!(narrow.try_recv().is_none());
    assert_eq!(house.told().len(), 2);
}

#[test]
fn a_callback_that_panics_is_flagged_and_the_next_one_hears_all_the_same() {
    let heard = Arc::new(AtomicU64::new(0));
    let (timeline, hand) = Timeline::manual();
    let counts = Arc::clone(&heard);
    let goodput = Goodput::builder("house")
        .slo(slo())
        .timeline(timeline)
        .on_transition(|_| panic!("by a callback"))
        .on_transition(move |_| {
            counts.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .unwrap();
    let work = goodput.work("work");
    for _ in 0..12 {
        (0..10).for_each(|_| work.bad("broken"));
        hand.advance(TICK);
        goodput.tick(goodput.now());
    }
    let times = heard.load(Ordering::Relaxed);
    assert!(times > 0);
    assert!(goodput.status().flags.contains(&Flag::CallbacksPanicked { times }), "{:?}", goodput.status().flags);
}

#[test]
fn a_callback_that_does_not_return_is_flagged_and_what_waits_for_it_is_bounded() {
    let (timeline, clock) = Timeline::manual();
    let ((entered, has_entered), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let (calls, released, told) = (AtomicU64::new(0), Mutex::new(released), Arc::new(AtomicU64::new(0)));
    let counts = Arc::clone(&told);
    let slos = (0..500).map(|number| Slo::availability(format!("ok-{number}"), "99.9%"));
    let builder = slos.fold(Goodput::builder("house"), GoodputBuilder::slo).timeline(timeline);
    let builder = builder.on_transition(move |_| {
        if calls.fetch_add(1, Ordering::Relaxed) < 2 {
            entered.send(()).unwrap();
            let _: Result<(), _> = released.lock().recv();
        }
        counts.fetch_add(1, Ordering::Relaxed);
    });
    let goodput = builder.build().unwrap();
    let pass = |time: Duration, good, bad| {
        for _ in 0..time.as_secs() / TICK.as_secs() {
            goodput.work("work").add(Counts { good, bad, ..Counts::default() });
            clock.advance(TICK);
            goodput.tick(goodput.now());
        }
    };
    let flags = || {
        let flags = goodput.status().flags;
        let wanted = |flag: &Flag| matches!(flag, Flag::CallbacksHang { .. } | Flag::TransitionsLost { .. });
        flags.into_iter().filter(wanted).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        // Dropped before the thread is waited for, whatever happens here.
        let release = release;
        // It fires on a thread that goes on ticking no more, while another one does.
        scope.spawn(|| pass(minutes(2), 0, 10));
        has_entered.recv_timeout(minutes(1)).unwrap();
        clock.advance(minutes(1));
        assert_eq!(flags(), []);
        clock.advance(TICK);
        let raised = flags();
        let [Flag::CallbacksHang { since, waiting }] = raised[..] else { panic!("{raised:?}") };
        assert_eq!(since, minutes(1) + TICK);
        assert!(waiting >= 500 && waiting % 500 == 0, "{raised:?}");
        // It returns, and the next one does not: that is another time, and one fewer waits.
        release.send(()).unwrap();
        has_entered.recv_timeout(minutes(1)).unwrap();
        assert_eq!(flags(), []);
        clock.advance(minutes(1) + TICK);
        assert_eq!(flags(), [Flag::CallbacksHang { since: minutes(1) + TICK, waiting: waiting - 1 }]);
        let waiting = waiting - 1;
        for _ in 0..4 {
            pass(minutes(10), 0, 1_000);
            pass(minutes(400), 10_000, 0);
        }
        let raised = flags();
        let [Flag::CallbacksHang { since, waiting: all }, Flag::TransitionsLost { times }] = raised[..] else {
            panic!("{raised:?}");
        };
        assert_eq!((since, all), (minutes(4 * 410 + 1) + TICK, waiting + 4_096));
        assert!(times > 1_000, "{raised:?}");
        drop(release);
    });
    let [Flag::TransitionsLost { times }] = flags()[..] else { panic!("{:?}", flags()) };
    let numbers = goodput.subscribe(10_000);
    pass(minutes(10), 0, 1_000);
    let next = numbers.try_recv().unwrap().number;
    // Each had a number: those that were told and those that were not are all there are.
    let later = std::iter::from_fn(|| numbers.try_recv()).count() as u64 + 1;
    assert_eq!(told.load(Ordering::Relaxed) - later + times, next - 1);
}

#[test]
fn what_a_listener_brings_about_is_told_after_what_it_hears_of() {
    let (timeline, hand) = Timeline::manual();
    let (order, house) = (Arc::new(Mutex::new(Vec::new())), Arc::new(OnceLock::<Goodput>::new()));
    let (heard, within) = (Arc::clone(&order), Arc::clone(&house));
    let built = Goodput::builder("house")
        .slo(slo())
        .slo(Slo::availability("other", "99%"))
        .timeline(timeline)
        .on_transition(move |told| {
            let goodput = within.get().unwrap();
            // The first that hears of it removes the SLO while others are yet to hear.
            if told.change == Turn::Fired && told.alert.slo == "ok" {
                let mut definition = Definition::new("house");
                definition.slos = vec![Slo::availability("other", "99%")];
                drop(goodput.reload(definition));
                goodput.tick(goodput.now());
            }
        })
        .on_transition(move |told| heard.lock().push((told.number, told.change)))
        .build()
        .unwrap();
    let goodput = house.get_or_init(|| built);
    let news = goodput.subscribe(100);
    for _ in 0..12 {
        goodput.work("work").add(Counts { bad: 10, ..Counts::default() });
        hand.advance(TICK);
        goodput.tick(goodput.now());
    }
    let (order, told) = (order.lock().clone(), std::iter::from_fn(|| news.try_recv()).collect::<Vec<_>>());
    assert!(order.iter().any(|(_, turn)| *turn == Turn::Resolved(Cleared::Removed)), "{order:?}");
    assert!(order.iter().map(|(number, _)| *number).eq(1..=order.len() as u64), "{order:?}");
    assert!(told.iter().map(|told| (told.number, told.change)).eq(order));
}

#[test]
fn bad_events_of_a_burning_budget_are_shown_with_their_traces_and_good_ones_are_not() {
    let (timeline, hand) = Timeline::manual();
    let slos = [slo(), Slo::availability("elsewhere", "99%").routes(["/elsewhere"])];
    let goodput = slos.into_iter().fold(Goodput::builder("house"), GoodputBuilder::slo);
    let goodput = goodput.timeline(timeline).build().unwrap();
    let request = |status, number: u64| {
        let header = format!("00-{:032x}-{number:016x}-01", number + 1);
        let mut request = Request::begin(&goodput, goodput.route(Some("/checkout")));
        if goodput.is_armed() {
            request.trace(&goodput, TraceParent::parse(header.as_bytes()).unwrap());
        }
        request.respond(&goodput, Code::http(status));
        request.end(&goodput, Ending::Completed);
    };
    let news = goodput.subscribe(10);
    for tick in 0..12 {
        (0..10).for_each(|number| request(if number == 9 { 200 } else { 500 }, 100 * tick + number + 1));
        hand.advance(TICK);
        goodput.tick(goodput.now());
    }
    let told = news.try_recv().unwrap();
    let traces: Vec<_> = told.alert.examples.iter().map(|example| example.trace.span_id()).collect();
    // Of the sixth tick, the newest first; the last request of each was good.
    assert_eq!(traces, [509, 508, 507, 506, 505].map(|number| format!("{number:016x}")));
    assert!(told.alert.examples.iter().all(|example| example.route == "/checkout"));
}

#[test]
fn examples_of_an_incident_are_forgotten_when_it_is_over() {
    let (timeline, hand) = Timeline::manual();
    let slo = slo().alert(row(Severity::Page, Window::H1, Window::M5));
    let goodput = Goodput::builder("house").slo(slo).timeline(timeline).build().unwrap();
    let tick = |status, span: Option<u64>| {
        for number in 0..10 {
            let mut request = Request::begin(&goodput, goodput.route(Some("/checkout")));
            if let Some(span) = span.filter(|_| number == 0) {
                request
                    .trace(&goodput, TraceParent::parse(format!("00-{span:032x}-{span:016x}-01").as_bytes()).unwrap());
            }
            request.respond(&goodput, Code::http(status));
            request.end(&goodput, Ending::Completed);
        }
        hand.advance(TICK);
        goodput.tick(goodput.now());
    };
    let news = goodput.subscribe(10);
    let spans = |turn| {
        let told = std::iter::from_fn(|| news.try_recv()).find(|told| told.change == turn).unwrap();
        told.alert.examples.iter().map(|example| example.trace.span_id()).collect::<Vec<_>>()
    };
    (1..=12).for_each(|span| tick(500, Some(span)));
    assert_eq!(spans(Turn::Fired).len(), 5);
    // It burns for five minutes more, and fires for a quarter of an hour after that.
    (0..420).for_each(|_| tick(200, None));
    (1..=12).for_each(|number| tick(500, Some(99).filter(|_| number == 3)));
    assert_eq!(spans(Turn::Fired), [format!("{:016x}", 99)]);
}
