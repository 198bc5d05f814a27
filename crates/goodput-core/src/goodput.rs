//! The handle: one service's definition, its counters and its memory, as a plain owned value.

mod attention;
mod tick;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use goodput_model::{Definition, Indicator, Reason, Verdict};
use parking_lot::{Mutex, RwLock};

use crate::alert::{Examples, News, Outbox, Traces};
use crate::builder::GoodputBuilder;
use crate::clock::{Moment, Reading, Stopwatch, Timeline};
use crate::compile::Ledger;
use crate::gauge::Gauges;
use crate::guard::Guards;
use crate::identity::Identity;
use crate::read::{Detail, Flag, InForce, Monitor, SlotPlan, Status, compose, read_detail};
use crate::record::{ClassId, Present, Queue, Reasons, RouteId, Routes, shard_count};
use crate::state::Health;
use crate::ticker::{Ticker, TickerError};
use crate::work::Work;

/// The SLIs of one service in one process.
///
/// Building one opens no port, starts no thread and registers nowhere; dropping it has no side effects. A service
/// [leaks](Self::leak) one, so that requests reach it through a `&'static` and touch no reference count; tests hold it in an
/// [`Arc`].
///
/// ```
/// use goodput_core::{Goodput, Slo};
///
/// let goodput = Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build()?;
/// goodput.work("nightly").good();
/// assert_eq!(goodput.status().slo("checkout-ok").unwrap().counts.good, 1);
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Goodput {
    pub(crate) routes: Routes,
    stopwatch: Stopwatch,
    reasons: Reasons,
    pub(crate) timeline: Timeline,
    pub(crate) tick_every: Duration,
    pub(crate) slot_plan: SlotPlan,
    identity: Identity,
    /// The request classes, which no reload changes.
    classes: Vec<String>,
    /// What a reload changes. Whoever holds several of these locks has taken them in this order; the lock that admits routes comes
    /// after the monitor's.
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) monitor: Mutex<Monitor>,
    pub(crate) in_force: RwLock<Arc<InForce>>,
    shared: Mutex<Option<Shared>>,
    gauges: Gauges,
    guards: Guards,
    present: Present,
    queue: Queue,
    /// Why a request that begins needs a closer look, in bits; nearly always none, so that one look tells.
    attention: AtomicU8,
    /// Once true, it stays so: a request in flight may have begun under the definition that made it true.
    hears_degraded: AtomicBool,
    mishaps: Mishaps,
    pub(crate) news: News,
    pub(crate) outbox: Outbox,
    pub(crate) examples: Examples,
    pub(crate) traces: Traces,
    pub(crate) deploy: Option<Arc<str>>,
    /// What to know about the memory it was built with.
    recalled: Vec<Flag>,
    /// How the file fares that it is remembered in, if it is.
    state: Mutex<Option<Arc<Health>>>,
}

/// What went wrong around the events.
#[derive(Debug, Default)]
pub(crate) struct Mishaps {
    pub(crate) nested_layers: AtomicU64,
    pub(crate) unready: AtomicU64,
    pub(crate) unknown_classes: AtomicU64,
}

/// A status that several readers share, and when it was read.
#[derive(Debug)]
struct Shared {
    read_at: Reading,
    status: Arc<Status>,
}

/// What the builder has checked and compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) routes: Routes,
    pub(crate) stopwatch: Stopwatch,
    pub(crate) timeline: Timeline,
    pub(crate) tick_every: Duration,
    pub(crate) slot_plan: SlotPlan,
    pub(crate) in_force: InForce,
    pub(crate) ledger: Ledger,
    pub(crate) gauges: Gauges,
    pub(crate) guards: Guards,
    pub(crate) monitor: Monitor,
    pub(crate) news: News,
    pub(crate) deploy: Option<Arc<str>>,
    pub(crate) recalled: Vec<Flag>,
}

impl Goodput {
    /// Begins the definition of a service.
    pub fn builder(service: impl Into<String>) -> GoodputBuilder {
        GoodputBuilder::new(Definition::new(service))
    }

