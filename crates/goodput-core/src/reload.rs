//! Hot reload: another definition for an instance that is counting, all of it or nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use goodput_model::{Counts, Definition};

use crate::alert::Bulletin;
use crate::builder::{BuildError, check_slices, check_time, longest_period, watch};
use crate::classify::{Fingerprints, SloId};
use crate::compile::Compilation;
use crate::goodput::{Goodput, has_quality};
use crate::read::{Column, InForce, read_counts};
use crate::record::{MAX_VERSIONS, Refused};

/// How much memory the tables and cells of all reloads may take.
const MAX_BYTES: usize = 64 << 20;

impl Goodput {
    /// Puts another definition in force. Either all of it holds from here on, or nothing has changed.
    ///
    /// **Requests.** Those that begin from here on are judged by the new definition. One in flight is judged to its end by what it
    /// began under; each is counted once. Recording waits for nothing here, and handles to routes and work stay valid.
    ///
    /// **Which SLO is the same.** One of the same name that judges as before: same indicator, threshold and measure, decision points,
    /// cancel policy, status and gRPC rules, and dependency. Its windows, its budget and the alert rows that did not change go on.
    /// Another objective, period, alert rows, `min_bad`, routes, request classes or words are no reason to begin anew. An SLO
    /// that judges otherwise begins anew: it has seen nothing so far, its windows hold no event from before and count as covered
    /// from now on, and its budget is `at most` something until its period is covered again. So does one that comes back.
    ///
    /// What a client that goes away counts as may be left to the limit of its route. Where the server's deadline is that limit,
    /// another deadline is another rule. Where neighbours' thresholds are, that limit moves with them from one version of the route
    /// to the next, and nothing begins anew; state the deadline or [`Slo::cancel`](goodput_model::Slo::cancel) to hold it still.
    ///
    /// **Counters** that are exported or shown since the start of the process never fall: those of a name are the sum over all that
    /// was ever counted under that name. Those of a removed SLO are [shown](crate::Status::removed) as they are.
    ///
    /// # Cost
    /// A table for each set of SLOs that has not been compiled before, then a moment's work for each route. A route whose rules
    /// change takes memory for its cells once more, and keeps the former ones for good; one that returns to rules it has had takes
    /// up those cells again. For 100 SLOs on 1,000 routes that is 20 ms; the last 10 ms of it ticks and [`status`](Self::status)
    /// wait for, and under 1 ms a route that is seen for the first time.
    ///
    /// # Errors
    /// If the definition does not hold, with every problem; if it does not fit what was built: another service name, other request
    /// classes (a class is part of every handle to a route), another budgeting method for a name, another class for a route that is in use, a period longer than
    /// history is kept, more routes than there is place for; if a route would have its 33rd set of rules, or all reloads together
    /// more than 64 MiB of tables and cells.
    pub fn reload(&self, definition: Definition) -> Result<Reload, ReloadError> {
        // From here to the end, so that there is one reload at a time.
        let mut ledger = self.ledger.lock();
        let former = self.in_force();
        if *former.definition == definition {
            return Ok(Reload::of_equal(&definition));
        }
        check(&former.definition, &definition)?;
        check_time(&self.slot_plan, longest_period(&definition), self.tick_every).map_err(ReloadError::Definition)?;
        check_slices(&definition, self.tick_every).map_err(ReloadError::Definition)?;
        let slos = watch(&definition).map_err(ReloadError::Definition)?;
        let Compilation { plan, ids, news } = ledger.compile(&definition).map_err(ReloadError::Definition)?;
        check_counted_as(&news.fingerprints)?;
        let next = InForce::new(definition, slos, ids, &news.fingerprints);
        let tables = ledger.bytes_of_reloads().saturating_add(news.bytes);
        let too_large = |bytes| ReloadError::TooMuchMemory { bytes, limit: MAX_BYTES };
        let left = MAX_BYTES.checked_sub(tables).ok_or_else(|| too_large(tables))?;

        let mut monitor = self.monitor.lock();
        // What began under an SLO that comes back may end before this is read or after, and is counted either way.
        let (by_id, _) = read_counts(&self.routes, former.fingerprints());
        let heard = self.hears_degraded();
        self.hear_degraded(heard || has_quality(&next.definition));
        let routes = self.routes.renew(plan, left).map_err(|refused| {
            self.hear_degraded(heard);
            match refused {
                Refused::Bound { bound, most } => ReloadError::RouteBound { bound, most },
                Refused::Class { route } => ReloadError::RouteClass { route },
                Refused::NoPlace { route, bound } => ReloadError::NoPlace { route, bound },
                Refused::Versions { route } => ReloadError::TooManyVersions { route, limit: MAX_VERSIONS },
                Refused::Memory { bytes } => too_large(tables.saturating_add(bytes)),
            }
        })?;
        let mut columns: Vec<Column> = next.ids().iter().map(|id| column(*id, &former, &by_id)).collect();
        // Read after routes have changed, so that no window covers a moment in which its SLO was not counted.
        self.gauges().admit(&next.definition);
        let now = self.now();
        let (wall, baseline) = (self.timeline.wall_at(now), Arc::clone(&monitor.baseline));
        let events = monitor.go_on_with(&next, self.gauges(), &mut columns, &former.slos, now);
        monitor.waiting.set_longest_limit(self.routes.longest_limit());
        ledger.adopt(news);
        let reload = Reload::between(&former, &next, routes);
        *self.in_force.write() = Arc::new(next);
        self.outbox.put(Bulletin { at: now, wall, events, baseline });
        drop(monitor);
        self.forget_shared_status();
        drop(ledger);
        self.announce();
        Ok(reload)
    }
}

