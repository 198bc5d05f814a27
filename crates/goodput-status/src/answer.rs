//! Answers: the same few headers on each, so that nothing is kept, guessed or framed.

use bytes::Bytes;
use goodput_core::{Reason, Verdict};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use crate::asked::Refused;

const UNKNOWN_CHANGE: &str = "no such change: expected kind=feature, config, fix, rollback, security or emergency, risk=low, medium or \
                              high, and http_status=0 or 1, each at most once\n";

pub(crate) const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// A whole answer; a request for its head alone gets the same headers and no body.
pub(crate) fn page(
    status: StatusCode,
    media_type: &'static str,
    body: Bytes,
    head_only: bool,
) -> Response<Full<Bytes>> {
    let length = body.len();
    let mut response = Response::new(Full::new(if head_only { Bytes::new() } else { body }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Whoever looks at a service says nothing about it: a layer of ours around this one takes it out of every SLO.
    response.extensions_mut().insert(Verdict::Excluded(Reason::ROUTE_EXCLUDED));
    response
}

/// No page, and why in words that hold nothing of what was asked.
pub(crate) fn refusal(refused: Refused, head_only: bool) -> Response<Full<Bytes>> {
    let (status, words) = match refused {
        Refused::NotFound => (StatusCode::NOT_FOUND, "no such page: expected /status, /gate or /metrics\n"),
        Refused::Method => {
            (StatusCode::METHOD_NOT_ALLOWED, "this page can be read and nothing else: expected GET or HEAD\n")
        }
        Refused::LongQuery => (StatusCode::URI_TOO_LONG, "the query is too long: expected at most 256 bytes\n"),
        Refused::Query => (StatusCode::BAD_REQUEST, UNKNOWN_CHANGE),
    };
    let mut response = page(status, TEXT, Bytes::from_static(words.as_bytes()), head_only);
    if refused == Refused::Method {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

/// The token is missing, or another one.
pub(crate) fn unauthorized(head_only: bool) -> Response<Full<Bytes>> {
    let words = Bytes::from_static(b"expected the bearer token of this status\n");
    let mut response = page(StatusCode::UNAUTHORIZED, TEXT, words, head_only);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"goodput\""));
    response
}

/// The page could not be rendered: there was no thread to be had.
pub(crate) fn unavailable(head_only: bool) -> Response<Full<Bytes>> {
    page(StatusCode::SERVICE_UNAVAILABLE, TEXT, Bytes::from_static(b"the page could not be rendered\n"), head_only)
}
