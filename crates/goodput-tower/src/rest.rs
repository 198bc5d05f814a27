//! What is still to come after a head, and how the response is over: by length, by trailers, or by its own word.

use goodput_core::{Code, Ending};
use http::header::{CONTENT_LENGTH, TRAILER};
use http::{HeaderMap, Response};
use http_body::Body;

use crate::head::{Ahead, Asked, Kind, grpc_status};

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
    /// As that, with a gRPC status in its trailers, unless the head had it.
    UntilItsStatus {
        /// Whether the head had it.
        answered: bool,
    },
}

impl Rest {
    /// What is to come after this head.
    pub(crate) fn after<B: Body>(asked: Asked, ahead: Ahead, response: &Response<B>) -> Self {
        if asked.has_no_body(response.status()) {
            return Self::Nothing;
        }
        let at_its_end = response.body().is_end_stream();
        match ahead.kind {
            // Without a status, the end is yet to come: a body that is over at once has none either.
            Kind::Grpc { answered: false } => return Self::UntilItsStatus { answered: false },
            _ if at_its_end => return Self::Nothing,
            Kind::Grpc { answered } => return Self::UntilItsStatus { answered },
            Kind::Events => return Self::UntilItsEnd,
            Kind::Plain => {}
        }
        let then_trailers = response.headers().contains_key(TRAILER);
        // Servers hold the body to the header, if there is one.
        match declared(response.headers()).or_else(|| response.body().size_hint().exact()) {
            None => Self::UntilItsEnd,
            Some(0) if !then_trailers && asked.http1() => Self::Nothing,
            Some(declared) => Self::Bytes { declared, then_trailers, cut: asked.http1() },
        }
    }
}

/// How a response is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// In this way, and what the head said holds.
    By(Ending),
    /// Complete, and its end says how it went.
    With(Code),
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
    /// Whether a gRPC response still has to say how it went.
    pub(crate) fn lacks_status(self) -> bool {
        self == Self::UntilItsStatus { answered: false }
    }

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
        // From HTTP/2 on the body is asked for more until it says that there is none, and may still break its stream.
        match (*declared, *then_trailers || !*cut) {
            (0, false) => Taken::All,
            (0, true) => Taken::AllButTrailers,
            _ => Taken::Some,
        }
    }

    /// What it means that the body says it is over.
    #[inline]
    pub(crate) fn over(self) -> Over {
        match self {
            Self::Bytes { declared: 1.., .. } => Over::By(Ending::Failed),
            Self::UntilItsStatus { answered: false } => Over::With(Code::NO_GRPC_STATUS),
            Self::Bytes { .. } | Self::UntilItsEnd | Self::UntilItsStatus { .. } | Self::Nothing => {
                Over::By(Ending::Completed)
            }
        }
    }

    /// What it means that the body ends with these trailers.
    pub(crate) fn over_with(self, trailers: &HeaderMap) -> Over {
        let status = matches!(self, Self::UntilItsStatus { .. }).then(|| grpc_status(trailers)).flatten();
        status.map_or_else(|| self.over(), Over::With)
    }
}

/// The length that the headers declare.
fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::header::CONTENT_TYPE;
    use http::{HeaderName, Method, Version};
    use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};
    use std::convert::Infallible;

    use goodput_core::{Goodput, Slo};

    use super::*;

    type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

    type Headers<'a> = &'a [(HeaderName, &'a str)];

    fn rest_after<B: Body>(asked: Asked, response: &Response<B>) -> Rest {
        let goodput = Goodput::builder("rest").slo(Slo::availability("ok", "99%")).build().unwrap();
        Rest::after(asked, Ahead::of(&goodput, asked, response), response)
    }

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
    fn a_response_is_over_at_its_head_where_http_has_no_body() {
        use CONTENT_TYPE as TYPE;
        let bytes = |declared| Rest::Bytes { declared, then_trailers: false, cut: false };
        let (yes, no) = (Rest::Nothing, bytes(5));
        let rows: &[(Method, u16, Headers<'_>, Rest)] = &[
            (Method::POST, 200, &[], no),
            (Method::POST, 500, &[], no),
            (Method::HEAD, 200, &[], yes),
            (Method::HEAD, 404, &[], yes),
            (Method::CONNECT, 200, &[], yes),
            (Method::CONNECT, 299, &[], yes),
            (Method::CONNECT, 403, &[], no),
            (Method::POST, 100, &[], yes),
            (Method::POST, 101, &[], yes),
            (Method::POST, 204, &[], yes),
            (Method::POST, 304, &[], yes),
            (Method::POST, 205, &[], no),
            (Method::POST, 200, &[(TYPE, "text/event-stream")], Rest::UntilItsEnd),
            (Method::POST, 200, &[(TYPE, "Text/Event-Stream ; charset=utf-8")], Rest::UntilItsEnd),
            (Method::HEAD, 200, &[(TYPE, "text/event-stream")], yes),
            (Method::POST, 200, &[(TYPE, "text/event-streams")], no),
            (Method::POST, 200, &[(TYPE, "text/plain")], no),
        ];
        for (how, status, headers, rest) in rows {
            let asked = Asked::by(how, Version::HTTP_2);
            let found = rest_after(asked, &answer(*status, headers));
            assert_eq!(found, *rest, "{asked:?} {status} {headers:?}");
        }
        let empty = Response::new(Empty::<Bytes>::new());
        assert_eq!(rest_after(Asked::by(&Method::POST, Version::HTTP_2), &empty), yes);
    }

    #[test]
    fn the_length_is_the_declared_one_or_the_bodys_own() {
        use CONTENT_TYPE as TYPE;
        let (until_its_end, until_its_status) = (Rest::UntilItsEnd, Rest::UntilItsStatus { answered: false });
        let bytes = |declared, then_trailers| Rest::Bytes { declared, then_trailers, cut: false };
        let rows: &[(Answer, Rest)] = &[
            (answer(200, &[]), bytes(5, false)),
            (answer(200, &[(CONTENT_LENGTH, "7")]), bytes(7, false)),
            (stream(&[]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "7")]), bytes(7, false)),
            // Over HTTP/2 it may still break: it is asked for more.
            (stream(&[(CONTENT_LENGTH, "0")]), bytes(0, false)),
            (stream(&[(CONTENT_LENGTH, "-1")]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "99999999999999999999")]), until_its_end),
            (stream(&[(CONTENT_LENGTH, "7"), (TRAILER, "digest")]), bytes(7, true)),
            (stream(&[(CONTENT_LENGTH, "7"), (TYPE, "application/grpc+proto")]), until_its_status),
            (answer(200, &[(TYPE, "application/grpc")]), until_its_status),
            (answer(500, &[(TYPE, "application/grpc")]), bytes(5, false)),
            (answer(200, &[(TYPE, "application/grpc-web")]), bytes(5, false)),
        ];
        for (response, rest) in rows {
            assert_eq!(
                rest_after(Asked::by(&Method::POST, Version::HTTP_2), response),
                *rest,
                "{:?}",
                response.headers()
            );
        }
    }
}
