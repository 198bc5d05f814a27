//! The response future: from the call to the response head.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use goodput_core::{Ending, Goodput};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::{SliBody, Unboxed, WrapBody};
use crate::head::{Ahead, Asked};
use crate::outer::Recorded;
use crate::recorder::Recorder;
use crate::rest::{Over, Rest};

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
        let Some(recorder) = this.recorder else {
            let answer = ready!(this.inner.poll(cx));
            return Poll::Ready(
                answer.map(|response| response.map(|body| W::wrap(SliBody::new(body, None, Rest::Nothing)))),
            );
        };
        recorder.meet_arrival();
        let watch = recorder.watch();
        let answer = this.inner.poll(cx);
        let ahead = match &answer {
            Poll::Ready(Ok(response)) => Some(Ahead::of(*this.asked, response)),
            _ => None,
        };
        watch.returned();
        Poll::Ready(match (ready!(answer), ahead) {
            (Ok(mut response), Some(ahead)) => {
                let rest = pass_head(this.recorder, *this.asked, ahead, &mut response);
                Ok(response.map(|body| W::wrap(SliBody::new(body, this.recorder.take(), rest))))
            }
            (answer, _) => {
                if let Some(recorder) = this.recorder.take() {
                    recorder.end(Over::By(Ending::Failed));
                }
                answer.map(|response| response.map(|body| W::wrap(SliBody::new(body, None, Rest::Nothing))))
            }
        })
    }
}

/// Records the head, and lets go of the recorder unless an end of interest is still to come.
#[inline]
fn pass_head<B: Body, H: Borrow<Goodput>>(
    following: &mut Option<Recorder<H>>,
    asked: Asked,
    ahead: Ahead,
    response: &mut Response<B>,
) -> Rest {
    let Some(recorder) = following else { return Rest::Nothing };
    if recorder.may_be_missed() {
        Recorded::mark(recorder.goodput(), response);
    }
    if !recorder.respond(ahead.head) {
        *following = None;
        return Rest::Nothing;
    }
    let watch = recorder.watch();
    let rest = Rest::after(asked, ahead, response);
    let lacks_status = rest.lacks_status() && response.body().is_end_stream();
    watch.returned();
    if rest.is_trailers_at_most() {
        recorder.may_be_dropped();
    }
    if rest == Rest::Nothing {
        recorder.complete_at_head();
        *following = None;
    } else if lacks_status && let Some(recorder) = following.take() {
        recorder.end(rest.over());
    }
    rest
}

impl<F: fmt::Debug, H: Borrow<Goodput>, W> fmt::Debug for ResponseFuture<F, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("inner", &self.inner).finish_non_exhaustive()
    }
}
