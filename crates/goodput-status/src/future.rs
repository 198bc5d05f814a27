//! The answer to one request: there at once, or as soon as its page is rendered.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;

use crate::answer;
use crate::shared::Coming;

/// A page, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Rendered {
    pub(crate) body: Bytes,
    /// Whether it refuses the change it was asked about.
    pub(crate) refuses: bool,
}

impl Rendered {
    /// A page that refuses nothing.
    pub(crate) fn page(body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), refuses: false }
    }
}

/// The answer, which never fails.
#[derive(Debug)]
pub struct ResponseFuture(Answer);

#[derive(Debug)]
enum Answer {
    Ready(Option<Response<Full<Bytes>>>),
    Coming { page: Coming<Rendered>, media_type: &'static str, head_only: bool, by_status: bool },
}

impl ResponseFuture {
    pub(crate) fn ready(response: Response<Full<Bytes>>) -> Self {
        Self(Answer::Ready(Some(response)))
    }

    pub(crate) fn coming(page: Coming<Rendered>, media_type: &'static str, head_only: bool, by_status: bool) -> Self {
        Self(Answer::Coming { page, media_type, head_only, by_status })
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match &mut self.0 {
            // Polled again after its end, it has no second answer.
            Answer::Ready(response) => match response.take() {
                Some(response) => response,
                None => return Poll::Pending,
            },
            Answer::Coming { page, media_type, head_only, by_status } => match ready!(Pin::new(page).poll(context)) {
                Ok(page) => {
                    let status = if *by_status && page.refuses { StatusCode::CONFLICT } else { StatusCode::OK };
                    answer::page(status, media_type, page.body.clone(), *head_only)
                }
                Err(_) => answer::unavailable(*head_only),
            },
        }))
    }
}
