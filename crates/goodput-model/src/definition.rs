//! Everything an operator decides about one service: its SLOs, excluded routes and bounds, checked as a whole.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use crate::{JudgedAt, Measure, Policy, Problem, Reason, Slo, Subject, Window};

/// The definition of a service's SLOs. Built in code or read from a file; [`Definition::check`] says whether it holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Definition {
    /// The service's name, the `service` label of everything exported.
    pub service: String,
    /// The SLOs, in the order they are shown.
    pub slos: Vec<Slo>,
    /// Route templates whose requests every SLO excludes: health checks, metrics, status pages.
    pub excluded_routes: Vec<String>,
    /// How many routes are told apart before further ones are counted together as `other`.
    pub max_routes: usize,
    /// The deadline the server itself puts on a request, if it has one: the cancel grace of SLOs without a threshold.
    pub server_deadline: Option<Duration>,
    /// Reasons that handlers give, declared to have a series of their own in the export.
    pub reasons: Vec<String>,
    /// Route templates whose successful responses are streams, whatever their content type: judged at the head.
    pub stream_routes: Vec<String>,
    /// Services that this one calls, beyond those that SLOs name. Declared, each has a reason that blames it.
    pub dependencies: Vec<String>,
    /// The request classes that SLOs may select.
    pub classes: Vec<String>,
    /// The class of requests to a route, where neither a layer nor an extension of the request gives one.
    pub route_classes: Vec<RouteClass>,
}

/// The class of a route's requests. Exhaustive on purpose: a route and its class.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteClass {
    /// The route's template.
    pub route: String,
    /// The name of the class.
    pub class: String,
}

impl Definition {
    /// The route of requests that matched none. No template may be called so.
    pub const UNMATCHED: &str = "unmatched";
    /// The route of events whose own route has no place left. No template may be called so.
    pub const OTHER: &str = "other";
    /// The default of [`max_routes`](Self::max_routes).
    pub const DEFAULT_MAX_ROUTES: usize = 1_000;
    /// The longest service or SLO name, in bytes.
    pub const MAX_NAME: usize = 100;
    /// The longest route template, in bytes.
    pub const MAX_ROUTE: usize = 256;
    /// The most routes one definition may tell apart.
    pub const MAX_ROUTES: usize = 100_000;
    /// The most declared reasons, those that blame a dependency included.
    pub const MAX_REASONS: usize = 64;
    /// The most request classes.
    pub const MAX_CLASSES: usize = 8;
    /// The shortest period: the default alert rows look back through an hour at least.
    pub const SHORTEST_PERIOD: Window = Window::D1;
    /// The longest latency threshold or cancel limit.
    pub const MAX_THRESHOLD: Duration = Duration::from_secs(24 * 60 * 60);

    /// A definition without SLOs.
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            slos: Vec::new(),
            excluded_routes: Vec::new(),
            max_routes: Self::DEFAULT_MAX_ROUTES,
            server_deadline: None,
            reasons: Vec::new(),
            stream_routes: Vec::new(),
            dependencies: Vec::new(),
            classes: Vec::new(),
            route_classes: Vec::new(),
        }
    }

    /// Every dependency that is declared or named by an SLO, each once.
    pub fn all_dependencies(&self) -> BTreeSet<&str> {
        let named = self.slos.iter().filter_map(Slo::dependency_name);
        self.dependencies.iter().map(String::as_str).chain(named).collect()
    }

    /// Every problem of the definition, in its own order; empty when it holds.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        check_name(Subject::Service, &self.service, &mut problems);
        let mut names = HashSet::new();
        for slo in &self.slos {
            if !names.insert(slo.name()) {
                problems.push(Problem::DuplicateSlo { name: slo.name().to_owned() });
            }
            check_slo(slo, &mut problems);
        }
        for route in self.excluded_routes.iter().chain(&self.stream_routes) {
            check_route(route, &mut problems);
        }
        let excluded: HashSet<&str> = self.excluded_routes.iter().map(String::as_str).collect();
        for slo in &self.slos {
            for route in slo.selected_routes().iter().filter(|route| excluded.contains(route.as_str())) {
                problems.push(Problem::ExcludedRoute { slo: slo.name().to_owned(), route: route.clone() });
            }
        }
        let classed = self.route_classes.iter().map(|rule| &rule.route);
        let own = self.excluded_routes.iter().chain(&self.stream_routes).chain(classed);
        let declared: HashSet<&str> =
            self.slos.iter().flat_map(Slo::selected_routes).chain(own).map(String::as_str).collect();
        if self.max_routes > Self::MAX_ROUTES {
            problems.push(Problem::RouteBound { bound: self.max_routes });
        }
        if declared.len() > self.max_routes {
            problems.push(Problem::TooManyRoutes { declared: declared.len(), bound: self.max_routes });
        }
        self.check_classes(&mut problems);
        for dependency in self.all_dependencies() {
            check_name(Subject::Dependency, dependency, &mut problems);
        }
        let reasons = self.reasons.iter().collect::<HashSet<_>>().len() + self.all_dependencies().len();
        if reasons > Self::MAX_REASONS {
            problems.push(Problem::TooManyReasons { declared: reasons });
        }
        for reason in &self.reasons {
            check_name(Subject::Reason, reason, &mut problems);
        }
        if self.server_deadline.is_some_and(|deadline| deadline.is_zero() || deadline > Self::MAX_THRESHOLD) {
            problems.push(Problem::Deadline { value: self.server_deadline.unwrap_or_default() });
        }
        problems
    }

    fn check_classes(&self, problems: &mut Vec<Problem>) {
        let mut known = HashSet::new();
        for class in &self.classes {
            check_name(Subject::Class, class, problems);
            if !known.insert(class) {
                problems.push(Problem::DuplicateClass { class: class.clone() });
            }
        }
        if self.classes.len() > Self::MAX_CLASSES {
            problems.push(Problem::TooManyClasses { declared: self.classes.len() });
        }
        let mut check_known = |class: &String, user: String| {
            if !known.contains(class) {
                problems.push(Problem::UnknownClass { class: class.clone(), user });
            }
        };
        for slo in &self.slos {
            slo.selected_classes().iter().for_each(|class| check_known(class, format!("SLO {:?}", slo.name())));
        }
        for rule in &self.route_classes {
            check_known(&rule.class, format!("route {:?}", rule.route));
        }
        let mut routes = HashSet::new();
        for rule in &self.route_classes {
            check_route(&rule.route, problems);
            if !routes.insert(&rule.route) {
                problems.push(Problem::TwoClasses { route: rule.route.clone() });
            }
        }
    }
}

