//! Route templates that no router has.

use std::collections::{HashMap, HashSet};

use goodput_model::Definition;

use super::catalog::Lint;
use super::report::Report;
use crate::{Diagnostic, Document, Span};

pub(super) const IMPOSSIBLE_ROUTE: Lint = Lint::new(
    "impossible-route",
    "A route template that no router has: no request will ever match it.",
    "Routes are looked up by the text of the template the router matched: `/users/{id}`. A method before it, a query after it, a \
     doubled slash, `:id` or `*rest` as axum wrote them before 0.8, or braces that do not close are no part of one, and the SLO \
     looks at nothing: no events, no alert, no complaint. Source: \
     https://docs.rs/axum/0.8/axum/struct.Router.html#method.route and \
     https://github.com/ibraheemdev/matchit/releases/tag/v0.8.0.",
);

pub(super) const TWIN_ROUTES: Lint = Lint::new(
    "twin-routes",
    "Two templates differ in a trailing slash or in the name of a parameter only.",
    "They are two routes to whoever compares text. A router has `/users/{id}` or `/users/{user}` and never both, so that one of them \
     matches nothing; `/cart` and `/cart/` are different routes since axum 0.6 and matchit 0.8, and each request counts for one of \
     them. Write each as the router has it; where both exist, name both in one list. Source: \
     https://github.com/ibraheemdev/matchit/releases/tag/v0.8.0.",
);

pub(super) const PROBE_ROUTE: Lint = Lint::new(
    "probe-route",
    "An SLO looks at a health check or at the metrics.",
    "Probes come at a steady pace, from nobody, and nearly always succeed: at a low traffic they are most of the events, and hide what \
     users get. Exclude them (`routes: {exclude: [/health]}`). Sources: \
     https://github.com/docling-project/docling-serve/issues/533, https://github.com/getsentry/symbolicator/issues/68.",
);

/// A list of routes in the definition: the path to it, and its templates.
type List<'d> = (String, Vec<&'d str>);

pub(super) fn check(document: &Document, report: &mut Report) {
    let definition = &document.definition;
    let selecting = selecting(definition);
    let lists: Vec<List<'_>> = selecting.iter().cloned().chain(others(definition)).collect();
    check_templates(document, &lists, report);
    check_twins(document, &lists, report);
    check_probes(document, &selecting, report);
}

/// The lists by which SLOs select.
fn selecting(definition: &Definition) -> Vec<List<'_>> {
    let slos = definition.slos.iter().enumerate();
    let slos = slos.map(|(index, slo)| (format!("slos.{index}.routes"), texts(slo.selected_routes())));
    let journeys = definition.journeys.iter().enumerate();
    let journeys = journeys.map(|(index, journey)| (format!("journeys.{index}.routes"), texts(&journey.routes)));
    slos.chain(journeys).collect()
}

/// The lists of the definition itself.
fn others(definition: &Definition) -> Vec<List<'_>> {
    let mut lists: Vec<List<'_>> = vec![
        ("routes.exclude".to_owned(), texts(&definition.excluded_routes)),
        ("routes.stream".to_owned(), texts(&definition.stream_routes)),
    ];
    for rule in &definition.route_classes {
        let path = format!("routes.classes.{}", rule.class);
        match lists.iter_mut().find(|(own, _)| *own == path) {
            Some((_, routes)) => routes.push(&rule.route),
            None => lists.push((path, vec![&rule.route])),
        }
    }
    lists
}

fn texts(routes: &[String]) -> Vec<&str> {
    routes.iter().map(String::as_str).collect()
}

/// A route, and the list that names it.
#[derive(Clone, Copy)]
struct Named<'l, 'd> {
    route: &'d str,
    list: &'l str,
    index: usize,
}

impl Named<'_, '_> {
    fn place(&self, document: &Document) -> Option<Span> {
        document.places.nearest(&format!("{}.{}", self.list, self.index))
    }
}

