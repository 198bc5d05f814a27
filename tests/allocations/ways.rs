//! The ways a request can end whose allocations are counted, and the service that ends them so.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use goodput::{Outcome, Verdict};
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Empty;
use tower::Service;

/// A way for a request to end: what the service does, and what its caller does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) does: Does,
    pub(crate) status: u16,
    pub(crate) said: Option<Verdict>,
    pub(crate) content_type: Option<&'static str>,
    pub(crate) body: &'static [Piece],
    /// Whether the body knows its length, and so when it is at its end.
    pub(crate) sized: bool,
    pub(crate) caller: Caller,
    /// How it is recorded where some SLO waits for the end.
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// Answers once it was polled so many times in vain.
    Answers(u8),
    Refuses,
    PanicsInCall,
    PanicsInFuture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Data,
    Trailers,
    /// The trailers of a gRPC response.
    Status(&'static str),
    Fails,
    Panics,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    ReadsAll,
    /// Drops the future after so many polls.
    DropsFuture(u8),
    /// Drops the body after so many frames, as a server does where a response has none.
    DropsBody(u8),
}

pub(crate) const SERVED: Way = Way {
    name: "served",
    method: "GET",
    path: "/users/{id}",
    does: Does::Answers(0),
    status: 200,
    said: None,
    content_type: None,
    body: &[Piece::Data],
    sized: true,
    caller: Caller::ReadsAll,
    outcome: Outcome::Success,
};

pub(crate) const STREAMED: Way =
    Way { name: "streamed", body: &[Piece::Data, Piece::Data, Piece::Data], sized: false, ..SERVED };

pub(crate) const CALLED: Way = Way {
    name: "gRPC call",
    method: "POST",
    path: "/hello.Greeter/SayHello",
    content_type: Some("application/grpc"),
    body: &[Piece::Data, Piece::Status("0")],
    sized: false,
    ..SERVED
};

pub(crate) const EMPTY: Way = Way { name: "empty body", body: &[], ..SERVED };

pub(crate) const WAYS: &[Way] = &[
    SERVED,
    STREAMED,
    EMPTY,
    Way { name: "served after some polls", does: Does::Answers(3), ..SERVED },
    Way { name: "streamed to a known length", sized: true, ..STREAMED },
    Way { name: "trailers", body: &[Piece::Data, Piece::Trailers], ..STREAMED },
    Way { name: "events", content_type: Some("text/event-stream"), caller: Caller::DropsBody(1), ..STREAMED },
    Way { name: "HEAD", method: "HEAD", caller: Caller::DropsBody(0), ..STREAMED },
    Way { name: "no content", status: 204, ..EMPTY },
    Way { name: "not modified, with a body nobody reads", status: 304, caller: Caller::DropsBody(0), ..STREAMED },
    Way { name: "client error", status: 404, outcome: Outcome::ClientError, ..SERVED },
    Way { name: "server error", status: 500, outcome: Outcome::ServerError, ..SERVED },
    Way { name: "service error", does: Does::Refuses, outcome: Outcome::ServiceError, ..EMPTY },
    Way { name: "panic in call", does: Does::PanicsInCall, outcome: Outcome::Panicked, ..EMPTY },
    Way { name: "panic in the future", does: Does::PanicsInFuture, outcome: Outcome::Panicked, ..EMPTY },
    Way { name: "panic in the body", body: &[Piece::Data, Piece::Panics], outcome: Outcome::Panicked, ..STREAMED },
    Way { name: "body failed", body: &[Piece::Data, Piece::Fails], outcome: Outcome::BodyFailed, ..STREAMED },
    Way { name: "body dropped", caller: Caller::DropsBody(1), outcome: Outcome::BodyDropped, ..STREAMED },
    Way { name: "body never read", caller: Caller::DropsBody(0), outcome: Outcome::BodyDropped, ..STREAMED },
    Way { name: "dropped unpolled", caller: Caller::DropsFuture(0), outcome: Outcome::Cancelled, ..EMPTY },
    Way {
        name: "dropped after some polls",
        does: Does::Answers(9),
        caller: Caller::DropsFuture(3),
        outcome: Outcome::Cancelled,
        ..EMPTY
    },
    Way { name: "said good", status: 503, said: Some(Verdict::Good), ..SERVED },
    Way { name: "said bad", said: Some(Verdict::bad("wrong_total")), outcome: Outcome::SaidBad, ..SERVED },
    Way {
        name: "said excluded",
        said: Some(Verdict::excluded("card_declined")),
        outcome: Outcome::SaidExcluded,
        ..STREAMED
    },
    Way { name: "excluded route", path: "/health", ..SERVED },
    Way { name: "unmatched", path: "/nowhere", status: 404, outcome: Outcome::ClientError, ..SERVED },
    Way { name: "unmatched and streamed", path: "/nowhere", ..STREAMED },
    Way { name: "stream by its route", path: "/feed", caller: Caller::DropsBody(2), ..STREAMED },
    CALLED,
    Way {
        name: "gRPC call that fails in its trailers",
        body: &[Piece::Data, Piece::Status("13")],
        outcome: Outcome::ServerError,
        ..CALLED
    },
    Way { name: "gRPC call without a status", body: &[Piece::Data], outcome: Outcome::NoStatus, ..CALLED },
    Way {
        name: "gRPC call with a status that is no number",
        body: &[Piece::Status("fine")],
        outcome: Outcome::NoStatus,
        ..CALLED
    },
    Way { name: "gRPC call dropped", caller: Caller::DropsBody(1), outcome: Outcome::BodyDropped, ..CALLED },
    Way { name: "gRPC call with a declared length", sized: true, ..CALLED },
];

