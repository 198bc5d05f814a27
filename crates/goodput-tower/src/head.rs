//! Reads the head of a response: what it says, and what the handler says about it.

use goodput_core::{Code, Degraded, Head, Verdict};
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderMap, Method, Response, StatusCode, Version};
use http_body::Body;

/// What a head says, all in all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub(crate) head: Head,
    /// How the response is to be followed, if anybody is interested.
    pub(crate) kind: Kind,
}

/// What kind of response it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// HTTP has no body here, however full it is; or what follows the head is seen by nobody.
    Bodiless,
    Plain,
    /// An event stream.
    Events,
    /// A gRPC response, whose status may be there already.
    Grpc {
        answered: bool,
    },
}

impl Ahead {
    /// Servers drop a body unread where HTTP has none: there the head is the end. So it is for a tunnel, whose bytes do not
    /// pass here.
    ///
    /// The content type is looked up only where it may matter, since that costs more than all the rest: an event stream does not
    /// know its length, and a gRPC response without a body has none.
    #[inline]
    pub(crate) fn of<B: Body>(asked: Asked, response: &Response<B>) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let bodiless = asked.how == How::Head
            || status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
            || (asked.how == How::Connect && status.is_success());
        let (kind, code) = if bodiless {
            (Kind::Bodiless, http(status))
        } else if asked.may_be_grpc || matches!(response.body().size_hint().exact(), None | Some(0)) {
            kind(status, headers)
        } else {
            (Kind::Plain, http(status))
        };
        let said = Said::in_extensions(response.extensions());
        let head = Head { code, verdict: said.verdict, degraded: said.degraded, stream: kind == Kind::Events };
        Self { head, kind }
    }

    /// What a layer in between answered in place of the service.
    pub(crate) fn of_refusal<B: Body>(response: &Response<B>) -> Head {
        let asked = Asked { how: How::Other, http1: false, may_be_grpc: true };
        Head { stream: false, ..Self::of(asked, response).head }
    }
}

fn http(status: StatusCode) -> Code {
    Code::http(status.as_u16())
}

fn kind(status: StatusCode, headers: &HeaderMap) -> (Kind, Code) {
    let code = http(status);
    match media_type(headers) {
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

/// What the handler said about its response, in the response's extensions.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    verdict: Option<Verdict>,
    degraded: bool,
}

impl Said {
    #[inline]
    fn in_extensions(extensions: &Extensions) -> Self {
        if extensions.is_empty() {
            return Self::default();
        }
        Self { verdict: extensions.get().copied(), degraded: extensions.get::<Degraded>().is_some() }
    }
}

/// All that is remembered of the request: what makes its response end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) how: How,
    /// HTTP/1 servers cut a body at its declared length; from HTTP/2 on, one that goes beyond it breaks its stream.
    pub(crate) http1: bool,
    /// Whether it may be a gRPC call: a `POST`, and not over HTTP/1.
    pub(crate) may_be_grpc: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
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
        let http1 = version <= Version::HTTP_11;
        Self { how, http1, may_be_grpc: *method == Method::POST && !http1 }
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
