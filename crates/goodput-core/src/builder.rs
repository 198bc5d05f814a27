//! From a definition to a running instance: everything is checked and compiled here, once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Definition, Period, Policy, Problem, Reason, RouteClass, Slo, Window};

use crate::calendar::{Calendar, CalendarError};
use crate::classify::{RuleSet, Table, TableError};
use crate::clock::{Stopwatch, Timeline};
use crate::gauge::Gauges;
use crate::goodput::{Compiled, Goodput};
use crate::looks_at::{LooksAt, looks_at};
use crate::read::{Monitor, Slices, SlotPlan, Waiting, WatchedSlo};
use crate::record::{ByClass, ClassId, Known, Plan, RouteRules, Routes, shard_count};

/// Builds a [`Goodput`].
#[derive(Clone, Debug)]
pub struct GoodputBuilder {
    definition: Definition,
    stopwatch: Stopwatch,
    timeline: Timeline,
    slots: Option<SlotPlan>,
    tick_every: Duration,
}

impl GoodputBuilder {
    pub(crate) fn new(definition: Definition) -> Self {
        Self {
            definition,
            stopwatch: Stopwatch::system(),
            timeline: Timeline::system(),
            slots: None,
            tick_every: Duration::from_secs(10),
        }
    }

    /// Takes over a whole definition, in place of what was said before.
    pub fn definition(mut self, definition: Definition) -> Self {
        self.definition = definition;
        self
    }

    /// Adds an SLO.
    pub fn slo(mut self, slo: Slo) -> Self {
        self.definition.slos.push(slo);
        self
    }

    /// Excludes routes from every SLO: health checks, metrics, status pages. They are counted as excluded.
    pub fn exclude_routes<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.definition.excluded_routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// How many routes are told apart; 1,000 without this call.
    pub fn max_routes(mut self, bound: usize) -> Self {
        self.definition.max_routes = bound;
        self
    }

    /// The deadline the server itself puts on a request: a client that leaves later than this was failed by the service.
    pub fn server_deadline(mut self, deadline: Duration) -> Self {
        self.definition.server_deadline = Some(deadline);
        self
    }

    /// Declares reasons that handlers give, so that each has an exported series of its own, from 0.
    pub fn reasons<R: Into<String>>(mut self, reasons: impl IntoIterator<Item = R>) -> Self {
        self.definition.reasons.extend(reasons.into_iter().map(Into::into));
        self
    }

    /// Marks routes whose successful responses are streams, whatever their content type: long polls, feeds. Event streams
    /// are known by their own.
    pub fn stream_routes<R: Into<String>>(mut self, routes: impl IntoIterator<Item = R>) -> Self {
        self.definition.stream_routes.extend(routes.into_iter().map(Into::into));
        self
    }

    /// Declares services that this one calls, beyond those that SLOs name: each has a reason that blames it, with an
    /// exported series from 0.
    pub fn dependencies<D: Into<String>>(mut self, names: impl IntoIterator<Item = D>) -> Self {
        self.definition.dependencies.extend(names.into_iter().map(Into::into));
        self
    }

    /// Declares request classes, at most 8: `critical` and `low`, the tiers of tenants, synthetic traffic.
    ///
    /// A request's class is part of what it is counted under, and SLOs may select classes. The server gives it: a
    /// [`RequestClass`](crate::RequestClass) in the request's extensions, else the layer, else [the
    /// route](Self::class_routes).
    pub fn classes<C: Into<String>>(mut self, names: impl IntoIterator<Item = C>) -> Self {
        self.definition.classes.extend(names.into_iter().map(Into::into));
        self
    }

    /// Gives the requests of these routes a class, where nothing else does.
    pub fn class_routes<R: Into<String>>(mut self, class: &str, routes: impl IntoIterator<Item = R>) -> Self {
        let rules = routes.into_iter().map(|route| RouteClass { route: route.into(), class: class.to_owned() });
        self.definition.route_classes.extend(rules);
        self
    }

