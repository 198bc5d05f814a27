//! Each flag as a sentence for people.

use std::fmt;

use goodput_model::Roughly;

use super::Flag;

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoutesFull { bound, counted_as_other } => {
                write!(
                    f,
                    "{counted_as_other} events are counted as \"other\": more than {bound} routes, or templates too long"
                )
            }
            Self::ManyUnmatched { unmatched, all } => write!(f, "{unmatched} of {all} events matched no route"),
            Self::NoMatchedPath { unmatched } => {
                write!(
                    f,
                    "none of {unmatched} events matched a route: in axum, use goodput::axum::SliLayer inside the router; \
                     elsewhere, tell the layer how to name routes"
                )
            }
            Self::NoRouteSeen { slo, routes } if routes.is_empty() => {
                write!(
                    f,
                    "SLO {slo:?} has seen no event yet: no traffic, or a layer added before the routes it should cover"
                )
            }
            Self::NoRouteSeen { slo, routes } => {
                write!(f, "SLO {slo:?} has seen no event yet on its routes {}", routes.join(", "))
            }
            Self::TimelineWentBackwards { times } => write!(f, "the timeline went backwards {times} times"),
            Self::ClockJumped { times, by, ahead } => {
                let way = if *ahead { "ahead" } else { "back" };
                write!(f, "the clock was set {times} times, last by {} {way}", Roughly(*by))
            }
            Self::NestedLayers { calls } => {
                write!(
                    f,
                    "{calls} calls of a layer inside another layer's request were not counted: is it mounted twice?"
                )
            }
            Self::UnknownClasses { times } => {
                write!(f, "request classes that are not declared were given {times} times, and passed over")
            }
            Self::NothingSet { slo, names } => {
                write!(f, "SLO {slo:?} does not know enough yet: nobody has set or refreshed {}", names.join(", "))
            }
            Self::UnknownNames { first, times } => {
                write!(f, "names that no SLO looks at were given {times} times, {first:?} first, and counted nowhere")
            }
            Self::UnknownFeatures { first, times } => {
                write!(
                    f,
                    "features that are not declared were asked for {times} times, {first:?} first, and not allowed"
                )
            }
            Self::LevelsRefused { times } => {
                write!(
                    f,
                    "levels were set {times} times to what is none, and stayed as they were: expected a capacity above 0 or a \
                     share from 0 up"
                )
            }
            Self::CounterDistrusted { why } => write!(f, "requests are timed by the system's clock: {why}"),
            Self::NoRecentTick { since, expected } => {
                write!(
                    f,
                    "no tick for {}, expected every {expected:?}: is the ticker running, and its guard kept?",
                    Roughly(*since)
                )
            }
            of_callbacks_and_state => of_callbacks_and_state.write_rest(f),
        }
    }
}

impl Flag {
    /// Those of callbacks and of the state file.
    fn write_rest(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CallbacksPanicked { times } => {
                write!(
                    f,
                    "callbacks that hear of alerts panicked {times} times: what they were to tell may not be known"
                )
            }
            Self::CallbacksHang { since, waiting } => {
                write!(f, "callbacks have not returned for {}: {waiting} transitions are not told yet", Roughly(*since))
            }
            Self::TransitionsLost { times } => write!(f, "{times} transitions were lost: callbacks took too long"),
            Self::StateFailing { why, since } => {
                write!(f, "the state has not been kept for {}: {why}", Roughly(*since))
            }
            Self::StateLost { why } => write!(f, "nothing is remembered from before this process: {why}"),
            Self::StatePrevious { why } => {
                write!(f, "what is remembered is older than it should be, as the newest state cannot be read: {why}")
            }
            Self::RestartedOften { times } => {
                write!(f, "the process was restarted {times} times within an hour: is it crashing?")
            }
            Self::StateNewer { version } => {
                write!(f, "the state is of version {version}, and nothing is kept in its place")
            }
            Self::StateLocked => f.write_str("another process has the state file, and nothing of this one is kept"),
            Self::StateFromTheFuture { by } => {
                write!(f, "the state is from {} ahead of the clock, and not used", Roughly(*by))
            }
            Self::StateForeign { service: Some(service) } => {
                write!(f, "the state is that of service {service:?}, and nothing is kept in its place")
            }
            Self::StateForeign { service: None } => {
                f.write_str("the state file is none of goodput's, and nothing is kept in its place")
            }
            Self::Discontinuity { times } => {
                write!(f, "counters fell {times} times in what was remembered: what was before is forgotten")
            }
            other => f.write_str(other.label()),
        }
    }
}
