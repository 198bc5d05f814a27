//! One request from its beginning to its end: the state a middleware carries between its decision points.

use goodput_model::Verdict;

use crate::Goodput;
use crate::classify::{Ending, Word};
use crate::clock::Reading;
use crate::record::{Point, RouteId, Said};

/// A request in flight, for whoever instruments a protocol. It is data; recording needs the [`Goodput`] it began on. On
/// another one it would be in flight for ever here, and end without a beginning there.
///
/// Call [`respond`](Self::respond) when there is a response head, [`first_byte`](Self::first_byte) at the first byte of the
/// body, and [`end`](Self::end) when it is over, from a `Drop` if nothing else came first. Calls that come too late or twice
/// do nothing, so a request is counted once however its owner ends.
///
/// Cost: two clock readings to the head, one more at each later point that some SLO of the route measures.
#[derive(Debug)]
pub struct Request {
    route: RouteId,
    stage: Stage,
    said: Option<Said>,
    begun: Reading,
    /// Time to the head, then to the first byte, in nanoseconds.
    head: u64,
    first: Option<u64>,
    end_base: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// No response yet.
    Waiting,
    /// A head, and some SLO waits for the end.
    Body,
    Over,
}

impl Request {
    /// A request on `route` begins now.
    #[inline]
    pub fn begin(goodput: &Goodput, route: RouteId) -> Self {
        if let Some(route) = goodput.routes().get(route) {
            route.begin(1);
        }
        let begun = goodput.stopwatch().read();
        Self { route, stage: Stage::Waiting, said: None, begun, head: 0, first: None, end_base: 0 }
    }

    /// There is a response head. `verdict` is the handler's own, `degraded` whether it marked the response so.
    ///
    /// Returns whether some SLO waits for the end; if not, the request is over.
    #[inline]
    pub fn respond(&mut self, goodput: &Goodput, status: u16, verdict: Option<Verdict>, degraded: bool) -> bool {
        if self.stage == Stage::Waiting {
            self.respond_after(goodput, status, verdict, degraded, self.elapsed(goodput));
        }
        self.stage == Stage::Body
    }

    /// As [`respond`](Self::respond), `elapsed` nanoseconds after the beginning.
    #[inline]
    pub(crate) fn respond_after(
        &mut self,
        goodput: &Goodput,
        status: u16,
        verdict: Option<Verdict>,
        degraded: bool,
        elapsed: u64,
    ) {
        let Some(route) = goodput.routes().get(self.route) else { return };
        let table = route.table();
        let at_head = table.at_head(status, Word::heard(verdict, degraded), elapsed);
        self.head = elapsed;
        self.said = goodput.reasons().said(verdict);
        if let Some(said) = self.said {
            route.give_reason(said, Point::Head, 1);
        }
        if table.decides_at_end() {
            self.end_base = at_head.end_base;
            self.stage = Stage::Body;
        } else {
            self.stage = Stage::Over;
        }
        route.add_timed(at_head.class, at_head.histogram, elapsed);
    }

    /// The first byte of the body is there.
    #[inline]
    pub fn first_byte(&mut self, goodput: &Goodput) {
        if self.stage == Stage::Body
            && self.first.is_none()
            && let Some(route) = goodput.routes().get(self.route)
        {
            self.first = Some(if route.table().times_the_first_byte() { self.elapsed(goodput) } else { self.head });
        }
    }

    /// The response is complete with its head: there is no body, or nobody will read it. Reads no clock.
    #[inline]
    pub fn complete_at_head(&mut self, goodput: &Goodput) {
        if self.stage == Stage::Body {
            self.finish(goodput, Ending::Completed, self.head);
        }
    }

    /// The request is over.
    #[inline]
    pub fn end(&mut self, goodput: &Goodput, ending: Ending) {
        let Some(route) = goodput.routes().get(self.route) else { return };
        match self.stage {
            Stage::Over => {}
            Stage::Waiting => {
                self.stage = Stage::Over;
                let elapsed = self.elapsed(goodput);
                let (class, histogram) = route.table().early(ending, elapsed);
                route.add_timed(class, histogram, elapsed);
            }
            Stage::Body => {
                let elapsed = if route.table().times_the_end() { self.elapsed(goodput) } else { self.head };
                self.finish(goodput, ending, elapsed);
            }
        }
    }

    /// Whether the request has been recorded to its end.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    #[inline]
    fn finish(&mut self, goodput: &Goodput, ending: Ending, elapsed: u64) {
        self.stage = Stage::Over;
        if let Some(route) = goodput.routes().get(self.route) {
            if let Some(said) = self.said {
                route.give_reason(said, Point::End, 1);
            }
            let (begun, first) = (self.first.is_some(), self.first.unwrap_or(elapsed));
            route.add(route.table().at_end(self.end_base, ending, begun, first, elapsed), 1);
        }
    }

    #[inline]
    fn elapsed(&self, goodput: &Goodput) -> u64 {
        goodput.stopwatch().nanos_since(self.begun)
    }
}
