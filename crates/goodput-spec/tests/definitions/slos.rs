//! Random SLOs that go with a definition.

use std::collections::BTreeSet;
use std::time::Duration;

use goodput_model::{
    AlertRow, Budgeting, CancelPolicy, Definition, Indicator, JudgedAt, Measure, MinBad, Objective, Period, Policy,
    Rate, Severity, Slo, StatusMeaning, TimeUnit, Trigger, UnseenTime, Window,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::words::{labels, name, route, text};
use super::{dependency, duration, share};

/// Up to five that hold with the rest of the definition.
pub(super) fn slos(definition: &Definition) -> impl Strategy<Value = Vec<Slo>> + use<> {
    let journeys =
        definition.journeys.iter().map(|journey| (journey.name.clone(), !journey.routes.is_empty())).collect();
    let classes = definition.classes.clone();
    vec(slo(journeys, classes), 0..6).prop_map(|slos| {
        let mut known = BTreeSet::new();
        slos.into_iter().filter(|slo| known.insert(slo.name().to_owned())).collect()
    })
}

/// `journeys` with whether each names routes.
fn slo(journeys: Vec<(String, bool)>, classes: Vec<String>) -> impl Strategy<Value = Slo> {
    let journey = if journeys.is_empty() { Just(None).boxed() } else { of(select(journeys)).boxed() };
    let classes = if classes.is_empty() { Just(Vec::new()).boxed() } else { vec(select(classes), 0..3).boxed() };
    let base = (name(), objective(), indicator(), period());
    let subject = (journey, vec(route(), 0..3), of(dependency()), classes);
    let judged = (budgeting(), overrides(), any::<[bool; 2]>(), of(cancel()));
    let min_bad = prop_oneof![Just(MinBad::Auto), any::<u64>().prop_map(MinBad::AtLeast)];
    let alerts = (vec(row(), 0..4), min_bad, select(UnseenTime::ALL.to_vec()));
    let words = (of(text()), of(objective()), of(rate()), links(), labels());
    (base, subject, judged, alerts, words).prop_map(|(base, subject, judged, alerts, words)| {
        let mut slo = of_kind(base.0, base.1, base.2).period(base.3);
        slo = looking_at(slo, subject);
        slo = judged_by(slo, judged);
        for row in alerts.0 {
            if Policy::from_rows(base.1, base.3, &[row]).is_ok() {
                slo = slo.alert(row);
            }
        }
        slo = slo.min_bad(alerts.1).unseen(alerts.2);
        let (description, sla, traffic, links, annotations) = words;
        slo = description.into_iter().fold(slo, Slo::description);
        slo = sla.into_iter().fold(slo, Slo::sla);
        slo = traffic.into_iter().fold(slo, Slo::traffic);
        slo = links.0.into_iter().fold(slo, Slo::runbook);
        slo = links.1.into_iter().fold(slo, Slo::dashboard);
        slo = links.2.into_iter().fold(slo, Slo::traces);
        annotations.into_iter().fold(slo, |slo, (name, text)| slo.annotation(name, text))
    })
}

type Subject = (Option<(String, bool)>, Vec<String>, Option<String>, Vec<String>);

/// Requests by route and class, or a dependency's calls, or things by name: what the indicator can do with.
fn looking_at(mut slo: Slo, (journey, routes, dependency, classes): Subject) -> Slo {
    let indicator = slo.indicator();
    let names_things =
        matches!(indicator, Indicator::Completeness | Indicator::Freshness { .. } | Indicator::Saturation { .. });
    let of_journey = journey.as_ref().is_some_and(|(_, has_routes)| *has_routes);
    slo = journey.into_iter().fold(slo, |slo, (name, _)| slo.journey(name));
    if indicator.judges_requests()
        && let Some(dependency) = dependency
    {
        return slo.of_dependency(dependency);
    }
    if !routes.is_empty() {
        slo = slo.routes(routes);
    } else if names_things && !of_journey {
        slo = slo.routes(["orders"]);
    }
    if indicator.judges_requests() && !classes.is_empty() {
        slo = slo.classes(classes);
    }
    slo
}

type Judged = (Option<Budgeting>, Vec<(u16, u8, u8)>, [bool; 2], Option<CancelPolicy>);

fn judged_by(mut slo: Slo, (method, overrides, [other_point, at_end], cancel): Judged) -> Slo {
    let slices = slo.indicator().judges_slices();
    let events = matches!(slo.indicator(), Indicator::Freshness { .. });
    let method = match method {
        Some(Budgeting::Timeslices { slice, .. }) if slices => Some(Budgeting::Timeslices { slice, target: None }),
        Some(Budgeting::RatioTimeslices { .. }) if slices => None,
        Some(Budgeting::Occurrences) if slices && !events => None,
        method => method,
    };
    if let Some(method) = method.filter(|method| *method != slo.budgeting_method()) {
        slo = slo.budgeting(method);
    }
    for (status, code, meaning) in overrides {
        slo = match meaning {
            0 => slo.good_statuses([status]).good_grpc_codes([code]),
            1 => slo.bad_statuses([status]).bad_grpc_codes([code]),
            _ => slo.excluded_statuses([status]).excluded_grpc_codes([code]),
        };
    }
    slo = cancel.into_iter().fold(slo, Slo::cancel);
    let measures_later = slo.indicator().threshold().is_some_and(|(_, measure)| measure != Measure::Head);
    if other_point && slo.decision_point() == JudgedAt::Head {
        slo = slo.judged_at(JudgedAt::End);
    } else if other_point && !measures_later {
        slo = slo.judged_at(JudgedAt::Head);
    }
    if at_end && slo.decision_point() == JudgedAt::End {
        slo = slo.streams_judged_at(JudgedAt::End);
    }
    slo
}

fn of_kind(name: String, objective: Objective, indicator: Indicator) -> Slo {
    match indicator {
        Indicator::ErrorRate => Slo::error_rate(name, objective),
        Indicator::Latency { threshold, measure } => Slo::latency(name, objective, threshold).measure(measure),
        Indicator::GoodAndFast { threshold, measure } => {
            Slo::good_and_fast(name, objective, threshold).measure(measure)
        }
        Indicator::Quality => Slo::quality(name, objective),
        Indicator::Correctness => Slo::correctness(name, objective),
        Indicator::Completeness => Slo::completeness(name, objective),
        Indicator::Freshness { threshold } => Slo::freshness(name, objective, threshold),
        Indicator::Throughput { at_least } => Slo::throughput(name, objective, at_least),
        Indicator::Saturation { at_most } => Slo::saturation(name, objective, at_most),
        Indicator::Custom => Slo::custom(name, objective),
        _ => Slo::availability(name, objective),
    }
}

fn objective() -> impl Strategy<Value = Objective> {
    let ppb =
        prop_oneof![10_000_000_u32..1_000_000_000, select(vec![999_000_000, 990_000_000, 999_999_999, 500_000_000])];
    ppb.prop_map(|ppb| Objective::from_good_ppb(ppb).unwrap())
}

fn indicator() -> impl Strategy<Value = Indicator> {
    let measure = || select(vec![Measure::Head, Measure::FirstByte, Measure::End]);
    let age = (1_u64..400 * 86_400).prop_map(Duration::from_secs);
    prop_oneof![
        select(vec![
            Indicator::Availability,
            Indicator::ErrorRate,
            Indicator::Quality,
            Indicator::Correctness,
            Indicator::Completeness,
            Indicator::Custom,
        ]),
        (duration(), measure()).prop_map(|(threshold, measure)| Indicator::Latency { threshold, measure }),
        (duration(), measure()).prop_map(|(threshold, measure)| Indicator::GoodAndFast { threshold, measure }),
        age.prop_map(|threshold| Indicator::Freshness { threshold }),
        rate().prop_map(|at_least| Indicator::Throughput { at_least }),
        share().prop_map(|at_most| Indicator::Saturation { at_most }),
    ]
}

fn rate() -> impl Strategy<Value = Rate> {
    let unit = select(vec![TimeUnit::Second, TimeUnit::Minute, TimeUnit::Hour, TimeUnit::Day]);
    (1_u32.., unit).prop_map(|(events, unit)| Rate::new(events, unit).unwrap())
}

fn period() -> impl Strategy<Value = Period> {
    let rolling = (86_400_u32..=400 * 86_400).prop_map(|secs| Period::Rolling(Window::from_secs(secs).unwrap()));
    prop_oneof![Just(Period::D30), Just(Period::D28), rolling, Just(Period::MONTH), Just(Period::QUARTER)]
}

fn budgeting() -> impl Strategy<Value = Option<Budgeting>> {
    let slice = || (1_u32..=86_400).prop_map(|secs| Window::from_secs(secs).unwrap());
    of(prop_oneof![
        Just(Budgeting::Occurrences),
        (slice(), objective()).prop_map(|(slice, target)| Budgeting::Timeslices { slice, target: Some(target) }),
        slice().prop_map(|slice| Budgeting::RatioTimeslices { slice }),
    ])
}

/// Statuses and gRPC codes, each with one of three meanings.
fn overrides() -> impl Strategy<Value = Vec<(u16, u8, u8)>> {
    let _: [StatusMeaning; 3] = [StatusMeaning::Success, StatusMeaning::Failure, StatusMeaning::Excluded];
    vec((100_u16..=999, 0_u8..=16, 0_u8..3), 0..5)
}

fn cancel() -> impl Strategy<Value = CancelPolicy> {
    prop_oneof![
        Just(CancelPolicy::Exclude),
        Just(CancelPolicy::Bad),
        Just(CancelPolicy::Good),
        duration().prop_map(CancelPolicy::BadIfOlder),
    ]
}

fn row() -> impl Strategy<Value = AlertRow> {
    let window = |text: &str| text.parse::<Window>().unwrap();
    let windows =
        [("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("90s", "7s")].map(|(long, short)| (window(long), window(short)));
    let trigger = prop_oneof![
        (1_000_u32..20_000).prop_map(|milli| Trigger::Factor { milli }),
        (1_u32..=150_000).prop_map(|milli| Trigger::BudgetPercent { milli }),
    ];
    let severity = select(vec![Severity::Page, Severity::Ticket, Severity::Log]);
    let seconds = |most: u64| of((0..=most).prop_map(Duration::from_secs));
    (severity, select(windows.to_vec()), trigger, seconds(90), seconds(86_400)).prop_map(
        |(severity, (long, short), trigger, wait, keep)| {
            let row = AlertRow::new(severity, long, short, trigger);
            let row = wait.into_iter().fold(row, AlertRow::after);
            keep.into_iter().fold(row, AlertRow::keep_firing)
        },
    )
}

fn links() -> impl Strategy<Value = (Option<String>, Option<String>, Option<String>)> {
    let link = || of("https?://[a-z]{1,8}\\.example(/[a-zA-Z0-9#?&=:,;%-]{0,10})?");
    (link(), link(), link())
}
