//! What a request that is shed gets for an answer.

use std::fmt;

use goodput_core::Shed;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

/// Makes the answer to a request that is shed, with a body of type `B`.
///
/// The verdict is put into its extensions by whoever asks for it.
pub trait Answer<B> {
    /// The answer. It should be cheap, and say when to come again.
    fn answer(&self, shed: Shed) -> Response<B>;
}

/// Status 503 with `Retry-After` and a line of text.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Busy;

impl<B: From<&'static str>> Answer<B> for Busy {
    fn answer(&self, shed: Shed) -> Response<B> {
        let mut response = Response::new(B::from("busy: this part of the service is held back for a while\n"));
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(shed.retry_after.as_secs()));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

/// A function that makes the answer; see [`GuardLayer::answer_by`](crate::GuardLayer::answer_by).
#[derive(Clone, Copy)]
pub struct AnswerBy<F>(pub(super) F);

impl<F, B> Answer<B> for AnswerBy<F>
where
    F: Fn(Shed) -> Response<B>,
{
    fn answer(&self, shed: Shed) -> Response<B> {
        (self.0)(shed)
    }
}

impl<F> fmt::Debug for AnswerBy<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnswerBy").field(&std::any::type_name::<F>()).finish()
    }
}
