//! The guard that owns one request and records its end, whoever brings it about.

use std::borrow::Borrow;
use std::sync::Arc;

use goodput_core::{Arrival, Code, Ending, Goodput, Head, Request, RouteId, TraceParent, Verdict};
use http::{Extensions, HeaderMap};

use crate::head::Ahead;
use crate::nesting::{self, Scope};
use crate::outer;
use crate::rest::Over;
use crate::route::Candidate;

/// A request being recorded. It moves from the response future into the response body; where it is dropped, the request
/// is over: cancelled if there was no head yet, its body dropped otherwise.
///
/// [`Request`] counts itself only once, so every path here may end it without looking at the others.
#[derive(Debug)]
pub(crate) struct Recorder<H: Borrow<Goodput>> {
    goodput: H,
    request: Request,
    /// Whether it is a call to a dependency.
    dependency: bool,
    /// What it means if nobody waits for the end.
    if_dropped: Ending,
    /// What few requests bring along. Out of line, as recorders are moved about.
    luggage: Option<Box<Luggage>>,
}

#[derive(Debug, Default)]
struct Luggage {
    /// The outer layer it came through, until there is a head.
    arrival: Option<Arc<Arrival>>,
    /// A route that is not known yet, to be admitted once the service has shown that it is one.
    candidate: Option<Candidate>,
}

impl<H: Borrow<Goodput>> Recorder<H> {
    /// A request begins now.
    #[expect(clippy::inline_always, reason = "on the path of every request, and called once there")]
    #[inline(always)]
    pub(crate) fn begin(goodput: H, route: RouteId, dependency: bool) -> Self {
        let request = Request::begin(goodput.borrow(), route);
        Self { goodput, request, dependency, if_dropped: Ending::Dropped, luggage: None }
    }

    /// Something about requests that begin now needs a closer look.
    #[cold]
    pub(crate) fn attend(&mut self, headers: &HeaderMap) {
        if self.goodput().is_armed() {
            self.trace(headers);
        }
        self.meet_arrival();
    }

    /// Some budget burns: if the request turns out bad, its trace is worth looking at. The header is copied, in 24 bytes, and only
    /// now.
    #[cold]
    fn trace(&mut self, headers: &HeaderMap) {
        let header = headers.get("traceparent");
        if let Some(parent) = header.and_then(|header| TraceParent::parse(header.as_bytes())) {
            self.request.trace(self.goodput.borrow(), parent);
        }
    }

    /// Looks for the outer layer that the request came through: at the call, and at every poll until they meet.
    #[inline]
    pub(crate) fn meet_arrival(&mut self) {
        if self.goodput.borrow().has_outer_layer() && !self.dependency {
            self.look_for_arrival();
        }
    }

    #[cold]
    fn look_for_arrival(&mut self) {
        let goodput = self.goodput.borrow();
        // A future that panicked and is polled all the same is over.
        if !self.request.is_over()
            && self.luggage.as_ref().is_none_or(|luggage| luggage.arrival.is_none())
            && let Some(arrival) = outer::arrival_of(goodput)
            && arrival.meet(goodput, &mut self.request)
        {
            self.luggage.get_or_insert_default().arrival = Some(arrival);
        }
    }

    /// Admits this route once there is an answer that shows it to be one.
    pub(crate) fn admit_later(&mut self, candidate: Candidate) {
        self.luggage.get_or_insert_default().candidate = Some(candidate);
    }

    fn take_arrival(&mut self) -> Option<Arc<Arrival>> {
        self.luggage.as_mut().and_then(|luggage| luggage.arrival.take())
    }

