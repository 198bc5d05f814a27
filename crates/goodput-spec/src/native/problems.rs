//! Points at the place in the file where a problem of the definition comes from.

use std::collections::HashMap;

use goodput_model::{Definition, Problem, Subject};

use super::reader::Reader;
use crate::{Diagnostic, Places, Span};

/// Adds every problem of the definition that does not follow from what was found already.
pub(super) fn find(reader: &mut Reader, definition: &Definition) {
    let problems = definition.check();
    if problems.is_empty() {
        return;
    }
    let index = Index::of(definition);
    // What could not be read was left out or replaced, so that whatever is said of its place is about nothing.
    let unread = reader.findings.spans();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for problem in &problems {
        if reader.findings.is_full() {
            reader.findings.count_only();
            continue;
        }
        let nth = match problem {
            Problem::DuplicateSlo { name } | Problem::DuplicateJourney { name } => seen.entry(name).or_default(),
            Problem::DuplicateClass { class } => seen.entry(class).or_default(),
            _ => &mut 0,
        };
        *nth += 1;
        let found = Found { problem, nth: *nth, definition, index: &index, places: &reader.places };
        let span = found.span();
        if !span.is_some_and(|span| unread.iter().any(|unread| unread.touches(span))) {
            let diagnostic = found.diagnostic(span);
            reader.findings.add(|| diagnostic);
        }
    }
}

/// Which SLOs and journeys have a name.
struct Index<'d> {
    slos: HashMap<&'d str, Vec<usize>>,
    journeys: HashMap<&'d str, Vec<usize>>,
}

impl<'d> Index<'d> {
    fn of(definition: &'d Definition) -> Self {
        let mut index = Self { slos: HashMap::new(), journeys: HashMap::new() };
        for (position, slo) in definition.slos.iter().enumerate() {
            index.slos.entry(slo.name()).or_default().push(position);
        }
        for (position, journey) in definition.journeys.iter().enumerate() {
            index.journeys.entry(&journey.name).or_default().push(position);
        }
        index
    }
}

/// A problem, and what it takes to find its place.
struct Found<'a> {
    problem: &'a Problem,
    /// Which of several equal ones it is, from 1.
    nth: usize,
    definition: &'a Definition,
    index: &'a Index<'a>,
    places: &'a Places,
}

