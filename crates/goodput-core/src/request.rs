//! One request from its beginning to its end: the state a middleware carries between its decision points.

use goodput_model::Verdict;

use crate::Goodput;
use crate::alert::{TraceMark, TraceParent};
use crate::classify::{ClassIndex, Code, Ending, Histogram, Word};
use crate::clock::Reading;
use crate::record::{Figure, Point, Reasons, RouteId, Said, Slot, Version, VersionId};

/// A request in flight, for whoever instruments a protocol. It is data; recording needs the [`Goodput`] it began on. On
/// another one it would be in flight for ever here, and end without a beginning there. To its end it is judged by the rules that
/// were in force when it began, whatever is [reloaded](Goodput::reload) meanwhile.
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
    version: VersionId,
    slot: Slot,
    begun: Reading,
    stage: Stage,
    trace: TraceMark,
}

/// How far it has come, with what has to be remembered from here on.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// No response yet, and nothing said.
    Waiting,
    /// No response yet, but a word of the handler's.
    Told(Heard),
    /// A head, and some SLO waits for the end.
    Body(Ahead),
    /// A stream that every SLO has judged: only its lifetime is still to be known. It had its head after so many nanoseconds.
    Stream {
        head: u64,
    },
    Over,
}

/// What the handler said.
#[derive(Clone, Copy, Debug)]
struct Heard {
    word: Word,
    said: Option<Said>,
}

impl Heard {
    const NOTHING: Self = Self { word: Word::Nothing, said: None };

    fn of(goodput: &Goodput, verdict: Option<Verdict>, degraded: bool) -> Self {
        Self { word: Word::heard(verdict, degraded), said: goodput.reasons().said(verdict) }
    }
}

/// What the head said and when, for the end.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    /// Time to the head, then to the first byte, in nanoseconds; [`UNSEEN`] until then.
    head: u64,
    first: u64,
    end_base: u32,
    code: Code,
    heard: Heard,
    /// Whether its code or the handler make it a failure.
    fails: bool,
    stream: bool,
    /// Whether some SLO measures the first byte.
    times_first: bool,
}

/// The first byte has not been seen.
const UNSEEN: u64 = u64::MAX;

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

    /// Whether it says no more than its code.
    #[inline]
    const fn is_plain(&self) -> bool {
        self.verdict.is_none() && !self.degraded && !self.stream
    }
}

impl From<Code> for Head {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl Request {
    /// A request on `route` begins now.
    #[expect(clippy::inline_always, reason = "as below")]
    #[inline(always)]
    pub fn begin(goodput: &Goodput, route: RouteId) -> Self {
        Self::begin_at(goodput, route, goodput.stopwatch().read())
    }

    /// A request on `route` began when the stopwatch was read.
    #[expect(clippy::inline_always, reason = "on the path of every request, and a value that would be moved twice")]
    #[inline(always)]
    pub(crate) fn begin_at(goodput: &Goodput, route: RouteId, begun: Reading) -> Self {
        let slot = goodput.present().read();
        let version = goodput.routes().begin(route, slot);
        Self::resumed(version, slot, begun)
    }

    /// A request without a head yet that began there and then.
    #[inline]
    pub(crate) fn resumed(version: VersionId, slot: Slot, begun: Reading) -> Self {
        Self { version, slot, begun, stage: Stage::Waiting, trace: TraceMark::NONE }
    }

    /// Where it belongs, so that somebody can look at it if it turns out bad. Worth calling while the instance
    /// [is armed](Goodput::is_armed).
    #[cold]
    pub fn trace(&mut self, goodput: &Goodput, parent: TraceParent) {
        self.trace = goodput.traces.remember(parent);
    }

    /// It was decided so: kept as an example, if it was bad for some SLO.
    #[cold]
    fn remember(&self, goodput: &Goodput, route: &Version, class: ClassIndex, elapsed: u64) {
        let class = class.get().and_then(|class| route.table().classes().get(class));
        let (home, trace) = (goodput.routes().get(self.route()), goodput.traces.find(self.trace));
        if let (Some(class), Some(home), Some(trace)) = (class, home, trace) {
            let verdicts = route.slos().iter().copied().zip(class.verdicts.iter().copied());
            goodput.remember(verdicts, home.template(), elapsed, trace);
        }
    }

    /// The route it is counted on.
    pub fn route(&self) -> RouteId {
        self.version.route()
    }

    /// The version of the route it is counted under.
    pub(crate) fn version(&self) -> VersionId {
        self.version
    }

