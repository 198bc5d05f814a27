//! The response body: passes every frame on, and knows when it is over.

use std::borrow::Borrow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Buf;
use goodput_core::{Ending, Goodput};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::recorder::Recorder;
use crate::rest::{Over, Rest, Taken};

pin_project! {
    /// A response body that records how its request ended.
    ///
    /// The request is over
    ///
    /// - with the frame after which the inner body says it is at its end, or with `None`, whichever is first: a response
    ///   that somebody keeps after reading it is not in flight;
    /// - with the last byte of the declared length (the body's exact size, else `content-length`): HTTP/1.1 servers stop
    ///   there and drop the body without asking for more. A response that announces trailers is over with them, or when it
    ///   is dropped instead; gRPC is over with its trailers only;
    /// - with trailers;
    /// - when it fails, panics or is dropped before any of these.
    ///
    /// A body that ends short of its declared length has failed: the server breaks the connection, and the client has not got
    /// what was promised. So has one that goes beyond it, from HTTP/2 on; HTTP/1 servers cut it off, and nobody notices.
    ///
    /// Size and end are the inner body's own, so that servers frame the response as they would without us. When no SLO
    /// waits for the end of the response, nothing is recorded here.
    pub struct SliBody<B, H: Borrow<Goodput> = &'static Goodput> {
        #[pin]
        inner: B,
        recorder: Option<Recorder<H>>,
        rest: Rest,
    }
}

impl<B, H: Borrow<Goodput>> SliBody<B, H> {
    /// A body that `recorder` follows to its end.
    #[inline]
    pub(crate) fn new(inner: B, recorder: Option<Recorder<H>>, rest: Rest) -> Self {
        Self { inner, recorder, rest }
    }

    /// Whether some SLO still waits for the end of this body.
    pub(crate) fn awaits_end(&self) -> bool {
        self.recorder.is_some()
    }

    /// The body inside, if nothing is lost by taking it out: no SLO waits for its end.
    #[cfg(feature = "axum")]
    pub(crate) fn try_into_inner(self) -> Result<B, Self> {
        if self.awaits_end() { Err(self) } else { Ok(self.inner) }
    }
}

impl<B: Body, H: Borrow<Goodput>> Body for SliBody<B, H> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        if this.recorder.is_none() {
            return this.inner.poll_frame(cx);
        }
        follow(this.inner, this.recorder, this.rest, cx)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What polling a body gives.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

/// Polls a body that somebody is interested in, and lets go of the recorder when it is over.
#[inline(never)]
fn follow<B: Body, H: Borrow<Goodput>>(
    mut inner: Pin<&mut B>,
    following: &mut Option<Recorder<H>>,
    rest: &mut Rest,
    cx: &mut Context<'_>,
) -> Polled<B> {
    let Some(recorder) = following else { return inner.poll_frame(cx) };
    let watch = recorder.watch();
    let polled = inner.as_mut().poll_frame(cx);
    // Asked only now: before this frame was taken, the answer was about this frame.
    let at_its_end = matches!(&polled, Poll::Ready(Some(Ok(_)))) && inner.is_end_stream();
    watch.returned();
    let over = match &polled {
        Poll::Pending => None,
        Poll::Ready(None) => Some(rest.over()),
        Poll::Ready(Some(Err(_))) => Some(Over::By(Ending::Failed)),
        Poll::Ready(Some(Ok(frame))) => {
            let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64; // usize is at most 64 bits
            if bytes > 0 {
                recorder.first_byte();
            }
            match rest.take(bytes) {
                Taken::TooMuch => Some(Over::By(Ending::Failed)),
                Taken::All => Some(Over::By(Ending::Completed)),
                Taken::AllButTrailers if !frame.is_trailers() => {
                    recorder.may_be_dropped();
                    at_its_end.then_some(Over::By(Ending::Completed))
                }
                Taken::AllButTrailers | Taken::Some => match frame.trailers_ref() {
                    Some(trailers) => Some(rest.over_with(trailers)),
                    None => at_its_end.then(|| rest.over()),
                },
            }
        }
    };
    if let Some(over) = over {
        recorder.end_as(over);
        *following = None;
    }
    polled
}

impl<B: fmt::Debug, H: Borrow<Goodput>> fmt::Debug for SliBody<B, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliBody")
            .field("inner", &self.inner)
            .field("awaits_end", &self.awaits_end())
            .finish_non_exhaustive()
    }
}

/// What a layer makes of its response bodies.
pub trait WrapBody<B, H: Borrow<Goodput>> {
    /// The response body of the layered service.
    type Body;

    /// Turns the followed body into that.
    fn wrap(body: SliBody<B, H>) -> Self::Body;
}

/// Leaves the body a [`SliBody`]: no box, but a type that names the inner body's.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unboxed;

impl<B, H: Borrow<Goodput>> WrapBody<B, H> for Unboxed {
    type Body = SliBody<B, H>;

    #[inline]
    fn wrap(body: SliBody<B, H>) -> SliBody<B, H> {
        body
    }
}
