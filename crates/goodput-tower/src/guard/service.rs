//! The service: asks the guards at every call.

use std::borrow::Borrow;
use std::fmt;
use std::task::{Context, Poll};

use goodput_core::{Admission, ClassId, Goodput, RequestClass};
use http::{Request, Response};
use tower_service::Service;

use super::answer::{Answer, Busy};
use super::future::GuardFuture;
use crate::route::{NameRoute, Unmatched};

/// Put into the extensions of a request that should be served with less than its full quality.
///
/// A handler that does so may say it by a [`Degraded`](goodput_core::Degraded) in its response, which quality SLOs hear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Degrade;

/// A service whose low-priority requests are held back while an SLO burns; see [`GuardLayer`](crate::GuardLayer).
///
/// Readiness and errors are the service's own. A request that is shed is answered without it.
#[derive(Clone)]
pub struct GuardService<S, H = &'static Goodput, N = Unmatched, A = Busy> {
    inner: S,
    goodput: H,
    names: N,
    answer: A,
    class: ClassId,
}

impl<S, H, N, A> GuardService<S, H, N, A> {
    #[inline]
    pub(crate) fn new(inner: S, goodput: H, names: N, answer: A, class: ClassId) -> Self {
        Self { inner, goodput, names, answer, class }
    }

    /// What the guards say, while some are acting.
    #[cold]
    fn ask<B>(&self, goodput: &Goodput, request: &Request<B>) -> Admission
    where
        N: NameRoute<B>,
    {
        let route = self.names.route(goodput, request);
        let named = || request.extensions().get().and_then(|RequestClass(name)| goodput.known_class(name));
        let own = if goodput.has_classes() { named() } else { None };
        goodput.admit(route, own.unwrap_or(self.class))
    }
}

impl<S, B, R, H, N, A> Service<Request<B>> for GuardService<S, H, N, A>
where
    S: Service<Request<B>, Response = Response<R>>,
    H: Borrow<Goodput>,
    N: NameRoute<B>,
    A: Answer<R>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, R>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let goodput = self.goodput.borrow();
        if goodput.guards_are_acting() {
            match self.ask(goodput, &request) {
                Admission::Full => {}
                Admission::Degraded => {
                    request.extensions_mut().insert(Degrade);
                }
                Admission::Shed(shed) => {
                    let mut response = self.answer.answer(shed);
                    response.extensions_mut().insert(shed.verdict);
                    return GuardFuture::shed(response);
                }
            }
        }
        GuardFuture::admitted(self.inner.call(request))
    }
}

impl<S: fmt::Debug, H, N: fmt::Debug, A: fmt::Debug> fmt::Debug for GuardService<S, H, N, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("GuardService");
        out.field("inner", &self.inner)
            .field("names", &self.names)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}
