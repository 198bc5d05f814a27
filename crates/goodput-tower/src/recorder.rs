//! The guard that owns one request and records its end, whoever brings it about.

use std::borrow::Borrow;

use goodput_core::{Ending, Goodput, Request, RouteId};
use http::StatusCode;

use crate::head::Said;
use crate::nesting;

/// A request being recorded. It moves from the response future into the response body; where it is dropped, the request
/// is over: cancelled if there was no head yet, its body dropped otherwise.
///
/// [`Request`] counts itself only once, so every path here may end it without looking at the others.
#[derive(Debug)]
pub(crate) struct Recorder<H: Borrow<Goodput>> {
    goodput: H,
    request: Request,
    /// What it means if nobody waits for the end.
    if_dropped: Ending,
}

impl<H: Borrow<Goodput>> Recorder<H> {
    /// A request begins now.
    #[inline]
    pub(crate) fn begin(goodput: H, route: RouteId) -> Self {
        let request = Request::begin(goodput.borrow(), route);
        Self { goodput, request, if_dropped: Ending::Dropped }
    }

    /// The service's own code runs while the returned guard stands. A panic that passes by it is recorded.
    ///
    /// Whether the thread is panicking when the future is dropped would not tell: with a catching layer around us the
    /// panic is over by then, and the request would look cancelled.
    #[inline]
    pub(crate) fn watch(&mut self) -> Watch<'_, H> {
        let outer = nesting::enter(self.goodput.borrow());
        Watch { recorder: self, outer, returned: false }
    }

    /// There is a head. Returns whether some SLO waits for the end.
    #[inline]
    pub(crate) fn respond(&mut self, status: StatusCode, said: Said) -> bool {
        self.request.respond(self.goodput.borrow(), status.as_u16(), said.verdict, said.degraded)
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

    /// The request is over.
    #[inline]
    pub(crate) fn end(mut self, ending: Ending) {
        self.request.end(self.goodput.borrow(), ending);
    }

    #[cold]
    fn panicked(&mut self) {
        self.request.end(self.goodput.borrow(), Ending::Panicked);
    }
}

impl<H: Borrow<Goodput>> Drop for Recorder<H> {
    #[inline]
    fn drop(&mut self) {
        if !self.request.is_over() {
            self.request.end(self.goodput.borrow(), self.if_dropped);
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
    /// The service's code has returned.
    #[inline]
    pub(crate) fn returned(mut self) {
        self.returned = true;
    }
}

impl<H: Borrow<Goodput>> Drop for Watch<'_, H> {
    #[inline]
    fn drop(&mut self) {
        nesting::leave(self.outer);
        if !self.returned {
            self.recorder.panicked();
        }
    }
}