/// Every route of the lists.
fn each<'l, 'd>(lists: &'l [List<'d>]) -> impl Iterator<Item = Named<'l, 'd>> {
    lists
        .iter()
        .flat_map(|(list, routes)| routes.iter().enumerate().map(move |(index, route)| Named { route, list, index }))
}

fn check_templates(document: &Document, lists: &[List<'_>], report: &mut Report) {
    let mut seen = HashSet::new();
    for named in each(lists).filter(|named| seen.insert(named.route)) {
        let route = named.route;
        let Some((what, meant)) = fault(route) else {
            continue;
        };
        let message =
            format!("route {route:?} {what}: expected a template as the router has it, such as /users/{{id}}");
        let diagnostic = IMPOSSIBLE_ROUTE.warn(message).at_place(named.place(document), "");
        report.add(match meant {
            Some(meant) => diagnostic.help(format!("did you mean {meant}?")),
            None => diagnostic,
        });
    }
}

/// What is wrong with a template, and what was probably meant. Work has any name, and there is nothing wrong with it.
fn fault(route: &str) -> Option<(&'static str, Option<String>)> {
    const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    if let Some((method, path)) = route.split_once(' ')
        && METHODS.contains(&method)
        && path.starts_with('/')
    {
        return Some(("begins with a method", Some(path.to_owned())));
    }
    if !route.starts_with('/') {
        return None;
    }
    if let Some((path, _)) = route.split_once(['?', '#']) {
        return Some(("has a query or a fragment", Some(path.to_owned())));
    }
    if route.contains("//") {
        let parts: Vec<&str> = route.split('/').filter(|part| !part.is_empty()).collect();
        return Some(("has an empty segment", Some(format!("/{}", parts.join("/")))));
    }
    let segments: Vec<&str> = route.split('/').skip(1).collect();
    if segments.iter().any(|segment| segment.starts_with(':') || segment.starts_with('*')) {
        return Some(("has parameters as axum wrote them before 0.8", Some(in_braces(&segments))));
    }
    let faulty = segments.iter().enumerate().find_map(|(index, segment)| {
        let fault = brace_fault(segment);
        let early = segment.starts_with("{*") && index + 1 < segments.len();
        fault.or(early.then_some("has segments after a parameter that takes the rest"))
    });
    faulty.map(|what| (what, None))
}

/// `:id` and `*rest` as parameters are written today.
fn in_braces(segments: &[&str]) -> String {
    let today = segments.iter().map(|segment| match (segment.strip_prefix(':'), segment.strip_prefix('*')) {
        (Some(name), _) if !name.is_empty() => format!("/{{{name}}}"),
        (_, Some(name)) => format!("/{{*{}}}", if name.is_empty() { "rest" } else { name }),
        _ => format!("/{segment}"),
    });
    today.collect()
}

/// What is wrong with the braces of a segment. Doubled ones stand for themselves.
fn brace_fault(segment: &str) -> Option<&'static str> {
    let plain = segment.replace("{{", "").replace("}}", "");
    let mut rest = plain.as_str();
    while let Some(open) = rest.find(['{', '}']) {
        let (_, from) = rest.split_at(open);
        let Some(inner) = from.strip_prefix('{') else {
            return Some("closes a brace that was not opened");
        };
        match inner.find(['{', '}']).map(|end| inner.split_at(end)) {
            Some((name, after)) if after.starts_with('}') => {
                if name.trim_start_matches('*').is_empty() {
                    return Some("has a parameter without a name");
                }
                rest = after.strip_prefix('}').unwrap_or_default();
            }
            _ => return Some("opens a brace and does not close it"),
        }
    }
    None
}