    /// Times requests with this stopwatch: the system's, unless told otherwise. With the feature `fast-clock` there is one that
    /// costs half as much where it can be trusted: `Stopwatch::fast`.
    pub fn stopwatch(mut self, stopwatch: Stopwatch) -> Self {
        self.stopwatch = stopwatch;
        self
    }

    /// Measures windows on this timeline.
    pub fn timeline(mut self, timeline: Timeline) -> Self {
        self.timeline = timeline;
        self
    }

    /// How finely history is kept; [`SlotPlan::standard`] for the longest period without this call.
    pub fn slots(mut self, plan: SlotPlan) -> Self {
        self.slots = Some(plan);
        self
    }

    /// How often, in timeline, history is kept; 10 s without this call. A condition is noticed at most this late. Slices of time
    /// are multiples of it.
    pub fn tick_every(mut self, every: Duration) -> Self {
        self.tick_every = every;
        self
    }

    /// Checks and compiles. Opens nothing, starts nothing.
    ///
    /// Cost: a table per distinct set of SLOs; under 100 ms for 100 SLOs on 1,000 routes.
    ///
    /// # Errors
    /// If the definition does not hold, with every problem at once; if the tick or the slots do not fit the periods or the slices of
    /// time; if a calendar period cannot be followed; if the rules of some route have too many combinations for a table.
    pub fn build(self) -> Result<Goodput, BuildError> {
        let problems = self.definition.check();
        if !problems.is_empty() {
            return Err(BuildError::Definition(problems));
        }
        let longest = self.definition.slos.iter().map(Slo::judged_over).max_by_key(|period| period.longest());
        let plan = self.slots.unwrap_or_else(|| SlotPlan::standard(longest.unwrap_or_default()));
        check_time(&plan, longest.unwrap_or_default(), self.tick_every)?;
        check_slices(&self.definition, self.tick_every)?;
        let slos = watch(&self.definition)?;
        let gauges = Gauges::default();
        gauges.admit(&self.definition);
        let origin = self.timeline.now();
        let routes = compile_routes(&self.definition)?;
        // Not the thresholds: that of one nightly job would have the hang of every other route noticed hours later.
        let longest_limit = routes.iter().map(|route| route.table().limit()).max().unwrap_or_default();
        let waiting = Waiting::new(origin, self.tick_every, longest_limit, self.timeline.speed());
        let slices = Slices::new(&self.definition, &gauges, origin);
        Ok(Goodput::assemble(Compiled {
            routes,
            stopwatch: self.stopwatch,
            timeline: self.timeline,
            tick_every: self.tick_every,
            monitor: Monitor::new(&plan, origin, &slos, waiting, slices),
            gauges,
            slos,
            definition: self.definition,
        }))
    }
}

fn check_time(slots: &SlotPlan, longest: Period, tick_every: Duration) -> Result<(), BuildError> {
    const SHORTEST_TICK: Duration = Duration::from_millis(10);
    let finest = slots.tiers().first().map_or(Duration::ZERO, |tier| tier.width);
    if tick_every < SHORTEST_TICK || tick_every > finest {
        return Err(BuildError::TickEvery { value: tick_every, finest });
    }
    let span = slots.tiers().last().map_or(Duration::ZERO, |tier| tier.span);
    if span < longest.longest().duration() {
        return Err(BuildError::SlotsTooShort { span, period: longest });
    }
    Ok(())
}

/// A slice is closed by a tick at its end, so there has to be one.
fn check_slices(definition: &Definition, tick_every: Duration) -> Result<(), BuildError> {
    let fits = |slice: Window| slice.duration().as_nanos().is_multiple_of(tick_every.as_nanos());
    for slo in &definition.slos {
        if let Some(slice) = slo.budgeting_method().slice().filter(|slice| !fits(*slice)) {
            return Err(BuildError::Slice { slo: slo.name().to_owned(), slice, tick_every });
        }
    }
    Ok(())
}

