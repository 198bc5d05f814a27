//! Cells against a naive judge: random SLO sets and random requests, every verdict written out by hand, never a difference.
//!
//! Properties:
//! - each SLO's good, bad and excluded counts equal the naive judge's, request by request;
//! - every bad and excluded event carries a reason, and no reason's count ever falls;
//! - every request is finished exactly once, with one outcome;
//! - every failure has one error type, and what routes say of an SLO's reasons adds up to what the SLO says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "naive_judge/judge.rs"]
mod judge;

use std::time::Duration;

use goodput_core::{
    CancelPolicy, Code, Counts, Ending, Goodput, Head, JudgedAt, ManualStopwatch, Measure, ReasonCount, Request, Slo,
    SloStatus, Stopwatch, Verdict,
};
use proptest::prelude::*;

use judge::{Body, DEADLINE, EXCLUDED_ROUTE, Event, Fate, Kind, Naive, STATUSES, Says, Spec, naive};

fn build(specs: &[Spec], deadline: bool) -> (Goodput, ManualStopwatch) {
    let (stopwatch, hand) = Stopwatch::manual();
    let mut builder = Goodput::builder("naive").stopwatch(stopwatch).exclude_routes([EXCLUDED_ROUTE]);
    if deadline {
        builder = builder.server_deadline(Duration::from_millis(DEADLINE));
    }
    for (index, spec) in specs.iter().enumerate() {
        let (name, threshold) = (format!("slo-{index}"), Duration::from_millis(spec.threshold));
        let mut slo = match spec.kind {
            Kind::Availability => Slo::availability(name, "99.9%"),
            Kind::Latency => Slo::latency(name, "99%", threshold),
            Kind::GoodAndFast => Slo::good_and_fast(name, "95%", threshold),
            Kind::Quality => Slo::quality(name, "90%"),
            Kind::ErrorRate => Slo::error_rate(name, "99%"),
            Kind::Correctness => Slo::correctness(name, "99%"),
            Kind::Throughput => Slo::throughput(name, "99%", "1/m".parse().unwrap()),
            Kind::Custom => Slo::custom(name, "99%"),
        }
        .measure(spec.measure)
        .bad_statuses(spec.bad.iter().copied())
        .good_statuses(spec.good.iter().copied())
        .excluded_statuses(spec.excluded.iter().copied())
        .bad_grpc_codes(spec.bad_grpc.iter().copied())
        .good_grpc_codes(spec.good_grpc.iter().copied())
        .excluded_grpc_codes(spec.excluded_grpc.iter().copied())
        .streams_judged_at(if spec.follows_streams { JudgedAt::End } else { JudgedAt::Head });
        if !spec.routes.is_empty() {
            slo = slo.routes(spec.routes.iter().copied());
        }
        if spec.at_head {
            slo = slo.judged_at(JudgedAt::Head);
        }
        if let Some(policy) = spec.cancel {
            slo = slo.cancel(policy);
        }
        builder = builder.slo(slo);
    }
    (builder.build().unwrap(), hand)
}

fn play(goodput: &Goodput, hand: &ManualStopwatch, event: &Event) {
    let wait = |millis: u64| hand.advance(Duration::from_millis(millis));
    if let (Fate::Untimed { said }, Some(route)) = (&event.fate, event.route) {
        let work = goodput.work(route);
        match said {
            Verdict::Bad(_) if *said == Verdict::bad("batch") => work.add(Counts { bad: 1, ..Counts::default() }),
            Verdict::Bad(_) => work.bad("declined"),
            Verdict::Excluded(_) => work.excluded("quota"),
            Verdict::Good => work.good(),
        }
        return;
    }
    let mut request = Request::begin(goodput, goodput.route(event.route));
    match &event.fate {
        Fate::Untimed { .. } => unreachable!("work has a name"),
        Fate::NoHead { ending, after } => {
            wait(*after);
            request.end(goodput, *ending);
        }
        Fate::Head { says, said, degraded, stream, head, body } => {
            wait(*head);
            let head = Head { code: code(*says), verdict: *said, degraded: *degraded, stream: *stream };
            request.respond(goodput, head);
            match body {
                Body::AtOnce => request.complete_at_head(goodput),
                Body::Ends { ending, first, rest, says } => {
                    if let Some(first) = first {
                        wait(*first);
                        request.first_byte(goodput);
                    }
                    wait(*rest);
                    match says {
                        Some(says) => request.end_with(goodput, *ending, code(*says)),
                        None => request.end(goodput, *ending),
                    }
                }
            }
        }
    }
    request.end(goodput, Ending::Dropped); // one end too many does nothing
    assert!(request.is_over());
}

