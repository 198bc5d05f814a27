//! The response future: the service's own, or an answer that is there already.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The future of a [`GuardService`](crate::GuardService). An answer to what is shed is ready at once, and ready once.
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Admitted { #[pin] inner: F },
        // In a box, so that what is admitted carries no place for it about.
        Shed { response: Option<Box<Response<B>>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    #[inline]
    pub(super) fn admitted(inner: F) -> Self {
        Self { state: State::Admitted { inner } }
    }

    #[cold]
    pub(super) fn shed(response: Response<B>) -> Self {
        Self { state: State::Shed { response: Some(Box::new(response)) } }
    }
}

impl<F, B, E> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Admitted { inner } => inner.poll(cx),
            StateProjection::Shed { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(*response)))
            }
        }
    }
}

impl<F, B> fmt::Debug for GuardFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("GuardFuture").field("admitted", &admitted).finish_non_exhaustive()
    }
}
