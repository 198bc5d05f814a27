//! Handles: which of them may cross threads, and that an instance and its ticker can be let go of anywhere.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

use std::future::Ready;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvError, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use goodput::{Goodput, GoodputBuilder, RouteId, SliBody, Slo, Status, Ticker, Timeline, Work, WorkGuard};
use http::{Request, Response};
use http_body_util::{Empty, Full};
use tokio::runtime;
use tower::{Layer, Service};

#[test]
fn handles_cross_threads() {
    fn crosses<T: Send + Sync + Unpin + 'static>() {}
    fn is_copied<T: Copy>() {}
    fn is_cloned<T: Clone>() {}

    crosses::<GoodputBuilder>();
    crosses::<Goodput>();
    crosses::<Ticker>();
    crosses::<goodput::Request>();
    crosses::<Status>();
    crosses::<Work<'static>>();
    crosses::<WorkGuard<'static>>();
    crosses::<goodput::Stopwatch>();
    crosses::<goodput::ManualStopwatch>();
    crosses::<Timeline>();
    crosses::<goodput::ManualTimeline>();
    crosses::<goodput_otel::Exporter>();
    crosses::<goodput_otel::Held>();
    crosses::<goodput_otel::ExportError>();
    crosses::<goodput::BuildError>();
    crosses::<goodput::TickerError>();

    is_copied::<RouteId>();
    is_copied::<Work<'static>>();
    is_copied::<goodput::SliLayer>();
    is_copied::<goodput::axum::SliLayer>();
    is_cloned::<goodput::SliLayer<Arc<Goodput>>>();
    is_cloned::<goodput::axum::SliLayer<Arc<Goodput>>>();
    is_cloned::<GoodputBuilder>();
    is_cloned::<Status>();
    is_cloned::<goodput::Stopwatch>();
    is_cloned::<goodput::ManualStopwatch>();
    is_cloned::<Timeline>();
    is_cloned::<goodput::ManualTimeline>();
}

/// A service of which nothing is known but its types.
#[derive(Clone, Debug)]
struct Inner;

impl Service<Request<Empty<Bytes>>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        std::future::ready(Ok(Response::default()))
    }
}

#[test]
fn layered_services_their_futures_and_bodies_cross_threads_if_the_inner_ones_do() {
    fn crosses<L>()
    where
        L: Layer<Inner> + Clone + Send + Sync + Unpin + 'static,
        L::Service: Service<Request<Empty<Bytes>>, Future: Send + Sync + Unpin + 'static>,
        L::Service: Clone + Send + Sync + Unpin + 'static,
    {
    }
    fn body_crosses<B: Send + Sync + Unpin + 'static>() {}

    crosses::<goodput::SliLayer>();
    crosses::<goodput::SliLayer<Arc<Goodput>>>();
    crosses::<goodput::axum::SliLayer>();
    crosses::<goodput::axum::SliLayer<Arc<Goodput>>>();
    body_crosses::<SliBody<Full<Bytes>>>();
    body_crosses::<SliBody<Full<Bytes>, Arc<Goodput>>>();
}

/// An instance and the ticker that keeps its history, as a short-lived service would own them.
struct Owned {
    goodput: Arc<Goodput>,
    _ticker: Ticker,
}

impl Owned {
    /// With a ticker that has ticked at least once.
    fn ticking() -> Self {
        let (says_so, first_tick) = mpsc::channel();
        let goodput = Arc::new(instance());
        let ticker = Ticker::start_with(Arc::clone(&goodput), move |_| {
            // Nobody listens after the first one.
            let _ = says_so.send(());
        });
        first_tick.recv_timeout(PATIENCE).unwrap();
        Self { goodput, _ticker: ticker.unwrap() }
    }
}

fn instance() -> Goodput {
    let slo = Slo::availability("ok", "99.9%");
    Goodput::builder("short-lived").slo(slo).tick_every(Duration::from_millis(10)).build().unwrap()
}

const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `scene` on a thread of its own, which has to return in time, and not by panicking.
fn in_time<T: Send + 'static>(scene: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let thread = thread::spawn(move || drop(done.send(scene())));
    match result.recv_timeout(PATIENCE) {
        Ok(value) => {
            thread.join().unwrap();
            value
        }
        Err(RecvTimeoutError::Disconnected) => resume_unwind(thread.join().unwrap_err()),
        Err(RecvTimeoutError::Timeout) => panic!("not done within {PATIENCE:?}"),
    }
}

/// Lets go of an instance and its ticker in a place that `somewhere` makes; nobody must hold the instance after that.
#[track_caller]
fn is_let_go_of(somewhere: impl FnOnce(Box<dyn FnOnce() + Send>) + Send + 'static) {
    let left: Weak<Goodput> = in_time(|| {
        let owned = Owned::ticking();
        let left = Arc::downgrade(&owned.goodput);
        assert!(Arc::strong_count(&owned.goodput) >= 2, "the ticker holds none");
        somewhere(Box::new(move || drop(owned)));
        left
    });
    assert_eq!(left.strong_count(), 0, "somebody still holds the instance");
}

