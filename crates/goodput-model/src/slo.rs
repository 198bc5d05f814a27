//! One SLO as its owner writes it: an indicator, an objective, a period and the rules that differ from the defaults.

mod equal;
mod keep_firing;
mod unseen;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{
    AlertRow, Budgeting, Indicator, Links, Measure, MinBad, Objective, ObjectiveError, Period, Rate, Share, UnseenTime,
    Window,
};
use crate::{CancelPolicy, GrpcRule, JudgedAt, StatusMeaning, StatusRule};

/// A service level objective: which events it looks at, what makes one good, and what share has to be.
///
/// A plain value. Nothing is checked until a [`Definition`](crate::Definition) with it is, so that all problems are
/// reported together.
///
/// ```
/// use std::time::Duration;
/// use goodput_model::{Measure, Slo};
///
/// let answers = Slo::availability("checkout-ok", "99.9%").routes(["/checkout"]);
/// let fast = Slo::latency("export-fast", "99%", Duration::from_secs(2)).routes(["/export"]).measure(Measure::End);
/// # assert_eq!((answers.name(), fast.name()), ("checkout-ok", "export-fast"));
/// ```
#[derive(Clone, Debug)]
pub struct Slo {
    name: String,
    objective: Result<Objective, ObjectiveError>,
    period: Period,
    indicator: Indicator,
    routes: Option<Vec<String>>,
    dependency: Option<String>,
    classes: Option<Vec<String>>,
    judged_at: Option<JudgedAt>,
    streams_judged_at: JudgedAt,
    cancel: Option<CancelPolicy>,
    statuses: BTreeMap<u16, StatusMeaning>,
    grpc_codes: BTreeMap<u8, StatusMeaning>,
    budgeting: Option<Budgeting>,
    alerts: Vec<AlertRow>,
    min_bad: MinBad,
    unseen: UnseenTime,
    keep_firing: Option<Duration>,
    description: Option<String>,
    journey: Option<String>,
    sla: Option<Result<Objective, ObjectiveError>>,
    traffic: Option<Rate>,
    links: Links,
    annotations: BTreeMap<String, String>,
}

impl Slo {
    /// The share of requests that did not fail.
    ///
    /// The objective is written as a percentage, `"99.9%"`, or is an [`Objective`].
    pub fn availability(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
    ) -> Self {
        Self::new(name, objective, Indicator::Availability)
    }

    /// The share of successful requests that took at most `threshold`.
    ///
    /// Equal to the threshold is good. A failure counts as bad if it was slow as well, and is excluded otherwise.
    pub fn latency(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        threshold: Duration,
    ) -> Self {
        Self::new(name, objective, Indicator::Latency { threshold, measure: Measure::Head })
    }

    /// The share of requests that neither failed nor took longer than `threshold`.
    pub fn good_and_fast(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        threshold: Duration,
    ) -> Self {
        Self::new(name, objective, Indicator::GoodAndFast { threshold, measure: Measure::Head })
    }

    /// The share of successful responses that were not [`Degraded`](crate::Degraded).
    pub fn quality(name: impl Into<String>, objective: impl TryInto<Objective, Error: Into<ObjectiveError>>) -> Self {
        Self::new(name, objective, Indicator::Quality)
    }

    /// The share of requests that did not fail, of those that were not the caller's own mistake: other 4xx are excluded.
    pub fn error_rate(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
    ) -> Self {
        Self::new(name, objective, Indicator::ErrorRate)
    }

    /// The share of processed records that came out right.
    pub fn correctness(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
    ) -> Self {
        Self::new(name, objective, Indicator::Correctness)
    }

    /// The share of expected records that came.
    pub fn completeness(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
    ) -> Self {
        Self::new(name, objective, Indicator::Completeness)
    }

    /// The share of time, in slices, at whose end the data was at most `threshold` old. With [`Budgeting::Occurrences`], the
    /// share of reads that found it so.
    pub fn freshness(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        threshold: Duration,
    ) -> Self {
        Self::new(name, objective, Indicator::Freshness { threshold })
    }