impl Found<'_> {
    fn diagnostic(&self, span: Option<Span>) -> Diagnostic {
        let diagnostic = Diagnostic::error(code(self.problem), self.problem.to_string()).at_place(span, "");
        match self.other() {
            Some((other, label)) if Some(other) != span => diagnostic.also(other, label),
            _ => diagnostic,
        }
    }

    /// The other of two places that do not go together.
    fn other(&self) -> Option<(Span, &'static str)> {
        match self.problem {
            Problem::DuplicateSlo { name } => Some((self.slo(name, 0, "name")?, "first here")),
            Problem::DuplicateJourney { name } => {
                let first = self.index.journeys.get(name.as_str())?.first()?;
                Some((self.places.nearest(&format!("journeys.{first}.name"))?, "first here"))
            }
            Problem::ExcludedRoute { route, .. } => {
                let excluded = self.definition.excluded_routes.iter().position(|excluded| excluded == route)?;
                Some((self.places.get(&format!("routes.exclude.{excluded}"))?, "excluded here"))
            }
            Problem::TwoSubjects { slo, .. } => Some((self.slo(slo, 0, "dependency")?, "the dependency")),
            Problem::JudgedTooEarly { slo, .. } => Some((self.slo(slo, 0, "sli.measure")?, "measured later")),
            Problem::TooManyRoutes { .. } => Some((self.places.get("routes.max")?, "the bound")),
            _ => None,
        }
    }

    fn slo(&self, name: &str, nth: usize, path: &str) -> Option<Span> {
        let positions = self.index.slos.get(name)?;
        self.places.slo(*positions.get(nth).or(positions.last())?, path)
    }

    /// Where the problem comes from; the whole definition if that is all that is known.
    fn span(&self) -> Option<Span> {
        self.own_span().or_else(|| self.places.get(""))
    }

    fn own_span(&self) -> Option<Span> {
        let definition = self.definition;
        let of = |slo: &str, path: &str| self.slo(slo, 0, path);
        let at = |path: &str| self.places.nearest(path);
        match self.problem {
            Problem::Name { subject, value } => self.named(*subject, value),
            Problem::Label { value } => {
                let label = self.places.key(&format!("labels.{value}"));
                label.or_else(|| self.places.key(&format!("selector.{value}")))
            }
            Problem::Text { what, .. } => self.text(what),
            Problem::TimeZone { .. } => at("time_zone"),
            Problem::Bands { value, .. } => {
                let bands = &definition.bands.bands;
                let position = bands.iter().rposition(|band| band.name == *value).unwrap_or(0);
                at(&format!("error_budget.bands.{position}"))
            }
            Problem::DuplicateJourney { name } => {
                let positions = self.index.journeys.get(name.as_str())?;
                at(&format!("journeys.{}.name", positions.get(self.nth).or(positions.last())?))
            }
            Problem::UnknownJourney { slo, .. } => of(slo, "journey"),
            Problem::Sla { slo, .. } => of(slo, "sla"),
            Problem::Link { slo, which, .. } => of(slo, &format!("links.{which}")),
            Problem::Annotation { slo, value } => {
                let position = self.index.slos.get(slo.as_str())?.first()?;
                self.places.key(&format!("slos.{position}.annotations.{value}"))
            }
            Problem::Age { slo, .. } => of(slo, "sli.freshness"),
            Problem::Threshold { slo, .. } => {
                let position = *self.index.slos.get(slo.as_str())?.first()?;
                let label = definition.slos.get(position)?.indicator().label();
                self.places.slo(position, &format!("sli.{label}"))
            }
            Problem::Budgeting { slo, .. } | Problem::Slice { slo, .. } => of(slo, "budgeting"),
            Problem::NamesNothing { slo, .. } => of(slo, "sli"),
            Problem::NoRequests { slo, .. } => {
                let path = if definition.slos.iter().any(|one| one.name() == slo && one.dependency_name().is_some()) {
                    "dependency"
                } else {
                    "classes"
                };
                of(slo, path)
            }
            Problem::DuplicateSlo { name } => self.slo(name, self.nth, "name"),
            Problem::Objective { slo, .. } => of(slo, "objective"),
            Problem::Row { slo, error } => of(slo, &format!("alerts.{}", error.index())),
            Problem::ExcludedRoute { slo, route } => self.selected(slo, route),
            Problem::NoRoutes { slo } | Problem::TwoSubjects { slo, .. } => of(slo, "routes"),
            Problem::NoClasses { slo } => of(slo, "classes"),
            Problem::UnknownClass { class, user } => self.class_user(class, user),
            Problem::DuplicateClass { class } => {
                let mut positions = definition.classes.iter().enumerate().filter(|(_, name)| *name == class);
                at(&format!("classes.{}", positions.nth(self.nth)?.0))
            }
            Problem::TooManyClasses { .. } => at("classes"),
            Problem::TwoClasses { route } => self.classed(route),
            Problem::GrpcCode { slo, .. } | Problem::Status { slo, .. } => of(slo, "classification"),
            Problem::Period { slo, .. } => of(slo, "period"),
            Problem::CancelLimit { slo, .. } => of(slo, "classification.client_gone.bad_after"),
            Problem::JudgedTooEarly { slo, .. } => of(slo, "classification.judged_at"),
            Problem::Route { value } => self.route(value),
            Problem::RouteBound { .. } => at("routes.max"),
            Problem::TooManyRoutes { .. } => at("slos"),
            Problem::TooManyReasons { .. } => self.places.get("reasons").or_else(|| at("dependencies")),
            Problem::Deadline { .. } => at("server_deadline"),
            _ => self.slo(self.problem.slo()?, 0, ""),
        }
    }

    fn named(&self, subject: Subject, value: &str) -> Option<Span> {
        let in_list = |list: &[String], path: &str| {
            let position = list.iter().position(|name| name == value)?;
            self.places.nearest(&format!("{path}.{position}"))
        };
        match subject {
            Subject::Service => self.places.nearest("service"),
            Subject::Slo => self.slo(value, 0, "name"),
            Subject::Reason => in_list(&self.definition.reasons, "reasons"),
            Subject::Class => in_list(&self.definition.classes, "classes"),
            Subject::Dependency => in_list(&self.definition.dependencies, "dependencies").or_else(|| {
                let slo = self.definition.slos.iter().position(|slo| slo.dependency_name() == Some(value))?;
                self.places.slo(slo, "dependency")
            }),
            Subject::Journey => {
                self.places.nearest(&format!("journeys.{}.name", self.index.journeys.get(value)?.first()?))
            }
            Subject::Band => {
                let position = self.definition.bands.bands.iter().position(|band| band.name == value)?;
                self.places.nearest(&format!("error_budget.bands.{position}.name"))
            }
            _ => None,
        }
    }

    /// The text that the problem names as `owner of journey buy`, `annotation summary of SLO ok`, `label team`.
    fn text(&self, what: &str) -> Option<Span> {
        if let Some((what, slo)) = what.split_once(" of SLO ") {
            let path = match what.strip_prefix("annotation ") {
                Some(name) => format!("annotations.{name}"),
                None if what == "description" => what.to_owned(),
                None => format!("links.{what}"),
            };
            return self.slo(slo, 0, &path);
        }
        if let Some((what, journey)) = what.split_once(" of journey ") {
            let position = self.index.journeys.get(journey)?.first()?;
            return self.places.nearest(&format!("journeys.{position}.{what}"));
        }
        let label = what.strip_prefix("label ").map(|name| format!("labels.{name}"));
        let selector = what.strip_prefix("selector ").map(|name| format!("selector.{name}"));
        self.places.nearest(&label.or(selector).unwrap_or_else(|| what.to_owned()))
    }

    /// Where an SLO, or its journey, names a route.
    fn selected(&self, slo: &str, route: &str) -> Option<Span> {
        let position = *self.index.slos.get(slo)?.first()?;
        let found = self.definition.slos.get(position)?;
        if let Some(index) = found.selected_routes().iter().position(|selected| selected == route) {
            return self.places.slo(position, &format!("routes.{index}"));
        }
        let journey = self.index.journeys.get(found.journey_name()?)?.first()?;
        let routes = &self.definition.journeys.get(*journey)?.routes;
        let index = routes.iter().position(|selected| selected == route)?;
        self.places.nearest(&format!("journeys.{journey}.routes.{index}"))
    }

    /// The first place that names a route.
    fn route(&self, route: &str) -> Option<Span> {
        let position = |list: &[String]| list.iter().position(|named| named == route);
        let definition = self.definition;
        let lists = [("routes.exclude", &definition.excluded_routes), ("routes.stream", &definition.stream_routes)];
        let listed = lists.into_iter().find_map(|(path, list)| Some(format!("{path}.{}", position(list)?)));
        if let Some(path) = listed {
            return self.places.nearest(&path);
        }
        let in_journey = definition.journeys.iter().enumerate().find_map(|(index, journey)| {
            self.places.nearest(&format!("journeys.{index}.routes.{}", position(&journey.routes)?))
        });
        let in_slo = || {
            let mut slos = definition.slos.iter().enumerate();
            slos.find_map(|(index, slo)| {
                self.places.slo(index, &format!("routes.{}", position(slo.selected_routes())?))
            })
        };
        in_journey.or_else(in_slo).or_else(|| self.classed(route))
    }

    /// The last place that gives a route a class.
    fn classed(&self, route: &str) -> Option<Span> {
        let rules = &self.definition.route_classes;
        let last = rules.iter().rposition(|rule| rule.route == route)?;
        let class = &rules.get(last)?.class;
        let within = rules.iter().take(last).filter(|rule| rule.class == *class).count();
        self.places.nearest(&format!("routes.classes.{class}.{within}"))
    }

    /// The SLO or route that names a class nobody declared.
    fn class_user(&self, class: &str, user: &str) -> Option<Span> {
        let of_slo = self.definition.slos.iter().enumerate().find_map(|(index, slo)| {
            let position = slo.selected_classes().iter().position(|selected| selected == class)?;
            (user == format!("SLO {:?}", slo.name())).then(|| self.places.slo(index, &format!("classes.{position}")))?
        });
        of_slo.or_else(|| self.places.key(&format!("routes.classes.{class}")))
    }
}