/// Where an SLO of the next definition has its history from.
fn column(id: SloId, former: &InForce, by_id: &[Counts]) -> Column {
    match former.ids().iter().position(|known| *known == id) {
        Some(position) => Column::Kept(position),
        None => Column::Begins(by_id.get(id.number()).copied().unwrap_or_default()),
    }
}

/// What of a definition stays as it is for as long as the process lives, and whether it holds at all.
fn check(former: &Definition, next: &Definition) -> Result<(), ReloadError> {
    let problems = next.check();
    if !problems.is_empty() {
        return Err(ReloadError::Definition(BuildError::Definition(problems)));
    }
    if next.service != former.service {
        return Err(ReloadError::Service { in_force: former.service.clone(), value: next.service.clone() });
    }
    if next.classes != former.classes {
        return Err(ReloadError::Classes { in_force: former.classes.clone(), value: next.classes.clone() });
    }
    Ok(())
}

/// What is exported under a name counts one thing as long as the process lives: events, slices, or parts of them.
fn check_counted_as(fingerprints: &Fingerprints) -> Result<(), ReloadError> {
    let mut first: HashMap<&str, &'static str> = HashMap::new();
    for fingerprint in fingerprints.iter() {
        let (name, value) = (&**fingerprint.name(), fingerprint.counted_as());
        let in_force = *first.entry(name).or_insert(value);
        if in_force != value {
            return Err(ReloadError::Budgeting { slo: name.to_owned(), in_force, value });
        }
    }
    Ok(())
}

/// What a reload has changed, by the names of the SLOs: each in one of the lists, in the order of its definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reload {
    /// Not in the former definition. They have seen nothing so far.
    pub new: Vec<String>,
    /// They judge otherwise, and begin anew.
    pub changed: Vec<String>,
    /// They judge as before; something else about them changed. Their history goes on.
    pub adjusted: Vec<String>,
    /// Only in the former definition.
    pub removed: Vec<String>,
    /// As they were.
    pub unchanged: Vec<String>,
    /// How many routes that were in use judge by other rules than before.
    pub routes: usize,
    /// Whether the definition is equal to the former one, so that there was nothing to do.
    pub is_equal: bool,
}

impl Reload {
    fn of_equal(definition: &Definition) -> Self {
        let unchanged = definition.slos.iter().map(|slo| slo.name().to_owned()).collect();
        Self { unchanged, is_equal: true, ..Self::default() }
    }

