//! The routes of a service: found by template and class without a lock, created at first sight, bounded in number.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::fast::FixedState;
use goodput_model::{Definition, Reason};
use parking_lot::Mutex;

use super::class::ClassId;
use super::held::Held;
use super::route::{Route, RouteRules};

/// The route of events that matched none, and the one of events whose route has no place of its own.
pub(crate) const UNMATCHED: &str = Definition::UNMATCHED;
const OTHER: &str = Definition::OTHER;

/// A route of one [`Goodput`](crate::Goodput): resolved once per request, valid as long as it is. On another
/// instance it means another route or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(u32);

impl RouteId {
    pub(crate) const fn numbered(number: u32) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

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
    /// What calls to a dependency get that no SLO names.
    pub(crate) dependency: RouteRules,
    /// How many classes there are.
    pub(crate) classes: usize,
    pub(crate) bound: usize,
}

/// Whether this is the template of `other`, or of calls to other dependencies.
pub(crate) fn stands_for_others(template: &str) -> bool {
    template.strip_prefix(Reason::DEPENDENCY).unwrap_or(template) == OTHER
}

/// A template the definition names.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) rules: ByClass,
    /// The class of its requests where nothing else gives one.
    pub(crate) class: ClassId,
    pub(crate) streams: bool,
}

/// All routes: a fixed, open-addressed hash table whose entries are only ever added.
#[derive(Debug)]
pub(crate) struct Routes {
    /// A power of two of slots by hash, then for each class `unmatched`, then for each `other`, then one for the calls to
    /// dependencies that have no place of their own.
    slots: Box<[OnceLock<Entry>]>,
    mask: usize,
    held: Held,
    shards: usize,
    plan: Plan,
    admitted: Mutex<usize>,
    /// Set once the bound is reached, so that misses skip the lock.
    full: AtomicBool,
    /// Set once an event was counted as `other`: a flag people see.
    overflowed: AtomicBool,
}

/// What a slot holds.
#[derive(Debug)]
enum Entry {
    Route(Box<Route>),
    /// Requests of no class to a template that has one: they are counted there.
    Classed {
        template: Box<str>,
        route: RouteId,
    },
}

/// The most slots looked at for one template. At most a quarter of the slots is taken, so a search ends at the second on
/// average, and one of 32 that finds neither its route nor a free slot is not to be met: 4^-32.
const PROBES: usize = 32;
const SLOTS_PER_ROUTE: usize = 4;

impl Routes {
    /// The routes of a plan: those it names are there from the beginning, for requests of no class.
    pub(crate) fn new(plan: Plan, shards: usize) -> Self {
        // The bound is at most Definition::MAX_ROUTES. A template with a class of its own takes a slot more.
        let capacity = (plan.bound * SLOTS_PER_ROUTE * (plan.classes + 1)).next_power_of_two().max(16);
        let kinds = plan.classes + 1;
        let routes = Self {
            slots: (0..=capacity + 2 * kinds).map(|_| OnceLock::new()).collect(),
            mask: capacity - 1,
            held: Held::new((plan.bound * 2).max(64)),
            shards,
            plan,
            admitted: Mutex::new(0),
            full: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
        };
        for template in routes.plan.known.keys() {
            routes.admit(template, ClassId::NONE);
        }
        for class in (0..kinds).map(ClassId::numbered) {
            let rules = |of: &ByClass| of.get(class.number()).cloned();
            routes.fill(routes.unmatched(class), UNMATCHED, class, rules(&routes.plan.unmatched), false);
            routes.fill(routes.other(class), OTHER, class, rules(&routes.plan.newcomers), false);
        }
        routes
    }

    /// The route of a template for requests of a class; `unmatched` for requests that matched none.
    #[inline]
    pub(crate) fn resolve(&self, template: Option<&str>, class: ClassId) -> RouteId {
        match template {
            None => self.unmatched(class),
            Some(template) => self.find(template, class).unwrap_or_else(|| self.first_sight(template, class)),
        }
    }