    /// The share of time, in slices, with at least so many events.
    pub fn throughput(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        at_least: Rate,
    ) -> Self {
        Self::new(name, objective, Indicator::Throughput { at_least })
    }

    /// The share of time, in slices, in which no more than `at_most` of something limited was in use: of a pool, a queue, the
    /// memory.
    pub fn saturation(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        at_most: Share,
    ) -> Self {
        Self::new(name, objective, Indicator::Saturation { at_most })
    }

    /// The share of events that the service's own code calls good, of those it gives a verdict.
    pub fn custom(name: impl Into<String>, objective: impl TryInto<Objective, Error: Into<ObjectiveError>>) -> Self {
        Self::new(name, objective, Indicator::Custom)
    }

    /// The share of calls to a dependency that did not fail: no connection, a deadline, a status of the 5xx class.
    ///
    /// Calls are counted by a layer around the client, made with the dependency's name. For their latency, give a latency
    /// SLO the same subject with [`of_dependency`](Self::of_dependency).
    pub fn dependency(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        dependency: impl Into<String>,
    ) -> Self {
        Self::availability(name, objective).of_dependency(dependency)
    }

    fn new(
        name: impl Into<String>,
        objective: impl TryInto<Objective, Error: Into<ObjectiveError>>,
        indicator: Indicator,
    ) -> Self {
        Self {
            name: name.into(),
            objective: objective.try_into().map_err(Into::into),
            period: Period::default(),
            indicator,
            routes: None,
            dependency: None,
            classes: None,
            judged_at: None,
            streams_judged_at: JudgedAt::Head,
            cancel: None,
            statuses: BTreeMap::new(),
            grpc_codes: BTreeMap::new(),
            budgeting: None,
            alerts: Vec::new(),
            min_bad: MinBad::default(),
            unseen: UnseenTime::default(),
            keep_firing: None,
            description: None,
            journey: None,
            sla: None,
            traffic: None,
            links: Links::default(),
            annotations: BTreeMap::new(),
        }
    }

