//! Another plan for routes that are in use: each takes up the version that judges by it, all of them or none.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use super::class::ClassId;
use super::plan::Plan;
use super::route::Route;
use super::routes::{Admission, Entry, Routes, SLOTS_PER_ROUTE};
use super::version::{MAX_VERSIONS, Version};

/// Why a plan does not fit the routes there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// More routes than the table was made for.
    Bound { bound: usize, most: usize },
    /// A route that is in use would have requests of another class.
    Class { route: String },
    /// A route the plan names has no place among those that are in use.
    NoPlace { route: String, bound: usize },
    /// A route has had too many sets of rules.
    Versions { route: String },
    /// Too much memory, were it done.
    Memory { bytes: usize },
}

impl Routes {
    /// Has every route judge by this plan from here on, where that takes at most `memory` bytes together with what former calls have
    /// made. Returns how many routes judge by other rules than before. One call at a time.
    ///
    /// A route that returns to rules it has had takes up that version again. Requests wait for none of this, but for the first
    /// sight of a route, which waits as it does for other routes' first sights: all is made ready before.
    pub(crate) fn renew(&self, plan: Plan, memory: usize) -> Result<usize, Refused> {
        let most = (self.mask + 1) / (SLOTS_PER_ROUTE * (plan.classes + 1));
        if plan.bound > most {
            return Err(Refused::Bound { bound: plan.bound, most });
        }
        let Admission { admitted, entries, .. } = *self.admission.lock();
        let mut ready = self.prepare(&plan, admitted, memory)?;
        let mut admission = self.admission.lock();
        if admission.entries != entries {
            // A route was seen for the first time meanwhile.
            ready = self.prepare(&plan, admission.admitted, memory)?;
        }
        let routes = ready.changes.len();
        for Change { route, version } in ready.changes {
            match version {
                Take::Again(number) => route.begin_under(number),
                Take::New(version) => route.append(version),
            }
        }
        let former = std::mem::replace(&mut admission.plan, plan);
        for template in ready.new {
            self.admit_with(&mut admission, &template, ClassId::NONE);
        }
        // Relaxed: whoever still sees it full counts one more event as `other`, as a moment earlier.
        self.full.store(false, Ordering::Relaxed);
        drop(admission);
        drop(former);
        Ok(routes)
    }

    /// What is to be done, none of it done yet.
    fn prepare(&self, plan: &Plan, admitted: usize, memory: usize) -> Result<Ready<'_>, Refused> {
        self.check_classes(plan)?;
        Ok(Ready { new: self.new_templates(plan, admitted)?, changes: self.changes(plan, memory)? })
    }

    /// Handles name a template in a class, and cannot tell whether the class was asked for or the template's own. So the class of a
    /// template stays what it was when it was first seen.
    fn check_classes(&self, plan: &Plan) -> Result<(), Refused> {
        for entry in self.slots.iter().filter_map(|slot| slot.get()) {
            let (template, class) = match entry {
                Entry::Route(route) if route.class() == ClassId::NONE => (route.template(), ClassId::NONE),
                Entry::Route(_) => continue,
                Entry::Classed { template, route } => {
                    (&**template, self.get(*route).map_or(ClassId::NONE, Route::class))
                }
            };
            if plan.class_of(template) != class {
                return Err(Refused::Class { route: template.to_owned() });
            }
        }
        Ok(())
    }

    /// The templates that the plan names and that are not known yet, if there is place for all of them.
    fn new_templates(&self, plan: &Plan, admitted: usize) -> Result<BTreeSet<String>, Refused> {
        let new = plan.known.keys().filter(|template| self.find(template, plan.class_of(template)).is_none());
        let new: BTreeSet<String> = new.cloned().collect();
        match new.iter().nth(plan.bound.saturating_sub(admitted)) {
            Some(route) => Err(Refused::NoPlace { route: route.clone(), bound: plan.bound }),
            None => Ok(new),
        }
    }

    fn changes(&self, plan: &Plan, memory: usize) -> Result<Vec<Change<'_>>, Refused> {
        let mut changes = Vec::new();
        let mut bytes: usize = self.iter().map(Route::bytes_of_reloads).sum();
        for route in self.iter() {
            let Some(rules) = plan.rules(route.template(), route.class()) else { continue };
            let streams = plan.streams(route.template());
            if route.current().judges_by(rules, streams) {
                continue;
            }
            let again = route.versions().find(|(_, version)| version.judges_by(rules, streams));
            if let Some((number, _)) = again {
                changes.push(Change { route, version: Take::Again(number) });
                continue;
            }
            if route.versions().count() >= MAX_VERSIONS {
                return Err(Refused::Versions { route: route.template().to_owned() });
            }
            bytes = bytes.saturating_add(route.bytes_of_another(rules));
            if bytes <= memory {
                let version = Box::new(Version::new(rules.clone(), streams, self.shards));
                changes.push(Change { route, version: Take::New(version) });
            }
        }
        if bytes > memory { Err(Refused::Memory { bytes }) } else { Ok(changes) }
    }
}

/// What a plan asks for.
struct Ready<'a> {
    changes: Vec<Change<'a>>,
    new: BTreeSet<String>,
}

/// The version a route is to take up.
struct Change<'a> {
    route: &'a Route,
    version: Take,
}

enum Take {
    Again(u32),
    New(Box<Version>),
}
