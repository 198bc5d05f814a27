//! The response future: from the call to the response head.

use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use goodput_core::{Code, Ending, Goodput};
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::body::{SliBody, Unboxed, WrapBody};
use crate::head::{Ahead, Asked, Rest};
use crate::outer::Recorded;
use crate::recorder::Recorder;

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
        let answer = match this.recorder {
            Some(recorder) => {
                recorder.meet_arrival();
                let watch = recorder.watch();
                let answer = this.inner.poll(cx);
                watch.returned();
                answer
            }
            None => this.inner.poll(cx),
        };
        let answer = ready!(answer);
        Poll::Ready(match answer {
            Ok(mut response) => {
                let rest = pass_head(this.recorder, *this.asked, &mut response);
                Ok(response.map(|body| W::wrap(SliBody::new(body, this.recorder.take(), rest))))
            }
            Err(error) => {
                if let Some(recorder) = this.recorder.take() {
                    recorder.end(Ending::Failed);
                }
                Err(error)
            }
        })
    }
}

/// Records the head, and lets go of the recorder unless an end of interest is still to come.
#[inline]
fn pass_head<B: Body, H: Borrow<Goodput>>(
    following: &mut Option<Recorder<H>>,
    asked: Asked,
    response: &mut Response<B>,
) -> Rest {
    let Some(recorder) = following else { return Rest::Nothing };
    if recorder.may_be_missed() {
        response.extensions_mut().insert(Recorded);
    }
    let watch = recorder.watch();
    let ahead = Ahead::of(asked, response);
    watch.returned();
    let (rest, at_its_end) = if recorder.respond(ahead.head) {
        let watch = recorder.watch();
        let rest = Rest::after(asked, ahead, response);
        let at_its_end = response.body().is_end_stream();
        watch.returned();
        (rest, at_its_end)
    } else {
        (Rest::Nothing, true)
    };
    if rest.is_trailers_at_most() {
        recorder.may_be_dropped();
    }
    if rest.lacks_status(at_its_end) {
        if let Some(recorder) = following.take() {
            recorder.end_with(Ending::Completed, Code::NO_GRPC_STATUS);
        }
        return Rest::Nothing;
    }
    if rest == Rest::Nothing {
        recorder.complete_at_head();
        *following = None;
    }
    rest
}

impl<F: fmt::Debug, H: Borrow<Goodput>, W> fmt::Debug for ResponseFuture<F, H, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("inner", &self.inner).finish_non_exhaustive()
    }
}
