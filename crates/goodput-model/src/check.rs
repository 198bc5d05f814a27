//! Whether a definition holds: everything that is wrong with it, in its own order.

use std::collections::HashSet;
use std::time::Duration;

use crate::{Budgeting, CancelPolicy, Definition, Indicator, JudgedAt, Measure, Policy, Problem, Slo, Subject, names};

impl Definition {
    /// Every problem of the definition, in its own order; empty when it holds.
    ///
    /// Whether its time zone exists is not known here: that takes a database of zones.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        check_name(Subject::Service, &self.service, &mut problems);
        self.check_identity(&mut problems);
        self.check_bands(&mut problems);
        self.check_journeys(&mut problems);
        let mut slos = HashSet::new();
        for slo in &self.slos {
            if !slos.insert(slo.name()) {
                problems.push(Problem::DuplicateSlo { name: slo.name().to_owned() });
            }
            check_slo(slo, &mut problems);
            check_kind(slo, self.routes_of(slo), &mut problems);
            check_words(slo, &mut problems);
        }
        self.check_routes(&mut problems);
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

    fn check_identity(&self, problems: &mut Vec<Problem>) {
        let service = [("description", &self.description), ("owner", &self.owner)];
        for (what, text) in service.into_iter().filter_map(|(what, text)| Some((what, text.as_ref()?))) {
            check_text(what.to_owned(), text, problems);
        }
        for (what, labels) in [("label", &self.labels), ("selector", &self.selector)] {
            for (name, value) in labels {
                if !is_label_name(name) || (what == "label" && is_own_label(name)) {
                    problems.push(Problem::Label { value: name.clone() });
                }
                check_text(format!("{what} {name}"), value, problems);
            }
        }
        let zone = &self.time_zone;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        if zone.is_empty() || zone.len() > Self::MAX_NAME || !zone.chars().all(allowed) {
            problems.push(Problem::TimeZone { value: zone.clone() });
        }
    }

    fn check_bands(&self, problems: &mut Vec<Problem>) {
        let bands = &self.bands.bands;
        let mut names = HashSet::new();
        for (position, band) in bands.iter().enumerate() {
            check_name(Subject::Band, &band.name, problems);
            let before = position.checked_sub(1).and_then(|before| bands.get(before));
            let expected = match (band.above, position + 1 == bands.len()) {
                _ if !names.insert(&band.name) => "names that differ",
                (None, false) => "the share of the budget it begins above, as it is not the last band",
                (Some(_), true) => "no line, as it is the last band and holds whatever is less",
                (Some(line), false) if before.is_some_and(|before| before.above.is_some_and(|upper| line >= upper)) => {
                    "a line lower than that of the band before"
                }
                _ if before.is_some_and(|before| band.action < before.action) => {
                    "an action at least as strict as that of the band before"
                }
                _ => continue,
            };
            problems.push(Problem::Bands { value: band.name.clone(), expected });
        }
        if bands.is_empty() {
            problems.push(Problem::Bands { value: String::new(), expected: "at least one band" });
        }
    }

    fn check_journeys(&self, problems: &mut Vec<Problem>) {
        let mut names = HashSet::new();
        for journey in &self.journeys {
            check_name(Subject::Journey, &journey.name, problems);
            if !names.insert(journey.name.as_str()) {
                problems.push(Problem::DuplicateJourney { name: journey.name.clone() });
            }
            let texts = [("description", &journey.description), ("owner", &journey.owner)];
            for (what, text) in texts.into_iter().filter_map(|(what, text)| Some((what, text.as_ref()?))) {
                check_text(format!("{what} of journey {}", journey.name), text, problems);
            }
            journey.routes.iter().for_each(|route| check_route(route, problems));
        }
        for slo in &self.slos {
            if let Some(journey) = slo.journey_name().filter(|name| !names.contains(name)) {
                problems.push(Problem::UnknownJourney { slo: slo.name().to_owned(), journey: journey.to_owned() });
            }
        }
    }