    /// The service's own code runs while the returned guard stands. A panic that passes by it is recorded.
    ///
    /// Whether the thread is panicking when the future is dropped would not tell: with a catching layer around us the
    /// panic is over by then, and the request would look cancelled.
    #[inline]
    pub(crate) fn watch(&mut self) -> Watch<'_, H> {
        let outer = self.scope().enter();
        self.watch_from(outer)
    }

    /// As [`watch`](Self::watch), where the thread serves the request already.
    #[inline]
    pub(crate) fn watch_from(&mut self, outer: nesting::Outer) -> Watch<'_, H> {
        Watch { recorder: self, outer, returned: false }
    }

    #[inline]
    fn scope(&self) -> Scope {
        let goodput = self.goodput.borrow();
        if self.dependency { Scope::dependency(goodput, self.request.route()) } else { Scope::request(goodput) }
    }

    /// There is a head. Returns whether the end is of interest.
    #[inline]
    pub(crate) fn respond(&mut self, ahead: Ahead, extensions: &Extensions) -> bool {
        if ahead.is_plain() && self.luggage.is_none() {
            self.request.respond(self.goodput.borrow(), ahead.code)
        } else {
            self.respond_specially(ahead.head(extensions))
        }
    }

    /// What the head says itself goes before what was said on the way.
    #[cold]
    fn respond_specially(&mut self, head: Head) -> bool {
        if let Some(arrival) = self.take_arrival()
            && !arrival.answer(&mut self.request)
        {
            return false;
        }
        self.learn(head.code);
        let end_is_of_interest = self.request.respond(self.goodput.borrow(), head);
        // The code that shows that there is such a route may come with the end.
        end_is_of_interest || self.luggage.as_ref().is_some_and(|luggage| luggage.candidate.is_some())
    }

    /// Whether an outer layer may have missed that the request came to the service.
    #[inline]
    pub(crate) fn may_be_missed(&self) -> bool {
        let has_arrival = || self.luggage.as_ref().is_some_and(|luggage| luggage.arrival.is_some());
        self.goodput.borrow().has_outer_layer() && !self.dependency && !has_arrival()
    }

    pub(crate) fn goodput(&self) -> &Goodput {
        self.goodput.borrow()
    }

    /// The first bytes of the body are there.
    #[inline]
    pub(crate) fn first_byte(&mut self) {
        self.request.first_byte(self.goodput.borrow());
    }

    /// All that was promised is delivered: whoever drops the rest drops nothing.
    #[inline]
    pub(crate) fn may_be_dropped(&mut self) {
        self.if_dropped = Ending::Completed;
    }

    /// The response was complete with its head.
    #[inline]
    pub(crate) fn complete_at_head(&mut self) {
        self.request.complete_at_head(self.goodput.borrow());
    }

    /// The request is over, and what its head said holds.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.finish(ending);
    }

    /// The request is over, as its end says.
    #[inline]
    pub(crate) fn end_as(&mut self, over: Over) {
        match over {
            Over::By(ending) => self.finish(ending),
            Over::With(code) => {
                self.learn(code);
                self.request.end_with(self.goodput.borrow(), Ending::Completed, code);
            }
        }
    }

    #[inline]
    fn learn(&mut self, code: Code) {
        if let Some(luggage) = &mut self.luggage
            && let Some(grpc) = code.as_grpc()
            && let Some(candidate) = luggage.candidate.take()
        {
            candidate.answered(self.goodput.borrow(), grpc);
        }
    }

    #[inline]
    fn finish(&mut self, ending: Ending) {
        if self.luggage.is_some() {
            self.finish_arrival(ending);
        }
        self.request.end(self.goodput.borrow(), ending);
    }

    /// Where an outer layer records the end, nothing is left to record here.
    #[cold]
    fn finish_arrival(&mut self, ending: Ending) {
        match self.take_arrival() {
            None => {}
            Some(arrival) if ending == Ending::Dropped => arrival.give_up(&mut self.request),
            Some(arrival) => drop(arrival.answer(&mut self.request)),
        }
    }

    #[cold]
    fn hear(&mut self, verdict: Verdict) {
        self.request.say(self.goodput.borrow(), verdict);
    }

    #[cold]
    fn panicked(&mut self) {
        self.finish(Ending::Panicked);
    }
}

impl<H: Borrow<Goodput>> Drop for Recorder<H> {
    #[inline]
    fn drop(&mut self) {
        if !self.request.is_over() {
            self.finish(self.if_dropped);
        }
    }
}

/// Stands on the stack while the service's code runs.
#[must_use = "it watches for as long as it stands"]
pub(crate) struct Watch<'a, H: Borrow<Goodput>> {
    recorder: &'a mut Recorder<H>,
    outer: nesting::Outer,
    returned: bool,
}

impl<H: Borrow<Goodput>> Watch<'_, H> {
    #[inline]
    pub(crate) fn goodput(&self) -> &Goodput {
        self.recorder.goodput()
    }

    /// The service's code has returned.
    #[inline]
    pub(crate) fn returned(mut self) {
        self.returned = true;
    }
}

impl<H: Borrow<Goodput>> Drop for Watch<'_, H> {
    #[inline]
    fn drop(&mut self) {
        if let Some(verdict) = self.outer.resume() {
            self.recorder.hear(verdict);
        }
        if !self.returned {
            self.recorder.panicked();
        }
    }
}
