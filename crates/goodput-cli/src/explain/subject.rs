//! What an SLO looks at, in one phrase.

use goodput_model::{Definition, Indicator, Slo};

use super::codes::and;
use crate::text::Exactly;

/// `availability of /checkout and /cart, for critical requests`.
pub(super) fn words(definition: &Definition, slo: &Slo) -> String {
    let kind = match slo.indicator() {
        Indicator::Latency { threshold, .. } => format!("latency within {}", Exactly(threshold)),
        Indicator::GoodAndFast { threshold, .. } => {
            format!("success within {}", Exactly(threshold))
        }
        Indicator::Freshness { threshold } => format!("freshness within {}", Exactly(threshold)),
        Indicator::Throughput { at_least } => format!("throughput of at least {at_least}"),
        Indicator::Saturation { at_most } => format!("saturation of at most {at_most}"),
        Indicator::ErrorRate => "error rate".to_owned(),
        Indicator::Custom => "custom indicator".to_owned(),
        indicator => indicator.label().to_owned(),
    };
    let routes = definition.routes_of(slo);
    let of = match (slo.dependency_name(), routes) {
        (Some(dependency), _) => format!("calls to {dependency}"),
        (None, []) => "every route".to_owned(),
        (None, routes) => and(routes),
    };
    let classes = slo.selected_classes();
    let classes = if classes.is_empty() { String::new() } else { format!(", for {} requests", and(classes)) };
    format!("{kind} of {of}{classes}")
}
