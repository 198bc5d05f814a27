//! The service: begins a request for every call.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use goodput_core::{ClassId, Ending, Goodput, RequestClass};
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::body::{Unboxed, WrapBody};
use crate::future::ResponseFuture;
use crate::head::Asked;
use crate::nesting::Scope;
use crate::recorder::Recorder;
use crate::route::{NameRoute, Unmatched};

/// A service whose requests are recorded; see [`SliLayer`](crate::SliLayer).
///
/// A request begins in `call`. Readiness passes through and is no event: no request was accepted yet. A service that fails
/// before it is ready is counted apart, in [`Status::unready`](goodput_core::Status::unready); a dependency that does is a call
/// that failed.
pub struct SliService<S, H = &'static Goodput, N = Unmatched, W = Unboxed> {
    inner: S,
    goodput: H,
    names: N,
    class: ClassId,
    wrap: PhantomData<fn() -> W>,
}

impl<S, H, N, W> SliService<S, H, N, W> {
    pub(crate) fn new(inner: S, goodput: H, names: N, class: ClassId) -> Self {
        Self { inner, goodput, names, class, wrap: PhantomData }
    }
}

impl<S, B, R, H, N, W> Service<Request<B>> for SliService<S, H, N, W>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
    H: Borrow<Goodput> + Clone,
    N: NameRoute<B>,
    W: WrapBody<R, H>,
{
    type Response = Response<W::Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, H, W>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let ready = self.inner.poll_ready(cx);
        if matches!(ready, Poll::Ready(Err(_))) {
            let goodput = self.goodput.borrow();
            match self.names.dependency() {
                // Whoever wanted to call it has got an error for an answer.
                Some(route) => goodput_core::Request::begin(goodput, route).end(goodput, Ending::Failed),
                None => goodput.note_unready(),
            }
        }
        ready
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        let goodput = self.goodput.borrow();
        let asked = Asked::by(request.method(), request.version());
        let mut route = self.names.route(goodput, &request);
        let dependency = self.names.dependency().is_some();
        let scope = if dependency { Scope::dependency(goodput, route) } else { Scope::request(goodput) };
        let candidate = self.names.candidate(goodput, &request, route);
        if goodput.has_classes() && !dependency {
            let own = request.extensions().get().map(|RequestClass(name)| goodput.class(name));
            route = match own.filter(|class| *class != ClassId::NONE).unwrap_or(self.class) {
                ClassId::NONE => route,
                class => goodput.in_class(route, class),
            };
        }
        let outer = scope.enter();
        if outer.is(scope) {
            outer.resume();
            goodput.note_nested_layer();
            return ResponseFuture::new(self.inner.call(request), None, asked);
        }
        let mut recorder = Recorder::begin(self.goodput.clone(), route, dependency);
        if recorder.goodput().needs_attention() {
            recorder.attend(request.headers());
        }
        if let Some(candidate) = candidate {
            recorder.admit_later(candidate);
        }
        let watch = recorder.watch_from(outer);
        let inner = self.inner.call(request);
        watch.returned();
        ResponseFuture::new(inner, Some(recorder), asked)
    }
}

impl<S: Clone, H: Clone, N: Clone, W> Clone for SliService<S, H, N, W> {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.goodput.clone(), self.names.clone(), self.class)
    }
}

impl<S: fmt::Debug, H, N: fmt::Debug, W> fmt::Debug for SliService<S, H, N, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliService").field("inner", &self.inner).field("names", &self.names).finish_non_exhaustive()
    }
}
