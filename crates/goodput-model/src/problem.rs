//! Why a definition does not hold: each problem with the value, what was expected, and where it was.

use std::fmt;
use std::time::Duration;

use crate::{Budgeting, Indicator, Measure, ObjectiveError, Period, RowError, Window};

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
    /// A journey.
    Journey,
    /// A band of the error budget.
    Band,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::Slo => "SLO",
            Self::Reason => "reason",
            Self::Dependency => "dependency",
            Self::Class => "class",
            Self::Journey => "journey",
            Self::Band => "band",
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
    /// A label's name that Prometheus or OpenTelemetry refuses, or that has a meaning already.
    Label {
        /// As written.
        value: String,
    },
    /// A text is empty, too long, or holds what an alert template would execute.
    Text {
        /// What it is the text of.
        what: String,
        /// As written.
        value: String,
    },
    /// A time zone that cannot be a name of the IANA database.
    TimeZone {
        /// As written.
        value: String,
    },
    /// The bands of the error budget leave a gap or contradict each other.
    Bands {
        /// The band.
        value: String,
        /// What was expected of it.
        expected: &'static str,
    },
    /// Two journeys share a name.
    DuplicateJourney {
        /// The name.
        name: String,
    },
    /// An SLO belongs to a journey that is not declared.
    UnknownJourney {
        /// The SLO.
        slo: String,
        /// The journey.
        journey: String,
    },
    /// What was promised could not be read.
    Sla {
        /// The SLO.
        slo: String,
        /// Why.
        error: ObjectiveError,
    },
    /// A link is no address of the web.
    Link {
        /// The SLO.
        slo: String,
        /// `runbook`, `dashboard` or `traces`.
        which: &'static str,
        /// As written.
        value: String,
    },
    /// An annotation's name that alert templates cannot refer to.
    Annotation {
        /// The SLO.
        slo: String,
        /// As written.
        value: String,
    },
    /// An age is zero or longer than 400 days.
    Age {
        /// The SLO.
        slo: String,
        /// As written.
        value: Duration,
    },
    /// The indicator cannot be budgeted so.
    Budgeting {
        /// The SLO.
        slo: String,
        /// Its indicator.
        indicator: Indicator,
        /// The method.
        method: Budgeting,
        /// What was expected in its place.
        expected: &'static str,
    },
    /// A slice longer than a day.
    Slice {
        /// The SLO.
        slo: String,
        /// As written.
        value: Window,
    },
    /// The indicator looks at things by name, and the SLO names none.
    NamesNothing {
        /// The SLO.
        slo: String,
        /// Its indicator.
        indicator: Indicator,
    },
    /// The SLO selects requests by dependency or class, and its indicator looks at something else.
    NoRequests {
        /// The SLO.
        slo: String,
        /// Its indicator.
        indicator: Indicator,
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
    /// A period shorter than [`Definition::SHORTEST_PERIOD`](crate::Definition::SHORTEST_PERIOD).
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
    /// The bound on routes is above [`Definition::MAX_ROUTES`](crate::Definition::MAX_ROUTES).
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

impl std::error::Error for Problem {}

impl Problem {
    /// The SLO it belongs to, if it belongs to one.
    pub fn slo(&self) -> Option<&str> {
        match self {
            Self::DuplicateSlo { name } => Some(name),
            Self::Objective { slo, .. }
            | Self::Row { slo, .. }
            | Self::ExcludedRoute { slo, .. }
            | Self::NoRoutes { slo }
            | Self::NoClasses { slo }
            | Self::TwoSubjects { slo, .. }
            | Self::GrpcCode { slo, .. }
            | Self::Period { slo, .. }
            | Self::CancelLimit { slo, .. }
            | Self::Threshold { slo, .. }
            | Self::JudgedTooEarly { slo, .. }
            | Self::Status { slo, .. }
            | Self::UnknownJourney { slo, .. }
            | Self::Sla { slo, .. }
            | Self::Link { slo, .. }
            | Self::Annotation { slo, .. }
            | Self::Age { slo, .. }
            | Self::Budgeting { slo, .. }
            | Self::Slice { slo, .. }
            | Self::NamesNothing { slo, .. }
            | Self::NoRequests { slo, .. } => Some(slo),
            _ => None,
        }
    }
}
