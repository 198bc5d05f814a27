//! Chaos between the layers: time limits, hedges, retries, tasks of their own and panics between an outer layer and the service,
//! and callers that leave on other threads; and every request is counted, at the service or outside, never at both and never
//! twice.
//!
//! What happens is decided by a seed (`GOODPUT_CHAOS_SEED`, printed); what comes of it is a race. The service and the layer in
//! between write down who came there, and the counters have to agree.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "chaos/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use goodput::{Goodput, JudgedAt, Outcome, OuterLayer, RouteStatus, SliLayer, Slo, Status, Verdict};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tokio::time::{sleep, timeout};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use random::Random;

const REQUESTS: u64 = 50_000;
/// How far a reading of one clock may be behind that of another.
const SLACK: Duration = Duration::from_millis(1);
/// How many are under way at once.
const AT_ONCE: usize = 64;
/// Where the outer layer counts what did not come to the service.
const OUTSIDE: &str = "/outside";
const INSIDE: &str = "/inside";
/// Where the service does, of which it is certain that the layer in between gives up, and that the caller leaves.
const GIVEN_UP: &str = "/given-up";
const LEFT: &str = "/left";

/// What the layer in between does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Passes,
    Refuses,
    Answers,
    Panics,
    /// Gives up after a moment, and takes its future along or leaves it for later.
    GivesUp,
    /// Tries twice, the second time after it has given up the first.
    TriesAgain,
    /// Has two tries race each other.
    Hedges,
    /// Calls the service, and has a task of its own wait for the answer.
    HandsOn,
    /// As that, and the task is ended when the caller leaves.
    HandsOnAndEnds,
}

/// What the service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Answers(u16),
    Fails,
    Panics,
    Hangs,
}

const BETWEEN: [Between; 9] = [
    Between::Passes,
    Between::Refuses,
    Between::Answers,
    Between::Panics,
    Between::GivesUp,
    Between::TriesAgain,
    Between::Hedges,
    Between::HandsOn,
    Between::HandsOnAndEnds,
];
const DOES: [Does; 6] =
    [Does::Answers(200), Does::Answers(404), Does::Answers(503), Does::Fails, Does::Panics, Does::Hangs];

/// What the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Waits,
    /// Leaves at some moment, on whichever thread that is noticed.
    Leaves,
    /// Never asks for the answer.
    Forgets,
}

/// One request, as its extensions tell everybody on its way.
#[derive(Clone, Debug)]
struct Plan {
    between: Between,
    service: Does,
    pauses: usize,
    route: &'static str,
    /// Whether it came to the service.
    came: Arc<AtomicBool>,
}

/// What was written down beside the library.
#[derive(Debug, Default)]
struct Ledger {
    calls: AtomicU64,
    never_came: AtomicU64,
}

fn route_of<B>(request: &Request<B>) -> Option<&str> {
    request.extensions().get::<Plan>().map(|plan| plan.route)
}

type Answer = Result<Response<UnsyncBoxBody<Bytes, Infallible>>, BoxError>;

async fn serve(plan: Plan, mut random: Random) -> Answer {
    for _ in 0..plan.pauses {
        yield_now().await;
    }
    if random.percent(30) {
        goodput::say(Verdict::bad("rough"));
    }
    match plan.service {
        Does::Answers(status) => answer(status),
        Does::Fails => Err("failed".into()),
        Does::Panics => panic!("the service"),
        Does::Hangs => std::future::pending().await,
    }
}

/// Ends a task when it goes out of scope.
struct Ends(AbortHandle);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn answer(status: u16) -> Answer {
    Ok(Response::builder().status(status).body(Full::from("hello").boxed_unsync())?)
}

