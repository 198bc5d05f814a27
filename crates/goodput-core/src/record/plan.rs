//! What a definition says about routes: by which rules each is judged, those included that are not known yet.

use std::collections::HashMap;

use goodput_model::Definition;

use super::class::ClassId;
use super::routes::{SLOTS_PER_ROUTE, UNMATCHED};
use super::version::RouteRules;

/// The rules of a template's requests: for those of no class, then for each class.
pub(crate) type ByClass = Box<[RouteRules]>;

/// What the definition says about routes.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Templates it names.
    pub(crate) known: HashMap<String, Known>,
    /// What a route seen for the first time gets.
    pub(crate) newcomers: ByClass,
    pub(crate) unmatched: ByClass,
    /// What calls to a dependency get that no SLO names, and what else is no request of the service's own.
    pub(crate) dependency: RouteRules,
    /// How many classes there are. A reload leaves them as they are.
    pub(crate) classes: usize,
    pub(crate) bound: usize,
}

impl Plan {
    /// What requests of this template and class are judged by.
    pub(super) fn rules(&self, template: &str, class: ClassId) -> Option<&RouteRules> {
        let by_class = match (template, self.known.get(template)) {
            (UNMATCHED, _) => &self.unmatched,
            (_, Some(known)) => &known.rules,
            _ if !is_own(template) => return Some(&self.dependency),
            _ => &self.newcomers,
        };
        by_class.get(class.number())
    }

    /// The class of its requests where nothing else gives one.
    pub(super) fn class_of(&self, template: &str) -> ClassId {
        self.known.get(template).map_or(ClassId::NONE, |known| known.class)
    }

    pub(super) fn streams(&self, template: &str) -> bool {
        self.known.get(template).is_some_and(|known| known.streams)
    }

    /// How many slots it takes. The bound is at most Definition::MAX_ROUTES and the dependencies. A template with a class of its
    /// own takes a slot more.
    pub(super) fn slots(&self) -> usize {
        self.bound * SLOTS_PER_ROUTE * (self.classes + 1)
    }
}

/// Whether the route of this template is for requests and work of the service's own, and for nothing else that is counted under a
/// name.
pub(crate) fn is_own(template: &str) -> bool {
    !Definition::PREFIXES.iter().any(|prefix| template.starts_with(prefix))
}

/// A template the definition names.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) rules: ByClass,
    /// The class of its requests where nothing else gives one.
    pub(crate) class: ClassId,
    pub(crate) streams: bool,
}