    fn between(former: &InForce, next: &InForce, routes: usize) -> Self {
        let mut reload = Self { routes, ..Self::default() };
        let before = || former.definition.slos.iter().zip(former.ids());
        for (slo, id) in next.definition.slos.iter().zip(next.ids()) {
            let list = match before().find(|(known, _)| known.name() == slo.name()) {
                None => &mut reload.new,
                Some((_, known)) if known != id => &mut reload.changed,
                Some((known, _)) if known != slo => &mut reload.adjusted,
                Some(_) => &mut reload.unchanged,
            };
            list.push(slo.name().to_owned());
        }
        let gone = before().map(|(slo, _)| slo.name());
        let gone = gone.filter(|name| next.definition.slos.iter().all(|slo| slo.name() != *name));
        reload.removed = gone.map(str::to_owned).collect();
        reload
    }
}

impl fmt::Display for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_equal {
            return f.write_str("nothing to reload: the definition is the one in force");
        }
        let lists = [
            ("new", &self.new),
            ("changed, and begun anew", &self.changed),
            ("adjusted", &self.adjusted),
            ("removed", &self.removed),
        ];
        for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
            write!(f, "{what}: {}; ", names.join(", "))?;
        }
        let slos = if self.unchanged.len() == 1 { "SLO" } else { "SLOs" };
        let judge = if self.routes == 1 { "route judges" } else { "routes judge" };
        write!(f, "{} {slos} unchanged; {} {judge} by other rules", self.unchanged.len(), self.routes)
    }
}

/// Why a reload is refused. Nothing has changed then.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum ReloadError {
    /// The definition could not be built either, or its periods are longer than history is kept.
    Definition(BuildError),
    /// Another service: its name is on everything that was exported so far.
    Service {
        /// The service there is.
        in_force: String,
        /// As given.
        value: String,
    },
    /// An SLO of this name counts by another method: what was exported so far counts something else.
    Budgeting {
        /// The SLO.
        slo: String,
        /// The budgeting method there is.
        in_force: &'static str,
        /// As given.
        value: &'static str,
    },
    /// Other request classes: each is part of the handles to its routes.
    Classes {
        /// The classes there are.
        in_force: Vec<String>,
        /// As given.
        value: Vec<String>,
    },
    /// A route that is in use would have requests of another class.
    RouteClass {
        /// The route.
        route: String,
    },
    /// More routes than the table was made for when the instance was built.
    RouteBound {
        /// The bound and the dependencies, as given.
        bound: usize,
        /// What there is place for.
        most: usize,
    },
    /// A route the definition names has no place beside those that are in use.
    NoPlace {
        /// The first such route.
        route: String,
        /// The bound and the dependencies, as given.
        bound: usize,
    },
    /// A route would have more sets of rules than it can tell apart.
    TooManyVersions {
        /// The route.
        route: String,
        /// The most allowed.
        limit: usize,
    },
    /// The tables and cells of all reloads would take too much memory.
    TooMuchMemory {
        /// How many bytes they would take.
        bytes: usize,
        /// The most allowed.
        limit: usize,
    },
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(error) => write!(f, "{error}"),
            Self::Service { in_force, value } => {
                write!(f, "service {value:?}: expected {in_force:?}, which a reload does not change")
            }
            Self::Budgeting { slo, in_force, value } => write!(
                f,
                "SLO {slo:?}: budgeting by {value}: expected {in_force}, which its counters count until a restart, or another name"
            ),
            Self::Classes { in_force, value } => {
                write!(f, "request classes {value:?}: expected {in_force:?}, which a reload does not change")
            }
            Self::RouteClass { route } => {
                write!(f, "route {route:?} is in use: expected its requests to keep their class until a restart")
            }
            Self::RouteBound { bound, most } => {
                write!(
                    f,
                    "{bound} routes and dependencies: expected at most {most}, which there is place for until a restart"
                )
            }
            Self::NoPlace { route, bound } => {
                write!(
                    f,
                    "route {route:?} has no place beside those in use: expected at most {bound} in all, or a higher bound"
                )
            }
            Self::TooManyVersions { route, limit } => {
                write!(
                    f,
                    "route {route:?} has had {limit} sets of rules: expected one of them, or no more until a restart"
                )
            }
            Self::TooMuchMemory { bytes, limit } => {
                write!(f, "{bytes} bytes of tables and cells made by reloads: expected at most {limit} until a restart")
            }
        }
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ReloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Definition(error) => Some(error),
            _ => None,
        }
    }
}
