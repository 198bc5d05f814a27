//! One request from its beginning to its end: the state a middleware carries between its decision points.

use goodput_model::Verdict;

use crate::Goodput;
use crate::classify::{Code, Ending, Histogram, Word};
use crate::clock::Reading;
use crate::record::{Point, Reasons, Route, RouteId, Said, Slot};

/// A request in flight, for whoever instruments a protocol. It is data; recording needs the [`Goodput`] it began on. On
/// another one it would be in flight for ever here, and end without a beginning there.
///
/// Call [`respond`](Self::respond) when there is a response head, [`first_byte`](Self::first_byte) at the first byte of the
/// body, and [`end`](Self::end) when it is over, from a `Drop` if nothing else came first. Calls that come too late or twice
/// do nothing, so a request is counted once however its owner ends.
///
/// ```
/// use goodput_core::{Code, Ending, Goodput, Request, Slo};
///
/// let goodput = Goodput::builder("names").slo(Slo::availability("lookups-ok", "99.9%")).build()?;
/// let mut request = Request::begin(&goodput, goodput.route(Some("lookup")));
/// if request.respond(&goodput, Code::http(200)) {
///     request.end(&goodput, Ending::Completed); // the SLO waits for the end of the response
/// }
/// assert_eq!(goodput.status().slo("lookups-ok").unwrap().counts.good, 1);
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
///
/// Cost: two clock readings to the head, one more at each later point that some SLO of the route measures, and one at the
/// end of a stream.
#[derive(Debug)]
pub struct Request {
    route: RouteId,
    slot: Slot,
    stage: Stage,
    word: Word,
    code: Code,
    stream: bool,
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
    /// A stream that every SLO has judged: only its lifetime is still to be known.
    Stream,
    Over,
}

/// What is known with the head of a response.
///
/// ```
/// use goodput_core::{Code, Head, Verdict};
///
/// let declined = Head { verdict: Some(Verdict::excluded("card_declined")), ..Head::new(Code::http(402)) };
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// The status, or the code of a gRPC response that has it in its headers.
    pub code: Code,
    /// The handler's own verdict.
    pub verdict: Option<Verdict>,
    /// Whether the handler marked it degraded.
    pub degraded: bool,
    /// Whether it begins a stream, which lives as long as its client likes. A response on a route that is marked so begins
    /// one if it is a success.
    pub stream: bool,
}

impl Head {
    /// A response that says no more than this.
    pub const fn new(code: Code) -> Self {
        Self { code, verdict: None, degraded: false, stream: false }
    }
}

impl From<Code> for Head {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl Request {
    /// A request on `route` begins now.
    #[inline]
    pub fn begin(goodput: &Goodput, route: RouteId) -> Self {
        Self::begin_at(goodput, route, goodput.stopwatch().read())
    }

    /// A request on `route` began when the stopwatch was read.
    #[inline]
    pub(crate) fn begin_at(goodput: &Goodput, route: RouteId, begun: Reading) -> Self {
        let slot = goodput.present().read();
        if let Some(route) = goodput.routes().get(route) {
            route.begin(slot, 1);
        }
        Self::resumed(route, slot, begun)
    }

    /// A request without a head yet that began there and then.
    #[inline]
    pub(crate) fn resumed(route: RouteId, slot: Slot, begun: Reading) -> Self {
        Self {
            route,
            slot,
            stage: Stage::Waiting,
            word: Word::Nothing,
            code: Code::http(200),
            stream: false,
            said: None,
            begun,
            head: 0,
            first: None,
            end_base: 0,
        }
    }

    /// The route it is counted on.
    pub fn route(&self) -> RouteId {
        self.route
    }

    /// The handler's verdict, said before there is a head. The head's own goes before it; of several the last counts.
    #[cold]
    pub fn say(&mut self, goodput: &Goodput, verdict: Verdict) {
        if self.stage == Stage::Waiting {
            (self.word, self.said) = (Word::heard(Some(verdict), false), goodput.reasons().said(Some(verdict)));
        }
    }

    pub(crate) fn slot(&self) -> Slot {
        self.slot
    }

    /// It began at `begun` already, by so many nanoseconds earlier.
    pub(crate) fn began_earlier(&mut self, goodput: &Goodput, begun: Reading) -> u64 {
        let earlier = goodput.stopwatch().nanos_between(begun, self.begun);
        self.begun = begun;
        earlier
    }

    /// Somebody else records its end.
    pub(crate) fn hand_over(&mut self) {
        self.stage = Stage::Over;
    }

    /// There is a response head.
    ///
    /// Returns whether the end is of interest: some SLO waits for it, or it is that of a stream. If not, the request is over.
    #[inline]
    pub fn respond(&mut self, goodput: &Goodput, head: impl Into<Head>) -> bool {
        if self.stage == Stage::Waiting {
            self.respond_after(goodput, head.into(), self.elapsed(goodput));
        }
        matches!(self.stage, Stage::Body | Stage::Stream)
    }

