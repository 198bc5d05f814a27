//! Reading a response's head: what the handler said about it, and whether its body is still to be waited for.

use goodput_core::{Degraded, Ending, Verdict};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRAILER};
use http::{Extensions, HeaderMap, Method, Response, StatusCode, Version};
use http_body::Body;

/// What the handler said about its response, in the response's extensions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    pub(crate) verdict: Option<Verdict>,
    pub(crate) degraded: bool,
}

impl Said {
    #[inline]
    pub(crate) fn in_extensions(extensions: &Extensions) -> Self {
        if extensions.is_empty() {
            return Self::default();
        }
        Self { verdict: extensions.get().copied(), degraded: extensions.get::<Degraded>().is_some() }
    }
}

/// All that is remembered of the request: what makes its response end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    how: How,
    /// HTTP/1 servers cut a body at its declared length; from HTTP/2 on, one that goes beyond it breaks its stream.
    http1: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Head,
    Connect,
    Other,
}

impl Asked {
    #[inline]
    pub(crate) fn by(method: &Method, version: Version) -> Self {
        let how = match *method {
            Method::HEAD => How::Head,
            Method::CONNECT => How::Connect,
            _ => How::Other,
        };
        Self { how, http1: version <= Version::HTTP_11 }
    }
}

/// What is still to come after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The response is judged now: it is complete, or its end says nothing about the service.
    Nothing,
    /// A body of so many bytes.
    Bytes {
        /// The declared length.
        declared: u64,
        /// Whether trailers are announced: the body may be dropped before them, and need not be over without them.
        then_trailers: bool,
        /// Whether the server cuts off what goes beyond.
        cut: bool,
    },
    /// A body that ends where it says so itself.
    UntilItsEnd,
}

impl Rest {
    /// Servers drop a body unread where HTTP has none, however full it is: there the head is the end. Tunnels and event
    /// streams live as long as their clients like, so their head is the last thing the service is judged by.
    pub(crate) fn after<B: Body>(asked: Asked, response: &Response<B>) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let bodiless = asked.how == How::Head
            || status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        let tunnel = asked.how == How::Connect && status.is_success();
        if bodiless || tunnel || response.body().is_end_stream() {
            return Self::Nothing;
        }
        let media_type = media_type(headers);
        if media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case(b"text/event-stream")) {
            return Self::Nothing;
        }
        // gRPC says in trailers how the call ended, and has not ended without them.
        if media_type.is_some_and(is_grpc) {
            return Self::UntilItsEnd;
        }
        let then_trailers = headers.contains_key(TRAILER);
        match response.body().size_hint().exact().or_else(|| content_length(headers)) {
            None => Self::UntilItsEnd,
            Some(0) if !then_trailers => Self::Nothing,
            Some(declared) => Self::Bytes { declared, then_trailers, cut: asked.http1 },
        }
    }
}

/// What is left of a declared length after some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// More is to come, or nobody knows.
    Some,
    /// That was the last byte, and nothing follows.
    All,
    /// That was the last byte, and trailers may follow.
    AllButTrailers,
    /// That was more than was declared, and the server does not cut it off.
    TooMuch,
}

impl Rest {
    /// Whether all the bytes were there with the head, and only trailers may follow.
    #[inline]
    pub(crate) fn is_trailers_at_most(self) -> bool {
        matches!(self, Self::Bytes { declared: 0, .. })
    }

    /// Takes `bytes` off what is declared.
    #[inline]
    pub(crate) fn take(&mut self, bytes: u64) -> Taken {
        let Self::Bytes { declared, then_trailers, cut } = self else { return Taken::Some };
        match declared.checked_sub(bytes) {
            None if *cut => *declared = 0,
            None => return Taken::TooMuch,
            Some(left) => *declared = left,
        }
        match (*declared, *then_trailers) {
            (0, false) => Taken::All,
            (0, true) => Taken::AllButTrailers,
            _ => Taken::Some,
        }
    }

    /// What it means that the body says it is over.
    #[inline]
    pub(crate) fn end(self) -> Ending {
        match self {
            Self::Bytes { declared: 1.., .. } => Ending::Failed,
            Self::Bytes { .. } | Self::UntilItsEnd | Self::Nothing => Ending::Completed,
        }
    }
}

