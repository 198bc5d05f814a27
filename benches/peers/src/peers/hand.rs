//! Per request, around what is written by hand: two readings of `std::time::Instant`, one call. tower 0.5.

use std::future::{Future, Ready};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use goodput_bench::drive::{Bare, Payload, TEMPLATE};
use http::{Request, Response};
use tower::Service;

/// What is done at the response's head. The instruments are reached through a `&'static`: cheaper than the clones that most
/// services make, and the best that can be written by hand.
pub(super) trait Observe: Send + Sync + 'static {
    fn observe(&self, method: &'static str, route: &'static str, status: u16, seconds: f64);
}

/// The smallest middleware around the bare service: concrete future, nothing boxed, nothing cloned.
#[derive(Debug)]
pub(super) struct ByHand<O: 'static> {
    inner: Bare,
    observer: &'static O,
}

impl<O> ByHand<O> {
    pub(super) fn around_bare(observer: &'static O) -> Self {
        Self { inner: Bare::default(), observer }
    }
}

impl<O> Clone for ByHand<O> {
    fn clone(&self) -> Self {
        Self { inner: self.inner, observer: self.observer }
    }
}

type Answer = Result<Response<Payload>, std::convert::Infallible>;

impl<O: Observe> Service<Request<Payload>> for ByHand<O> {
    type Response = Response<Payload>;
    type Error = std::convert::Infallible;
    type Future = Observed<O>;

    #[inline]
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    #[inline]
    fn call(&mut self, request: Request<Payload>) -> Observed<O> {
        let method = match *request.method() {
            http::Method::GET => "GET",
            http::Method::POST => "POST",
            _ => "_OTHER",
        };
        let begun = Instant::now();
        Observed { inner: self.inner.call(request), begun, method, observer: self.observer }
    }
}

pub(super) struct Observed<O: 'static> {
    inner: Ready<Answer>,
    begun: Instant,
    method: &'static str,
    observer: &'static O,
}

impl<O: Observe> Future for Observed<O> {
    type Output = Answer;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let answer = ready!(Pin::new(&mut self.inner).poll(context));
        let status = answer.as_ref().map_or(500, |response| response.status().as_u16());
        self.observer.observe(self.method, TEMPLATE, status, self.begun.elapsed().as_secs_f64());
        Poll::Ready(answer)
    }
}

/// A status as a label that is never allocated.
#[inline]
pub(super) fn status_label(status: u16) -> &'static str {
    match status {
        200 => "200",
        503 => "503",
        _ => "other",
    }
}
