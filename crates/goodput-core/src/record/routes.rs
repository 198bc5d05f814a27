//! The routes of a service: found by template and class without a lock, created at first sight, bounded in number.

use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use foldhash::fast::FixedState;
use goodput_model::{Definition, Reason};
use parking_lot::Mutex;

use super::class::ClassId;
use super::held::Held;
use super::plan::{Plan, is_own};
use super::route::Route;
use super::slots::Slot;
use super::version::{Version, VersionId};

/// The route of events that matched none, and the one of events whose route has no place of its own.
pub(crate) const UNMATCHED: &str = Definition::UNMATCHED;
const OTHER: &str = Definition::OTHER;

/// A route of one [`Goodput`](crate::Goodput): resolved once per request, valid as long as it is. On another
/// instance it means another route or none. Reloads change what a route is judged by, never which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteId(u32);

impl RouteId {
    pub(crate) const fn numbered(number: u32) -> Self {
        Self(number)
    }

    #[inline]
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// Whether this is the template of `other`, or of calls to other dependencies.
pub(crate) fn stands_for_others(template: &str) -> bool {
    template.strip_prefix(Reason::DEPENDENCY).unwrap_or(template) == OTHER
}

/// All routes: a fixed, open-addressed hash table whose entries are only ever added.
#[derive(Debug)]
pub(crate) struct Routes {
    /// A power of two of slots by hash, then for each class `unmatched`, then for each `other`, then one for the calls to
    /// dependencies that have no place of their own.
    pub(super) slots: Box<[OnceLock<Entry>]>,
    pub(super) mask: usize,
    held: Held,
    pub(super) shards: usize,
    classes: usize,
    pub(super) admission: Mutex<Admission>,
    /// Set once the bound is reached, so that misses skip the lock.
    pub(super) full: AtomicBool,
    /// Set once an event was counted as `other`: a flag people see.
    overflowed: AtomicBool,
}

/// How many templates there are, and what the definition in force says about them.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(super) admitted: usize,
    /// How many slots are taken.
    pub(super) entries: usize,
    pub(super) plan: Plan,
}

/// What a slot holds.
#[derive(Debug)]
pub(super) enum Entry {
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
pub(super) const SLOTS_PER_ROUTE: usize = 4;

impl Routes {
    /// The routes of a plan: those it names are there from the beginning, for requests of no class.
    pub(crate) fn new(plan: Plan, shards: usize) -> Self {
        let capacity = plan.slots().next_power_of_two().max(16);
        let (classes, kinds) = (plan.classes, plan.classes + 1);
        let routes = Self {
            slots: (0..=capacity + 2 * kinds).map(|_| OnceLock::new()).collect(),
            mask: capacity - 1,
            held: Held::new((plan.bound * 2).max(64)),
            shards,
            classes,
            admission: Mutex::new(Admission { admitted: 0, entries: 0, plan }),
            full: AtomicBool::new(false),
            overflowed: AtomicBool::new(false),
        };
        let mut admission = routes.admission.lock();
        let known: Vec<String> = admission.plan.known.keys().cloned().collect();
        for template in known {
            routes.admit_with(&mut admission, &template, ClassId::NONE);
        }
        for class in (0..kinds).map(ClassId::numbered) {
            routes.fill(&mut admission, routes.unmatched(class), UNMATCHED, class);
            routes.fill(&mut admission, routes.other(class), OTHER, class);
        }
        drop(admission);
        routes
    }