    pub(crate) fn assemble(compiled: Compiled) -> Self {
        let Compiled { routes, stopwatch, timeline, tick_every, slot_plan, in_force, ledger, gauges, .. } = compiled;
        let Compiled { monitor, news, deploy, guards, recalled, .. } = compiled;
        let reasons = Reasons::new();
        guards.claim_word(&reasons);
        Self {
            routes,
            stopwatch,
            reasons,
            timeline,
            tick_every,
            slot_plan,
            identity: Identity::new(),
            classes: in_force.definition.classes.clone(),
            ledger: Mutex::new(ledger),
            monitor: Mutex::new(monitor),
            shared: Mutex::new(None),
            gauges,
            guards,
            present: Present::default(),
            queue: Queue::new(shard_count()),
            attention: AtomicU8::new(0),
            hears_degraded: AtomicBool::new(has_quality(&in_force.definition)),
            mishaps: Mishaps::default(),
            news,
            outbox: Outbox::default(),
            examples: Examples::default(),
            traces: Traces::new(),
            deploy,
            recalled,
            state: Mutex::new(None),
            in_force: RwLock::new(Arc::new(in_force)),
        }
    }

    /// Gives the value to the rest of the process, as [`Vec::leak`] does. Once per process; its memory is never freed.
    pub fn leak(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// The route of a template; `None` for requests that matched no route.
    ///
    /// A template is what the router matched, such as `/users/{id}`, never the path of a request. Templates not seen before
    /// are created here, under a lock, up to the definition's bound; the rest is counted as `other`. Cost of a known one:
    /// one hash and one comparison of the string.
    #[inline]
    pub fn route(&self, template: Option<&str>) -> RouteId {
        self.routes.resolve(template, ClassId::NONE)
    }

    /// As [`route`](Self::route), for what holds its template in memory that its clones share, as an `Arc<str>` does. A clone is
    /// kept at first sight. Cost of a known one: comparing its address.
    #[doc(hidden)]
    #[inline]
    pub fn route_held<T>(&self, holder: &T, template: fn(&T) -> &str) -> RouteId
    where
        T: Clone + Send + Sync + 'static,
    {
        self.routes.resolve_held(holder, template)
    }

    /// The route of a template, if it is known already: named by the definition, or seen before.
    #[inline]
    pub fn known_route(&self, template: &str) -> Option<RouteId> {
        self.routes.find(template, ClassId::NONE)
    }

    /// The route for calls to a dependency, judged by the SLOs of that dependency and by no other.
    ///
    /// Declare its name in the definition: calls to others are judged by no SLO, and counted together as `dependency:other` once
    /// the bound on routes is reached.
    pub fn dependency(&self, name: &str) -> RouteId {
        self.route(Some(&format!("{}{name}", Reason::DEPENDENCY)))
    }

    /// The request class of this name; none, and a flag, if the definition does not declare it.
    pub fn class(&self, name: &str) -> ClassId {
        let position = self.classes.iter().position(|class| class == name);
        if position.is_none() {
            // Relaxed: a number for people.
            self.mishaps.unknown_classes.fetch_add(1, Ordering::Relaxed);
        }
        position.map_or(ClassId::NONE, |position| ClassId::numbered(position + 1))
    }

    /// Where the route lies in memory, to tell it from every other thing; 0 for no route.
    #[doc(hidden)]
    pub fn address_of(&self, route: RouteId) -> usize {
        self.routes.get(route).map_or(0, |route| std::ptr::from_ref(route).addr())
    }

    /// Whether the definition declares request classes.
    #[doc(hidden)]
    #[inline]
    pub fn has_classes(&self) -> bool {
        !self.classes.is_empty()
    }

    /// Whether it means anything to some SLO that a response is [`Degraded`](goodput_model::Degraded), or has since the process
    /// began. Relaxed: set before requests begin under the definition that makes it so.
    #[doc(hidden)]
    #[inline]
    pub fn hears_degraded(&self) -> bool {
        self.hears_degraded.load(Ordering::Relaxed)
    }

    pub(crate) fn hear_degraded(&self, heard: bool) {
        self.hears_degraded.store(heard, Ordering::Relaxed);
    }

    /// The same route for requests of this class, made at first sight. Cost: that of [`route`](Self::route).
    pub fn in_class(&self, route: RouteId, class: ClassId) -> RouteId {
        self.routes.in_class(route, class)
    }

    /// Successful responses on this route are streams from here on: judged at their head, in flight no longer than that. For
    /// routes that are known when the instance is built, say so there: [`stream_routes`](GoodputBuilder::stream_routes).
    pub fn mark_streaming(&self, route: RouteId) {
        self.routes.mark_streaming(route);
    }

    /// Work that is no request, under a name that SLOs select as they select routes.
    pub fn work(&self, name: &str) -> Work<'_> {
        Work::new(self, name)
    }