fn code(says: Says) -> Code {
    match says {
        Says::Http(status) => Code::http(status),
        Says::Grpc(code) => Code::grpc(code),
        Says::Nothing => Code::NO_GRPC_STATUS,
    }
}

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let kinds = prop::sample::select(vec![
        Kind::Availability,
        Kind::Latency,
        Kind::GoodAndFast,
        Kind::Quality,
        Kind::ErrorRate,
        Kind::Correctness,
        Kind::Throughput,
        Kind::Custom,
    ]);
    let measures = prop::sample::select(vec![Measure::Head, Measure::Head, Measure::FirstByte, Measure::End]);
    let limit = (1_u64..4_000).prop_map(|limit| CancelPolicy::BadIfOlder(Duration::from_millis(limit)));
    let cancel = prop_oneof![
        4 => Just(None),
        1 => Just(Some(CancelPolicy::Exclude)),
        1 => Just(Some(CancelPolicy::Bad)),
        1 => Just(Some(CancelPolicy::Good)),
        2 => limit.prop_map(Some),
    ];
    let list = || prop::collection::vec(prop::sample::select(STATUSES), 0..3);
    let codes = || prop::collection::vec(0_u8..=16, 0..2);
    let routes = prop::sample::subsequence(vec!["/a", "/b", "/c"], 0..=2);
    let lists = (list(), list(), list(), codes(), codes(), codes());
    let points = (measures, any::<bool>(), any::<bool>());
    let spec = (kinds, 1_u64..3_000, points, cancel, lists, routes).prop_map(
        |(kind, threshold, (measure, at_head, follows_streams), cancel, lists, routes)| {
            let late = matches!(kind, Kind::Latency | Kind::GoodAndFast) && measure != Measure::Head;
            let (bad, good, excluded, bad_grpc, good_grpc, excluded_grpc) = lists;
            Spec {
                kind,
                threshold,
                measure,
                at_head: at_head && !late,
                cancel,
                bad,
                good,
                excluded,
                bad_grpc,
                good_grpc,
                excluded_grpc,
                follows_streams,
                routes,
            }
        },
    );
    prop::collection::vec(spec, 1..=8)
}

/// Latencies that lie on thresholds as often as beside them.
fn around(specs: &[Spec]) -> BoxedStrategy<u64> {
    let edges: Vec<u64> = specs
        .iter()
        .flat_map(|spec| {
            let limit = match spec.cancel {
                Some(CancelPolicy::BadIfOlder(limit)) => u64::try_from(limit.as_millis()).unwrap(),
                _ => 4 * spec.threshold,
            };
            [spec.threshold, limit]
        })
        .chain([1_000, DEADLINE, 5_000, 10_000])
        .flat_map(|edge| [edge - 1, edge, edge + 1])
        .collect();
    prop_oneof![prop::sample::select(edges), 0_u64..12_000, 0_u64..20].boxed()
}

