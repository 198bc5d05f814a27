//! What each problem of a definition says to whoever wrote it.

use std::fmt;

use crate::{Budgeting, Definition, Problem, Subject};

impl fmt::Display for Problem {
    #[expect(clippy::too_many_lines, reason = "a line or three for each problem")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { subject, value } => {
                let expected = Definition::MAX_NAME;
                write!(f, "{subject} name {value:?}: expected 1 to {expected} bytes of letters, digits and - _ . :")?;
                if *subject == Subject::Dependency {
                    write!(f, ", and not {:?}", Definition::OTHER)?;
                }
                Ok(())
            }
            Self::Label { value } => write!(
                f,
                "label {value:?}: expected a name of letters, digits and _ that begins with neither a digit nor __, and is none \
                 that goodput or Prometheus sets itself"
            ),
            Self::Text { what, value } => write!(
                f,
                "{what} {:?}: expected 1 to {} bytes without control characters, {{{{ or }}}}, which alert templates execute",
                shortened(value),
                Definition::MAX_TEXT
            ),
            Self::TimeZone { value } => {
                write!(f, "time zone {value:?}: expected a name of the IANA database, such as Europe/Berlin or UTC")
            }
            Self::Bands { value, expected } => write!(f, "band {value:?}: expected {expected}"),
            Self::DuplicateJourney { name } => {
                write!(f, "journey {name:?} is defined twice: expected names that differ")
            }
            Self::UnknownJourney { slo, journey } => {
                write!(f, "SLO {slo:?}: journey {journey:?} is not declared: expected one of the definition's journeys")
            }
            Self::Sla { slo, error } => write!(f, "SLO {slo:?}: SLA: {error}"),
            Self::Link { slo, which, value } => {
                write!(
                    f,
                    "SLO {slo:?}: {which} {:?}: expected an address such as https://runbooks.example/checkout",
                    shortened(value)
                )
            }
            Self::Annotation { slo, value } => write!(
                f,
                "SLO {slo:?}: annotation {value:?}: expected a name of letters, digits and _ that does not begin with a digit"
            ),
            Self::Age { slo, value } => {
                write!(f, "SLO {slo:?}: age {value:?}: expected more than zero and at most 400 days")
            }
            Self::Budgeting { slo, indicator, method, expected } => {
                write!(f, "SLO {slo:?}: {} budgeted by {}: expected {expected}", indicator.label(), method.label())
            }
            Self::Slice { slo, value } => {
                write!(f, "SLO {slo:?}: slice {value}: expected at most {}", Budgeting::LONGEST_SLICE)
            }
            Self::NamesNothing { slo, indicator } => {
                write!(f, "SLO {slo:?}: {} of nothing: expected the names of what it looks at", indicator.label())
            }
            Self::NoRequests { slo, indicator } => write!(
                f,
                "SLO {slo:?}: {} looks at no requests: expected neither a dependency nor request classes",
                indicator.label()
            ),
            Self::DuplicateSlo { name } => write!(f, "SLO {name:?} is defined twice: expected every name once"),
            Self::Objective { slo, error } => write!(f, "SLO {slo:?}: {error}"),
            Self::Row { slo, error } => write!(f, "SLO {slo:?}: {error}"),
            Self::Threshold { slo, value } => {
                write!(f, "SLO {slo:?}: threshold {value:?}: expected more than zero and at most a day")
            }
            Self::ExcludedRoute { slo, route } => {
                write!(f, "SLO {slo:?}: route {route:?} is excluded from every SLO: expected one or the other")
            }
            Self::NoRoutes { slo } => {
                write!(f, "SLO {slo:?}: an empty list of routes: expected at least one, or no list for every route")
            }
            Self::NoClasses { slo } => {
                write!(f, "SLO {slo:?}: an empty list of classes: expected at least one, or no list for every class")
            }
            Self::TwoSubjects { slo, dependency } => write!(
                f,
                "SLO {slo:?}: looks at dependency {dependency:?} and at routes or classes: expected one or the other"
            ),
            Self::UnknownClass { class, user } => {
                write!(f, "{user}: class {class:?} is not declared: expected one of the definition's classes")
            }
            Self::DuplicateClass { class } => write!(f, "class {class:?} is declared twice: expected every name once"),
            Self::TooManyClasses { declared } => {
                write!(f, "{declared} classes are declared: expected at most {}", Definition::MAX_CLASSES)
            }
            Self::TwoClasses { route } => write!(f, "route {route:?} is given a class twice: expected one"),
            Self::GrpcCode { slo, value } => write!(f, "SLO {slo:?}: gRPC code {value}: expected 0 to 16"),
            Self::Period { slo, value } => {
                write!(
                    f,
                    "SLO {slo:?}: period {value}: expected at least {}; m means minutes, and `month` follows the calendar",
                    Definition::SHORTEST_PERIOD
                )
            }
            Self::CancelLimit { slo, value } => {
                write!(f, "SLO {slo:?}: cancel limit {value:?}: expected at most a day")
            }
            Self::JudgedTooEarly { slo, measure } => write!(
                f,
                "SLO {slo:?}: measures latency to {measure:?} but is judged at the head: expected to be judged at the end"
            ),
            Self::Status { slo, value } => write!(f, "SLO {slo:?}: status {value}: expected 100 to 999"),
            Self::Route { value } => write!(
                f,
                "route {value:?}: expected a template of 1 to {} bytes without control characters, and not {:?} or {:?}, nor \
                 one that begins with one of {:?}",
                Definition::MAX_ROUTE,
                Definition::UNMATCHED,
                Definition::OTHER,
                Definition::PREFIXES
            ),
            Self::RouteBound { bound } => {
                write!(f, "route bound {bound}: expected at most {}", Definition::MAX_ROUTES)
            }
            Self::TooManyRoutes { declared, bound } => {
                write!(f, "{declared} routes are named but at most {bound} are told apart: raise the bound on routes")
            }
            Self::TooManyReasons { declared } => {
                write!(
                    f,
                    "{declared} reasons and dependencies are declared: expected at most {}",
                    Definition::MAX_REASONS
                )
            }
            Self::Deadline { value } => {
                write!(f, "server deadline {value:?}: expected more than zero and at most a day")
            }
        }
    }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