async fn go_between<S>(service: S, request: Request<()>, mut random: Random) -> Answer
where
    S: Service<
            Request<()>,
            Response = Response<UnsyncBoxBody<Bytes, Infallible>>,
            Error = BoxError,
            Future: Send + 'static,
        > + Clone
        + Send
        + 'static,
{
    let plan: Plan = request.extensions().get().cloned().unwrap();
    let again = |service: &S| service.clone().oneshot(request.clone());
    let moment = Duration::from_micros(random.next() % 1_500);
    if random.percent(20) {
        sleep(moment / 4).await;
    }
    match plan.between {
        Between::Passes => again(&service).await,
        Between::Refuses => Err("refused".into()),
        Between::Answers => answer(503),
        Between::Panics => {
            let mut waiting = pin!(again(&service));
            let _ = waiting.as_mut().now_or_never();
            panic!("in between")
        }
        Between::GivesUp if random.percent(50) => timeout(moment, again(&service)).await?,
        Between::GivesUp => {
            let mut waiting = pin!(again(&service));
            timeout(moment, waiting.as_mut()).await?
        }
        Between::TriesAgain => match timeout(moment, again(&service)).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => timeout(moment, again(&service)).await?,
        },
        Between::Hedges => {
            let (first, second) = (pin!(again(&service)), async {
                sleep(moment / 2).await;
                again(&service).await
            });
            let mut second = pin!(second);
            let both = futures_util::future::select(first, second.as_mut());
            let either = timeout(moment, both).await?;
            either.factor_first().0
        }
        Between::HandsOn | Between::HandsOnAndEnds => {
            let mut service = service.clone();
            let called = service.ready().await?.call(request.clone());
            let task = tokio::spawn(async move { timeout(Duration::from_millis(20), called).await });
            let _ends = (plan.between == Between::HandsOnAndEnds).then(|| Ends(task.abort_handle()));
            timeout(moment, task).await???
        }
    }
}

fn house() -> Arc<Goodput> {
    let builder = Goodput::builder("outer-chaos")
        .slo(Slo::availability("ok", "99%"))
        .slo(Slo::availability("heads", "99%").judged_at(JudgedAt::Head))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(5)))
        .server_deadline(Duration::from_millis(100))
        .tick_every(Duration::from_millis(10));
    Arc::new(builder.build().unwrap())
}

/// Nothing in a reading contradicts itself, nor an earlier one.
fn check_reading(status: &Status, before: &mut BTreeMap<String, u64>) {
    assert!(status.queued <= AT_ONCE as u64, "{} queued", status.queued);
    for route in &status.routes {
        let of = |what: &str| format!("{} {what}", route.template);
        assert!(route.finished <= route.begun, "{}: {} of {}", route.template, route.finished, route.begun);
        assert!(route.overdue <= route.in_flight);
        let mut counts = vec![(of("begun"), route.begun), (of("finished"), route.finished)];
        counts.extend(route.outcomes.iter().map(|(outcome, count)| (of(outcome.label()), *count)));
        counts.extend(route.errors.iter().map(|error| (of(&format!("error {}", error.error_type)), error.count)));
        let reasons = route.reasons.iter();
        counts.extend(reasons.map(|reason| (of(&format!("{} {}", reason.slo, reason.verdict)), reason.count)));
        for (what, count) in counts {
            let known = before.entry(what.clone()).or_default();
            assert!(count >= *known, "{what} fell from {known} to {count}");
            *known = count;
        }
    }
}