#[test]
fn an_instance_is_let_go_of_on_the_thread_that_made_it() {
    is_let_go_of(|let_go| let_go());
}

#[test]
fn an_instance_is_let_go_of_on_another_thread() {
    is_let_go_of(|let_go| thread::spawn(let_go).join().unwrap());
}

#[test]
fn an_instance_is_let_go_of_on_a_worker_of_a_runtime() {
    is_let_go_of(|let_go| {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { tokio::spawn(async { let_go() }).await.unwrap() });
    });
}

#[test]
fn an_instance_is_let_go_of_on_a_runtime_of_one_thread() {
    is_let_go_of(|let_go| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { let_go() });
    });
}

#[test]
fn an_instance_is_let_go_of_on_a_blocking_thread_of_a_runtime() {
    is_let_go_of(|let_go| {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async { tokio::task::spawn_blocking(let_go).await.unwrap() });
    });
}

#[test]
fn an_instance_is_let_go_of_with_the_runtime_whose_task_holds_it() {
    is_let_go_of(|let_go| {
        let held = OnDrop(Some(let_go));
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        drop(runtime);
    });
}

#[test]
fn an_instance_is_let_go_of_while_its_thread_unwinds() {
    is_let_go_of(|let_go| {
        let thread = thread::spawn(|| {
            let _held = OnDrop(Some(let_go));
            resume_unwind(Box::new("planned"));
        });
        assert!(thread.join().is_err(), "it did not unwind");
    });
}

#[test]
fn an_instance_is_let_go_of_while_its_thread_exits() {
    thread_local!(static HELD: OnceLock<OnDrop> = const { OnceLock::new() });
    is_let_go_of(|let_go| {
        let thread = thread::spawn(|| HELD.try_with(|held| held.set(OnDrop(Some(let_go))).is_ok()).unwrap());
        assert!(thread.join().unwrap());
    });
}

/// Does something when dropped.
struct OnDrop(Option<Box<dyn FnOnce() + Send>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(act) = self.0.take() {
            act();
        }
    }
}

#[test]
fn an_instance_is_let_go_of_by_its_own_ticker_which_does_not_wait_for_itself() {
    let took = is_let_go_of_by_its_ticker(|owned| {
        let (clock, begun) = (Timeline::system(), Timeline::system().now());
        drop(owned);
        clock.now().since_origin().saturating_sub(begun.since_origin())
    });
    assert!(took.unwrap() < A_TICKERS_PATIENCE, "{took:?}");
}

#[test]
fn an_instance_is_let_go_of_by_its_own_ticker_while_that_unwinds() {
    let took = is_let_go_of_by_its_ticker(|_owned| resume_unwind(Box::new("planned")));
    assert!(took.is_none(), "it did not unwind");
}

/// How long a dropped ticker is waited for at most.
const A_TICKERS_PATIENCE: Duration = Duration::from_secs(1);

/// Hands an instance and its ticker to the ticker's own thread. Returns what `let_go` did, once nobody holds the instance.
fn is_let_go_of_by_its_ticker(let_go: fn(Owned) -> Duration) -> Option<Duration> {
    in_time(move || {
        let (hand_over, handed) = mpsc::channel();
        let (says_so, took) = mpsc::channel();
        let goodput = Arc::new(instance());
        let ticker = Ticker::start_with(Arc::clone(&goodput), move |_| {
            if let Ok(owned) = handed.try_recv() {
                says_so.send(let_go(owned)).unwrap();
            }
        });
        let left = Arc::downgrade(&goodput);
        hand_over.send(Owned { goodput, _ticker: ticker.unwrap() }).unwrap();
        // Nobody waits for the thread: it gives back what it holds when it gets there.
        while left.strong_count() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        took.try_recv().ok()
    })
}

#[test]
fn a_dropped_ticker_has_ended_its_tick_and_its_thread() {
    in_time(|| {
        let goodput: &'static Goodput = instance().leak();
        let (says_so, ticks) = mpsc::channel();
        let ticker = Ticker::start_with(goodput, move |_| {
            says_so.send(()).unwrap();
            // A tick that is under way when the ticker is dropped.
            thread::sleep(Duration::from_millis(20));
        });
        ticks.recv().unwrap();
        drop(ticker);
        assert_eq!(ticks.try_recv(), Err(TryRecvError::Disconnected), "its thread still holds the channel");
        assert_eq!(goodput.status().ticks, 1);
    });
}

#[test]
fn a_ticker_whose_tick_hangs_is_let_go_of_all_the_same() {
    in_time(|| {
        let (says_so, ticks) = mpsc::channel();
        let (go_on, told) = mpsc::channel();
        let ticker = Ticker::start_with(Arc::new(instance()), move |_| {
            says_so.send(()).unwrap();
            told.recv().unwrap();
        });
        ticks.recv().unwrap();
        drop(ticker);
        assert_eq!(ticks.try_recv(), Err(TryRecvError::Empty), "its tick does not hang");
        go_on.send(()).unwrap();
        assert_eq!(ticks.recv(), Err(RecvError), "it ticked again");
    });
}
