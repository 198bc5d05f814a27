//! The instance under test: what it has counted, compared to the last unit with what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use goodput::{Flag, Goodput, Latencies, Measure, Outcome, RouteStatus, SliLayer, Slo, Stopwatch};
use http::{Request, Response};
use http_body_util::Empty;
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, service_fn};

use crate::script::Scene;

/// The SLOs, all on every route. `fast` is decided at the head, the others at the end.
pub(crate) const SLOS: [&str; 4] = ["available", "fast", "good-and-fast", "undegraded"];
/// What `fast` allows to the head.
const FAST: Duration = Duration::from_millis(300);
/// What `good-and-fast` allows to the end; a client is expected to wait four times that.
const GOOD_AND_FAST: Duration = Duration::from_secs(2);

/// A request that goes on all the while: what is in flight comes back to one, not to nothing.
const BYSTANDER: &str = "/bystander";

/// An instance, the scene that its services play on, and a bystander.
pub(crate) struct House {
    pub(crate) goodput: Arc<Goodput>,
    pub(crate) scene: Scene,
    _bystander: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    /// Of the instance, before anybody else had one.
    handles: usize,
}

impl House {
    pub(crate) fn new() -> Self {
        let (stopwatch, hand) = Stopwatch::manual();
        let goodput = Goodput::builder("house")
            .slo(Slo::availability("available", "99.9%"))
            .slo(Slo::latency("fast", "99%", FAST))
            .slo(Slo::good_and_fast("good-and-fast", "99%", GOOD_AND_FAST).measure(Measure::End))
            .slo(Slo::quality("undegraded", "99%"))
            .stopwatch(stopwatch)
            .build();
        let goodput = Arc::new(goodput.unwrap());
        let bystander = bystander(&goodput);
        let handles = Arc::strong_count(&goodput);
        Self { goodput, scene: Scene::new(hand), _bystander: bystander, handles }
    }

    /// The layer for axum.
    pub(crate) fn layer(&self) -> goodput::axum::SliLayer<Arc<Goodput>> {
        goodput::axum::SliLayer::new(Arc::clone(&self.goodput))
    }

    /// The layer for anything else, with one route.
    pub(crate) fn layer_on(&self, route: &str) -> SliLayer<Arc<Goodput>, goodput::Fixed> {
        SliLayer::new(Arc::clone(&self.goodput)).route(route)
    }

    /// Waits until so many requests are in flight, the bystander not counted.
    pub(crate) async fn in_flight(&self, what: &str, requests: u64) {
        self.until(what, || self.goodput.status().in_flight == requests + 1).await;
    }

    /// Waits until so many requests have begun and all are over, then compares everything that was counted.
    pub(crate) async fn has_counted(&self, what: &str, ended: &[(&str, Ended)]) {
        let begun = ended.len() as u64 + 1;
        self.until(what, || {
            let status = self.goodput.status();
            status.routes.iter().map(|route| route.begun).sum::<u64>() >= begun && status.in_flight == 1
        })
        .await;
        self.compare(what, ended);
    }