    /// The route of the template that `holder` has in memory its clones share. Its address is enough where it was seen before.
    #[inline]
    pub(crate) fn resolve_held<T>(&self, holder: &T, template: fn(&T) -> &str) -> RouteId
    where
        T: Clone + Send + Sync + 'static,
    {
        self.held.find(template(holder)).unwrap_or_else(|| self.resolve_and_hold(holder, template))
    }

    /// Out of line, so that the shortcut is not.
    #[inline(never)]
    fn resolve_and_hold<T>(&self, holder: &T, template: fn(&T) -> &str) -> RouteId
    where
        T: Clone + Send + Sync + 'static,
    {
        let found = self.resolve(Some(template(holder)), ClassId::NONE);
        // Not where it stands for others, nor where another thread was just making it.
        if self.get(found).is_some_and(|route| route.template() == template(holder)) {
            self.held.keep(holder, template, found);
        }
        found
    }

    /// The route of a template, if it is there already.
    #[inline]
    pub(crate) fn find(&self, template: &str, class: ClassId) -> Option<RouteId> {
        for slot in self.probes(template, class) {
            match self.slots.get(slot as usize).and_then(OnceLock::get)? {
                Entry::Route(route) if route.is(template, class) => {
                    return Some(RouteId(slot));
                }
                Entry::Classed { template: own, route } if **own == *template && class == ClassId::NONE => {
                    return Some(*route);
                }
                _ => {}
            }
        }
        None
    }

    /// The same route for requests of another class.
    pub(crate) fn in_class(&self, id: RouteId, class: ClassId) -> RouteId {
        match self.get(id) {
            Some(route) if route.class() != class => match route.template() {
                UNMATCHED => self.unmatched(class),
                OTHER => self.other(class),
                template => self.resolve(Some(template), class),
            },
            _ => id,
        }
    }

    #[inline]
    pub(crate) fn get(&self, id: RouteId) -> Option<&Route> {
        // The OnceLock's Acquire load pairs with the Release of whoever created the route.
        match self.slots.get(id.0 as usize)?.get()? {
            Entry::Route(route) => Some(route),
            Entry::Classed { .. } => None,
        }
    }

