//! The service under test: a desk whose methods do what the request asks them to, and the glue a generator would write.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Context, Poll};
use std::time::Duration;

use goodput::{ManualStopwatch, Verdict};
use http::Request as HttpRequest;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::timeout;
use tokio_stream::{Stream, StreamExt};
use tonic::body::Body;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::server::{Grpc, NamedService};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::house::PATIENCE;

/// Answers one note.
pub(crate) const GET: &str = "/house.Desk/Get";
/// Answers as many notes as asked for.
pub(crate) const LIST: &str = "/house.Desk/List";
/// Answers one note when the caller has nothing more to say.
pub(crate) const SUM: &str = "/house.Desk/Sum";
/// Answers each message with a note.
pub(crate) const CHAT: &str = "/house.Desk/Chat";

/// What a caller wants to happen.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ask {
    /// The code to end with.
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    /// How many notes to send before that.
    #[prost(uint32, tag = "2")]
    pub(crate) notes: u32,
    /// How long the handler takes, on the stopwatch.
    #[prost(uint32, tag = "3")]
    pub(crate) millis: u32,
    /// Whether to wait for the caller before answering, or after the notes of a stream.
    #[prost(bool, tag = "4")]
    pub(crate) wait: bool,
    /// What the handler says about the caller, if anything.
    #[prost(string, tag = "5")]
    pub(crate) says: String,
    /// Whether to panic in place of ending.
    #[prost(bool, tag = "6")]
    pub(crate) panic: bool,
}

/// What a caller gets.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Note {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// The service.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    /// A handler has its request.
    arrived: Arc<Notify>,
    /// The caller lets it go on.
    pub(crate) release: Arc<Notify>,
    hand: ManualStopwatch,
}

type Notes = Pin<Box<dyn Stream<Item = Result<Note, Status>> + Send>>;

impl Desk {
    pub(crate) fn new(hand: ManualStopwatch) -> Self {
        Self { arrived: Arc::default(), release: Arc::default(), hand }
    }

    /// Waits until a handler has its request.
    pub(crate) async fn has_arrived(&self) {
        timeout(PATIENCE, self.arrived.notified()).await.unwrap();
    }

    async fn get(self, ask: Request<Ask>) -> Result<Response<Note>, Status> {
        let ask = ask.into_inner();
        self.begin(&ask).await;
        end(&ask)?;
        let mut response = Response::new(note("one"));
        response.metadata_mut().insert("desk", "7".parse().unwrap());
        Ok(response)
    }

    /// Without a note to send first, all of it happens before the head.
    async fn list(self, ask: Request<Ask>) -> Result<Response<Notes>, Status> {
        let ask = ask.into_inner();
        let mut steps: VecDeque<Step> = (0..ask.notes).map(|number| Step::Note(number.to_string())).collect();
        if steps.is_empty() {
            self.begin(&ask).await;
            end(&ask)?;
        } else {
            if ask.wait {
                steps.push_back(Step::Wait(Box::pin(Arc::clone(&self.release).notified_owned())));
            }
            steps.push_back(Step::End(ask, self.hand));
        }
        Ok(Response::new(Box::pin(Script(steps))))
    }

    async fn sum(self, asks: Request<Streaming<Ask>>) -> Result<Response<Note>, Status> {
        let mut asks = asks.into_inner();
        let (mut last, mut notes) = (Ask::default(), 0);
        while let Some(ask) = asks.next().await {
            last = ask?;
            notes += last.notes;
            self.begin(&last).await;
        }
        end(&last)?;
        Ok(Response::new(note(&notes.to_string())))
    }

    fn chat(self, asks: Request<Streaming<Ask>>) -> Ready<Result<Response<Notes>, Status>> {
        let answer = move |ask: Result<Ask, Status>| {
            let desk = self.clone();
            async move {
                let ask = ask?;
                desk.begin(&ask).await;
                end(&ask)?;
                Ok(note(&ask.notes.to_string()))
            }
        };
        ready(Ok(Response::new(Box::pin(asks.into_inner().then(answer)))))
    }

    /// What comes before an answer.
    async fn begin(&self, ask: &Ask) {
        self.hand.advance(Duration::from_millis(ask.millis.into()));
        self.arrived.notify_one();
        if ask.wait {
            self.release.notified().await;
        }
    }
}

/// The last thing a handler does.
fn end(ask: &Ask) -> Result<(), Status> {
    if ask.panic {
        // Unwinds as a panic does, without the message on standard error.
        resume_unwind(Box::new("planned"));
    }
    match ask.says.as_str() {
        "" => {}
        "good" => goodput::say(Verdict::Good),
        "wrong_total" => goodput::say(Verdict::bad("wrong_total")),
        _ => goodput::say(Verdict::excluded("quota")),
    }
    match Code::from_i32(ask.code) {
        Code::Ok => Ok(()),
        code => Err(Status::new(code, "as asked")),
    }
}

fn note(text: &str) -> Note {
    Note { text: text.to_owned() }
}

/// Notes that follow a script.
struct Script(VecDeque<Step>);

enum Step {
    Note(String),
    /// Until the caller lets it go on.
    Wait(Pin<Box<OwnedNotified>>),
    End(Ask, ManualStopwatch),
}

impl Stream for Script {
    type Item = Result<Note, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.0.front_mut() {
                Some(Step::Wait(released)) => task::ready!(released.as_mut().poll(cx)),
                Some(Step::Note(_) | Step::End(..)) | None => {}
            }
            match self.0.pop_front() {
                Some(Step::Wait(_)) => {}
                Some(Step::Note(text)) => return Poll::Ready(Some(Ok(Note { text }))),
                Some(Step::End(ask, hand)) => {
                    hand.advance(Duration::from_millis(ask.millis.into()));
                    return Poll::Ready(end(&ask).err().map(Err));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

impl NamedService for Desk {
    const NAME: &'static str = "house.Desk";
}

impl Service<HttpRequest<Body>> for Desk {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let desk = self.clone();
        Box::pin(async move {
            let codec = ProstCodec::<Note, Ask>::default();
            let mut grpc = Grpc::new(codec).accept_compressed(Gzip).send_compressed(Gzip);
            Ok(match request.uri().path() {
                GET => grpc.unary(service_fn(|ask| desk.clone().get(ask)), request).await,
                LIST => grpc.server_streaming(service_fn(|ask| desk.clone().list(ask)), request).await,
                SUM => grpc.client_streaming(service_fn(|asks| desk.clone().sum(asks)), request).await,
                CHAT => grpc.streaming(service_fn(|asks| desk.clone().chat(asks)), request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}
