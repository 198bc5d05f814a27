//! Why a guard cannot be built.

use std::fmt;
use std::time::Duration;

use goodput_model::{Objective, Share, ShareError, TriggerError, Window};

/// What is wrong with a guard, or a guarded feature; it reads on after its name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GuardProblem {
    /// Another one has the same name.
    Duplicate,
    /// The name is empty, longer than 120 bytes, or has a control character in it.
    Name,
    /// No SLO has this name.
    UnknownSlo {
        /// As given.
        slo: String,
    },
    /// The SLO counts slices of time, of which no part is a shed.
    CountsSlices {
        /// The SLO.
        slo: String,
    },
    /// No number.
    Factor(TriggerError),
    /// A burn below 1 spends no more than the budget.
    FactorBelowOne {
        /// In thousandths.
        milli: u32,
    },
    /// The factor times the error budget is all events or more.
    NeverActs {
        /// In thousandths.
        milli: u32,
        /// The objective.
        objective: Objective,
    },
    /// Shorter than a tick, or too long to act upon.
    Window {
        /// As given.
        window: Window,
        /// The time between two ticks.
        shortest: Duration,
    },
    /// No share.
    Floor(ShareError),
    /// A floor of nothing: nobody would find out that all is well again.
    FloorOfNothing,
    /// It chooses neither routes nor classes.
    ChoosesNothing,
    /// What is no route of the service's own, or one that stands for others.
    Route {
        /// As given.
        route: String,
    },
    /// The route is excluded from every SLO: a probe that is refused has the service restarted.
    ExcludedRoute {
        /// The route.
        route: String,
    },
    /// The route has no place beside those the definition names.
    NoPlace {
        /// The route.
        route: String,
    },
    /// The definition declares no such request class.
    UnknownClass {
        /// As given.
        class: String,
    },
    /// Less than a second, or more than a day.
    RetryAfter {
        /// As given.
        value: Duration,
    },
}

impl fmt::Display for GuardProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = |milli: u32| f64::from(milli) / 1_000.0;
        match self {
            Self::Duplicate => f.write_str("is there twice: expected a name of its own"),
            Self::Name => f.write_str(
                "has a name of none or too many letters: expected 1 to 120, none of them a control character",
            ),
            Self::UnknownSlo { slo } => {
                write!(f, "looks at SLO {slo:?}, which there is not: expected one of the definition's")
            }
            Self::CountsSlices { slo } => {
                write!(f, "looks at SLO {slo:?}, which counts slices of time: expected one that counts events")
            }
            Self::Factor(error) => write!(f, "acts above {error}"),
            Self::FactorBelowOne { milli } => {
                write!(f, "acts above {} times the allowed burn: expected at least 1", factor(*milli))
            }
            Self::NeverActs { milli, objective } => write!(
                f,
                "never acts: {} times the error budget of {objective} is no less than all events: expected a factor below {}",
                factor(*milli),
                1.0e9 / f64::from(objective.bad_ppb()),
            ),
            Self::Window { window, shortest } => {
                write!(
                    f,
                    "looks at a window of {window}: expected {shortest:?}, the time between two ticks, to {}",
                    Window::H6
                )
            }
            Self::Floor(error) => write!(f, "has a floor that is none: {error}"),
            Self::FloorOfNothing => write!(f, "has a floor of {}: expected a share above it", Share::NONE),
            Self::ChoosesNothing => f.write_str("chooses no request: expected routes or request classes"),
            Self::Route { route } => {
                write!(f, "holds back route {route:?}: expected the template of a route of the service's own")
            }
            Self::ExcludedRoute { route } => {
                write!(f, "holds back route {route:?}, which is excluded from every SLO: expected one that is not")
            }
            Self::NoPlace { route } => {
                write!(f, "holds back route {route:?}, which has no place: expected a higher bound on routes")
            }
            Self::UnknownClass { class } => {
                write!(f, "holds back request class {class:?}: expected one that the definition declares")
            }
            Self::RetryAfter { value } => write!(f, "has callers come again after {value:?}: expected 1s to 1d"),
        }
    }
}