    /// Every route, in no particular order but with `unmatched` and `other` last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Route> {
        self.with_ids().map(|(_, route)| route)
    }

    pub(crate) fn with_ids(&self) -> impl Iterator<Item = (RouteId, &Route)> {
        (0..).map(RouteId).zip(&self.slots).filter_map(|(id, slot)| match slot.get()? {
            Entry::Route(route) => Some((id, route.as_ref())),
            Entry::Classed { .. } => None,
        })
    }

    pub(crate) fn unmatched(&self, class: ClassId) -> RouteId {
        RouteId((self.mask + 1 + class.number()) as u32) // the bound on routes is far below 2^32
    }

    fn other(&self, class: ClassId) -> RouteId {
        RouteId((self.mask + 2 + self.plan.classes + class.number()) as u32)
    }

    /// Whether events had to be counted as `other`. Relaxed: a flag for people.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    pub(crate) fn bound(&self) -> usize {
        self.plan.bound
    }

    #[cold]
    fn first_sight(&self, template: &str, class: ClassId) -> RouteId {
        match template {
            UNMATCHED => return self.unmatched(class),
            OTHER => return self.other(class),
            _ if stands_for_others(template) => return self.other_dependency(),
            _ => {}
        }
        // Relaxed: a stale `false` only costs the lock once more. Beside a stale miss, `true` counts an event of a route that
        // another thread is just creating as `other`.
        let full = self.full.load(Ordering::Relaxed) && !self.is_known_without_class(template, class);
        if full || template.len() > Definition::MAX_ROUTE {
            return self.overflow(template, class);
        }
        self.admit(template, class)
    }

    /// A route that has no place of its own, which is flagged. Looks before it writes: requests beyond the bound keep coming,
    /// and a line that all cores write would slow them down.
    fn overflow(&self, template: &str, class: ClassId) -> RouteId {
        if !self.has_overflowed() {
            self.overflowed.store(true, Ordering::Relaxed);
        }
        if template.starts_with(Reason::DEPENDENCY) { self.other_dependency() } else { self.other(class) }
    }

    /// Calls to dependencies beyond the bound are no requests of the service's own either: no SLO judges them. The route is
    /// made when it is first needed, which is never in most services.
    fn other_dependency(&self) -> RouteId {
        let id = RouteId((self.mask + 1 + 2 * (self.plan.classes + 1)) as u32);
        let template = format!("{}{OTHER}", Reason::DEPENDENCY);
        self.fill(id, &template, ClassId::NONE, Some(self.plan.dependency.clone()), false);
        id
    }

    fn admit(&self, template: &str, class: ClassId) -> RouteId {
        let own = self.plan.known.get(template).map_or(ClassId::NONE, |known| known.class);
        if class != ClassId::NONE || own == ClassId::NONE {
            return self.admit_as(template, class, None);
        }
        let route = self.admit_as(template, own, None);
        if self.get(route).is_some_and(|route| route.template() == template) {
            self.admit_as(template, ClassId::NONE, Some(route));
        }
        route
    }

    /// Whether it is another class of a template that is there already. The bound is on templates, and classes are few.
    fn is_known_without_class(&self, template: &str, class: ClassId) -> bool {
        class != ClassId::NONE && self.find(template, ClassId::NONE).is_some()
    }

    /// Slots are never emptied and the order of probes is fixed, so under the lock no template gets a second slot.
    fn admit_as(&self, template: &str, class: ClassId, classed: Option<RouteId>) -> RouteId {
        let mut admitted = self.admitted.lock();
        if let Some(known) = self.find(template, class) {
            return known;
        }
        let free = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|entry| entry.get().is_none());
        if let Some(slot) = self.probes(template, class).find(free) {
            if let Some(route) = classed {
                self.put(RouteId(slot), Entry::Classed { template: template.into(), route });
                return route;
            }
            let is_told_apart = self.is_known_without_class(template, class);
            if is_told_apart || *admitted < self.plan.bound {
                *admitted += usize::from(!is_told_apart);
                let known = self.plan.known.get(template);
                let newcomer = || {
                    let calls = template.starts_with(Reason::DEPENDENCY).then(|| self.plan.dependency.clone());
                    calls.or_else(|| self.plan.newcomers.get(class.number()).cloned())
                };
                let rules = known.map_or_else(newcomer, |known| known.rules.get(class.number()).cloned());
                let marked = self.find(template, ClassId::NONE).and_then(|route| self.get(route));
                let streams = known.is_some_and(|known| known.streams) || marked.is_some_and(Route::streams);
                self.fill(RouteId(slot), template, class, rules, streams);
                return RouteId(slot);
            }
        }
        if *admitted >= self.plan.bound {
            self.full.store(true, Ordering::Relaxed);
        }
        self.overflow(template, class)
    }

    /// The lock that admits new routes, held.
    #[cfg(test)]
    pub(crate) fn lock_admission(&self) -> parking_lot::MutexGuard<'_, usize> {
        self.admitted.lock()
    }

    fn fill(&self, id: RouteId, template: &str, class: ClassId, rules: Option<RouteRules>, streams: bool) {
        // There are rules for every class.
        if let Some(rules) = rules {
            self.put(id, Entry::Route(Box::new(Route::new(template, class, rules, streams, self.shards))));
        }
    }

    fn put(&self, id: RouteId, entry: Entry) {
        if let Some(slot) = self.slots.get(id.0 as usize) {
            slot.get_or_init(|| entry);
        }
    }

    /// Double hashing with a fixed seed: the table never grows, and templates come from the service's own source code.
    #[inline]
    fn probes(&self, template: &str, class: ClassId) -> impl Iterator<Item = u32> {
        let hash = FixedState::default().hash_one(template);
        let (start, step) = ((hash as usize).wrapping_add(class.number()), (hash >> 32) as usize | 1);
        let mask = self.mask;
        (0..PROBES).map(move |probe| (start.wrapping_add(step.wrapping_mul(probe)) & mask) as u32)
    }
}
