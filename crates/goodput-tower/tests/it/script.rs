//! A response body that does what a script says.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// What a body does when it is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Data(usize),
    Trailers,
    Pending,
    Error,
    Panic,
}

/// Does one step a poll, then ends.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) steps: VecDeque<Step>,
    /// Whether it says so when the last step is done, or lets the caller poll for `None`.
    pub(crate) knows_its_end: bool,
    /// Whether it knows how many bytes are to come.
    pub(crate) knows_its_size: bool,
}

impl Script {
    /// A stream that knows nothing about itself.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), knows_its_end: false, knows_its_size: false }
    }

    pub(crate) fn knowing_its_end(mut self) -> Self {
        self.knows_its_end = true;
        self
    }

    pub(crate) fn knowing_its_size(mut self) -> Self {
        self.knows_its_size = true;
        self
    }

    /// The bytes to come.
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = |step: &Step| if let Step::Data(bytes) = step { *bytes as u64 } else { 0 };
        self.steps.iter().map(bytes).sum()
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Torn;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Torn>>> {
        match self.steps.pop_front() {
            None => Poll::Ready(None),
            Some(Step::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(vec![b'x'; bytes].into())))),
            Some(Step::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Step::Pending) => Poll::Pending,
            Some(Step::Error) => Poll::Ready(Some(Err(Torn))),
            Some(Step::Panic) => panic!("the body panics"),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.knows_its_size { SizeHint::with_exact(self.bytes()) } else { SizeHint::default() }
    }
}

/// A body that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Torn;

impl std::fmt::Display for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("torn")
    }
}

impl std::error::Error for Torn {}
