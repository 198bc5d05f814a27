//! The plain recording API: events that are not HTTP requests, counted on the same cells by the same rules.

use std::time::Duration;

use goodput_model::{Counts, Definition, Reason, Verdict};

use crate::Goodput;
use crate::classify::{Code, Ending, Word};
use crate::clock::nanos;
use crate::looks_at::find_thing;
use crate::record::{Point, RouteId};
use crate::request::{Head, Request};

/// A kind of work under a name of its own, which SLOs select as they select routes.
///
/// ```
/// use std::time::Duration;
/// use goodput_core::{Goodput, Slo, Verdict};
///
/// let goodput = Goodput::builder("importer").slo(Slo::availability("rows-ok", "99%").routes(["import"])).build()?;
/// let import = goodput.work("import");
/// import.good();
/// import.bad("malformed");
/// import.record(Verdict::Good, Duration::from_millis(3));
/// assert_eq!(goodput.status().slo("rows-ok").unwrap().counts.bad, 1);
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    goodput: &'a Goodput,
    route: RouteId,
    /// Where the records of this name are counted that were to come, and where the reads of its data, if somebody looks at them.
    arrivals: Option<RouteId>,
    reads: Option<RouteId>,
}

/// The reason of batches.
const BATCH: Reason = Reason::new("batch");
/// The largest part of a batch.
const MOST: u64 = 1 << 48;
/// What a verdict makes of work, which has no status.
const fn said(verdict: Verdict) -> Head {
    Head { verdict: Some(verdict), ..Head::new(Code::http(200)) }
}

impl<'a> Work<'a> {
    pub(crate) fn new(goodput: &'a Goodput, name: &str) -> Self {
        let thing = |prefix| find_thing(goodput.routes(), prefix, name);
        let (arrivals, reads) = if goodput.gauges().counts_things() {
            (thing(Definition::COMPLETENESS), thing(Definition::READS))
        } else {
            (None, None)
        };
        Self { goodput, route: goodput.route(Some(name)), arrivals, reads }
    }

    /// One good event, untimed.
    pub fn good(self) {
        self.count(Verdict::Good, 1);
    }

    /// One bad event with its reason, untimed.
    pub fn bad(self, reason: &'static str) {
        self.count(Verdict::bad(reason), 1);
    }

    /// One excluded event with its reason, untimed.
    pub fn excluded(self, reason: &'static str) {
        self.count(Verdict::excluded(reason), 1);
    }

    /// One event that took `elapsed`. Latency SLOs judge it as they judge a response.
    pub fn record(self, verdict: Verdict, elapsed: Duration) {
        let mut request = Request::begin(self.goodput, self.route);
        request.respond_after(self.goodput, said(verdict), nanos(elapsed));
        request.complete_at_head(self.goodput);
    }

    /// A batch of events that somebody else counted, untimed. The reasons are counted as `batch`. Each part counts at most
    /// 2^48 at once, so that no counter comes near its end.
    pub fn add(self, counts: Counts) {
        self.count(Verdict::Good, counts.good.min(MOST));
        self.count(Verdict::Bad(BATCH), counts.bad.min(MOST));
        self.count(Verdict::Excluded(BATCH), counts.excluded.min(MOST));
    }

    /// So many of the records came that were to come, for completeness SLOs that name this work, at most 2^48 at once. Like records
    /// that are missing, they are events of their own: no other SLO counts them.
    pub fn arrived(self, count: u64) {
        if let Some(arrivals) = self.thing(self.arrivals, Definition::COMPLETENESS) {
            arrivals.count(Verdict::Good, count.min(MOST));
        }
    }

    /// So many of the records did not come that were to come, at most 2^48 at once. One that comes after all stays missing, and has
    /// arrived as well.
    pub fn missing(self, count: u64) {
        if let Some(arrivals) = self.thing(self.arrivals, Definition::COMPLETENESS) {
            arrivals.count(Verdict::Bad(Reason::MISSING), count.min(MOST));
        }
    }

    /// Of so many records that were to come, so many came, and the rest is missing. More than were to come make up for none that
    /// were missing at another time.
    pub fn add_arrivals(self, expected: u64, arrived: u64) {
        self.arrived(arrived.min(expected));
        self.missing(expected.saturating_sub(arrived));
    }

    /// Somebody read data of this name that was so old, for freshness SLOs that name it and judge reads. Equal to the threshold is
    /// good, to the nanosecond. A read is an event of its own: no other SLO counts it.
    pub fn read_at_age(self, age: Duration) {
        if let Some(reads) = self.thing(self.reads, Definition::READS) {
            reads.record(Verdict::Good, age);
        }
    }

    /// What is counted of the thing of this name; nothing, and a flag, where no SLO looks at it.
    fn thing(self, known: Option<RouteId>, prefix: &str) -> Option<Self> {
        let route = known.or_else(|| self.look_again(prefix))?;
        Some(Self { route, ..self })
    }

    #[cold]
    fn look_again(self, prefix: &str) -> Option<RouteId> {
        let name = self.goodput.routes().get(self.route)?.template();
        let found = find_thing(self.goodput.routes(), prefix, name);
        if found.is_none() {
            self.goodput.gauges().note_unknown(name);
        }
        found
    }

    /// Times one event from here to [`WorkGuard::finish`]. A guard dropped without a verdict counts as cancelled, or as
    /// panicked if a panic is what dropped it.
    pub fn start(self) -> WorkGuard<'a> {
        let request = Request::begin(self.goodput, self.route);
        WorkGuard { goodput: self.goodput, request, panicking: std::thread::panicking() }
    }

    fn count(self, verdict: Verdict, count: u64) {
        let Some(route) = self.goodput.routes().current(self.route).filter(|_| count > 0) else { return };
        let now = self.goodput.present().read();
        route.begin(now, count);
        if let Some(said) = self.goodput.reasons().said(Some(verdict)) {
            // An event that is over at once is decided at both points.
            route.give_reason(said, Point::Head, count);
            route.give_reason(said, Point::End, count);
            if matches!(verdict, Verdict::Bad(_)) {
                route.give_error(said, count);
            }
        }
        route.leave(now, now, count);
        route.add(route.table().untimed(Word::heard(Some(verdict), false)), count);
    }
}

/// One event being timed; see [`Work::start`].
#[derive(Debug)]
#[must_use = "a guard that is dropped at once counts as cancelled"]
pub struct WorkGuard<'a> {
    goodput: &'a Goodput,
    request: Request,
    panicking: bool,
}

impl WorkGuard<'_> {
    /// The event is over.
    pub fn finish(mut self, verdict: Verdict) {
        self.request.respond(self.goodput, said(verdict));
        self.request.complete_at_head(self.goodput);
    }
}

impl Drop for WorkGuard<'_> {
    fn drop(&mut self) {
        // A guard made while already unwinding is not ended by that panic.
        let panicked = std::thread::panicking() && !self.panicking;
        self.request.end(self.goodput, if panicked { Ending::Panicked } else { Ending::Dropped });
    }
}