/// When all is over, everything adds up.
fn check_sums(status: &Status, ledger: &Ledger) {
    assert_eq!((status.in_flight, status.queued, status.overdue), (0, 0, 0));
    let (outside, inside): (Vec<_>, Vec<_>) = status.routes.iter().partition(|route| route.template == OUTSIDE);
    let begun = |routes: &[&RouteStatus]| routes.iter().map(|route| route.begun).sum::<u64>();
    assert_eq!(begun(&inside), ledger.calls.load(Ordering::Relaxed), "every call of the service, once");
    let never_came = ledger.never_came.load(Ordering::Relaxed);
    assert_eq!(begun(&outside), never_came, "every request that never came there, once");
    for route in &status.routes {
        let outcomes: u64 = route.outcomes.iter().map(|(_, count)| count).sum();
        let errors: u64 = route.errors.iter().map(|error| error.count).sum();
        assert_eq!((outcomes, errors), (route.begun, route.failures()), "{route:?}");
    }
    for (template, outcome) in [(GIVEN_UP, Outcome::TimedOut), (LEFT, Outcome::Cancelled)] {
        let route = status.route(template).unwrap();
        assert_eq!(route.outcomes, [(outcome, route.begun)], "{template}");
    }
    for slo in &status.slos {
        assert_eq!(
            slo.counts.good + slo.counts.bad + slo.counts.excluded,
            begun(&inside) + begun(&outside),
            "{}",
            slo.name
        );
        let reasons: u64 = slo.reasons.iter().map(|reason| reason.count).sum();
        assert_eq!(reasons, slo.counts.bad + slo.counts.excluded, "{}", slo.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_is_counted_once_whatever_is_between_its_two_layers() {
    let seed = std::env::var("GOODPUT_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    println!("GOODPUT_CHAOS_SEED={seed}");
    std::panic::set_hook(Box::new(|panic| {
        let planned =
            panic.payload().downcast_ref::<&str>().is_some_and(|what| ["the service", "in between"].contains(what));
        if !planned {
            eprintln!("{panic}");
        }
    }));
    let (goodput, ledger) = (house(), Arc::new(Ledger::default()));
    let over = Arc::new(AtomicBool::new(false));
    let reader = thread::spawn({
        let (goodput, over) = (Arc::clone(&goodput), Arc::clone(&over));
        move || {
            let mut before = BTreeMap::new();
            while !over.load(Ordering::Relaxed) {
                check_reading(&goodput.status(), &mut before);
                goodput.tick(goodput.now());
            }
        }
    });
    let service = SliLayer::new(Arc::clone(&goodput)).route_fn(route_of).layer(service_fn({
        let ledger = Arc::clone(&ledger);
        move |request: Request<()>| {
            ledger.calls.fetch_add(1, Ordering::Relaxed);
            let (plan, random): (Plan, Random) =
                (request.extensions().get().cloned().unwrap(), request.extensions().get().cloned().unwrap());
            plan.came.store(true, Ordering::Relaxed);
            serve(plan, random)
        }
    }));
    let service = service.map_response(|answer: Response<_>| answer.map(BodyExt::boxed_unsync));
    let stack = OuterLayer::new(Arc::clone(&goodput)).route(OUTSIDE).layer(service_fn(move |request: Request<()>| {
        go_between(service.clone(), request.clone(), request.extensions().get().cloned().unwrap())
    }));
    let mut random = Random::new(seed);
    let mut tasks = JoinSet::new();
    for _ in 0..REQUESTS {
        let (between, service) = (random.pick(&BETWEEN), random.pick(&DOES));
        let callers = [Caller::Waits, Caller::Waits, Caller::Leaves, Caller::Leaves, Caller::Forgets];
        let (caller, route) = match (between, service, random.pick(&callers)) {
            (Between::Passes, Does::Hangs, _) => (Caller::Leaves, LEFT),
            (Between::GivesUp, Does::Hangs, Caller::Waits) => (Caller::Waits, GIVEN_UP),
            (_, _, caller) => (caller, INSIDE),
        };
        let plan = Plan { between, service, pauses: random.below(4), route, came: Arc::default() };
        let (stack, ledger) = (stack.clone(), Arc::clone(&ledger));
        let own = Random::new(random.next());
        tasks.spawn(one(stack, plan, caller, own, ledger));
        if tasks.len() >= AT_ONCE {
            tasks.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
    // Tasks that were handed on may go on for a moment.
    for _ in 0..500 {
        if goodput.status().in_flight == 0 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    over.store(true, Ordering::Relaxed);
    reader.join().unwrap();
    let status = goodput.status();
    check_sums(&status, &ledger);
    // What is begun now is all there is, and no older than it is.
    let before = goodput.now();
    let work = goodput.work(INSIDE);
    let _event = work.start();
    let status = goodput.status();
    let (inside, age) =
        (status.route(INSIDE).unwrap(), goodput.now().since_origin().saturating_sub(before.since_origin()));
    assert_eq!(inside.in_flight, 1);
    assert!(inside.oldest.unwrap() <= age + SLACK, "{:?} old after {age:?}", inside.oldest);
}

async fn one<S>(mut stack: S, plan: Plan, caller: Caller, mut random: Random, ledger: Arc<Ledger>)
where
    S: Service<
            Request<()>,
            Response = Response<UnsyncBoxBody<Bytes, Infallible>>,
            Error = BoxError,
            Future: Send + 'static,
        >,
{
    let mut request = Request::new(());
    request.extensions_mut().insert(plan.clone());
    request.extensions_mut().insert(random.clone());
    let mut call: Pin<Box<dyn Future<Output = ()> + Send>> = {
        let asked = stack.call(request);
        let reads = random.percent(50);
        Box::pin(async move {
            if let Ok(answer) = asked.await
                && reads
            {
                drop(answer.into_body().collect().await);
            }
        })
    };
    match caller {
        Caller::Forgets => {
            if random.percent(80) {
                let _ = AssertUnwindSafe(poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx)))).catch_unwind().await;
            }
            if random.percent(50) {
                // Dropped on a thread that has nothing to do with it.
                tokio::task::spawn_blocking(move || drop(call)).await.unwrap();
            }
        }
        Caller::Leaves => {
            let waiting = timeout(Duration::from_micros(random.next() % 2_000), call);
            let _ = AssertUnwindSafe(waiting).catch_unwind().await;
        }
        Caller::Waits => drop(AssertUnwindSafe(call).catch_unwind().await),
    }
    if !plan.came.load(Ordering::Relaxed) {
        ledger.never_came.fetch_add(1, Ordering::Relaxed);
    }
}
