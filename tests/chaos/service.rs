//! The service: does what the plan says, and writes down what became of it.

use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRAILER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::Notify;

use crate::ledger::{Fate, Ledger, Witness};
use crate::plan::{Deed, Plan, asked};

/// What both sides share.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) seed: u64,
    pub(crate) ledger: Arc<Ledger>,
    /// By client: the handler has the request.
    pub(crate) arrived: Box<[Notify]>,
}

impl Scene {
    pub(crate) fn plan(&self, number: usize) -> Plan {
        Plan::of(self.seed, number)
    }
}

/// The service answers nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

/// What a response of this service consists of.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// Answers a request. A service that cannot fail answers 501 where the plan says that it does.
pub(crate) fn answer<B>(
    request: Request<B>,
    scene: &Arc<Scene>,
    can_fail: bool,
) -> impl Future<Output = Result<Answer, Refused>> + Send + use<B>
where
    B: Body<Data: Send, Error: fmt::Debug> + Send + Unpin + 'static,
{
    let (deed, number) = asked(request.uri().path());
    let mut witness = Witness::begin(Arc::clone(&scene.ledger), number);
    if deed == Deed::PanicsAtOnce {
        witness.over(Fate::Panicked);
        planned_panic();
    }
    let reply = Reply { witness, plan: scene.plan(number), cut: request.version() <= Version::HTTP_11, can_fail };
    let scene = Arc::clone(scene);
    // A box of its own keeps the futures around it small.
    Box::pin(async move { reply.after(request, &scene.arrived[number % scene.arrived.len()]).await })
}

/// A request that is being answered.
struct Reply {
    witness: Witness,
    plan: Plan,
    /// HTTP/1.1 servers cut off what goes beyond a declared length.
    cut: bool,
    can_fail: bool,
}

impl Reply {
    async fn after<B>(mut self, request: Request<B>, arrived: &Notify) -> Result<Answer, Refused>
    where
        B: Body<Data: Send, Error: fmt::Debug> + Send + Unpin + 'static,
    {
        for _ in 0..self.plan.yields {
            tokio::task::yield_now().await;
        }
        if self.plan.dawdles {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let head = *request.method() == Method::HEAD;
        match self.plan.deed {
            Deed::Hangs => {
                arrived.notify_one();
                std::future::pending::<()>().await;
            }
            Deed::Errs if self.can_fail => {
                self.witness.over(Fate::Erred);
                return Err(Refused);
            }
            Deed::Errs => self.plan.status = 501,
            Deed::Panics => {
                self.witness.over(Fate::Panicked);
                planned_panic();
            }
            Deed::Uploads | Deed::UploadsSome => {
                let mut upload = request.into_body();
                while let Some(frame) = upload.frame().await {
                    if frame.is_err() {
                        self.plan.status = 400;
                    }
                    if frame.is_err() || self.plan.deed == Deed::UploadsSome {
                        break;
                    }
                }
            }
            _ => {}
        }
        Ok(self.respond(head))
    }

    fn respond(mut self, head: bool) -> Answer {
        let Plan { deed, status, frames, bytes_per_frame, pauses, .. } = self.plan;
        let bytes = self.plan.bytes() as u64;
        let declared = match deed {
            Deed::Downloads | Deed::TrailersAfterLength => Some(bytes),
            Deed::FallsShort => Some(bytes + 1),
            Deed::Overflows => Some(bytes - 1),
            _ => None,
        };
        // Most answers are one piece of known size, as most answers are.
        let whole = status >= 400
            || matches!(deed, Deed::Answers | Deed::Ponders | Deed::Sized | Deed::Uploads | Deed::UploadsSome);
        let mut body = Script {
            witness: None,
            given_to_the_end: Fate::answered(status, deed != Deed::Strays),
            frames,
            frame: Bytes::from(vec![b'x'; bytes_per_frame]),
            given: 0,
            owed: declared.or_else(|| whole.then_some(bytes)),
            cut: self.cut,
            pauses,
            last: match deed {
                Deed::Trailers | Deed::TrailersAfterLength => Last::Trailers,
                Deed::Tears => Last::Fail,
                Deed::PanicsMidBody => Last::Panic,
                Deed::Stalls | Deed::Events => Last::Stall,
                _ => Last::Nothing,
            },
            knows_its_end: whole || deed == Deed::StreamsToItsEnd,
            knows_its_size: whole,
        };
        // Nothing more is to come where HTTP has no body, where there is nothing in it, and where the head is all that counts.
        let over = head
            || matches!(deed, Deed::NoContent | Deed::NotModified | Deed::Events)
            || body.is_end_stream()
            || body.owed == Some(0);
        if over {
            self.witness.over(body.given_to_the_end);
        } else {
            self.witness.answering(body.given_to_the_end);
        }
        body.witness = Some(self.witness);

        let mut answer = Response::new(body.boxed_unsync());
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        let headers = answer.headers_mut();
        if let Some(declared) = declared {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(declared));
        }
        if matches!(deed, Deed::Trailers | Deed::TrailersAfterLength) {
            headers.insert(TRAILER, HeaderValue::from_static("checksum"));
        }
        if deed == Deed::Events {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        }
        answer
    }
}

/// Unwinds as a panic does, without the message on standard error.
fn planned_panic() -> ! {
    resume_unwind(Box::new("planned"))
}

/// A body that gives its frames and then comes to its end, and knows by itself what that end was.
struct Script {
    witness: Option<Witness>,
    given_to_the_end: Fate,
    /// Frames to come.
    frames: usize,
    frame: Bytes,
    /// Bytes given.
    given: u64,
    /// Bytes declared.
    owed: Option<u64>,
    cut: bool,
    pauses: u32,
    last: Last,
    knows_its_end: bool,
    knows_its_size: bool,
}

/// What comes after the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Nothing,
    Trailers,
    Fail,
    Panic,
    Stall,
}

impl Script {
    fn over(&mut self, fate: Fate) {
        self.witness.as_mut().unwrap().over(fate);
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let given_to_the_end = self.given_to_the_end;
        let pause = self.pauses & 1 == 1;
        self.pauses >>= 1;
        if pause {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.frames > 0 {
            self.frames -= 1;
            self.given += self.frame.len() as u64;
            match self.owed {
                Some(owed) if self.given > owed && !self.cut => self.over(Fate::Torn),
                Some(owed) if self.given >= owed => self.over(given_to_the_end),
                _ if self.is_end_stream() => self.over(given_to_the_end),
                _ => {}
            }
            return Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))));
        }
        match std::mem::replace(&mut self.last, Last::Nothing) {
            Last::Nothing => {
                let short = self.owed.is_some_and(|owed| self.given < owed);
                self.over(if short { Fate::Torn } else { given_to_the_end });
                Poll::Ready(None)
            }
            Last::Trailers => {
                self.over(given_to_the_end);
                let checksum = (HeaderName::from_static("checksum"), HeaderValue::from_static("f97c5d29"));
                Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter([checksum])))))
            }
            Last::Fail => {
                self.over(Fate::Torn);
                Poll::Ready(Some(Err(io::Error::other("torn"))))
            }
            Last::Panic => {
                self.over(Fate::PanickedMidBody);
                planned_panic()
            }
            Last::Stall => {
                self.last = Last::Stall;
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.knows_its_end && self.frames == 0
    }

    fn size_hint(&self) -> SizeHint {
        match self.owed {
            Some(owed) if self.knows_its_size => SizeHint::with_exact(owed - self.given),
            _ => SizeHint::default(),
        }
    }
}
