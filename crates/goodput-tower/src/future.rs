//! The response future: from the call to the response head.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use goodput_core::{Ending, Goodput};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::{SliBody, Unboxed, WrapBody};
use crate::head::{Ahead, Asked};
use crate::outer::Recorded;
use crate::recorder::Recorder;
use crate::rest::Rest;

pin_project! {
    /// The future of an [`SliService`](crate::SliService).
    ///
    /// Dropped before it is ready, it records a cancelled request. Polled again after that, it does what the inner future
    /// does and records nothing.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, H: Borrow<Goodput> = &'static Goodput, W = Unboxed> {
        #[pin]
        inner: F,
        recorder: Option<Recorder<H>>,
        asked: Asked,
        wrap: PhantomData<fn() -> W>,
    }
}

impl<F, H: Borrow<Goodput>, W> ResponseFuture<F, H, W> {
    #[inline]
    pub(crate) fn new(inner: F, recorder: Option<Recorder<H>>, asked: Asked) -> Self {
        Self { inner, recorder, asked, wrap: PhantomData }
    }
}

impl<F, B, E, H, W> Future for ResponseFuture<F, H, W>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    H: Borrow<Goodput>,
    W: WrapBody<B, H>,
{
    type Output = Result<Response<W::Body>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(recorder) = this.recorder else { return pass_on::<F, B, E, H, W>(this.inner, cx) };
        let asked = *this.asked;
        recorder.meet_arrival();
        let watch = recorder.watch();
        let mut answer = this.inner.poll(cx);
        let ahead = match &answer {
            Poll::Ready(Ok(response)) => Some(Ahead::of(watch.goodput(), asked, response)),
            _ => None,
        };
        watch.returned();
        let rest = match (&mut answer, ahead) {
            (Poll::Pending, _) => return Poll::Pending,
            (Poll::Ready(Ok(response)), Some(ahead)) => pass_head(recorder, asked, ahead, response),
            (Poll::Ready(_), _) => {
                recorder.end(Ending::Failed);
                Rest::Nothing
            }
        };
        if rest == Rest::Nothing {
            *this.recorder = None;
        }
        match answer {
            Poll::Ready(Ok(response)) if rest == Rest::Nothing => Poll::Ready(Ok(unfollowed::<B, H, W>(response))),
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(followed::<B, H, W>(response, this.recorder, rest))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Records the head. Returns what is still to come that is of interest.
#[inline]
fn pass_head<B: Body, H: Borrow<Goodput>>(
    recorder: &mut Recorder<H>,
    asked: Asked,
    ahead: Ahead,
    response: &mut Response<B>,
) -> Rest {
    if recorder.may_be_missed() {
        Recorded::mark(recorder.goodput(), response);
    }
    if recorder.respond(ahead, response.extensions()) {
        look_ahead(recorder, asked, ahead, response)
    } else {
        Rest::Nothing
    }
}

/// What is to come after a head whose end is of interest.
fn look_ahead<B: Body, H: Borrow<Goodput>>(
    recorder: &mut Recorder<H>,
    asked: Asked,
    ahead: Ahead,
    response: &Response<B>,
) -> Rest {
    let watch = recorder.watch();
    let rest = Rest::after(asked, ahead, response);
    let lacks_status = rest.lacks_status() && response.body().is_end_stream();
    watch.returned();
    if rest.is_trailers_at_most() {
        recorder.may_be_dropped();
    }
    if rest == Rest::Nothing {
        recorder.complete_at_head();
    } else if lacks_status {
        recorder.end_as(rest.over());
        return Rest::Nothing;
    }
    rest
}

/// Polls a future that nobody records.
#[cold]
fn pass_on<F, B, E, H, W>(inner: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<Result<Response<W::Body>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    H: Borrow<Goodput>,
    W: WrapBody<B, H>,
{
    inner.poll(cx).map(|answer| answer.map(unfollowed::<B, H, W>))
}

/// A response whose end is of no interest. Out of line, where it is moved once, and not to another place first.
#[inline(never)]
fn unfollowed<B, H: Borrow<Goodput>, W: WrapBody<B, H>>(response: Response<B>) -> Response<W::Body> {
    response.map(|body| W::wrap(SliBody::new(body, None, Rest::Nothing)))
}

/// A response whose end is of interest. Out of line, as above.
#[inline(never)]
fn followed<B, H: Borrow<Goodput>, W: WrapBody<B, H>>(
    response: Response<B>,
    following: &mut Option<Recorder<H>>,
    rest: Rest,
) -> Response<W::Body> {
    response.map(|body| W::wrap(SliBody::new(body, following.take(), rest)))
}

impl<F: fmt::Debug, H: Borrow<Goodput>, W> fmt::Debug for ResponseFuture<F, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("inner", &self.inner).finish_non_exhaustive()
    }
}