    /// The name of this instance in this process, so that nobody counts it twice: 32 hexadecimal digits, the same for as long as it lives, and others
    /// for every other instance, process and start. Status documents and state files carry it.
    pub fn instance(&self) -> String {
        self.identity.name()
    }

    /// Now, on this instance's timeline.
    pub fn now(&self) -> Moment {
        self.timeline.now()
    }

    /// What a clock on the wall shows now: it labels what leaves the process, and measures nothing.
    pub fn wall(&self) -> SystemTime {
        self.timeline.wall_at(self.now())
    }

    /// Starts a thread that ticks until the returned guard is dropped.
    pub fn start_ticker(&'static self) -> Result<Ticker, TickerError> {
        Ticker::start(self)
    }

    /// Everything this process knows about its SLOs now, as one owned value.
    ///
    /// Cost: one pass over the cells, the latencies' octaves in use and the routes' names: under 2 ms for 100 SLOs on 1,000
    /// routes, and more where many threads have spread over the shards. Nothing waits for it on the record path.
    pub fn status(&self) -> Status {
        // The time first, the counts after: no event within a window is missed. Both before the lock: a tick does not wait
        // for them, and its newer mark lies behind no far edge.
        let (mut now, mut in_force) = (self.now(), self.in_force());
        let mut detail = self.read_detail(&in_force);
        let monitor = self.monitor.lock();
        if !Arc::ptr_eq(&in_force, &self.in_force.read()) {
            // The monitor has gone on to another definition meanwhile. While its lock is held it goes on to no further one.
            (now, in_force) = (self.now(), self.in_force());
            detail = self.read_detail(&in_force);
        }
        let guards = self.guards.show(now, &detail, &in_force, &self.routes, &self.reasons);
        let mut status = compose(crate::read::Parts {
            in_force: &in_force,
            monitor: &monitor,
            detail,
            now,
            tick_every: self.tick_every,
            routes: &self.routes,
            mishaps: &self.mishaps,
            gauges: &self.gauges,
            wall: self.timeline.wall_at(now),
            queued: self.queue.len(),
            stopwatch: self.stopwatch.kind(),
            panicked: self.news.panics(),
            backlog: self.outbox.backlog(now),
        })
        .with_guards(guards);
        status.deploy.clone_from(&self.deploy);
        let of_file = self.state.lock().as_ref().map(|health| health.flags());
        status.flags.extend(self.recalled.iter().cloned().chain(of_file.into_iter().flatten()));
        status
    }

    /// A status at most `max_age` of real time old, shared with whoever else asked for one meanwhile.
    ///
    /// For exporters that ask once per instrument and want one answer. On a manual stopwatch every status is new.
    pub fn status_within(&self, max_age: Duration) -> Arc<Status> {
        let mut shared = self.shared.lock();
        let fresh = |shared: &&Shared| {
            !self.stopwatch.is_manual() && u128::from(self.stopwatch.nanos_since(shared.read_at)) <= max_age.as_nanos()
        };
        if let Some(shared) = shared.as_ref().filter(fresh) {
            return Arc::clone(&shared.status);
        }
        let status = Arc::new(self.status());
        // From when it was complete, so that a status that took long to read is shared all the same.
        *shared = Some(Shared { read_at: self.stopwatch.read(), status: Arc::clone(&status) });
        status
    }

    /// What the counters stand at, in all their detail.
    pub(crate) fn read_detail(&self, in_force: &InForce) -> Detail {
        read_detail(&self.routes, &self.reasons, in_force)
    }

    /// No status from before this moment is shared any longer.
    pub(crate) fn forget_shared_status(&self) {
        *self.shared.lock() = None;
    }

    /// The definition in force: what it was built from, or what was [reloaded](Self::reload) last.
    pub fn definition(&self) -> Arc<Definition> {
        Arc::clone(&self.in_force.read().definition)
    }

