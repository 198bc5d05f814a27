//! A service that sends what tonic would not: statuses that are none, bodies without an end, extensions.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use bytes::Bytes;
use goodput::Verdict;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

/// What a method of this service answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reply {
    /// One message, and then trailers with these fields.
    Trailers(&'static [(&'static str, &'static [u8])]),
    /// One message, and no trailers after it.
    NoTrailers,
    /// A head with these fields, and no body.
    HeadOnly(&'static [(&'static str, &'static [u8])]),
    /// A head with this status, which the trailers then contradict.
    HeadAndTrailers(&'static [u8], &'static [u8]),
    /// One message, and then the body fails.
    Torn,
    /// A status with a verdict in the extensions of the response.
    Said(&'static [u8], Verdict),
    /// An HTTP status and a content type, with a body that says nothing.
    Http(u16, &'static str),
}

/// The service: a method's name is the number of its reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw(pub(crate) &'static [Reply]);

impl Raw {
    /// The path of the method with this reply.
    pub(crate) fn path(index: usize) -> String {
        format!("/{}/{index}", Self::NAME)
    }
}

impl NamedService for Raw {
    const NAME: &'static str = "house.Raw";
}

impl Service<Request<Body>> for Raw {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.uri().path().rsplit('/').next().and_then(|name| name.parse::<usize>().ok());
        let reply = method.and_then(|index| self.0.get(index));
        ready(Ok(reply.map_or_else(|| Status::unimplemented("").into_http(), |reply| reply.response())))
    }
}

const STATUS: &str = "grpc-status";
/// An empty message: not compressed, no bytes.
const MESSAGE: &[u8] = &[0; 5];

impl Reply {
    fn response(self) -> Response<Body> {
        let message = Ok(Frame::data(Bytes::from_static(MESSAGE)));
        let trailers = |fields| Ok(Frame::trailers(header_map(fields)));
        match self {
            Self::Trailers(fields) => response(&[], [message, trailers(fields)]),
            Self::NoTrailers => response(&[], [message]),
            Self::HeadOnly(fields) => response(fields, []),
            Self::HeadAndTrailers(head, status) => {
                response(&[(STATUS, head)], [message, trailers(&[(STATUS, status)])])
            }
            Self::Torn => response(&[], [message, Err(Status::internal("torn"))]),
            Self::Http(status, content_type) => {
                let mut response = response(&[], [message]);
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
                response
            }
            Self::Said(status, verdict) => {
                let mut response = response(&[(STATUS, status)], []);
                response.extensions_mut().insert(verdict);
                response
            }
        }
    }
}

/// A response that knows that it is over when it has no frames, as a trailers-only one does.
fn response<const FRAMES: usize>(
    fields: &[(&'static str, &[u8])],
    frames: [Result<Frame<Bytes>, Status>; FRAMES],
) -> Response<Body> {
    let body = if FRAMES == 0 { Body::empty() } else { Body::new(StreamBody::new(tokio_stream::iter(frames))) };
    let mut response = Response::new(body);
    *response.headers_mut() = header_map(fields);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}

fn header_map(fields: &[(&'static str, &[u8])]) -> HeaderMap {
    let field = |(name, value): &(&'static str, &[u8])| {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
    };
    fields.iter().map(field).collect()
}