    /// Compares what was counted while `others` are still there and again when they, and all they held, are gone: nothing was
    /// counted late or twice.
    pub(crate) async fn ends_with<T>(self, what: &str, ended: &[(&str, Ended)], others: T) {
        self.has_counted(what, ended).await;
        drop(others);
        self.until(what, || Arc::strong_count(&self.goodput) == self.handles).await;
        self.compare(what, ended);
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let wait = async {
            while !holds() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let came_true = timeout(Duration::from_secs(10), wait).await;
        assert!(came_true.is_ok(), "{what}: {:#?}", counted(&self.goodput));
    }

    /// Fails with one line for each number that is not as expected.
    #[track_caller]
    pub(crate) fn compare(&self, what: &str, ended: &[(&str, Ended)]) {
        let (counted, happened) = (counted(&self.goodput), happened(ended));
        let of = |counts: &BTreeMap<String, u64>, key: &String| counts.get(key).copied().unwrap_or_default();
        let keys: BTreeSet<&String> = counted.keys().chain(happened.keys()).collect();
        let wrong = keys.into_iter().filter(|key| of(&counted, key) != of(&happened, key));
        let mut lines: Vec<_> =
            wrong.map(|k| format!("\n  {k}: counted {}, happened {}", of(&counted, k), of(&happened, k))).collect();
        for route in &self.goodput.status().routes {
            lines.extend(wrong_latencies(route, ended));
        }
        assert!(lines.is_empty(), "{what}:{}", lines.concat());
    }
}

/// A request that never ends.
fn bystander(goodput: &Arc<Goodput>) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
    let service = service_fn(|_: Request<()>| pending::<Result<Response<Empty<&'static [u8]>>, ()>>());
    let mut layered = SliLayer::new(Arc::clone(goodput)).route(BYSTANDER).layer(service);
    let answer = layered.call(Request::new(()));
    let mut waiting: Pin<Box<dyn Future<Output = ()> + Send + Sync>> = Box::pin(async { drop(answer.await) });
    assert!(waiting.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
    waiting
}

/// How one request has to have been counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    /// By each of [`SLOS`].
    pub(crate) verdicts: [&'static str; SLOS.len()],
    pub(crate) latency: Latency,
}

/// The latency figure of its route that a request is in, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Latency {
    OfSuccess(Duration),
    OfError(Duration),
    InNeither,
}

const ALL_GOOD: [&str; SLOS.len()] = ["good"; SLOS.len()];

impl Ended {
    pub(crate) const fn new(outcome: Outcome, verdicts: [&'static str; SLOS.len()], latency: Latency) -> Self {
        Self { outcome, verdicts, latency }
    }

    /// Served at once.
    pub(crate) const SUCCESS: Self = Self::new(Outcome::Success, ALL_GOOD, Latency::OfSuccess(Duration::ZERO));
    /// Refused at once, as the client deserved.
    pub(crate) const CLIENT_ERROR: Self = Self::new(Outcome::ClientError, ALL_GOOD, Latency::InNeither);
    /// The client left at once, before there was a head.
    pub(crate) const CANCELLED: Self = Self::excluded(Outcome::Cancelled, "excluded (cancelled)");
    /// The client left the body of a success at once.
    pub(crate) const BODY_DROPPED: Self = Self {
        outcome: Outcome::BodyDropped,
        verdicts: ["good", "good", "excluded (body_dropped)", "good"],
        ..Self::SUCCESS
    };
    /// The body of a success failed at once.
    pub(crate) const BODY_FAILED: Self = Self::broken(Outcome::BodyFailed, "bad (body_error)");
    /// The body of a success panicked at once.
    pub(crate) const BODY_PANICKED: Self = Self::broken(Outcome::Panicked, "bad (panic)");

    /// Served after more than `fast` allows, and less than `good-and-fast` does.
    pub(crate) const fn slow_success(took: Duration) -> Self {
        Self::new(Outcome::Success, ["good", "bad (slow)", "good", "good"], Latency::OfSuccess(took))
    }

    /// A failure instead of a success, at once.
    pub(crate) const fn failure(outcome: Outcome, bad: &'static str) -> Self {
        let verdicts = [bad, "excluded (failed)", bad, "excluded (failed)"];
        Self::new(outcome, verdicts, Latency::OfError(Duration::ZERO))
    }

    /// The service failed after more than `fast` allows.
    pub(crate) const fn slow_failure(outcome: Outcome, bad: &'static str, took: Duration) -> Self {
        Self::new(outcome, [bad, "bad (slow)", bad, "excluded (failed)"], Latency::OfError(took))
    }

    /// Excluded from every SLO, and timed by nobody.
    pub(crate) const fn excluded(outcome: Outcome, reason: &'static str) -> Self {
        Self::new(outcome, [reason; SLOS.len()], Latency::InNeither)
    }

    const fn broken(outcome: Outcome, bad: &'static str) -> Self {
        Self { outcome, verdicts: [bad, "good", bad, "excluded (failed)"], ..Self::SUCCESS }
    }
}

/// What `goodput` has counted, by name.
fn counted(goodput: &Goodput) -> BTreeMap<String, u64> {
    let status = goodput.status();
    let mut counted = BTreeMap::new();
    let mut count = |what: String, times: u64| {
        if times > 0 {
            *counted.entry(what).or_default() += times;
        }
    };
    count("in flight".to_owned(), status.in_flight);
    for route in &status.routes {
        count(format!("{} begun", route.template), route.begun);
        count(format!("{} in flight", route.template), route.in_flight);
        for (outcome, times) in &route.outcomes {
            count(format!("{} {outcome}", route.template), *times);
        }
    }
    for slo in &status.slos {
        count(format!("{}: good", slo.name), slo.counts.good);
        count(format!("{}: bad", slo.name), slo.counts.bad);
        count(format!("{}: excluded", slo.name), slo.counts.excluded);
        for reason in &slo.reasons {
            count(format!("{}: {}", slo.name, reason.verdict), reason.count);
        }
    }
    counted
}

/// What has to be counted, by the same names.
fn happened(ended: &[(&str, Ended)]) -> BTreeMap<String, u64> {
    let mut happened = BTreeMap::new();
    let mut count = |what: String| *happened.entry(what).or_default() += 1;
    count("in flight".to_owned());
    count(format!("{BYSTANDER} begun"));
    count(format!("{BYSTANDER} in flight"));
    for (route, ended) in ended {
        count(format!("{route} begun"));
        count(format!("{route} {}", ended.outcome));
        for (slo, verdict) in SLOS.iter().zip(ended.verdicts) {
            count(format!("{slo}: {verdict}"));
            if let Some((verdict, _reason)) = verdict.split_once(' ') {
                count(format!("{slo}: {verdict}"));
            }
        }
    }
    happened
}

/// One line for each latency figure of a route that does not hold exactly what it should, each within its tolerance.
fn wrong_latencies(route: &RouteStatus, ended: &[(&str, Ended)]) -> Vec<String> {
    let here = || ended.iter().filter(|(name, _)| *name == route.template).map(|(_, ended)| ended.latency);
    let (mut of_success, mut of_error) = (Vec::new(), Vec::new());
    for latency in here() {
        match latency {
            Latency::OfSuccess(took) => of_success.push(took),
            Latency::OfError(took) => of_error.push(took),
            Latency::InNeither => {}
        }
    }
    let figures = [("success", &route.success, of_success), ("error", &route.error, of_error)];
    let wrong = figures.into_iter().filter_map(|(figure, latencies, mut took)| {
        took.sort();
        let found = sorted(latencies);
        let agree = found.len() == took.len() && found.iter().zip(&took).all(|(found, took)| is_about(*found, *took));
        (!agree).then(|| format!("\n  {} {figure} latencies: counted {found:?}, happened {took:?}", route.template))
    });
    wrong.collect()
}

fn sorted(latencies: &Latencies) -> Vec<Duration> {
    let count = latencies.count();
    // The middle of each rank's share, so that no rounding reaches the next one.
    let ranks = (0..count).map(|rank| (rank as f64 + 0.5) / count as f64);
    ranks.map(|quantile| latencies.quantile(quantile).unwrap()).collect()
}

/// Whether a figure is the latency as far as a figure can be: within 6.25 %, and within 1 µs.
fn is_about(figure: Duration, latency: Duration) -> bool {
    figure.abs_diff(latency) <= latency.mul_f64(0.0625).max(Duration::from_micros(1))
}

/// How often a layer was found inside another one of its instance.
pub(crate) fn nested_calls(goodput: &Goodput) -> u64 {
    let nested = |flag: &Flag| if let Flag::NestedLayers { calls } = flag { Some(*calls) } else { None };
    goodput.status().flags.iter().find_map(nested).unwrap_or_default()
}