    pub(crate) fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read())
    }

    /// For each SLO of the definition, by name, every verdict that its rules can give to an event, and could before a reload, or
    /// to a slice where it judges those, so that an exporter can begin each series at 0.
    ///
    /// A handler's own verdicts appear with [`Reason::HANDLER`](goodput_model::Reason::HANDLER).
    pub fn possible_verdicts(&self) -> Vec<(String, Vec<Verdict>)> {
        // The lock first, as its slices are those of the definition in force.
        let monitor = self.monitor.lock();
        let in_force = self.in_force();
        let mut possible: Vec<_> = in_force.slos.iter().map(|slo| (slo.name.clone(), Vec::new())).collect();
        for version in self.routes.versions() {
            let owners: Vec<_> = version.slos().iter().map(|id| in_force.owner(*id)).collect();
            for class in version.table().classes() {
                for (owner, verdict) in owners.iter().zip(&class.verdicts) {
                    let known = owner.and_then(|owner| possible.get_mut(owner.row));
                    let (Some(verdict), Some((_, known))) = (verdict, known) else { continue };
                    if !known.contains(verdict) {
                        known.push(*verdict);
                    }
                }
            }
        }
        for (index, (_, known)) in possible.iter_mut().enumerate() {
            self.guards.add_possible(known);
            if let Some(reason) = monitor.slices.reason(index) {
                *known = vec![Verdict::Good, Verdict::Bad(reason)];
            }
        }
        possible
    }

    /// A layer of this instance was called inside another one's request and counted nothing. Raises a flag.
    #[doc(hidden)]
    #[cold]
    pub fn note_nested_layer(&self) {
        // Relaxed: a number for people.
        self.mishaps.nested_layers.fetch_add(1, Ordering::Relaxed);
    }

    /// A layered service failed before it was ready for a request. No request was accepted, so none is counted.
    #[doc(hidden)]
    #[cold]
    pub fn note_unready(&self) {
        self.mishaps.unready.fetch_add(1, Ordering::Relaxed);
    }

    /// The status tells from here on how the state file fares.
    pub(crate) fn watch_state(&self, health: &Arc<Health>) {
        *self.state.lock() = Some(Arc::clone(health));
    }

    pub(crate) fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    #[inline]
    pub(crate) fn guards(&self) -> &Guards {
        &self.guards
    }

    pub(crate) fn class_names(&self) -> &[String] {
        &self.classes
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The present slot of time.
    #[inline]
    pub(crate) fn present(&self) -> &Present {
        &self.present
    }

    #[inline]
    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }

    pub(crate) fn reasons(&self) -> &Reasons {
        &self.reasons
    }

    #[inline]
    pub(crate) fn stopwatch(&self) -> &Stopwatch {
        &self.stopwatch
    }
}

/// Whether some SLO looks at quality.
pub(crate) fn has_quality(definition: &Definition) -> bool {
    definition.slos.iter().any(|slo| slo.indicator() == Indicator::Quality)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use goodput_model::{JudgedAt, Slo};

    use super::*;
    use crate::classify::{Code, Ending};
    use crate::request::{Head, Request};

    #[test]
    fn recording_takes_none_of_the_locks() {
        let goodput = Goodput::builder("locks")
            .slo(Slo::availability("end", "99%"))
            .slo(Slo::latency("head", "99%", Duration::from_secs(1)).judged_at(JudgedAt::Head))
            .build()
            .unwrap()
            .leak();
        let record_all = move || {
            for status in [200, 404, 500] {
                let mut request = Request::begin(goodput, goodput.route(Some("/known")));
                let (code, verdict) = (Code::http(status), Some(Verdict::bad("word")));
                request.respond(goodput, Head { code, verdict, degraded: true, stream: status == 404 });
                request.first_byte(goodput);
                request.end(goodput, Ending::Completed);
                Request::begin(goodput, goodput.route(None)).end(goodput, Ending::Dropped);
            }
            goodput.work("/known").good();
        };
        record_all(); // The route, and what is allocated once, are there from here on.
        let _held = (goodput.ledger.lock(), goodput.monitor.lock(), goodput.in_force.write());
        let _held = (goodput.shared.lock(), goodput.routes.lock_admission());
        let (done, recorded) = mpsc::channel();
        thread::spawn(move || {
            record_all();
            done.send(()).unwrap();
        });
        recorded.recv_timeout(Duration::from_secs(10)).expect("nobody waits for a lock");
    }
}
