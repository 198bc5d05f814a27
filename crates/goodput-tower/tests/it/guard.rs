//! The guard layer: what it does to each request, and what the layer around it records of that.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use goodput_core::{Goodput, Guard, ManualTimeline, Outcome, Reason, RequestClass, Shed, Slo, Timeline, Verdict};
use goodput_tower::{
    Answer, AnswerBy, Busy, Degrade, Fixed, GuardFuture, GuardLayer, GuardService, SliLayer, Unmatched,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

use crate::house::{frame, now, poll, request};

const SPARE: &str = "/spare";

/// An instance whose SLO looks at every route, with a hand on its timeline.
struct Shop {
    goodput: Arc<Goodput>,
    calendar: ManualTimeline,
}

impl Shop {
    fn new(guard: Guard) -> Self {
        let (timeline, calendar) = Timeline::manual();
        let builder = Goodput::builder("shop").classes(["low"]).slo(Slo::availability("ok", "99%")).timeline(timeline);
        Self { goodput: Arc::new(builder.guard(guard.above("10").floor("25%")).build().unwrap()), calendar }
    }

    /// An outage, until the guard admits no more than its floor.
    fn close(self) -> Self {
        for _ in 0..10 {
            (0..50).for_each(|_| self.goodput.work("/checkout").bad("down"));
            self.calendar.advance(Duration::from_secs(10));
            self.goodput.tick(self.calendar.now());
        }
        assert_eq!(self.goodput.status().guards[0].admitted.to_string(), "25%");
        self
    }

    fn handle(&self) -> Arc<Goodput> {
        Arc::clone(&self.goodput)
    }

    /// Four requests through the guard and the layer around it: of each the status, and whether the handler was asked for less.
    fn four(&self, asked: impl Fn() -> Request<()>) -> Vec<(u16, Option<bool>)> {
        let stack = (SliLayer::new(self.handle()).route(SPARE), GuardLayer::new(self.handle()).route(SPARE));
        let mut service = stack.layer(service_fn(|request: Request<()>| {
            let mut response = Response::new(Full::<Bytes>::from("full"));
            response.extensions_mut().insert(Served(request.extensions().get::<Degrade>().is_some()));
            ready(Ok::<_, &'static str>(response))
        }));
        let ask = |_| {
            let response = now(service.call(asked())).unwrap();
            let served = response.extensions().get::<Served>().map(|Served(less)| *less);
            let status = response.status().as_u16();
            let mut body = response.into_body();
            while matches!(frame(&mut body), Poll::Ready(Some(Ok(_)))) {}
            (status, served)
        };
        (0..4).map(ask).collect()
    }

    /// Bad and excluded ones by reason.
    fn reasons(&self) -> Vec<(Verdict, u64)> {
        let status = self.goodput.status();
        let reasons = status.slos[0].reasons.iter().map(|of| (of.verdict, of.count));
        reasons.filter(|(verdict, _)| verdict.reason() != Some(Reason::new("down"))).collect()
    }
}

/// What the handler saw.
#[derive(Clone, Copy)]
struct Served(bool);

fn get() -> Request<()> {
    request(http::Method::GET)
}

const FULL: (u16, Option<bool>) = (200, Some(false));
const LESS: (u16, Option<bool>) = (200, Some(true));
const SHED: (u16, Option<bool>) = (503, None);

#[test]
fn while_nothing_burns_every_request_is_served_in_full() {
    let shop = Shop::new(Guard::shed("spare", "ok").routes([SPARE]));
    assert_eq!(shop.four(get), [FULL; 4]);
    assert_eq!(shop.reasons(), []);
}

#[test]
fn what_is_shed_does_not_come_to_the_service_and_is_bad_for_that_reason() {
    let shop = Shop::new(Guard::shed("spare", "ok").routes([SPARE])).close();
    assert_eq!(shop.four(get), [SHED, SHED, SHED, FULL]);
    assert_eq!(shop.reasons(), [(Verdict::Bad(Reason::SHED), 3)]);
    let status = shop.goodput.status();
    let spare = status.route(SPARE).unwrap();
    assert_eq!((spare.begun, spare.outcome(Outcome::SaidBad), spare.outcome(Outcome::Success)), (4, 3, 1));
    assert_eq!((spare.in_flight, status.guards[0].held_back), (0, 3));
}

#[test]
fn what_is_shed_is_excluded_where_the_guard_says_so() {
    let shop = Shop::new(Guard::shed("spare", "ok").routes([SPARE]).exclude_sheds()).close();
    assert_eq!(shop.four(get), [SHED, SHED, SHED, FULL]);
    assert_eq!(shop.reasons(), [(Verdict::Excluded(Reason::SHED), 3)]);
}

#[test]
fn what_is_degraded_is_marked_and_counted_as_it_ends() {
    let shop = Shop::new(Guard::degrade("spare", "ok").routes([SPARE])).close();
    assert_eq!(shop.four(get), [LESS, LESS, LESS, FULL]);
    assert_eq!(shop.reasons(), []);
}

#[test]
fn other_routes_are_not_touched() {
    let shop = Shop::new(Guard::shed("spare", "ok").routes(["/elsewhere"])).close();
    assert_eq!(shop.four(get), [FULL; 4]);
}

#[test]
fn a_class_that_a_request_brings_is_what_a_guard_chooses_by() {
    let shop = Shop::new(Guard::shed("low", "ok").classes(["low"])).close();
    let in_class = |class| {
        move || {
            let mut asked = get();
            asked.extensions_mut().insert(RequestClass(class));
            asked
        }
    };
    assert_eq!(shop.four(get), [FULL; 4]);
    assert_eq!(shop.four(in_class("high")), [FULL; 4], "no declared class");
    assert_eq!(shop.four(in_class("low")), [SHED, SHED, SHED, FULL]);
    let mut service = GuardLayer::new(shop.handle()).class("low").layer(service_fn(|_: Request<()>| ready(ok())));
    let statuses: Vec<u16> = (0..4).map(|_| now(service.call(get())).unwrap().status().as_u16()).collect();
    assert_eq!(statuses, [503, 503, 503, 200], "the class of the layer");
}

#[expect(clippy::unnecessary_wraps, reason = "what a service gives")]
fn ok() -> Result<Response<Full<Bytes>>, &'static str> {
    Ok(Response::new(Full::from("full")))
}

/// The first answer to what is shed.
fn shed<A: Answer<Full<Bytes>>, N: goodput_tower::NameRoute<()>>(
    layer: &GuardLayer<Arc<Goodput>, N, A>,
) -> Response<Full<Bytes>>
where
    GuardLayer<Arc<Goodput>, N, A>: Layer<Inner, Service = GuardService<Inner, Arc<Goodput>, N, A>>,
{
    let mut service = layer.layer(service_fn((|_| ready(ok())) as fn(Request<()>) -> _));
    now(service.call(get())).unwrap()
}

type Inner = tower::util::ServiceFn<fn(Request<()>) -> Ready<Result<Response<Full<Bytes>>, &'static str>>>;

#[test]
fn the_answer_says_when_to_come_again_and_carries_its_verdict() {
    let guard = Guard::shed("spare", "ok").routes([SPARE]).retry_after(Duration::from_secs(7));
    let shop = Shop::new(guard).close();
    let layer = GuardLayer::new(shop.handle()).route(SPARE);
    let answer = shed(&layer);
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.extensions().get(), Some(&Verdict::Bad(Reason::SHED)));

    let layer = layer.answer_by(|shed: Shed| {
        Response::builder().status(599).header("wait", shed.retry_after.as_secs()).body(Full::default()).unwrap()
    });
    let answer = shed(&layer);
    assert_eq!((answer.status().as_u16(), &answer.headers()["wait"]), (599, &"7".parse().unwrap()));
    assert_eq!(answer.extensions().get(), Some(&Verdict::Bad(Reason::SHED)), "whatever the answer");
}