/// Unwinds as a panic does, without the message on standard error.
pub(crate) fn planned_panic() -> ! {
    resume_unwind(Box::new(()))
}

/// The service: does what the row says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inner(pub(crate) &'static Way);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed;

impl Service<Request<Empty<Bytes>>> for Inner {
    type Response = Response<Pieces>;
    type Error = Refused;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Answering {
        match self.0.does {
            Does::PanicsInCall => planned_panic(),
            Does::Answers(polls) => Answering { way: self.0, polls },
            Does::Refuses | Does::PanicsInFuture => Answering { way: self.0, polls: 0 },
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answering {
    pub(crate) way: &'static Way,
    pub(crate) polls: u8,
}

impl Future for Answering {
    type Output = Result<Response<Pieces>, Refused>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let way = self.way;
        match way.does {
            Does::PanicsInCall | Does::PanicsInFuture => planned_panic(),
            Does::Refuses => return Poll::Ready(Err(Refused)),
            Does::Answers(_) if self.polls > 0 => {
                self.polls -= 1;
                return Poll::Pending;
            }
            Does::Answers(_) => {}
        }
        let mut response = Response::new(Pieces { left: way.body, sized: way.sized });
        *response.status_mut() = StatusCode::from_u16(way.status).unwrap();
        if let Some(verdict) = way.said {
            response.extensions_mut().insert(verdict);
        }
        if let Some(content_type) = way.content_type {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        Poll::Ready(Ok(response))
    }
}

#[derive(Debug)]
pub(crate) struct Pieces {
    pub(crate) left: &'static [Piece],
    pub(crate) sized: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Failed;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failed>>> {
        let Some((piece, left)) = self.left.split_first() else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(match piece {
            Piece::Data => Ok(Frame::data(Bytes::from_static(b"piece"))),
            Piece::Trailers => {
                let checksum = (HeaderName::from_static("checksum"), HeaderValue::from_static("f97c5d29"));
                Ok(Frame::trailers(HeaderMap::from_iter([checksum])))
            }
            Piece::Status(code) => {
                let status = (HeaderName::from_static("grpc-status"), HeaderValue::from_static(code));
                Ok(Frame::trailers(HeaderMap::from_iter([status])))
            }
            Piece::Fails => Err(Failed),
            Piece::Panics => planned_panic(),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.sized && self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.sized { SizeHint::with_exact(5 * self.left.len() as u64) } else { SizeHint::default() }
    }
}