fn watch(definition: &Definition) -> Result<Vec<WatchedSlo>, BuildError> {
    let mut watched = Vec::new();
    for slo in &definition.slos {
        let period = slo.judged_over();
        let calendar = match period {
            Period::Calendar(unit) => {
                Some(Calendar::new(unit, &definition.time_zone).map_err(|error| BuildError::Calendar {
                    slo: slo.name().to_owned(),
                    period,
                    error,
                })?)
            }
            _ => None,
        };
        let policy_for = |objective| match slo.alert_rows() {
            [] => Ok(Policy::default_for(objective, period)),
            rows => Policy::from_rows(objective, period, rows),
        };
        // Both hold for a definition that was checked.
        if let Ok(objective) = slo.objective()
            && let Ok(policy) = policy_for(objective)
        {
            watched.push(WatchedSlo::new(slo, definition.routes_of(slo), objective, policy, calendar));
        }
    }
    Ok(watched)
}

fn compile_routes(definition: &Definition) -> Result<Routes, BuildError> {
    let mut tables = Tables { definition, compiled: HashMap::new() };
    let excluded: BTreeSet<&str> = definition.excluded_routes.iter().map(String::as_str).collect();
    let streams: BTreeSet<&str> = definition.stream_routes.iter().map(String::as_str).collect();
    let classes = class_numbers(definition);
    let mut selected_by: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut everywhere = Vec::new();
    let mut things: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (index, slo) in definition.slos.iter().enumerate() {
        match looks_at(definition, slo) {
            LooksAt::Everything => everywhere.push(index),
            LooksAt::Routes(routes) => {
                for route in routes.iter().map(String::as_str).collect::<BTreeSet<_>>() {
                    selected_by.entry(route).or_default().push(index);
                }
            }
            LooksAt::Things { prefix, names } => {
                for name in names {
                    things.entry(format!("{prefix}{name}")).or_default().insert(index);
                }
            }
            LooksAt::Dependency | LooksAt::Values(_) => {}
        }
    }
    let named = selected_by.keys().copied().chain(classes.keys().copied());
    let named: BTreeSet<&str> = named.chain(excluded.iter().copied()).chain(streams.iter().copied()).collect();
    let mut known = HashMap::new();
    for route in named {
        let mut slos = selected_by.get(route).cloned().unwrap_or_default();
        slos.extend(&everywhere);
        slos.sort_unstable();
        let subject = if excluded.contains(route) { Subject::Excluded } else { Subject::Route };
        let rules = tables.by_class(&slos, subject)?;
        let class = classes.get(route).copied().unwrap_or_default();
        known.insert(route.to_owned(), Known { rules, class, streams: streams.contains(route) });
    }
    for dependency in definition.all_dependencies() {
        let named = |(_, slo): &(usize, &Slo)| slo.dependency_name() == Some(dependency);
        let slos = definition.slos.iter().enumerate().filter(named).map(|(index, _)| index).collect();
        things.insert(format!("{}{dependency}", Reason::DEPENDENCY), slos);
    }
    let others = things.len();
    for (template, slos) in things {
        let rules = tables.of(slos.into_iter().collect(), Subject::Other)?;
        let rules = vec![rules; definition.classes.len() + 1].into();
        known.insert(template, Known { rules, class: ClassId::NONE, streams: false });
    }
    let plan = Plan {
        bound: definition.max_routes.saturating_add(others),
        known,
        newcomers: tables.by_class(&everywhere, Subject::Route)?,
        unmatched: tables.by_class(&everywhere, Subject::Unmatched)?,
        dependency: tables.of(Vec::new(), Subject::Other)?,
        classes: definition.classes.len(),
    };
    Ok(Routes::new(plan, shard_count()))
}

/// The class of each route that has one.
fn class_numbers(definition: &Definition) -> HashMap<&str, ClassId> {
    let number = |rule: &RouteClass| definition.classes.iter().position(|class| *class == rule.class);
    let rules = definition.route_classes.iter();
    rules.filter_map(|rule| Some((rule.route.as_str(), ClassId::numbered(number(rule)? + 1)))).collect()
}

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Route,
    /// A route that every SLO excludes.
    Excluded,
    /// Where no route matched.
    Unmatched,
    /// The calls to another service, records that were to come, reads of data: the server's own deadline is none of theirs.
    Other,
}