#[test]
fn an_answer_is_ready_once() {
    let shop = Shop::new(Guard::shed("spare", "ok").routes([SPARE])).close();
    let mut service = GuardLayer::new(shop.handle()).route(SPARE).layer(service_fn(|_: Request<()>| ready(ok())));
    let mut future = std::pin::pin!(service.call(get()));
    assert!(matches!(poll(future.as_mut()), Poll::Ready(Ok(_))));
    assert!(poll(future.as_mut()).is_pending());
}

#[test]
fn readiness_and_errors_pass_through() {
    /// Pending, then broken, then ready; answers with an error.
    struct Moody(usize);

    impl Service<Request<()>> for Moody {
        type Response = Response<Full<Bytes>>;
        type Error = &'static str;
        type Future = Ready<Result<Self::Response, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            self.0 += 1;
            match self.0 {
                1 => Poll::Pending,
                2 => Poll::Ready(Err("broken")),
                _ => Poll::Ready(Ok(())),
            }
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            ready(Err("failed"))
        }
    }

    let shop = Shop::new(Guard::shed("spare", "ok").routes([SPARE])).close();
    let mut service = GuardLayer::new(shop.handle()).route(SPARE).layer(Moody(0));
    let mut readiness = || service.poll_ready(&mut Context::from_waker(Waker::noop()));
    assert_eq!(
        [readiness(), readiness(), readiness()],
        [Poll::Pending, Poll::Ready(Err("broken")), Poll::Ready(Ok(()))]
    );
    let answers: Vec<_> = (0..4).map(|_| now(service.call(get())).map(|answer| answer.status().as_u16())).collect();
    assert_eq!(answers, [Ok(503), Ok(503), Ok(503), Err("failed")]);
}