fn events(specs: &[Spec]) -> impl Strategy<Value = Vec<Event>> + use<> {
    let said = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Verdict::Good)),
        1 => Just(Some(Verdict::bad("declined"))),
        1 => Just(Some(Verdict::bad("expired"))),
        1 => Just(Some(Verdict::excluded("quota"))),
        1 => Just(Some(Verdict::excluded("declined"))),
    ];
    let early = prop::sample::select(vec![
        Ending::Dropped,
        Ending::Failed,
        Ending::Panicked,
        Ending::TimedOut,
        Ending::Refused,
    ]);
    let ends = prop::sample::select(vec![
        Ending::Completed,
        Ending::Completed,
        Ending::Failed,
        Ending::Panicked,
        Ending::Dropped,
        Ending::TimedOut,
    ]);
    let grpc = || prop_oneof![8 => (0_u32..20).prop_map(Says::Grpc), 1 => Just(Says::Nothing)];
    let body = prop_oneof![
        1 => Just(Body::AtOnce),
        4 => (ends, prop::option::of(around(specs)), around(specs), prop::option::weighted(0.3, grpc()))
            .prop_map(|(ending, first, rest, says)| Body::Ends { ending, first, rest, says }),
    ];
    let status = prop_oneof![prop::sample::select(STATUSES), 100_u16..1_000].prop_map(Says::Http);
    let says = prop_oneof![3 => status, 1 => grpc()];
    let head = (says, said, any::<bool>(), prop::bool::weighted(0.2), around(specs), body)
        .prop_map(|(says, said, degraded, stream, head, body)| Fate::Head { says, said, degraded, stream, head, body });
    let no_head = (early, around(specs)).prop_map(|(ending, after)| Fate::NoHead { ending, after });
    let route = prop::sample::select(vec![Some("/a"), Some("/b"), Some(EXCLUDED_ROUTE), Some("/new"), None]);
    let event = (route, prop_oneof![3 => head, 1 => no_head]).prop_map(|(route, fate)| Event { route, fate });
    let words = prop::sample::select(vec![
        Verdict::Good,
        Verdict::bad("declined"),
        Verdict::bad("batch"),
        Verdict::excluded("quota"),
    ]);
    let named = prop::sample::select(vec!["/a", "/b", EXCLUDED_ROUTE, "/new"]);
    let untimed = (named, words).prop_map(|(route, said)| Event { route: Some(route), fate: Fate::Untimed { said } });
    prop::collection::vec(prop_oneof![8 => event, 1 => untimed], 1..40)
}

/// The events of an SLO and their reasons, whatever becomes of them.
fn of_events(slo: &SloStatus) -> (Counts, &[ReasonCount]) {
    slo.slices.as_ref().map_or((slo.counts, &slo.reasons), |slices| (slices.events, &slices.event_reasons))
}

fn cases() -> impl Strategy<Value = (Vec<Spec>, bool, Vec<Event>)> {
    (specs(), any::<bool>()).prop_flat_map(|(specs, deadline)| {
        let events = events(&specs);
        (Just(specs), Just(deadline), events)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn cells_never_differ_from_the_naive_judge((specs, deadline, events) in cases()) {
        let (goodput, hand) = build(&specs, deadline);
        let mut expected = vec![Counts::default(); specs.len()];
        let mut before = goodput.status();
        for event in &events {
            play(&goodput, &hand, event);
            // A route is judged by the SLOs that name it and the SLOs that name none.
            let selects = |spec: &Spec| spec.routes.is_empty() || event.route.is_some_and(|route| spec.routes.contains(&route));
            let set: Vec<Spec> = specs.iter().filter(|spec| selects(spec)).cloned().collect();
            for (spec, counts) in specs.iter().zip(&mut expected).filter(|(spec, _)| selects(spec)) {
                match naive(spec, &set, deadline, event) {
                    Naive::Good => counts.good += 1,
                    Naive::Bad => counts.bad += 1,
                    Naive::Excluded => counts.excluded += 1,
                }
            }
            let status = goodput.status();
            for (then, now) in before.slos.iter().zip(&status.slos) {
                for reason in of_events(then).1 {
                    let count = of_events(now).1.iter().find(|other| other.verdict == reason.verdict).map_or(0, |r| r.count);
                    prop_assert!(count >= reason.count, "{} fell from {} to {}", reason.verdict, reason.count, count);
                }
            }
            before = status;
        }
        let status = goodput.status();
        for (slo, expected) in status.slos.iter().zip(&expected) {
            let (counts, own) = of_events(slo);
            prop_assert_eq!(&counts, expected, "{}", slo.name);
            let reasons: u64 = own.iter().map(|reason| reason.count).sum();
            prop_assert_eq!(reasons, expected.bad + expected.excluded, "{} {:?}", slo.name, own);
            let by_route = status.routes.iter().flat_map(|route| &route.reasons).filter(|reason| *reason.slo == *slo.name);
            prop_assert_eq!(by_route.map(|reason| reason.count).sum::<u64>(), reasons, "{} by route", slo.name);
        }
        for route in &status.routes {
            let errors: u64 = route.errors.iter().map(|error| error.count).sum();
            prop_assert_eq!(errors, route.failures(), "{} {:?} {:?}", &route.template, &route.errors, &route.outcomes);
            prop_assert_eq!((route.overdue, route.open_streams), (0, 0));
        }
        prop_assert_eq!(status.in_flight, 0);
        let finished: u64 = status.routes.iter().flat_map(|route| &route.outcomes).map(|(_, count)| count).sum();
        prop_assert_eq!(finished, events.len() as u64);
    }
}
