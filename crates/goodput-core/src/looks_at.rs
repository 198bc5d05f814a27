//! What an SLO looks at: requests and work by route, records and reads by the name of a thing, or values.

use goodput_model::{Budgeting, Definition, Indicator, Slo};

pub(crate) use crate::record::is_own;
use crate::record::{ClassId, RouteId, Routes};

/// What an SLO looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LooksAt<'a> {
    /// Every route.
    Everything,
    /// These.
    Routes(&'a [String]),
    /// Calls to its dependency.
    Dependency,
    /// What is counted of these things under a prefix that tells it from requests.
    Things { prefix: &'static str, names: &'a [String] },
    /// Levels or data of these names. No event is its own.
    Values(&'a [String]),
}

/// What `slo` looks at.
pub(crate) fn looks_at<'a>(definition: &'a Definition, slo: &'a Slo) -> LooksAt<'a> {
    let names = definition.routes_of(slo);
    match (slo.indicator(), slo.budgeting_method()) {
        (Indicator::Completeness, _) => LooksAt::Things { prefix: Definition::COMPLETENESS, names },
        (Indicator::Freshness { .. }, Budgeting::Occurrences) => LooksAt::Things { prefix: Definition::READS, names },
        (Indicator::Freshness { .. } | Indicator::Saturation { .. }, _) => LooksAt::Values(names),
        _ if slo.dependency_name().is_some() => LooksAt::Dependency,
        _ if names.is_empty() => LooksAt::Everything,
        _ => LooksAt::Routes(names),
    }
}

/// The longest template of a thing.
const LONGEST: usize = Definition::MAX_ROUTE + 16;

/// The route of what is counted of a thing, if some SLO looks at it. Allocates nothing.
pub(crate) fn find_thing(routes: &Routes, prefix: &str, name: &str) -> Option<RouteId> {
    let mut template = [0; LONGEST];
    let template = template.get_mut(..prefix.len().checked_add(name.len())?)?;
    let (head, tail) = template.split_at_mut_checked(prefix.len())?;
    // Both are as long as what they are made of.
    head.copy_from_slice(prefix.as_bytes());
    tail.copy_from_slice(name.as_bytes());
    routes.find(str::from_utf8(template).ok()?, ClassId::NONE)
}

#[cfg(test)]
mod tests {
    use goodput_model::Reason;

    use super::*;

    #[test]
    fn every_prefix_leaves_room_for_the_longest_name() {
        for prefix in Definition::PREFIXES {
            assert!(prefix.len() + Definition::MAX_ROUTE <= LONGEST, "{prefix}");
            assert!(!is_own(prefix));
        }
        assert!(is_own("/orders") && is_own("orders") && !is_own(&format!("{}stock", Reason::DEPENDENCY)));
    }
}