#[test]
fn its_types_can_be_sent_shared_printed_and_named() {
    fn everywhere<T: Send + Sync + Unpin + std::fmt::Debug + 'static>() {}
    fn copied<T: Copy>() {}

    everywhere::<GuardLayer>();
    everywhere::<GuardLayer<Arc<Goodput>, Fixed>>();
    everywhere::<GuardService<(), Arc<Goodput>, Fixed, AnswerBy<fn(Shed) -> Response<()>>>>();
    everywhere::<GuardFuture<Ready<()>, Full<Bytes>>>();
    copied::<GuardLayer>();
    copied::<(GuardLayer<&'static Goodput, Unmatched>, Busy, Degrade)>();
    let layer = GuardLayer::new(Arc::new(Goodput::builder("shop").build().unwrap()));
    assert_eq!(format!("{layer:?}"), "GuardLayer { names: Unmatched, answer: Busy, .. }");
}

#[cfg(feature = "grpc")]
#[test]
fn a_grpc_call_that_is_shed_is_unavailable_in_headers_alone() {
    const METHOD: &str = "/shop.Spare/Get";
    let shop = Shop::new(Guard::shed("spare", "ok").routes([METHOD]).retry_after(Duration::from_secs(7))).close();
    let stack =
        (goodput_tower::grpc::SliLayer::new(shop.handle()), goodput_tower::grpc::GuardLayer::new(shop.handle()));
    let mut service = stack.layer(service_fn(|_: Request<()>| ready(ok())));
    let mut asked = Request::post(METHOD).body(()).unwrap();
    *asked.version_mut() = http::Version::HTTP_2;
    let answer = now(service.call(asked)).unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/grpc");
    assert_eq!((header("grpc-status"), header("grpc-retry-pushback-ms")), ("14".to_owned(), "7000".to_owned()));
    let mut body = answer.into_body();
    assert!(matches!(frame(&mut body), Poll::Ready(None)));
    drop(body);
    assert_eq!(shop.reasons(), [(Verdict::Bad(Reason::SHED), 1)]);
    assert_eq!(shop.goodput.status().route(METHOD).unwrap().finished, 1);
}