fn check_twins(document: &Document, lists: &[List<'_>], report: &mut Report) {
    let mut lists_of: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut first: HashMap<String, Named<'_, '_>> = HashMap::new();
    let mut twins: Vec<[Named<'_, '_>; 2]> = Vec::new();
    for named in each(lists).filter(|named| named.route.starts_with('/') && fault(named.route).is_none()) {
        let lists = lists_of.entry(named.route).or_default();
        if lists.is_empty() {
            let first = *first.entry(shape(named.route)).or_insert(named);
            twins.extend((first.route != named.route).then_some([first, named]));
        }
        lists.insert(named.list);
    }
    for [first, second] in twins {
        let (other, route) = (first.route, second.route);
        let both = |list| lists_of.get(other).is_some_and(|lists| lists.contains(list));
        let by_slash = route.trim_end_matches('/') == other.trim_end_matches('/');
        // Both in one list show that both are meant.
        if by_slash && lists_of.get(route).is_some_and(|lists| lists.iter().any(both)) {
            continue;
        }
        let why = if by_slash {
            "the last slash only, and are two routes: expected one, or both together"
        } else {
            "the name of a parameter only: expected one, as no router has both"
        };
        let message = format!("routes {other:?} and {route:?} differ in {why}");
        report.add(twin(message, second.place(document), first.place(document)));
    }
}

fn twin(message: String, place: Option<Span>, other: Option<Span>) -> Diagnostic {
    let diagnostic = TWIN_ROUTES.warn(message).at_place(place, "").help("write both as the router has it");
    match other.filter(|_| place.is_some()) {
        Some(other) => diagnostic.also(other, "the other"),
        None => diagnostic,
    }
}

/// A template without what tells twins apart.
fn shape(route: &str) -> String {
    let segments = route.trim_end_matches('/').split('/').map(|segment| match segment {
        segment if segment.starts_with("{*") => "{*}",
        segment if segment.starts_with('{') && segment.ends_with('}') => "{}",
        segment => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn check_probes(document: &Document, lists: &[List<'_>], report: &mut Report) {
    const PROBES: [&str; 12] = [
        "/health",
        "/healthz",
        "/health/live",
        "/health/ready",
        "/livez",
        "/readyz",
        "/live",
        "/ready",
        "/ping",
        "/metrics",
        "/grpc.health.v1.Health/Check",
        "/grpc.health.v1.Health/Watch",
    ];
    let mut seen = HashSet::new();
    for named in each(lists).filter(|named| PROBES.contains(&named.route) && seen.insert(named.route)) {
        let route = named.route;
        let message = format!("route {route:?} is asked by probes and not by users: expected it to be excluded");
        let diagnostic = PROBE_ROUTE.warn(message).at_place(named.place(document), "");
        let form = route.strip_prefix("/grpc").map_or_else(|| route.to_owned(), |rest| format!("{{grpc: grpc{rest}}}"));
        report.add(
            diagnostic.help(format!("leave it out and write `routes: {{exclude: [{form}]}}` at the top of the file")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_no_router_has_is_known_by_its_text() {
        for (route, what, meant) in [
            ("GET /users", "begins with a method", Some("/users")),
            ("/users?page=1", "has a query or a fragment", Some("/users")),
            ("//users", "has an empty segment", Some("/users")),
            ("/users//{id}", "has an empty segment", Some("/users/{id}")),
            ("/users/:id/*rest", "has parameters as axum wrote them before 0.8", Some("/users/{id}/{*rest}")),
            ("/files/*", "has parameters as axum wrote them before 0.8", Some("/files/{*rest}")),
            ("/users/{id", "opens a brace and does not close it", None),
            ("/users/{a{b}", "opens a brace and does not close it", None),
            ("/users/id}", "closes a brace that was not opened", None),
            ("/users/{}", "has a parameter without a name", None),
            ("/files/{*path}/raw", "has segments after a parameter that takes the rest", None),
        ] {
            assert_eq!(fault(route), Some((what, meant.map(str::to_owned))), "{route}");
        }
        for route in [
            "/",
            "/users/",
            "/users/{id}",
            "/users/{id}:cancel",
            "/v1/a.{ext}",
            "/files/{*path}",
            "/a/{{literal}}",
            "/shop.v1.Checkout/Pay",
            "nightly import",
            "GET users",
        ] {
            assert_eq!(fault(route), None, "{route}");
        }
    }
}