/// `application/grpc`, or one of its kinds such as `application/grpc+proto`.
fn is_grpc(media_type: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let kind = media_type.split_at_checked(GRPC.len()).filter(|(start, _)| start.eq_ignore_ascii_case(GRPC));
    kind.is_some_and(|(_, kind)| kind.is_empty() || kind.starts_with(b"+"))
}

/// The content type without its parameters.
fn media_type(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(CONTENT_TYPE)?.as_bytes();
    value.split(|byte| *byte == b';').next().map(<[u8]>::trim_ascii)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderName;
    use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};
    use std::convert::Infallible;

    use super::*;

    type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

    type Headers<'a> = &'a [(HeaderName, &'a str)];

    fn answer(status: u16, headers: Headers<'_>) -> Answer {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, *value);
        }
        response.body(Full::from("hello").boxed_unsync()).unwrap()
    }

    fn stream(headers: Headers<'_>) -> Answer {
        // A body that does not know its own length.
        answer(200, headers).map(|body| body.map_frame(|frame| frame).boxed_unsync())
    }

    #[test]
    fn a_response_is_over_at_its_head_where_http_has_no_body_and_where_the_body_lives_on_its_own() {
        use CONTENT_TYPE as TYPE;
        let bytes = |declared| Rest::Bytes { declared, then_trailers: false, cut: false };
        let (yes, no) = (Rest::Nothing, bytes(5));
        let rows: &[(How, u16, Headers<'_>, Rest)] = &[
            (How::Other, 200, &[], no),
            (How::Other, 500, &[], no),
            (How::Head, 200, &[], yes),
            (How::Head, 404, &[], yes),
            (How::Connect, 200, &[], yes),
            (How::Connect, 299, &[], yes),
            (How::Connect, 403, &[], no),
            (How::Other, 100, &[], yes),
            (How::Other, 101, &[], yes),
            (How::Other, 204, &[], yes),
            (How::Other, 304, &[], yes),
            (How::Other, 205, &[], no),
            (How::Other, 200, &[(TYPE, "text/event-stream")], yes),
            (How::Other, 200, &[(TYPE, "Text/Event-Stream ; charset=utf-8")], yes),
            (How::Other, 200, &[(TYPE, "text/event-streams")], no),
            (How::Other, 200, &[(TYPE, "text/plain")], no),
        ];
        for (how, status, headers, rest) in rows {
            let asked = Asked { how: *how, http1: false };
            let found = Rest::after(asked, &answer(*status, headers));
            assert_eq!(found, *rest, "{asked:?} {status} {headers:?}");
        }
        let empty = Response::new(Empty::<Bytes>::new());
        assert_eq!(Rest::after(Asked { how: How::Other, http1: false }, &empty), yes);
    }

    #[test]
    fn the_length_is_the_bodys_own_or_the_declared_one_unless_trailers_follow() {
        use CONTENT_TYPE as TYPE;
        let until_its_end = Rest::UntilItsEnd;
        let bytes = |declared, then_trailers| Rest::Bytes { declared, then_trailers, cut: false };
        let rows: &[(Answer, Rest)] = &[
            (answer(200, &[(CONTENT_LENGTH, "7")]), bytes(5, false)),
            (stream(&[]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "7")]), bytes(7, false)),
            (stream(&[(CONTENT_LENGTH, "0")]), Rest::Nothing),
            (stream(&[(CONTENT_LENGTH, "-1")]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "99999999999999999999")]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "7"), (TRAILER, "digest")]), bytes(7, true)),
            (stream(&[(CONTENT_LENGTH, "7"), (TYPE, "application/grpc+proto")]), until_its_end),
            (answer(200, &[(TYPE, "application/grpc")]), until_its_end),
            (answer(200, &[(TYPE, "application/grpc-web")]), bytes(5, false)),
        ];
        for (response, rest) in rows {
            assert_eq!(
                Rest::after(Asked { how: How::Other, http1: false }, response),
                *rest,
                "{:?}",
                response.headers()
            );
        }
    }
}
