//! The service under test: one answer for each way a request can end, whatever server it runs on.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use goodput::{Degraded, Verdict};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRAILER, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// The templates of its routes.
pub(crate) const ROUTES: [&str; 29] = [
    "/body-panics/{seat}",
    "/broken",
    "/cached",
    "/declined",
    "/deleted",
    "/download",
    "/endless",
    "/events",
    "/forgiven",
    "/health",
    "/late",
    "/limited",
    "/missing",
    "/panics",
    "/panics-at-once",
    "/refused",
    "/slow-body/{seat}",
    "/slow-broken/{seat}",
    "/slow/{seat}",
    "/stream",
    "/too-slow-for-us",
    "/torn/{seat}",
    "/trailers",
    "/tunnel",
    "/unchanged",
    "/upload",
    "/users/{seat}",
    "/waits/{seat}",
    "/wrong-total",
];

/// The template a path belongs to: the one with the same first segment.
pub(crate) fn route_of<B>(request: &Request<B>) -> Option<&str> {
    let first = |path: &str| path.split('/').nth(1).map(str::to_owned);
    let asked = first(request.uri().path());
    ROUTES.into_iter().find(|template| first(template) == asked)
}

/// The one method a route answers to, `HEAD` aside.
pub(crate) fn method_of(template: &str) -> Method {
    if template == "/upload" { Method::POST } else { Method::GET }
}

/// What a response of this service consists of.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// Where one client and the handler of its request wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    /// The handler has the request.
    pub(crate) arrived: Notify,
    /// The client lets the handler, or the body, go on.
    pub(crate) release: Arc<Notify>,
}

/// All seats, by number.
pub(crate) type Seats = Arc<[Seat]>;

/// The service answers nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

/// Answers a request.
pub(crate) fn answer<B>(request: Request<B>, seats: Seats) -> impl Future<Output = Result<Answer, Refused>> + Send
where
    B: Body<Data: Send, Error: fmt::Debug> + Send + 'static,
{
    if request.uri().path() == "/panics-at-once" {
        planned_panic();
    }
    async move { Box::pin(reply(request, seats)).await }
}

async fn reply<B>(request: Request<B>, seats: Seats) -> Result<Answer, Refused>
where
    B: Body<Data: Send, Error: fmt::Debug> + Send + 'static,
{
    use Step::{Data, Fail, Forever, Panic, Trailers, Wait};
    let path = request.uri().path().to_owned();
    let Some(template) = ROUTES.into_iter().find(|template| Some(*template) == route_of(&request)) else {
        return Ok(if path.starts_with("/static/") { text(200, "logo") } else { text(404, "") });
    };
    let method = request.method();
    if *method != method_of(template) && *method != Method::HEAD {
        return Ok(text(405, ""));
    }
    let seat = || path.rsplit('/').next().and_then(|number| seats.get(number.parse::<usize>().ok()?));
    let release = || Wait(Box::pin(Arc::clone(&seat().unwrap().release).notified_owned()));
    if ["/slow-broken/{seat}", "/slow/{seat}", "/waits/{seat}"].contains(&template) {
        seat().unwrap().arrived.notify_one();
    }
    if ["/slow-broken/{seat}", "/slow/{seat}"].contains(&template) {
        seat().unwrap().release.notified().await;
    }
    Ok(match template {
        "/body-panics/{seat}" => stream([Data("one"), release(), Panic]),
        "/broken" | "/slow-broken/{seat}" => text(500, "broken"),
        "/cached" => said(text(200, "old"), Degraded),
        "/declined" => said(text(402, "no"), Verdict::excluded("card_declined")),
        "/deleted" => bodiless(204),
        "/download" => with(stream([Data("one"), Data("two"), Data("three")]), CONTENT_LENGTH, "11"),
        "/endless" => stream([Data("one"), Forever]),
        "/events" => with(stream([Data("data: 1\n\n"), Forever]), CONTENT_TYPE, "text/event-stream"),
        "/forgiven" => said(text(503, "fine"), Verdict::Good),
        "/health" => text(200, "up"),
        "/late" => text(504, "late"),
        "/limited" => text(429, "wait"),
        "/missing" => text(404, "no such item"),
        "/panics" => planned_panic(),
        "/refused" => return Err(Refused),
        "/slow-body/{seat}" => stream([Data("one"), release(), Data("two")]),
        "/slow/{seat}" => text(200, "at last"),
        "/stream" => stream([Data("one"), Data("two"), Data("three")]),
        "/too-slow-for-us" => text(408, "slow you"),
        "/torn/{seat}" => stream([Data("one"), release(), Fail]),
        "/trailers" => with(stream([Data("one"), Trailers]), TRAILER, "checksum"),
        "/tunnel" => tunnel(request),
        "/unchanged" => bodiless(304),
        "/upload" => full(200, request.into_body().collect().await.unwrap().to_bytes()),
        "/users/{seat}" => text(200, "hello"),
        "/wrong-total" => said(text(200, "7"), Verdict::bad("wrong_total")),
        // `/waits/{seat}`: only the client's leaving ends it.
        _ => std::future::pending().await,
    })
}

/// Unwinds as a panic does, without the message on standard error.
fn planned_panic() -> ! {
    resume_unwind(Box::new("planned"))
}

fn text(status: u16, body: &'static str) -> Answer {
    full(status, Bytes::from_static(body.as_bytes()))
}

fn full(status: u16, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn stream(steps: impl IntoIterator<Item = Step>) -> Answer {
    Response::new(Script(steps.into_iter().collect()).boxed_unsync())
}

/// HTTP has no body here. This one does not know that it is at its end, and is dropped before anybody has asked it.
fn bodiless(status: u16) -> Answer {
    let mut answer = stream([]);
    *answer.status_mut() = StatusCode::from_u16(status).unwrap();
    answer
}

fn with(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}

fn said<W: Clone + Send + Sync + 'static>(mut answer: Answer, word: W) -> Answer {
    answer.extensions_mut().insert(word);
    answer
}

/// Switches protocols and sends everything back, until the client has no more.
fn tunnel<B: Send + 'static>(mut request: Request<B>) -> Answer {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut from, mut to) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
        tokio::io::copy(&mut from, &mut to).await.unwrap();
    });
    let mut answer = bodiless(101);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    answer.headers_mut().insert(UPGRADE, HeaderValue::from_static("echo"));
    answer
}

/// A body that does not know its length and follows a script.
struct Script(VecDeque<Step>);

enum Step {
    Data(&'static str),
    Trailers,
    /// Until the client lets it go on.
    Wait(Pin<Box<OwnedNotified>>),
    Forever,
    Fail,
    Panic,
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        while let Some(step) = self.0.front_mut() {
            let frame = match step {
                Step::Wait(released) => {
                    ready!(released.as_mut().poll(cx));
                    self.0.pop_front();
                    continue;
                }
                Step::Forever => return Poll::Pending,
                Step::Data(data) => Ok(Frame::data(Bytes::from_static(data.as_bytes()))),
                Step::Trailers => {
                    let checksum = (HeaderName::from_static("checksum"), HeaderValue::from_static("f97c5d29"));
                    Ok(Frame::trailers(HeaderMap::from_iter([checksum])))
                }
                Step::Fail => Err(io::Error::other("torn")),
                Step::Panic => planned_panic(),
            };
            self.0.pop_front();
            return Poll::Ready(Some(frame));
        }
        Poll::Ready(None)
    }
}