    /// The handler's verdict, said before there is a head. The head's own goes before it; of several the last counts.
    #[cold]
    pub fn say(&mut self, goodput: &Goodput, verdict: Verdict) {
        if matches!(self.stage, Stage::Waiting | Stage::Told(_)) {
            self.stage = Stage::Told(Heard::of(goodput, Some(verdict), false));
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
        let head = head.into();
        if head.is_plain() { self.respond_plainly(goodput, head.code) } else { self.respond_specially(goodput, head) }
    }

    /// A head that says no more than its code, as nearly all do. One function from the clock to the last addition, and out of
    /// line: what is generic over services around it stays small.
    #[inline(never)]
    fn respond_plainly(&mut self, goodput: &Goodput, code: Code) -> bool {
        let Stage::Waiting = self.stage else { return self.respond_specially(goodput, code.into()) };
        let elapsed = self.elapsed(goodput);
        let Some(route) = goodput.routes().version(self.version) else { return false };
        if route.streams() {
            self.pass_special_head(goodput, route, code.into(), elapsed)
        } else {
            self.pass_head(goodput, route, code, Heard::NOTHING, false, elapsed)
        }
    }

    #[cold]
    fn respond_specially(&mut self, goodput: &Goodput, head: Head) -> bool {
        match self.stage {
            Stage::Waiting | Stage::Told(_) => self.respond_after(goodput, head, self.elapsed(goodput)),
            Stage::Body(_) | Stage::Stream { .. } => true,
            Stage::Over => false,
        }
    }

    /// As [`respond`](Self::respond), `elapsed` nanoseconds after the beginning.
    pub(crate) fn respond_after(&mut self, goodput: &Goodput, head: Head, elapsed: u64) -> bool {
        goodput
            .routes()
            .version(self.version)
            .is_some_and(|route| self.pass_special_head(goodput, route, head, elapsed))
    }

    /// A head that says more than its code, or comes after something was said, or is that of a stream.
    #[cold]
    fn pass_special_head(&mut self, goodput: &Goodput, route: &Version, head: Head, elapsed: u64) -> bool {
        let in_all = match self.stage {
            Stage::Told(told) if head.verdict.is_none() => {
                let degraded = head.degraded && told.word == Word::Good;
                Heard { word: if degraded { Word::GoodButDegraded } else { told.word }, ..told }
            }
            _ => Heard::of(goodput, head.verdict, head.degraded),
        };
        let stream = head.stream || (route.streams() && head.code.is_success());
        if let Some(said) = in_all.said {
            route.give_reason(said, Point::Head, 1);
            if stream {
                route.give_reason(said, Point::StreamHead, 1);
            }
        }
        self.pass_head(goodput, route, head.code, in_all, stream, elapsed)
    }

    /// Inlined where it is known that nothing was said, which leaves a few loads and additions.
    #[expect(clippy::inline_always, reason = "half of it is not there where nothing was said")]
    #[inline(always)]
    fn pass_head(
        &mut self,
        goodput: &Goodput,
        route: &Version,
        code: Code,
        heard: Heard,
        stream: bool,
        elapsed: u64,
    ) -> bool {
        let at_head = route.table().at_head(code, heard.word, stream, elapsed);
        let (class, histogram) = (at_head.class, at_head.histogram);
        if !self.trace.is_none() {
            self.remember(goodput, route, class, elapsed);
        }
        if let Some(end_base) = at_head.end_base {
            let fails = histogram == Histogram::Error;
            let times_first = route.table().times_the_first_byte();
            self.stage =
                Stage::Body(Ahead { head: elapsed, first: UNSEEN, end_base, code, heard, fails, stream, times_first });
            if stream {
                // It is as old as its client likes: no sign of anything.
                self.open_stream(goodput, route);
            }
            route.add_timed(class, histogram, elapsed);
            return true;
        }
        if histogram == Histogram::Error {
            note_error(route, code, heard, Ending::Completed);
        }
        if stream {
            self.stage = Stage::Stream { head: elapsed };
            self.open_stream(goodput, route);
            route.add_timed(class, histogram, elapsed);
        } else {
            self.stage = Stage::Over;
            route.finish_timed((self.slot, goodput.present().read()), class, histogram, elapsed);
        }
        stream
    }

    #[cold]
    fn open_stream(&self, goodput: &Goodput, route: &Version) {
        route.leave(self.slot, goodput.present().read(), 1);
        route.open_stream();
    }

    /// The first byte of the body is there.
    #[inline]
    pub fn first_byte(&mut self, goodput: &Goodput) {
        let now = || goodput.stopwatch().nanos_since(self.begun);
        if let Stage::Body(ahead) = &mut self.stage
            && ahead.first == UNSEEN
        {
            ahead.first = if ahead.times_first { now() } else { ahead.head };
        }
    }

    /// The response is complete with its head: there is no body, or nobody will read it. Reads no clock.
    #[inline]
    pub fn complete_at_head(&mut self, goodput: &Goodput) {
        match self.stage {
            Stage::Body(ahead) => {
                if let Some(route) = goodput.routes().version(self.version) {
                    self.finish(goodput, route, &ahead, Ending::Completed, ahead.head);
                }
            }
            Stage::Stream { head } => self.close_stream(goodput, head, head),
            Stage::Waiting | Stage::Told(_) | Stage::Over => {}
        }
    }

    /// The request is over.
    #[inline]
    pub fn end(&mut self, goodput: &Goodput, ending: Ending) {
        let Some(route) = goodput.routes().version(self.version) else { return };
        match self.stage {
            Stage::Over => {}
            Stage::Waiting | Stage::Told(_) => {
                self.stage = Stage::Over;
                let elapsed = self.elapsed(goodput);
                let (class, histogram) = route.table().early(ending, elapsed);
                if !self.trace.is_none() {
                    self.remember(goodput, route, class, elapsed);
                }
                route.finish_timed((self.slot, goodput.present().read()), class, histogram, elapsed);
            }
            Stage::Body(ahead) => {
                let times = route.table().times_the_end() || ahead.stream;
                let elapsed = if times { self.elapsed(goodput) } else { ahead.head };
                self.finish(goodput, route, &ahead, ending, elapsed);
            }
            Stage::Stream { head } => self.close_stream(goodput, head, self.elapsed(goodput)),
        }
    }

    /// The request is over, and its end says how it went in place of its head: a gRPC response that has its code in
    /// trailers, or has come to its end without one.
    pub fn end_with(&mut self, goodput: &Goodput, ending: Ending, code: Code) {
        if let Stage::Body(ahead) = &mut self.stage
            && let Some(route) = goodput.routes().version(self.version)
        {
            ahead.code = code;
            ahead.fails = code.is_failure() || ahead.heard.word == Word::Bad;
            ahead.end_base = route.table().end_base(code, ahead.heard.word, ahead.stream, ahead.head);
        }
        self.end(goodput, ending);
    }

    /// Whether the request has been recorded to its end.
    #[inline]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    #[expect(clippy::inline_always, reason = "at the end of every body that is followed")]
    #[inline(always)]
    fn finish(&mut self, goodput: &Goodput, route: &Version, ahead: &Ahead, ending: Ending, elapsed: u64) {
        self.stage = Stage::Over;
        let Ahead { head, first, end_base, code, heard, fails, stream, times_first } = *ahead;
        if let Some(said) = heard.said {
            route.give_reason(said, if stream { Point::StreamEnd } else { Point::End }, 1);
        }
        if fails {
            note_error(route, code, heard, ending);
        }
        let begun = first != UNSEEN;
        let first = if begun { first } else { elapsed };
        if stream {
            route.close_stream(elapsed.saturating_sub(head));
        } else {
            if route.table().times_the_end() && ending == Ending::Completed && heard.word.is_served(code) {
                time_later(route, times_first.then_some(first), elapsed);
            }
            route.leave(self.slot, goodput.present().read(), 1);
        }
        let class = route.table().at_end(end_base, ending, begun, first, elapsed);
        if !self.trace.is_none() {
            self.remember(goodput, route, class, elapsed);
        }
        route.add(class, 1);
    }

    #[cold]
    fn close_stream(&mut self, goodput: &Goodput, head: u64, elapsed: u64) {
        self.stage = Stage::Over;
        if let Some(route) = goodput.routes().version(self.version) {
            route.close_stream(elapsed.saturating_sub(head));
        }
    }

    #[inline]
    fn elapsed(&self, goodput: &Goodput) -> u64 {
        goodput.stopwatch().nanos_since(self.begun)
    }
}

/// The figures beyond the head, where some SLO has had their clock read.
#[inline]
fn time_later(route: &Version, first: Option<u64>, elapsed: u64) {
    if let Some(first) = first {
        route.time(Figure::FirstByte, first);
    }
    if route.table().measures_the_end() {
        route.time(Figure::End, elapsed);
    }
}

/// Counts the word for what went wrong, where the way it ended does not say it alone. Just before it is finished.
#[cold]
fn note_error(route: &Version, code: Code, heard: Heard, ending: Ending) {
    if !matches!(ending, Ending::Completed | Ending::Dropped) {
        return;
    }
    match heard.word {
        Word::Nothing | Word::Degraded if code.is_failure() && code != Code::NO_GRPC_STATUS => {
            route.give_error(Reasons::error(code), 1);
        }
        Word::Bad => {
            if let Some(said) = heard.said {
                route.give_error(said, 1);
            }
        }
        _ => {}
    }
}