fn check_slo(slo: &Slo, problems: &mut Vec<Problem>) {
    check_name(Subject::Slo, slo.name(), problems);
    let slo_name = || slo.name().to_owned();
    match slo.objective() {
        Err(error) => problems.push(Problem::Objective { slo: slo_name(), error: error.clone() }),
        Ok(objective) => {
            if !slo.alert_rows().is_empty()
                && let Err(error) = Policy::from_rows(objective, slo.judged_over(), slo.alert_rows())
            {
                problems.push(Problem::Row { slo: slo_name(), error });
            }
        }
    }
    if slo.judged_over().window() < Definition::SHORTEST_PERIOD {
        problems.push(Problem::Period { slo: slo_name(), value: slo.judged_over() });
    }
    if slo.names_no_route() {
        problems.push(Problem::NoRoutes { slo: slo_name() });
    }
    if slo.names_no_class() {
        problems.push(Problem::NoClasses { slo: slo_name() });
    }
    if let Some(dependency) = slo.dependency_name()
        && !(slo.selected_routes().is_empty() && slo.selected_classes().is_empty())
    {
        problems.push(Problem::TwoSubjects { slo: slo_name(), dependency: dependency.to_owned() });
    }
    for route in slo.selected_routes() {
        check_route(route, problems);
    }
    if let Some((threshold, measure)) = slo.indicator().threshold() {
        if threshold.is_zero() || threshold > Definition::MAX_THRESHOLD {
            problems.push(Problem::Threshold { slo: slo_name(), value: threshold });
        }
        if measure != Measure::Head && slo.decision_point() == JudgedAt::Head {
            problems.push(Problem::JudgedTooEarly { slo: slo_name(), measure });
        }
    }
    if let Some(crate::CancelPolicy::BadIfOlder(limit)) = slo.cancel_policy()
        && limit > Definition::MAX_THRESHOLD
    {
        problems.push(Problem::CancelLimit { slo: slo_name(), value: limit });
    }
    for rule in slo.status_overrides() {
        if !(100..=999).contains(&rule.status) {
            problems.push(Problem::Status { slo: slo_name(), value: rule.status });
        }
    }
    for rule in slo.grpc_overrides().iter().filter(|rule| rule.code > 16) {
        problems.push(Problem::GrpcCode { slo: slo_name(), value: rule.code });
    }
}

fn check_name(subject: Subject, name: &str, problems: &mut Vec<Problem>) {
    let allowed = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
    // It stands for those whose names have no place.
    let reserved = subject == Subject::Dependency && name == Definition::OTHER;
    if reserved || name.is_empty() || name.len() > Definition::MAX_NAME || !name.chars().all(allowed) {
        problems.push(Problem::Name { subject, value: name.to_owned() });
    }
}

fn check_route(route: &str, problems: &mut Vec<Problem>) {
    let reserved = [Definition::UNMATCHED, Definition::OTHER].contains(&route) || route.starts_with(Reason::DEPENDENCY);
    if reserved || route.is_empty() || route.len() > Definition::MAX_ROUTE || route.chars().any(char::is_control) {
        problems.push(Problem::Route { value: route.to_owned() });
    }
}
