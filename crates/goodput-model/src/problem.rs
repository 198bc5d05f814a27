//! Why a definition does not hold: each problem with the value, what was expected, and where it was.

use std::fmt;
use std::time::Duration;

use crate::{Definition, Measure, ObjectiveError, Period, Reason, RowError};

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// A service.
    Service,
    /// An SLO.
    Slo,
    /// A handler's reason.
    Reason,
    /// A service that this one calls.
    Dependency,
    /// A request class.
    Class,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Slo => "SLO",
            Self::Reason => "reason",
            Self::Dependency => "dependency",
            Self::Class => "class",
        })
    }
}

/// One thing that is wrong with a definition: the value, what was expected, and the SLO it belongs to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// A name is empty, too long, or has characters that labels and file names cannot carry.
    Name {
        /// What it names.
        subject: Subject,
        /// As written.
        value: String,
    },
    /// Two SLOs share a name.
    DuplicateSlo {
        /// The name.
        name: String,
    },
    /// An objective could not be read.
    Objective {
        /// The SLO.
        slo: String,
        /// Why.
        error: ObjectiveError,
    },
    /// A user-written alert row is wrong or can never fire.
    Row {
        /// The SLO.
        slo: String,
        /// Why.
        error: RowError,
    },
    /// The SLO names a route that is excluded from every SLO.
    ExcludedRoute {
        /// The SLO.
        slo: String,
        /// The route.
        route: String,
    },
    /// The SLO's list of routes is empty.
    NoRoutes {
        /// The SLO.
        slo: String,
    },
    /// The SLO's list of request classes is empty.
    NoClasses {
        /// The SLO.
        slo: String,
    },
    /// The SLO looks at a dependency, and at routes or classes as well.
    TwoSubjects {
        /// The SLO.
        slo: String,
        /// The dependency.
        dependency: String,
    },
    /// A request class that is not declared.
    UnknownClass {
        /// The class.
        class: String,
        /// The SLO or route that names it.
        user: String,
    },
    /// A request class is declared twice.
    DuplicateClass {
        /// The class.
        class: String,
    },
    /// More request classes than are told apart.
    TooManyClasses {
        /// How many.
        declared: usize,
    },
    /// A route is given two classes.
    TwoClasses {
        /// The route.
        route: String,
    },
    /// A gRPC code above 16.
    GrpcCode {
        /// The SLO.
        slo: String,
        /// As written.
        value: u8,
    },
    /// A period shorter than [`Definition::SHORTEST_PERIOD`].
    Period {
        /// The SLO.
        slo: String,
        /// As written.
        value: Period,
    },
    /// A cancel limit longer than a day.
    CancelLimit {
        /// The SLO.
        slo: String,
        /// As written.
        value: Duration,
    },
    /// A latency threshold is zero or longer than a day.
    Threshold {
        /// The SLO.
        slo: String,
        /// As written.
        value: Duration,
    },
    /// The SLO measures a point later than the one it is judged at.
    JudgedTooEarly {
        /// The SLO.
        slo: String,
        /// What it measures.
        measure: Measure,
    },
    /// A status outside 100 to 999.
    Status {
        /// The SLO.
        slo: String,
        /// As written.
        value: u16,
    },
    /// A route template is empty, too long, reserved, or has control characters.
    Route {
        /// As written.
        value: String,
    },
    /// The bound on routes is above [`Definition::MAX_ROUTES`].
    RouteBound {
        /// As written.
        bound: usize,
    },
    /// The definition itself names more routes than its bound.
    TooManyRoutes {
        /// How many it names.
        declared: usize,
        /// The bound.
        bound: usize,
    },
    /// More reasons declared than are told apart.
    TooManyReasons {
        /// How many.
        declared: usize,
    },
    /// A server deadline of zero or of more than a day.
    Deadline {
        /// As written.
        value: Duration,
    },
}

impl fmt::Display for Problem {
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
                write!(f, "SLO {slo:?}: period {value}: expected at least {}", Definition::SHORTEST_PERIOD)
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
                 one that begins with {:?}",
                Definition::MAX_ROUTE,
                Definition::UNMATCHED,
                Definition::OTHER,
                Reason::DEPENDENCY
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

impl std::error::Error for Problem {}