/// The tables compiled so far: routes with the same SLOs share one.
struct Tables<'a> {
    definition: &'a Definition,
    compiled: HashMap<(Vec<usize>, Subject), RouteRules>,
}

impl Tables<'_> {
    /// The rules of these SLOs for requests of no class, then for each class.
    fn by_class(&mut self, slos: &[usize], subject: Subject) -> Result<ByClass, BuildError> {
        let classes = std::iter::once(None).chain(self.definition.classes.iter().map(Some));
        let selected = |class: Option<&String>| {
            let selects = |slo: &Slo| {
                slo.selected_classes().is_empty() || class.is_some_and(|class| slo.selected_classes().contains(class))
            };
            slos.iter().copied().filter(|index| self.definition.slos.get(*index).is_some_and(selects)).collect()
        };
        let by_class: Vec<Vec<usize>> = classes.map(selected).collect();
        by_class.into_iter().map(|slos| self.of(slos, subject)).collect()
    }

    fn of(&mut self, slos: Vec<usize>, subject: Subject) -> Result<RouteRules, BuildError> {
        let key = (slos, subject);
        if let Some(rules) = self.compiled.get(&key) {
            return Ok(rules.clone());
        }
        let members = key.0.iter().filter_map(|index| self.definition.slos.get(*index));
        let deadline = self.definition.server_deadline.filter(|_| subject != Subject::Other);
        let (excluded, unmatched) = (subject == Subject::Excluded, subject == Subject::Unmatched);
        let rules = RuleSet::new(members.clone(), deadline, excluded, unmatched);
        let table = Table::compile(&rules)
            .map_err(|error| BuildError::Table { slos: members.map(|slo| slo.name().to_owned()).collect(), error })?;
        let rules = RouteRules { table: Arc::new(table), slos: key.0.as_slice().into() };
        self.compiled.insert(key, rules.clone());
        Ok(rules)
    }
}

/// Why an instance cannot be built.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum BuildError {
    /// The definition does not hold; every problem it has.
    Definition(Vec<Problem>),
    /// The SLOs of one route need too large a table.
    Table {
        /// The SLOs that meet on the route.
        slos: Vec<String>,
        /// What is too large.
        error: TableError,
    },
    /// Ticks further apart than the finest slots, or closer than 10 ms.
    TickEvery {
        /// As given.
        value: Duration,
        /// The width of the finest slots.
        finest: Duration,
    },
    /// A slice that does not end with a tick.
    Slice {
        /// The SLO.
        slo: String,
        /// The length of its slices.
        slice: Window,
        /// How often there is a tick.
        tick_every: Duration,
    },
    /// A period that cannot be followed.
    Calendar {
        /// The SLO.
        slo: String,
        /// Its period.
        period: Period,
        /// Why.
        error: CalendarError,
    },
    /// The slot plan forgets before the longest period is over.
    SlotsTooShort {
        /// How far back it remembers.
        span: Duration,
        /// The longest period of any SLO.
        period: Period,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    write!(f, "{problem}")?;
                }
                Ok(())
            }
            Self::Table { slos, error } => {
                let shown = slos.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more = slos.len().saturating_sub(5);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                write!(f, "SLOs {shown}{more} on one route: {error}: expected fewer SLOs or thresholds together")
            }
            Self::TickEvery { value, finest } => {
                write!(f, "tick every {value:?}: expected 10ms to {finest:?}, the width of the finest slots")
            }
            Self::Slice { slo, slice, tick_every } => {
                write!(
                    f,
                    "SLO {slo:?}: slices of {slice}: expected a multiple of the time between two ticks, {tick_every:?}"
                )
            }
            Self::Calendar { slo, period, error } => write!(f, "SLO {slo:?}: period {period}: {error}"),
            Self::SlotsTooShort { span, period } => {
                write!(f, "slot plan of {span:?}: expected at least the longest period, {period}")
            }
        }
    }
}

/// As [`Display`](fmt::Display), since it is what a `main` that returns this error prints.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}
