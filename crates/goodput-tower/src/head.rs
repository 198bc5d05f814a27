//! Reads the head of a response: what it says, and what the handler says about it.

use goodput_core::{Code, Degraded, Goodput, Head, Verdict};
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, Method, Response, StatusCode, Version};
use http_body::Body;

/// What a head says, in short.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub(crate) code: Code,
    /// How the response is to be followed, if anybody is interested.
    pub(crate) kind: Kind,
    /// Whether the handler says something in its extensions.
    says: bool,
}

/// What kind of response it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// An event stream.
    Events,
    /// A gRPC response, whose status may be there already.
    Grpc {
        answered: bool,
    },
}

impl Ahead {
    /// The content type is looked up only where it may matter, since that costs more than all the rest: an event stream does not
    /// know its length, and a gRPC response without a body has none.
    #[inline]
    pub(crate) fn of<B: Body>(goodput: &Goodput, asked: Asked, response: &Response<B>) -> Self {
        let code = Code::http(response.status().as_u16());
        let says = says(goodput, response.extensions());
        if asked.may_be_grpc() || matches!(response.body().size_hint().exact(), None | Some(0)) {
            let (kind, code) = kind(asked, code, response.status(), response.headers());
            return Self { code, kind, says };
        }
        Self { code, kind: Kind::Plain, says }
    }

    /// Whether it says no more than its code.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.kind != Kind::Events && !self.says
    }

    /// What it says, all in all.
    pub(crate) fn head(self, extensions: &Extensions) -> Head {
        Head {
            code: self.code,
            verdict: extensions.get().copied(),
            degraded: extensions.get::<Degraded>().is_some(),
            stream: self.kind == Kind::Events,
        }
    }

    /// What a layer in between answered in place of the service.
    pub(crate) fn of_refusal<B: Body>(goodput: &Goodput, response: &Response<B>) -> Head {
        let asked = Asked::by(&Method::POST, Version::HTTP_2);
        Head { stream: false, ..Self::of(goodput, asked, response).head(response.extensions()) }
    }
}

/// Whether the handler says something about its response, which it does in the response's extensions.
#[inline]
fn says(goodput: &Goodput, extensions: &Extensions) -> bool {
    !extensions.is_empty()
        && (extensions.get::<Verdict>().is_some()
            || (goodput.hears_degraded() && extensions.get::<Degraded>().is_some()))
}

fn kind(asked: Asked, code: Code, status: StatusCode, headers: &HeaderMap) -> (Kind, Code) {
    match media_type(headers).filter(|_| !asked.has_no_body(status)) {
        Some(media_type) if status == StatusCode::OK && is_grpc(media_type) => match grpc_status(headers) {
            // A response without a body has its status in the headers.
            Some(code) => (Kind::Grpc { answered: true }, code),
            None => (Kind::Grpc { answered: false }, code),
        },
        Some(media_type) if media_type.eq_ignore_ascii_case(b"text/event-stream") => (Kind::Events, code),
        _ => (Kind::Plain, code),
    }
}

/// The status that gRPC gives in trailers, or in headers. One that is no number is none.
pub(crate) fn grpc_status(headers: &HeaderMap) -> Option<Code> {
    let value = headers.get("grpc-status")?;
    let digits = value.to_str().ok().filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    // Beyond u32 it is a number all the same, and none that gRPC knows.
    Some(digits.map_or(Code::NO_GRPC_STATUS, |digits| Code::grpc(digits.parse().unwrap_or(u32::MAX))))
}

/// All that is remembered of the request, as bits: what makes its response end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked(u8);

const HEAD: u8 = 1;
const CONNECT: u8 = 2;
const POST: u8 = 4;
const HTTP1: u8 = 8;

impl Asked {
    #[inline]
    pub(crate) fn by(method: &Method, version: Version) -> Self {
        let how = match *method {
            Method::POST => POST,
            Method::HEAD => HEAD,
            Method::CONNECT => CONNECT,
            _ => 0,
        };
        Self(how | if version <= Version::HTTP_11 { HTTP1 } else { 0 })
    }

    /// HTTP/1 servers cut a body at its declared length; from HTTP/2 on, one that goes beyond it breaks its stream.
    pub(crate) fn http1(self) -> bool {
        self.0 & HTTP1 != 0
    }

    /// Whether it may be a gRPC call: a `POST`, and not over HTTP/1.
    #[inline]
    pub(crate) fn may_be_grpc(self) -> bool {
        self.0 & (POST | HTTP1) == POST
    }

    /// Whether HTTP has no body here, however full it is: servers drop it unread. So it is for a tunnel, whose bytes do not
    /// pass by.
    pub(crate) fn has_no_body(self, status: StatusCode) -> bool {
        self.0 & HEAD != 0
            || status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
            || (self.0 & CONNECT != 0 && status.is_success())
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