    /// As [`respond`](Self::respond), `elapsed` nanoseconds after the beginning.
    #[inline]
    pub(crate) fn respond_after(&mut self, goodput: &Goodput, head: Head, elapsed: u64) {
        let Some(route) = goodput.routes().get(self.route) else { return };
        self.code = head.code;
        if head.verdict.is_some() || self.word == Word::Nothing {
            self.word = Word::heard(head.verdict, head.degraded);
            self.said = goodput.reasons().said(head.verdict);
        } else if head.degraded && self.word == Word::Good {
            self.word = Word::GoodButDegraded;
        }
        self.stream = head.stream || (route.streams() && head.code.is_success());
        self.head = elapsed;
        let at_head = route.table().at_head(head.code, self.word, self.stream, elapsed);
        if let Some(said) = self.said {
            route.give_reason(said, Point::Head, 1);
            if self.stream {
                route.give_reason(said, Point::StreamHead, 1);
            }
        }
        if let Some(end_base) = at_head.end_base {
            self.end_base = end_base;
            self.stage = Stage::Body;
            if self.stream {
                // It is as old as its client likes: no sign of anything.
                self.open_stream(goodput, route);
            }
        } else {
            if at_head.histogram == Histogram::Error {
                self.note_error(route, Ending::Completed);
            }
            if self.stream {
                self.stage = Stage::Stream;
                self.open_stream(goodput, route);
            } else {
                self.stage = Stage::Over;
                route.leave(self.slot, goodput.present().read(), 1);
            }
        }
        route.add_timed(at_head.class, at_head.histogram, elapsed);
    }

    #[cold]
    fn open_stream(&self, goodput: &Goodput, route: &Route) {
        route.leave(self.slot, goodput.present().read(), 1);
        route.open_stream();
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
        match self.stage {
            Stage::Body => self.finish(goodput, Ending::Completed, self.head),
            Stage::Stream => self.close_stream(goodput, self.head),
            Stage::Waiting | Stage::Over => {}
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
                route.leave(self.slot, goodput.present().read(), 1);
                route.add_timed(class, histogram, elapsed);
            }
            Stage::Body => {
                let times = route.table().times_the_end() || self.stream;
                let elapsed = if times { self.elapsed(goodput) } else { self.head };
                self.finish(goodput, ending, elapsed);
            }
            Stage::Stream => self.close_stream(goodput, self.elapsed(goodput)),
        }
    }

    /// The request is over, and its end says how it went in place of its head: a gRPC response that has its code in
    /// trailers, or has come to its end without one.
    pub fn end_with(&mut self, goodput: &Goodput, ending: Ending, code: Code) {
        if self.stage == Stage::Body
            && let Some(route) = goodput.routes().get(self.route)
        {
            self.code = code;
            self.end_base = route.table().end_base(code, self.word, self.stream, self.head);
        }
        self.end(goodput, ending);
    }

    /// Whether the request has been recorded to its end.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    #[inline]
    fn finish(&mut self, goodput: &Goodput, ending: Ending, elapsed: u64) {
        self.stage = Stage::Over;
        let Some(route) = goodput.routes().get(self.route) else { return };
        if let Some(said) = self.said {
            route.give_reason(said, if self.stream { Point::StreamEnd } else { Point::End }, 1);
        }
        if self.code.is_failure() || self.word == Word::Bad {
            self.note_error(route, ending);
        }
        let (begun, first) = (self.first.is_some(), self.first.unwrap_or(elapsed));
        if self.stream {
            route.close_stream(elapsed.saturating_sub(self.head));
        } else {
            if ending == Ending::Completed && self.word.is_served(self.code) {
                self.time_later(route, elapsed);
            }
            route.leave(self.slot, goodput.present().read(), 1);
        }
        route.add(route.table().at_end(self.end_base, ending, begun, first, elapsed), 1);
    }

    /// The figures beyond the head, where some SLO has had their clock read.
    #[inline]
    fn time_later(&self, route: &Route, elapsed: u64) {
        if route.table().times_the_first_byte() {
            route.time_first_byte(self.first.unwrap_or(elapsed));
        }
        if route.table().measures_the_end() {
            route.time_end(elapsed);
        }
    }

    #[cold]
    fn close_stream(&mut self, goodput: &Goodput, elapsed: u64) {
        self.stage = Stage::Over;
        if let Some(route) = goodput.routes().get(self.route) {
            route.close_stream(elapsed.saturating_sub(self.head));
        }
    }

    /// Counts the word for what went wrong, where the way it ended does not say it alone. Just before it is finished.
    #[cold]
    fn note_error(&self, route: &Route, ending: Ending) {
        if !matches!(ending, Ending::Completed | Ending::Dropped) {
            return;
        }
        match self.word {
            Word::Nothing | Word::Degraded if self.code.is_failure() && self.code != Code::NO_GRPC_STATUS => {
                route.give_error(Reasons::error(self.code), 1);
            }
            Word::Bad => {
                if let Some(said) = self.said {
                    route.give_error(said, 1);
                }
            }
            _ => {}
        }
    }

    #[inline]
    fn elapsed(&self, goodput: &Goodput) -> u64 {
        goodput.stopwatch().nanos_since(self.begun)
    }
}