    /// The longest that a request may go on anywhere. Not the longest threshold: that of one nightly job would have the hang of
    /// every other route noticed hours later.
    pub(crate) fn longest_limit(&self) -> Duration {
        self.iter().map(|route| route.current().table().limit()).max().unwrap_or_default()
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

    /// One event begins on a route, under the version that is returned.
    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    pub(crate) fn begin(&self, id: RouteId, slot: Slot) -> VersionId {
        match self.get(id) {
            Some(route) if route.current_number_acquire() == 0 => {
                route.first().begin(slot, 1);
                VersionId::new(id, 0)
            }
            _ => self.begin_later(id, slot),
        }
    }

    /// Out of line, so that what was never reloaded pays a comparison. For a route of another instance no version will be found.
    #[cold]
    #[inline(never)]
    fn begin_later(&self, id: RouteId, slot: Slot) -> VersionId {
        let number = self.get(id).map_or(0, Route::current_number_acquire);
        let version = VersionId::new(id, number);
        if let Some(found) = self.version(version) {
            found.begin(slot, 1);
        }
        version
    }

    /// The version that events on this route begin under.
    #[inline]
    pub(crate) fn current(&self, id: RouteId) -> Option<&Version> {
        self.get(id).map(Route::current)
    }

    /// What a request in flight began under.
    #[inline]
    pub(crate) fn version(&self, id: VersionId) -> Option<&Version> {
        // A first version has its route's number, and every later one a number far beyond the slots.
        let Some(slot) = self.slots.get(id.number() as usize) else { return self.later_version(id) };
        match slot.get()? {
            Entry::Route(route) => Some(route.first()),
            Entry::Classed { .. } => None,
        }
    }

    #[cold]
    #[inline(never)]
    fn later_version(&self, id: VersionId) -> Option<&Version> {
        self.get(id.route())?.version(id.version())
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

    /// Every version of every route.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Version> {
        self.iter().flat_map(Route::versions).map(|(_, version)| version)
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
        RouteId((self.mask + 2 + self.classes + class.number()) as u32)
    }

    /// Whether events had to be counted as `other`. Relaxed: a flag for people.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }

    pub(crate) fn bound(&self) -> usize {
        self.admission.lock().plan.bound
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
        if is_own(template) { self.other(class) } else { self.other_dependency() }
    }

    /// Calls to dependencies beyond the bound are no requests of the service's own either: no SLO judges them. The route is
    /// made when it is first needed, which is never in most services.
    fn other_dependency(&self) -> RouteId {
        let id = RouteId((self.mask + 1 + 2 * (self.classes + 1)) as u32);
        if self.get(id).is_none() {
            let template = format!("{}{OTHER}", Reason::DEPENDENCY);
            self.fill(&mut self.admission.lock(), id, &template, ClassId::NONE);
        }
        id
    }

    /// Successful responses on this route are streams from here on, and under every definition to come.
    pub(crate) fn mark_streaming(&self, id: RouteId) {
        let _admission = self.admission.lock();
        if let Some(route) = self.get(id) {
            route.mark_streaming();
        }
    }

    fn admit(&self, template: &str, class: ClassId) -> RouteId {
        let found = self.admit_with(&mut self.admission.lock(), template, class);
        found.unwrap_or_else(|| self.overflow(template, class))
    }

    /// The route, made if there is none yet; nothing if there is no place for it.
    pub(super) fn admit_with(&self, admission: &mut Admission, template: &str, class: ClassId) -> Option<RouteId> {
        let own = admission.plan.class_of(template);
        if class != ClassId::NONE || own == ClassId::NONE {
            return self.admit_as(admission, template, class, None);
        }
        let route = self.admit_as(admission, template, own, None)?;
        self.admit_as(admission, template, ClassId::NONE, Some(route))
    }

    /// Whether it is another class of a template that is there already. The bound is on templates, and classes are few.
    fn is_known_without_class(&self, template: &str, class: ClassId) -> bool {
        class != ClassId::NONE && self.find(template, ClassId::NONE).is_some()
    }

    /// Slots are never emptied and the order of probes is fixed, so under the lock no template gets a second slot.
    fn admit_as(
        &self,
        admission: &mut Admission,
        template: &str,
        class: ClassId,
        classed: Option<RouteId>,
    ) -> Option<RouteId> {
        if let Some(known) = self.find(template, class) {
            return Some(known);
        }
        let free = |slot: &u32| self.slots.get(*slot as usize).is_some_and(|entry| entry.get().is_none());
        if let Some(slot) = self.probes(template, class).find(free) {
            if let Some(route) = classed {
                self.put(admission, RouteId(slot), Entry::Classed { template: template.into(), route });
                return Some(route);
            }
            let is_told_apart = self.is_known_without_class(template, class);
            if is_told_apart || admission.admitted < admission.plan.bound {
                admission.admitted += usize::from(!is_told_apart);
                self.fill(admission, RouteId(slot), template, class);
                return Some(RouteId(slot));
            }
        }
        if admission.admitted >= admission.plan.bound {
            self.full.store(true, Ordering::Relaxed);
        }
        None
    }

    /// The lock that admits new routes, held.
    #[cfg(test)]
    pub(crate) fn lock_admission(&self) -> parking_lot::MutexGuard<'_, Admission> {
        self.admission.lock()
    }

    fn fill(&self, admission: &mut Admission, id: RouteId, template: &str, class: ClassId) {
        // There are rules for every class.
        let Some(rules) = admission.plan.rules(template, class) else { return };
        let version = Version::new(rules.clone(), admission.plan.streams(template), self.shards);
        let route = Route::new(template, class, version);
        // What marked the template's route of no class is meant for every class.
        let sibling = self.find(template, ClassId::NONE).and_then(|route| self.get(route));
        if sibling.is_some_and(Route::is_marked_streaming) {
            route.mark_streaming();
        }
        self.put(admission, id, Entry::Route(Box::new(route)));
    }

    fn put(&self, admission: &mut Admission, id: RouteId, entry: Entry) {
        if let Some(slot) = self.slots.get(id.0 as usize) {
            admission.entries += 1;
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