/// The stable word for a problem.
fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::Name { .. } => "bad-name",
        Problem::Label { .. } | Problem::Annotation { .. } => "bad-label",
        Problem::Text { .. } => "bad-text",
        Problem::TimeZone { .. } => "bad-time-zone",
        Problem::Bands { .. } => "bad-bands",
        Problem::DuplicateSlo { .. } | Problem::DuplicateJourney { .. } | Problem::DuplicateClass { .. } => {
            "duplicate-name"
        }
        Problem::UnknownJourney { .. } => "unknown-journey",
        Problem::UnknownClass { .. } => "unknown-class",
        Problem::Link { .. } => "bad-link",
        Problem::Row { .. } => "bad-alert",
        Problem::ExcludedRoute { .. } => "excluded-route",
        Problem::NoRoutes { .. } => "no-routes",
        Problem::NoClasses { .. } => "no-classes",
        Problem::TwoSubjects { .. } => "two-subjects",
        Problem::TwoClasses { .. } => "two-classes",
        Problem::Route { .. } => "bad-route",
        Problem::TooManyClasses { .. }
        | Problem::TooManyRoutes { .. }
        | Problem::TooManyReasons { .. }
        | Problem::RouteBound { .. } => "too-many",
        Problem::NamesNothing { .. } => "names-nothing",
        Problem::NoRequests { .. } => "no-requests",
        Problem::Budgeting { .. } | Problem::Slice { .. } => "bad-budgeting",
        Problem::JudgedTooEarly { .. } => "judged-too-early",
        _ => "bad-value",
    }
}