    fn check_routes(&self, problems: &mut Vec<Problem>) {
        for route in self.excluded_routes.iter().chain(&self.stream_routes) {
            check_route(route, problems);
        }
        let excluded: HashSet<&str> = self.excluded_routes.iter().map(String::as_str).collect();
        for slo in &self.slos {
            for route in self.routes_of(slo).iter().filter(|route| excluded.contains(route.as_str())) {
                problems.push(Problem::ExcludedRoute { slo: slo.name().to_owned(), route: route.clone() });
            }
        }
        let classed = self.route_classes.iter().map(|rule| &rule.route);
        let own = self.excluded_routes.iter().chain(&self.stream_routes).chain(classed);
        let selected = self.slos.iter().flat_map(|slo| self.routes_of(slo));
        let declared: HashSet<&str> = selected.chain(own).map(String::as_str).collect();
        if self.max_routes > Self::MAX_ROUTES {
            problems.push(Problem::RouteBound { bound: self.max_routes });
        }
        if declared.len() > self.max_routes {
            problems.push(Problem::TooManyRoutes { declared: declared.len(), bound: self.max_routes });
        }
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
    if let Some(CancelPolicy::BadIfOlder(limit)) = slo.cancel_policy()
        && limit > Definition::MAX_THRESHOLD
    {
        problems.push(Problem::CancelLimit { slo: slo_name(), value: limit });
    }
    for rule in slo.status_overrides() {
        if !(100..=999).contains(&rule.status) {
            problems.push(Problem::Status { slo: slo_name(), value: rule.status });
        }
    }
    for rule in slo.grpc_overrides().filter(|rule| rule.code > 16) {
        problems.push(Problem::GrpcCode { slo: slo_name(), value: rule.code });
    }
}

/// What only some indicators have or need.
fn check_kind(slo: &Slo, named: &[String], problems: &mut Vec<Problem>) {
    let slo_name = || slo.name().to_owned();
    let (indicator, method) = (slo.indicator(), slo.budgeting_method());
    if let Indicator::Freshness { threshold } = indicator
        && (threshold.is_zero() || threshold > LONGEST_AGE)
    {
        problems.push(Problem::Age { slo: slo_name(), value: threshold });
    }
    let expected = match (indicator, method) {
        (Indicator::Throughput { .. } | Indicator::Saturation { .. }, Budgeting::Occurrences) => {
            Some("timeslices: it judges slices, not events")
        }
        (_, Budgeting::RatioTimeslices { .. }) if indicator.judges_slices() => {
            Some("timeslices: its slices are good or bad as a whole")
        }
        (_, Budgeting::Timeslices { target: Some(_), .. }) if indicator.judges_slices() => {
            Some("timeslices without a target: its slices are good or bad as a whole")
        }
        (_, Budgeting::Timeslices { target: None, .. }) if !indicator.judges_slices() => {
            Some("a target: the share of a slice's events that has to be good")
        }
        _ => None,
    };
    if let Some(expected) = expected {
        problems.push(Problem::Budgeting { slo: slo_name(), indicator, method, expected });
    }
    if let Some(slice) = method.slice().filter(|slice| *slice > Budgeting::LONGEST_SLICE) {
        problems.push(Problem::Slice { slo: slo_name(), value: slice });
    }
    let names_things =
        matches!(indicator, Indicator::Completeness | Indicator::Freshness { .. } | Indicator::Saturation { .. });
    if names_things && named.is_empty() {
        problems.push(Problem::NamesNothing { slo: slo_name(), indicator });
    }
    if !indicator.judges_requests() && (slo.dependency_name().is_some() || !slo.selected_classes().is_empty()) {
        problems.push(Problem::NoRequests { slo: slo_name(), indicator });
    }
}

/// The words that go with an SLO.
fn check_words(slo: &Slo, problems: &mut Vec<Problem>) {
    let slo_name = || slo.name().to_owned();
    if let Some(Err(error)) = slo.promised() {
        problems.push(Problem::Sla { slo: slo_name(), error: error.clone() });
    }
    if let Some(text) = slo.purpose() {
        check_text(format!("description of SLO {}", slo.name()), text, problems);
    }
    for (which, link) in slo.links().iter() {
        let host = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://")).unwrap_or_default();
        if host.is_empty() || link.chars().any(|c| c.is_whitespace() || "\"<>\\".contains(c)) {
            problems.push(Problem::Link { slo: slo_name(), which, value: link.to_owned() });
        }
        check_text(format!("{which} of SLO {}", slo.name()), link, problems);
    }
    for (name, text) in slo.annotations() {
        if !is_label_name(name) {
            problems.push(Problem::Annotation { slo: slo_name(), value: name.clone() });
        }
        check_text(format!("annotation {name} of SLO {}", slo.name()), text, problems);
    }
}

/// As long as anything is remembered.
const LONGEST_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A text for people. Alert tools fill in templates, so that braces would be executed there.
fn check_text(what: String, text: &str, problems: &mut Vec<Problem>) {
    let template = text.contains("{{") || text.contains("}}");
    let control = text.chars().any(|c| c.is_control() && c != '\n');
    if text.trim().is_empty() || text.len() > Definition::MAX_TEXT || template || control {
        problems.push(Problem::Text { what, value: text.to_owned() });
    }
}

/// What Prometheus and every backend of OpenTelemetry take alike.
fn is_label_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !name.starts_with("__");
    begins && name.len() <= Definition::MAX_NAME && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Labels that goodput, or Prometheus itself, gives a meaning.
fn is_own_label(name: &str) -> bool {
    names::ALL.iter().any(|instrument| instrument.labels.contains(&name)) || names::RESERVED.contains(&name)
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
    let reserved = [Definition::UNMATCHED, Definition::OTHER].contains(&route)
        || Definition::PREFIXES.iter().any(|prefix| route.starts_with(prefix));
    if reserved || route.is_empty() || route.len() > Definition::MAX_ROUTE || route.chars().any(char::is_control) {
        problems.push(Problem::Route { value: route.to_owned() });
    }
}