    /// Looks only at these routes, named by their templates (`/users/{id}`), and at work of these names. Without this call: at
    /// every route and all work; with an empty list the definition does not hold.
    pub fn routes<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.routes.get_or_insert_default().extend(routes.into_iter().map(Into::into));
        self
    }

    /// Looks at the calls to this dependency, and at no request of the service's own.
    pub fn of_dependency(mut self, name: impl Into<String>) -> Self {
        self.dependency = Some(name.into());
        self
    }

    /// Looks only at requests of these classes, each declared in the definition. Without this call: at every class, and at
    /// requests of none; with an empty list the definition does not hold.
    pub fn classes<C: Into<String>>(mut self, classes: impl IntoIterator<Item = C>) -> Self {
        self.classes.get_or_insert_default().extend(classes.into_iter().map(Into::into));
        self
    }

    /// Judges over this period instead of 30 days.
    pub fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// Measures latency to this point instead of the head. Without effect on indicators that have no threshold.
    pub fn measure(mut self, point: Measure) -> Self {
        match &mut self.indicator {
            Indicator::Latency { measure, .. } | Indicator::GoodAndFast { measure, .. } => *measure = point,
            _ => {}
        }
        self
    }

    /// Judges at this point instead of the default: the head for latency measured there, the end for everything else.
    ///
    /// Judging at the head leaves response bodies untouched (in axum, it saves a box), and does not see a body that fails, nor a
    /// gRPC code that comes in trailers.
    pub fn judged_at(mut self, point: JudgedAt) -> Self {
        self.judged_at = Some(point);
        self
    }

    /// Judges streams at this point: event streams, and the streaming methods of gRPC. They are judged at the head without
    /// this call, since they live as long as their clients like: established in time is good.
    ///
    /// At [`JudgedAt::End`] a stream that fails is bad, one that its client leaves is judged by its head, and both stay in
    /// flight until then. Without effect on an SLO that is judged at the head anyway, and on what follows a 101 or a
    /// `CONNECT`, whose end nobody sees.
    pub fn streams_judged_at(mut self, point: JudgedAt) -> Self {
        self.streams_judged_at = point;
        self
    }

    /// What a client that goes away before the head counts as. Default: [`CancelPolicy::BadIfOlder`] than the threshold; for
    /// availability than the limit of its route (the server's deadline, else four times the loosest threshold on the route
    /// within 1 s to 10 s, else 5 s); for quality [`CancelPolicy::Exclude`].
    pub fn cancel(mut self, policy: CancelPolicy) -> Self {
        self.cancel = Some(policy);
        self
    }

    /// Counts these statuses as failures.
    pub fn bad_statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.status_rules(statuses, StatusMeaning::Failure)
    }

    /// Counts these statuses as successes.
    pub fn good_statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.status_rules(statuses, StatusMeaning::Success)
    }

    /// Excludes these statuses.
    pub fn excluded_statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.status_rules(statuses, StatusMeaning::Excluded)
    }

    fn status_rules(mut self, statuses: impl IntoIterator<Item = u16>, meaning: StatusMeaning) -> Self {
        self.statuses.extend(statuses.into_iter().map(|status| (status, meaning)));
        self
    }

    /// Counts these gRPC codes, 0 to 16, as failures. Numbers, as this crate knows no gRPC library: `NOT_FOUND` is 5.
    pub fn bad_grpc_codes(self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.grpc_rules(codes, StatusMeaning::Failure)
    }

    /// Counts these gRPC codes as successes.
    pub fn good_grpc_codes(self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.grpc_rules(codes, StatusMeaning::Success)
    }

    /// Excludes these gRPC codes.
    pub fn excluded_grpc_codes(self, codes: impl IntoIterator<Item = u8>) -> Self {
        self.grpc_rules(codes, StatusMeaning::Excluded)
    }

    fn grpc_rules(mut self, codes: impl IntoIterator<Item = u8>, meaning: StatusMeaning) -> Self {
        self.grpc_codes.extend(codes.into_iter().map(|code| (code, meaning)));
        self
    }

    /// Replaces the default alert rows by the caller's own. Call once a row.
    pub fn alert(mut self, row: AlertRow) -> Self {
        self.alerts.push(row);
        self
    }

    /// The least number of bad events in the long window before a condition may hold.
    pub fn min_bad(mut self, min_bad: MinBad) -> Self {
        self.min_bad = min_bad;
        self
    }

    /// What the error budget is a share of. Without this call: events; for throughput, saturation and freshness, slices of a
    /// minute.
    pub fn budgeting(mut self, method: Budgeting) -> Self {
        self.budgeting = Some(method);
        self
    }

    /// What it is about, for people.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The journey it belongs to, declared in the definition. It looks at the journey's routes unless it names its own.
    pub fn journey(mut self, name: impl Into<String>) -> Self {
        self.journey = Some(name.into());
        self
    }

    /// What was promised to customers, by contract: weaker than the objective, so that the objective is missed first.
    pub fn sla(mut self, objective: impl TryInto<Objective, Error: Into<ObjectiveError>>) -> Self {
        self.sla = Some(objective.try_into().map_err(Into::into));
        self
    }

    /// The traffic that is usual, of which one can tell beforehand what a bad event will cost.
    pub fn traffic(mut self, rate: Rate) -> Self {
        self.traffic = Some(rate);
        self
    }

    /// What to do when it burns: an address that its alerts carry.
    pub fn runbook(mut self, url: impl Into<String>) -> Self {
        self.links.runbook = Some(url.into());
        self
    }

    /// Where it can be seen: an address that its alerts carry.
    pub fn dashboard(mut self, url: impl Into<String>) -> Self {
        self.links.dashboard = Some(url.into());
        self
    }

    /// Where its requests can be followed: an address that its alerts carry.
    pub fn traces(mut self, url: impl Into<String>) -> Self {
        self.links.traces = Some(url.into());
        self
    }

    /// A text under a name, for whatever reads alerts.
    pub fn annotation(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.annotations.insert(name.into(), text.into());
        self
    }

    /// The name, unique within its definition.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The objective, or why it could not be read.
    pub fn objective(&self) -> Result<Objective, &ObjectiveError> {
        self.objective.as_ref().copied()
    }

    /// What the SLO is judged over.
    pub fn judged_over(&self) -> Period {
        self.period
    }

    /// What makes an event good.
    pub fn indicator(&self) -> Indicator {
        self.indicator
    }

    /// The route templates it looks at; empty for all.
    pub fn selected_routes(&self) -> &[String] {
        self.routes.as_deref().unwrap_or_default()
    }

    /// Whether the routes were named, and none was.
    pub(crate) fn names_no_route(&self) -> bool {
        self.routes.as_ref().is_some_and(Vec::is_empty)
    }

    /// The dependency whose calls it looks at, in place of requests.
    pub fn dependency_name(&self) -> Option<&str> {
        self.dependency.as_deref()
    }

    /// The request classes it looks at; empty for all.
    pub fn selected_classes(&self) -> &[String] {
        self.classes.as_deref().unwrap_or_default()
    }

    /// Whether the classes were named, and none was.
    pub(crate) fn names_no_class(&self) -> bool {
        self.classes.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether the verdict on a stream falls at its end.
    pub fn follows_streams(&self) -> bool {
        self.streams_judged_at == JudgedAt::End && self.decision_point() == JudgedAt::End
    }

    /// Where the verdict falls.
    pub fn decision_point(&self) -> JudgedAt {
        let default = match self.indicator {
            Indicator::Latency { measure: Measure::Head, .. } => JudgedAt::Head,
            _ => JudgedAt::End,
        };
        self.judged_at.unwrap_or(default)
    }

    /// The cancel policy the caller chose, if any.
    pub fn cancel_policy(&self) -> Option<CancelPolicy> {
        self.cancel
    }

    /// The status rules that differ from the defaults, by status; of several given for one, the last.
    pub fn status_overrides(&self) -> impl Iterator<Item = StatusRule> {
        self.statuses.iter().map(|(&status, &meaning)| StatusRule { status, meaning })
    }

    /// The rules for gRPC codes that differ from the defaults, by code; of several given for one, the last.
    pub fn grpc_overrides(&self) -> impl Iterator<Item = GrpcRule> {
        self.grpc_codes.iter().map(|(&code, &meaning)| GrpcRule { code, meaning })
    }

    /// The caller's own alert rows; empty for the default policy.
    pub fn alert_rows(&self) -> &[AlertRow] {
        &self.alerts
    }

    /// The least number of bad events, as chosen.
    pub fn least_bad(&self) -> MinBad {
        self.min_bad
    }

    /// The least number of bad events, or slices, that conditions go by: as chosen, but for slices so long that an hour, over which
    /// the first page looks back, has fewer of them than the automatic floor asks for. There one is enough, since a total outage
    /// would page nobody otherwise.
    pub fn least_bad_in_force(&self) -> MinBad {
        match (self.min_bad, self.budgeting_method()) {
            (MinBad::Auto, Budgeting::Timeslices { slice, .. }) if slice > Self::LONGEST_SLICE_TO_COUNT => {
                MinBad::AtLeast(1)
            }
            (chosen, _) => chosen,
        }
    }

    /// Three of them are an hour.
    const LONGEST_SLICE_TO_COUNT: Window = Window::of(20 * 60);

    /// What the error budget is a share of, chosen or by default.
    pub fn budgeting_method(&self) -> Budgeting {
        let slices = Budgeting::Timeslices { slice: Budgeting::DEFAULT_SLICE, target: None };
        self.budgeting.unwrap_or(if self.indicator.judges_slices() { slices } else { Budgeting::Occurrences })
    }

    /// What it is about, if somebody wrote it down.
    pub fn purpose(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The journey it belongs to.
    pub fn journey_name(&self) -> Option<&str> {
        self.journey.as_deref()
    }

    /// What was promised to customers, or why it could not be read.
    pub fn promised(&self) -> Option<Result<Objective, &ObjectiveError>> {
        self.sla.as_ref().map(|sla| sla.as_ref().copied())
    }

    /// The traffic that is usual.
    pub fn expected_traffic(&self) -> Option<Rate> {
        self.traffic
    }

    /// Where to look.
    pub fn links(&self) -> &Links {
        &self.links
    }

    /// Texts for whatever reads alerts, by name.
    pub fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }
}
