//! From a definition to a running instance: everything is checked and compiled here, once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Definition, Period, Policy, Problem, RouteClass, Slo, Window};

use crate::alert::{Callback, News, Transition};
use crate::calendar::{Calendar, CalendarError};
use crate::classify::TableError;
use crate::clock::{Moment, Stopwatch, Timeline};
use crate::compile::{Compilation, Ledger};
use crate::gauge::Gauges;
use crate::goodput::{Compiled, Goodput};
use crate::guard::{FeatureGuard, Guard, GuardProblem, Guards, House, Rules};
use crate::read::{InForce, Monitor, Slices, SlotPlan, Waiting, WatchedSlo};
use crate::record::{Routes, shard_count};
use crate::state::{Memory, Recall};

/// Builds a [`Goodput`].
#[derive(Clone)]
pub struct GoodputBuilder {
    definition: Definition,
    stopwatch: Stopwatch,
    timeline: Timeline,
    slots: Option<SlotPlan>,
    tick_every: Duration,
    callbacks: Vec<Callback>,
    deploy: Option<Arc<str>>,
    rules: Rules,
    remembers: bool,
    memory: Option<Memory>,
}

impl GoodputBuilder {
    pub(crate) fn new(definition: Definition) -> Self {
        Self {
            definition,
            stopwatch: Stopwatch::system(),
            timeline: Timeline::system(),
            slots: None,
            tick_every: Duration::from_secs(10),
            callbacks: Vec::new(),
            deploy: None,
            rules: Rules::default(),
            remembers: false,
            memory: None,
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

    /// Adds a guard, which holds low-priority requests back while an SLO burns. Layers of `goodput-tower` ask it. No reload
    /// changes it; of an SLO that a reload removes it sees nothing, and opens.
    ///
    /// The first one takes memory for a second history of every SLO.
    pub fn guard(mut self, guard: Guard) -> Self {
        self.rules.guards.push(guard);
        self
    }

    /// Adds a feature that is off while an SLO burns; see [`feature_allowed`](Goodput::feature_allowed).
    pub fn feature(mut self, feature: FeatureGuard) -> Self {
        self.rules.features.push(feature);
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

    /// Calls this with every alert that fires, emerges or resolves, in the order in which that happens, on a thread that ticks or
    /// reloads: the one on which it happened, or one that is telling already. It should return soon: that thread waits for it, and so does
    /// everybody who is to hear of what comes after, of which 4,096 are kept. One that does not return, or panics, is
    /// [flagged](crate::Flag::CallbacksHang). For another thread,
    /// [subscribe](Goodput::subscribe).
    pub fn on_transition(mut self, callback: impl Fn(&Transition) + Send + Sync + 'static) -> Self {
        self.callbacks.push(Arc::new(callback));
        self
    }

    /// What was released last: every alert carries it, so that whoever gets one sees what changed.
    pub fn deploy(mut self, id: impl Into<Arc<str>>) -> Self {
        self.deploy = Some(id.into());
        self
    }

    /// Goes on from what an earlier process knew: windows, budgets and conditions continue, and the time in between counts as not
    /// seen. `None` is for one that has nothing to remember yet, and is to be remembered.
    ///
    /// Counters that are exported or shown since the start of the process begin at 0 all the same. An SLO goes on if its name and
    /// all that makes an event good are as they were; its objective, period and alert rows may be others. A memory that is of
    /// another service, from more than five minutes in the future, or older than the longest period is not used; a
    /// [flag](crate::Status::flags) says so in the first two cases.
    ///
    /// The timeline of such an instance counts from the year 1970: its [`now`](Goodput::now) is what to tick it with.
    pub fn remember(mut self, memory: impl Into<Option<Memory>>) -> Self {
        (self.remembers, self.memory) = (true, memory.into());
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
        Ok(self.compile()?.0)
    }

    /// Builds what is looked at and not run: its last tick is that of its memory.
    pub(crate) fn build_as_it_was(self) -> Result<Goodput, BuildError> {
        let (goodput, last) = self.compile()?;
        if let Some(last) = last {
            goodput.monitor.lock().stand_still_since(last);
        }
        Ok(goodput)
    }

    /// The instance, and when its memory was last added to.
    fn compile(self) -> Result<(Goodput, Option<Moment>), BuildError> {
        let problems = self.definition.check();
        if !problems.is_empty() {
            return Err(BuildError::Definition(problems));
        }
        let longest = longest_period(&self.definition);
        let slot_plan = self.slots.unwrap_or_else(|| SlotPlan::standard(longest));
        check_time(&slot_plan, longest, self.tick_every)?;
        check_slices(&self.definition, self.tick_every)?;
        let slos = watch(&self.definition)?;
        let gauges = Gauges::default();
        gauges.admit(&self.definition);
        let (timeline, recall) = if self.remembers {
            let wall = self.timeline.wall_at(self.timeline.now());
            let recall = Recall::new(self.memory, &self.definition.service, wall, longest);
            (recall.timeline(self.timeline), Some(recall))
        } else {
            (self.timeline, None)
        };
        let origin = timeline.now();
        let Compilation { plan, ids, news } = Ledger::default().compile(&self.definition)?;
        let routes = Routes::new(plan, shard_count());
        let waiting = Waiting::new(origin, self.tick_every, routes.longest_limit(), timeline.speed());
        let (definition, tick_every) = (&self.definition, self.tick_every);
        let house = House { definition, ids: &ids, routes: &routes, slots: &slot_plan, tick_every, origin };
        let guards = Guards::build(self.rules, &house)?;
        let slices = Slices::new(&self.definition, &gauges, origin);
        let mut monitor = Monitor::new(&slot_plan, origin, &slos, waiting, slices);
        monitor.restarts = recall.is_some().then(Vec::new);
        let in_force = InForce::new(self.definition, slos, ids, &news.fingerprints);
        let (flags, last) = recall.map_or_else(Default::default, |recall| recall.restore(&mut monitor, &in_force));
        let goodput = Goodput::assemble(Compiled {
            routes,
            stopwatch: self.stopwatch,
            timeline,
            tick_every: self.tick_every,
            monitor,
            gauges,
            guards,
            in_force,
            ledger: Ledger::begin(news),
            slot_plan,
            news: News::new(self.callbacks),
            deploy: self.deploy,
            recalled: flags,
        });
        Ok((goodput, last))
    }
}

impl fmt::Debug for GoodputBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callbacks = self.callbacks.len();
        f.debug_struct("GoodputBuilder")
            .field("definition", &self.definition)
            .field("callbacks", &callbacks)
            .finish_non_exhaustive()
    }
}

/// The longest period of any SLO; the default without any.
pub(crate) fn longest_period(definition: &Definition) -> Period {
    let periods = definition.slos.iter().map(Slo::judged_over);
    periods.max_by_key(|period| period.window()).unwrap_or_default()
}

pub(crate) fn check_time(slots: &SlotPlan, longest: Period, tick_every: Duration) -> Result<(), BuildError> {
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
pub(crate) fn check_slices(definition: &Definition, tick_every: Duration) -> Result<(), BuildError> {
    let fits = |slice: Window| slice.duration().as_nanos().is_multiple_of(tick_every.as_nanos());
    for slo in &definition.slos {
        if let Some(slice) = slo.budgeting_method().slice().filter(|slice| !fits(*slice)) {
            return Err(BuildError::Slice { slo: slo.name().to_owned(), slice, tick_every });
        }
    }
    Ok(())
}

/// The SLOs as the monitor sees them.
pub(crate) fn watch(definition: &Definition) -> Result<Vec<WatchedSlo>, BuildError> {
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
            let policy = match slo.keeps_firing() {
                Some(keep) => policy.keep_firing(keep),
                None => policy,
            };
            watched.push(WatchedSlo::new(slo, definition.routes_of(slo), objective, policy, calendar));
        }
    }
    Ok(watched)
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
    /// A guard or a guarded feature that could not do what it says.
    Guard {
        /// Which of the two.
        what: &'static str,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: GuardProblem,
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
            Self::Guard { what, name, problem } => write!(f, "{what} {name:?} {problem}"),
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
