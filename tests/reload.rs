//! A definition is reloaded under a service on real sockets: every request is counted once, by what it began under.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use bytes::Bytes;
use goodput::{Definition, Goodput, Slo};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

const RELOADS: u64 = 20;
/// Requests that are at the service during each reload.
const PARKED: u64 = 3;
/// Connections that never rest.
const BUSY: usize = 6;

/// Of these, every other one takes a teapot for a failure, and each has latency judged anew.
fn definition(version: u64) -> Definition {
    let ok = Slo::availability("ok", "99%");
    let ok = if version.is_multiple_of(2) { ok.bad_statuses([418]) } else { ok };
    let mut definition = Definition::new("kettle");
    definition.slos.push(ok);
    definition.slos.push(Slo::latency("fast", "99%", Duration::from_secs(3_600 + version)));
    definition
}

/// Where requests wait at the service.
#[derive(Clone, Debug)]
struct Gate {
    came: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

async fn park(State(gate): State<Gate>) -> StatusCode {
    gate.came.add_permits(1);
    gate.open.acquire().await.unwrap().forget();
    StatusCode::IM_A_TEAPOT
}

/// A connection that is kept.
struct Connection(http1::SendRequest<Empty<Bytes>>);

impl Connection {
    async fn open(service: SocketAddr) -> Self {
        let stream = TcpStream::connect(service).await.unwrap();
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(requests)
    }

    async fn ask(&mut self, path: &str) -> StatusCode {
        let request = Request::get(path).header("host", "kettle").body(Empty::new()).unwrap();
        self.0.ready().await.unwrap();
        let response = timeout(Duration::from_secs(30), self.0.send_request(request)).await.unwrap().unwrap();
        let status = response.status();
        response.into_body().collect().await.unwrap();
        status
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_on_kept_connections_are_each_counted_once_through_twenty_reloads() {
    let goodput = Goodput::builder("").definition(definition(0)).build().unwrap().leak();
    let gate = Gate { came: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) };
    let router = Router::new().route("/park", get(park)).with_state(gate.clone());
    let router = router.route("/", get(async || "tea")).layer(goodput::axum::SliLayer::new(goodput));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let service = listener.local_addr().unwrap();
    tokio::spawn(async { axum::serve(listener, router).await });

    let (over, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let busy = (0..BUSY).map(|_| {
        let (over, served) = (Arc::clone(&over), Arc::clone(&served));
        tokio::spawn(async move {
            let mut connection = Connection::open(service).await;
            while !over.load(Ordering::Relaxed) {
                assert_eq!(connection.ask("/").await, StatusCode::OK);
                served.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let busy: Vec<_> = busy.collect();
    let (mut good, mut bad) = (0, 0);
    let mut parked = Vec::new();
    for _ in 0..PARKED {
        parked.push(Connection::open(service).await);
    }
    for version in 1..=RELOADS {
        let asked = parked.into_iter().map(|mut connection| {
            tokio::spawn(async move {
                assert_eq!(connection.ask("/park").await, StatusCode::IM_A_TEAPOT);
                connection
            })
        });
        let asked: Vec<_> = asked.collect();
        gate.came.acquire_many(PARKED as u32).await.unwrap().forget();
        let reload = goodput.reload(definition(version)).unwrap();
        assert_eq!(reload.changed, ["ok", "fast"]);
        // They began under the definition before this one.
        *(if version.is_multiple_of(2) { &mut good } else { &mut bad }) += PARKED;
        let before = served.load(Ordering::Relaxed);
        gate.open.add_permits(PARKED as usize);
        parked = Vec::new();
        for asked in asked {
            parked.push(asked.await.unwrap());
        }
        while served.load(Ordering::Relaxed) < before + 50 {
            sleep(Duration::from_millis(1)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    for busy in busy {
        busy.await.unwrap();
    }
    // What a client has seen the end of may still be ending at the service.
    let settle = async {
        while goodput.status().in_flight > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(30), settle).await.unwrap();

    let (status, served) = (goodput.status(), served.load(Ordering::Relaxed));
    let counts = status.slo("ok").unwrap().counts;
    assert_eq!((counts.good, counts.bad, counts.excluded), (served + good, bad, 0));
    assert_eq!(status.slo("fast").unwrap().counts.good, served + RELOADS * PARKED);
    let finished = |route| status.route(route).map(|route| (route.begun, route.finished));
    assert_eq!(finished("/"), Some((served, served)));
    assert_eq!(finished("/park"), Some((RELOADS * PARKED, RELOADS * PARKED)));
}
