//! An instance to send requests to, and `check`, which says how the one request it saw must have been recorded.

use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use goodput_core::{Goodput, GoodputBuilder, JudgedAt, ManualStopwatch, Outcome, Slo, Stopwatch};
use goodput_tower::{Fixed, SliBody, SliLayer};
use http::{Method, Request, Response, Version};
use http_body::{Body, Frame};
use tower::{Layer, Service, service_fn};

pub(crate) type Handle = Arc<Goodput>;
pub(crate) type Followed<B> = Response<SliBody<B, Handle>>;

/// The route of everything that is not about routes.
pub(crate) const ROUTE: &str = "/route";

/// What the SLO `ok` made of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Good,
    Bad,
    Excluded,
}
pub(crate) use Judged::{Bad, Excluded, Good};

/// An instance with the availability SLO `ok`, and the hand on its stopwatch.
pub(crate) struct House {
    pub(crate) goodput: Handle,
    pub(crate) clock: ManualStopwatch,
}

impl House {
    /// The SLO waits for the end of the response.
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder.slo(Slo::availability("ok", "99%")))
    }

    /// The SLO is satisfied with the head.
    pub(crate) fn judging_heads() -> Self {
        Self::with(|builder| builder.slo(Slo::availability("ok", "99%").judged_at(JudgedAt::Head)))
    }

    pub(crate) fn with(define: impl FnOnce(GoodputBuilder) -> GoodputBuilder) -> Self {
        let (stopwatch, clock) = Stopwatch::manual();
        let builder = Goodput::builder("house").exclude_routes(["/health"]).stopwatch(stopwatch);
        let goodput = Arc::new(define(builder).build().unwrap());
        Self { goodput, clock }
    }

    pub(crate) fn layer(&self) -> SliLayer<Handle, Fixed> {
        SliLayer::new(self.handle()).route(ROUTE)
    }

    pub(crate) fn handle(&self) -> Handle {
        Arc::clone(&self.goodput)
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Sends a request to a service that gives this response.
    pub(crate) fn answer<B: Body + 'static>(&self, method: Method, response: Response<B>) -> Followed<B> {
        answer(&self.layer(), request(method), response)
    }

    /// As [`answer`](Self::answer), to a call as gRPC makes it.
    pub(crate) fn answer_call<B: Body + 'static>(&self, response: Response<B>) -> Followed<B> {
        let mut asked = request(Method::POST);
        *asked.version_mut() = Version::HTTP_2;
        answer(&self.layer(), asked, response)
    }

    /// As [`answer`](Self::answer), to a GET of this version of HTTP.
    pub(crate) fn answer_over<B: Body + 'static>(&self, version: Version, response: Response<B>) -> Followed<B> {
        let mut asked = request(Method::GET);
        *asked.version_mut() = version;
        answer(&self.layer(), asked, response)
    }

    /// Exactly one request, on this route, with this outcome and verdict, and nothing in flight.
    #[track_caller]
    pub(crate) fn check_on(&self, what: &str, route: &str, outcome: Outcome, judged: Judged) {
        let status = self.goodput.status();
        assert_eq!(status.in_flight, 0, "{what}: in flight");
        let routes: Vec<_> = status.routes.iter().map(|route| route.template.as_str()).collect();
        assert_eq!(routes, [route], "{what}: routes");
        let seen = status.route(route).unwrap();
        assert_eq!((seen.begun, seen.in_flight), (1, 0), "{what}: begun and in flight");
        let outcomes: Vec<_> = seen.outcomes.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(outcomes, [(outcome, 1)], "{what}: outcomes");
        let counts = status.slo("ok").unwrap().counts;
        let of = |one: Judged| u64::from(judged == one);
        assert_eq!(
            (counts.good, counts.bad, counts.excluded),
            (of(Good), of(Bad), of(Excluded)),
            "{what}: good, bad and excluded"
        );
    }

    #[track_caller]
    pub(crate) fn check(&self, what: &str, outcome: Outcome, judged: Judged) {
        self.check_on(what, ROUTE, outcome, judged);
    }

    /// One request has begun and is not over.
    #[track_caller]
    pub(crate) fn check_in_flight(&self, what: &str) {
        let status = self.goodput.status();
        assert_eq!(status.in_flight, 1, "{what}: in flight");
        assert!(
            status.routes.iter().all(|route| route.outcomes.iter().all(|(_, count)| *count == 0)),
            "{what}: {:?}",
            status.routes
        );
    }
}

pub(crate) fn request(method: Method) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    request
}

/// Sends a request through a layer to a service that gives this response.
pub(crate) fn answer<L, B, R>(layer: &L, request: Request<()>, response: Response<B>) -> R
where
    B: 'static,
    L: Layer<tower::util::ServiceFn<Once<B>>>,
    L::Service: Service<Request<()>, Response = R, Error = Infallible>,
{
    let mut response = Some(response);
    let once: Once<B> = Box::new(move |_| ready(Ok(response.take().unwrap())));
    let Ok(response) = now(layer.layer(service_fn(once)).call(request));
    response
}

pub(crate) type Once<B> = Box<dyn FnMut(Request<()>) -> std::future::Ready<Result<Response<B>, Infallible>>>;

/// Polls a future once, with a waker that does nothing.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The output of a future that is ready after a few polls.
#[track_caller]
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
    panic!("the future is still not ready");
}

/// What polling a body gives.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

/// Polls a body once.
pub(crate) fn frame<B: Body + Unpin>(body: &mut B) -> Polled<B> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// Takes `count` frames, whatever they are.
pub(crate) fn frames<B: Body + Unpin>(body: &mut B, count: usize) {
    for _ in 0..count {
        let _ = frame(body);
    }
}

/// Runs what is expected to panic, as a layer outside that catches panics would.
#[track_caller]
pub(crate) fn panics(run: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "no panic");
}
