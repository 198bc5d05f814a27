//! Services by script: what one does with a request, step by step, up to the head and in the body.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use goodput::{Degraded, ManualStopwatch, Verdict};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::{Notify, Semaphore};

/// Where service and client meet: the clock, and how they wait for each other.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) hand: ManualStopwatch,
    /// The service has come to [`Step::Arrive`].
    pub(crate) arrived: Arc<Notify>,
    /// One permit for each [`Step::Wait`].
    pub(crate) released: Arc<Semaphore>,
    /// How often a body was polled.
    body_polls: Arc<AtomicUsize>,
}

impl Scene {
    pub(crate) fn new(hand: ManualStopwatch) -> Self {
        let released = Arc::new(Semaphore::new(0));
        Self { hand, arrived: Arc::default(), released, body_polls: Arc::default() }
    }

    pub(crate) fn body_polls(&self) -> usize {
        self.body_polls.load(Ordering::Relaxed)
    }
}

/// One thing that a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So much time passes on the stopwatch.
    Pass(Duration),
    /// It is pending, and goes on when polled again.
    Yield,
    /// The client learns that it has come this far.
    Arrive,
    /// Until the client lets it go on.
    Wait,
    Forever,
    Fail,
    Panic,
    /// A frame of the body.
    Data(&'static str),
    /// A frame of so many bytes.
    Filled(usize),
    Trailers,
}

/// What a service reads of an upload, before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    Nothing,
    /// All of it. If that fails, it answers with 400 at once.
    AllOrRefuses,
    /// All of it. If that fails, it goes on.
    WhatComes,
}

/// What a service says about its own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Verdict(Verdict),
    Degraded,
}

/// What a service does with a request.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) panics_in_call: bool,
    pub(crate) reads: Reads,
    pub(crate) head: Vec<Step>,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) says: Option<Word>,
    pub(crate) body: Vec<Step>,
    /// The body says so when its last frame was taken.
    pub(crate) knows_its_end: bool,
    pub(crate) knows_its_size: bool,
}

impl Plan {
    /// A body that knows nothing about itself.
    pub(crate) fn stream(status: u16, body: impl IntoIterator<Item = Step>) -> Self {
        Self {
            panics_in_call: false,
            reads: Reads::Nothing,
            head: Vec::new(),
            status,
            headers: Vec::new(),
            says: None,
            body: body.into_iter().collect(),
            knows_its_end: false,
            knows_its_size: false,
        }
    }

    /// A body that knows everything about itself.
    pub(crate) fn text(status: u16, text: &'static str) -> Self {
        let body = (!text.is_empty()).then_some(Step::Data(text));
        Self { knows_its_end: true, knows_its_size: true, ..Self::stream(status, body) }
    }

    /// This before the head.
    pub(crate) fn first(self, head: impl IntoIterator<Item = Step>) -> Self {
        Self { head: head.into_iter().collect(), ..self }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Does it.
    pub(crate) fn play<B>(
        &self,
        scene: &Scene,
        request: Request<B>,
    ) -> impl Future<Output = Result<Response<Script>, Refused>> + Send + use<B>
    where
        B: Body<Data: Send, Error: Send> + Send + 'static,
    {
        if self.panics_in_call {
            planned_panic();
        }
        let mut head = Script { steps: self.head.iter().copied().collect(), ..Script::new(self, scene) };
        let body = Script { polls: Some(Arc::clone(&scene.body_polls)), ..Script::new(self, scene) };
        let (mut answer, reads) = (self.answer(body), self.reads);
        async move {
            let upload = request.into_body();
            if reads == Reads::Nothing {
                // It stays where it is until there is a head.
                let head = poll_fn(|cx| head.poll_step(cx)).await;
                drop(upload);
                return head.map_or(Ok(answer), |_| Err(Refused));
            }
            if upload.collect().await.is_err() && reads == Reads::AllOrRefuses {
                *answer.status_mut() = StatusCode::BAD_REQUEST;
                return Ok(answer);
            }
            poll_fn(|cx| head.poll_step(cx)).await.map_or(Ok(answer), |_| Err(Refused))
        }
    }

    fn answer(&self, body: Script) -> Response<Script> {
        let mut answer = Response::new(body);
        *answer.status_mut() = StatusCode::from_u16(self.status).unwrap();
        for (name, value) in &self.headers {
            answer.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        match self.says {
            Some(Word::Verdict(verdict)) => drop(answer.extensions_mut().insert(verdict)),
            Some(Word::Degraded) => drop(answer.extensions_mut().insert(Degraded)),
            None => {}
        }
        answer
    }
}

/// A body of these steps, wherever one is needed.
pub(crate) fn body(steps: impl IntoIterator<Item = Step>, scene: &Scene) -> Script {
    Script::new(&Plan::stream(200, steps), scene)
}

/// Unwinds as a panic does, without the message on standard error.
pub(crate) fn planned_panic() -> ! {
    resume_unwind(Box::new("planned"))
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

/// Steps being taken; as a body, those that make frames come out of it.
pub(crate) struct Script {
    steps: VecDeque<Step>,
    knows_its_end: bool,
    knows_its_size: bool,
    scene: Scene,
    waiting: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    polls: Option<Arc<AtomicUsize>>,
}

impl Script {
    /// The body of a plan.
    fn new(plan: &Plan, scene: &Scene) -> Self {
        Self {
            steps: plan.body.iter().copied().collect(),
            knows_its_end: plan.knows_its_end,
            knows_its_size: plan.knows_its_size,
            scene: scene.clone(),
            waiting: None,
            polls: None,
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            let Some(step) = self.steps.pop_front() else { return Poll::Ready(None) };
            match step {
                Step::Pass(time) => self.scene.hand.advance(time),
                Step::Yield => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Step::Arrive => self.scene.arrived.notify_one(),
                Step::Wait => {
                    let released = Arc::clone(&self.scene.released);
                    self.waiting = Some(Box::pin(async move { released.acquire_owned().await.unwrap().forget() }));
                }
                Step::Forever => {
                    self.steps.push_front(step);
                    return Poll::Pending;
                }
                Step::Fail => return Poll::Ready(Some(Err(io::Error::other("torn")))),
                Step::Panic => planned_panic(),
                Step::Data(data) => return frame(Bytes::from_static(data.as_bytes())),
                Step::Filled(bytes) => return frame(Bytes::from(vec![b'x'; bytes])),
                Step::Trailers => {
                    let checksum = (HeaderName::from_static("checksum"), HeaderValue::from_static("f97c5d29"));
                    return Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter([checksum])))));
                }
            }
        }
    }
}

fn frame(data: Bytes) -> Poll<Option<io::Result<Frame<Bytes>>>> {
    Poll::Ready(Some(Ok(Frame::data(data))))
}

impl Body for Script {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(polls) = &self.polls {
            polls.fetch_add(1, Ordering::Relaxed);
        }
        self.poll_step(cx)
    }

    fn is_end_stream(&self) -> bool {
        let nothing_comes = self.steps.iter().all(|step| matches!(step, Step::Pass(_)));
        self.knows_its_end && nothing_comes && self.waiting.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        if !self.knows_its_size {
            return SizeHint::default();
        }
        let bytes = self.steps.iter().map(|step| match step {
            Step::Data(data) => data.len() as u64,
            Step::Filled(bytes) => *bytes as u64,
            _ => 0,
        });
        SizeHint::with_exact(bytes.sum())
    }
}
