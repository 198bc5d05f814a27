//! Bad input: whatever clients send, the routes, the exported series and the memory stay as they were, and nothing a client says
//! about itself counts.

#![expect(clippy::print_stdout, reason = "what was measured is worth seeing")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "hostile/nonsense.rs"]
mod nonsense;
#[path = "hostile/outlet.rs"]
mod outlet;
#[path = "chaos/random.rs"]
mod random;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{any, get};
use bytes::Bytes;
use goodput::{Flag, Goodput, GoodputBuilder, Outcome, SliLayer, Slo, Stopwatch, Timeline};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, service_fn};

use nonsense::FORGED;
use outlet::{Outlet, is_alone, resident_kib, routes};
use random::Random;

fn builder() -> GoodputBuilder {
    // Both clocks stand still: what is left are counts.
    Goodput::builder("target")
        .stopwatch(Stopwatch::manual().0)
        .timeline(Timeline::manual().0)
        .slo(Slo::availability("available", "99.9%"))
        .slo(Slo::latency("fast", "99%", Duration::from_millis(300)))
}

#[test]
fn nonsense_is_as_wide_as_http_allows_and_never_twice_the_same() {
    let (paths, methods) = (&*nonsense::PATH_BYTES, &*nonsense::METHOD_BYTES);
    assert!([b'%', b'"', b'{', b'/', b'~'].iter().all(|byte| paths.contains(byte)), "{paths:?}");
    assert!([b'!', b'~', b'a', b'Z'].iter().all(|byte| methods.contains(byte)), "{methods:?}");
    let random = &mut Random::new(1);
    let seen: BTreeSet<_> =
        (0..100_000).map(|number| nonsense::request(number, "/", random, ()).uri().to_string()).collect();
    assert_eq!(seen.len(), 100_000);
}

/// What must not change, however many requests come.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    routes: BTreeSet<String>,
    series: BTreeSet<String>,
}

impl Shape {
    fn of(goodput: &Goodput, outlet: &Outlet) -> Self {
        Self { routes: routes(goodput), series: outlet.series() }
    }
}

/// Sends requests until all numbers are used, from two threads. Every call is answered at its first poll.
fn flood<S, B, R, E>(
    service: &S,
    numbers: std::ops::Range<u64>,
    start: impl Fn(u64) -> &'static str + Sync,
    body: fn() -> B,
) where
    S: Service<Request<B>, Response = Response<R>, Error = E> + Clone + Sync + Send,
    E: std::fmt::Debug,
{
    let next = AtomicU64::new(numbers.start);
    let send = |seed: u64| {
        let (mut service, mut random) = (service.clone(), Random::new(seed));
        loop {
            let batch = next.fetch_add(1_000, Ordering::Relaxed);
            for number in batch..(batch + 1_000).min(numbers.end) {
                let request = nonsense::request(number, start(number), &mut random, body());
                drop(now(service.call(request)).unwrap());
            }
            if batch >= numbers.end {
                break;
            }
        }
    };
    thread::scope(|scope| (0..2).for_each(|seed| drop(scope.spawn(move || send(seed)))));
}

/// The output of a future that is ready at its first poll.
fn now<F: Future>(future: F) -> F::Output {
    let Poll::Ready(output) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else { panic!("not ready") };
    output
}

/// Floods a service after a warm-up, and sees that nothing has changed but the counts.
fn assert_unmoved<S, B, R, E>(
    what: &str,
    (goodput, outlet): (&'static Goodput, &Outlet),
    service: &S,
    requests: u64,
    start: impl Fn(u64) -> &'static str + Sync,
    body: fn() -> B,
) where
    S: Service<Request<B>, Response = Response<R>, Error = E> + Clone + Sync + Send,
    E: std::fmt::Debug,
{
    let warm_up = requests / 20;
    let counted = begun(goodput);
    flood(service, 0..warm_up, &start, body);
    // The first reading of a route has its own allocations.
    drop(Shape::of(goodput, outlet));
    let (shape, before) = (Shape::of(goodput, outlet), resident_kib());
    flood(service, warm_up..warm_up + requests, &start, body);
    let after = resident_kib();
    println!("{what}: {requests} requests, {before} KiB resident, then {after} KiB, {} series", shape.series.len());
    assert_eq!(Shape::of(goodput, outlet), shape, "{what}");
    assert!(after < before + 1_024, "{what}: {before} KiB resident, then {after} KiB");
    assert_eq!(begun(goodput) - counted, warm_up + requests, "{what}");
}

fn begun(goodput: &Goodput) -> u64 {
    goodput.status().routes.iter().map(|route| route.begun).sum()
}

#[test]
fn ten_million_methods_and_paths_move_neither_routes_nor_series_nor_memory() {
    if !is_alone("ten_million_methods_and_paths_move_neither_routes_nor_series_nor_memory") {
        return;
    }
    let goodput = builder().build().unwrap().leak();
    let bare = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))));
    let (layer, outlet) = (SliLayer::new(goodput), Outlet::of(goodput));
    let target = (goodput, &outlet);
    assert_unmoved("without a name", target, &layer.layer(bare), 10_000_000, |_| "/", || ());
    assert_unmoved("under one name", target, &layer.route("everything").layer(bare), 10_000_000, |_| "/", || ());
    assert_eq!(routes(goodput), ["everything", "unmatched"].map(str::to_owned).into());
}

/// A router as services have them, and the layer around it.
fn router(goodput: &'static Goodput) -> Router {
    Router::new()
        .route("/users/{id}", get(async || "hello"))
        .route("/files/{*path}", any(async || StatusCode::NOT_FOUND))
        .nest("/api", Router::new().route("/orders/{id}", any(async || StatusCode::SERVICE_UNAVAILABLE)))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(goodput::axum::SliLayer::new(goodput))
}

#[test]
fn a_million_methods_and_paths_move_nothing_behind_a_router() {
    if !is_alone("a_million_methods_and_paths_move_nothing_behind_a_router") {
        return;
    }
    let goodput = builder().build().unwrap().leak();
    let start = |number: u64| ["/users/", "/files/", "/api/orders/", "/api/", "/"][(number % 5) as usize];
    let outlet = Outlet::of(goodput);
    assert_unmoved("a router", (goodput, &outlet), &router(goodput), 1_000_000, start, Body::empty);
    let templates = ["/api/orders/{id}", "/files/{*path}", "/users/{id}", "unmatched"];
    assert_eq!(routes(goodput), templates.map(str::to_owned).into());
}

#[test]
fn a_million_templates_without_end_are_counted_as_other_and_flagged_and_memory_stays_bounded() {
    const BOUND: usize = 200;
    if !is_alone("a_million_templates_without_end_are_counted_as_other_and_flagged_and_memory_stays_bounded") {
        return;
    }
    let goodput = builder().max_routes(BOUND).build().unwrap().leak();
    let bare = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))));
    let outlet = Outlet::of(goodput);
    let service = SliLayer::new(goodput).route_fn(|request: &Request<()>| Some(request.uri().path())).layer(bare);
    assert_unmoved("paths as templates", (goodput, &outlet), &service, 1_000_000, |_| "/", || ());

    let status = goodput.status();
    let counted_as_other = status.route("other").unwrap().begun;
    assert_eq!(status.routes.len(), BOUND + 1, "as many as may be, and `other`");
    assert_eq!(counted_as_other + BOUND as u64, 1_050_000, "each of them was seen once");
    assert!(status.flags.contains(&Flag::RoutesFull { bound: BOUND, counted_as_other }), "{:?}", status.flags);
}

#[test]
fn nothing_a_client_says_about_itself_changes_a_count_or_names_a_series() {
    type Send = Box<dyn FnMut(Request<Body>)>;
    type Start = fn(&'static Goodput) -> Send;
    let kinds: [(&str, Start); 2] = [
        ("a router", |goodput| {
            let mut router = router(goodput);
            Box::new(move |request| {
                let answer = now(router.call(request)).unwrap();
                now(axum::body::to_bytes(answer.into_body(), usize::MAX)).unwrap();
            })
        }),
        ("a plain layer", |goodput| {
            let bare = service_fn(|request: Request<Body>| {
                let status = request.uri().path().len() % 5;
                let mut answer = Response::new(Full::<Bytes>::from("hello"));
                *answer.status_mut() =
                    [200, 204, 404, 429, 500].map(|code| StatusCode::from_u16(code).unwrap())[status];
                ready(Ok::<_, Infallible>(answer))
            });
            let mut service = SliLayer::new(goodput).route("everything").layer(bare);
            Box::new(move |request| drop(now(service.call(request))))
        }),
    ];
    for (what, start) in kinds {
        let name = |name: &str| format!("{}-{name}", what.replace(' ', "-"));
        let instance = |name: String| {
            let slos = [Slo::availability("available", "99.9%"), Slo::quality("undegraded", "99%")];
            let builder = Goodput::builder(name).stopwatch(Stopwatch::manual().0).timeline(Timeline::manual().0);
            slos.into_iter().fold(builder, GoodputBuilder::slo).build().unwrap().leak()
        };
        let (honest, forged) = (instance(name("honest")), instance(name("forged")));
        let outlets = [honest, forged].map(Outlet::of);
        let (mut send_honest, mut send_forged) = (start(honest), start(forged));
        let (mut honest_random, mut random) = (Random::new(7), Random::new(8));
        let (mut forged_random, paths) =
            (honest_random.clone(), ["/users/7", "/files/a", "/api/orders/9", "/nowhere", "/users/"]);
        let ask = |random: &mut Random| {
            let mut request = Request::new(Body::empty());
            *request.method_mut() =
                random.pick(&[Method::GET, Method::GET, Method::HEAD, Method::POST, Method::CONNECT]);
            *request.version_mut() = random.pick(&[Version::HTTP_11, Version::HTTP_2]);
            *request.uri_mut() = random.pick(&paths).parse().unwrap();
            request
        };
        for number in 0..20_000 {
            send_honest(ask(&mut honest_random));
            let mut request = ask(&mut forged_random);
            let headers = request.headers_mut();
            let (name, value) = FORGED[number % FORGED.len()];
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            for (name, value) in (0..random.below(4)).map(|_| nonsense::header(&mut random)).collect::<Vec<_>>() {
                headers.append(name, value);
            }
            send_forged(request);
        }
        let said = |goodput: &Goodput| format!("{:#?}", goodput.status()).replace(&name("forged"), &name("honest"));
        assert_eq!(said(forged), said(honest), "{what}: the whole status, but for the service's name");
        let [honest, forged] = outlets.map(|outlet| outlet.series());
        let renamed: BTreeSet<String> = forged.iter().map(|s| s.replace(&name("forged"), &name("honest"))).collect();
        assert_eq!(renamed, honest, "{what}");
    }
}

/// A server on hyper with this service, over whatever HTTP its clients speak.
async fn serve<S, B>(service: S) -> std::net::SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send> + Clone + Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            drop(stream.set_nodelay(true));
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                drop(server.serve_connection(TokioIo::new(stream), service).await);
            });
        }
    });
    address
}

/// Lines that are no request.
const REFUSED: [&[u8]; 11] = [
    b"\0\0\0\0 / HTTP/1.1\r\n\r\n",
    b"G\xc3\x89T / HTTP/1.1\r\n\r\n",
    b"GET  HTTP/1.1\r\n\r\n",
    b"GET /a b HTTP/1.1\r\n\r\n",
    b"GET /\x01 HTTP/1.1\r\n\r\n",
    b"GET /\x7f HTTP/1.1\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nbad header: x\r\n\r\n",
    b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n",
];

/// Sends lines over sockets until there were so many. Returns how many the server took for requests, and how many it refused.
async fn bombard(address: std::net::SocketAddr, lines: usize, random: &mut Random) -> (usize, usize) {
    const BATCH: usize = 50;
    let (mut taken, mut refused) = (0, 0);
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    while taken + refused < lines {
        sent.clear();
        received.clear();
        for _ in 0..BATCH {
            nonsense::write_method(random, &mut sent);
            sent.extend_from_slice(b" /");
            nonsense::write_path(random.next(), random, &mut sent);
            sent.extend_from_slice(b" HTTP/1.1\r\n");
            let (name, value) = FORGED[random.below(FORGED.len())];
            sent.extend_from_slice(format!("host: a\r\n{name}: {value}\r\n\r\n").as_bytes());
        }
        sent.extend_from_slice(random.pick(&REFUSED));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&sent).await.unwrap();
        // The last line is one that the server refuses, and closes the connection over.
        let end = timeout(Duration::from_secs(20), stream.read_to_end(&mut received)).await;
        assert!(matches!(end, Ok(Ok(_))), "{end:?} after {}", String::from_utf8_lossy(&sent));
        let answers = String::from_utf8_lossy(&received);
        refused += answers.matches("HTTP/1.1 400 ").count();
        taken += answers.matches("HTTP/1.1 ").count() - answers.matches("HTTP/1.1 400 ").count();
    }
    (taken, refused)
}

#[test]
fn a_hundred_thousand_lines_over_sockets_move_neither_routes_nor_series_nor_memory() {
    const LINES: usize = 50_000;
    if !is_alone("a_hundred_thousand_lines_over_sockets_move_neither_routes_nor_series_nor_memory") {
        return;
    }
    // One thread: where a buffer was freed, the next one is found.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (routed, plain) = (builder().build().unwrap().leak(), Goodput::builder("plain").build().unwrap().leak());
        let outlets = [Outlet::of(routed), Outlet::of(plain)];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let on_axum = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router(routed)).await });
        let bare =
            service_fn(async |_: Request<Incoming>| Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())));
        let on_hyper = serve(SliLayer::new(plain).route("everything").layer(bare)).await;
        let shapes = || [Shape::of(routed, &outlets[0]), Shape::of(plain, &outlets[1])];

        let random = &mut Random::new(3);
        for address in [on_axum, on_hyper] {
            bombard(address, LINES / 5, random).await;
        }
        drop(shapes());
        let (before, counted, resident) = (shapes(), [routed, plain].map(begun), resident_kib());
        for (address, goodput, counted) in [(on_axum, routed, counted[0]), (on_hyper, plain, counted[1])] {
            let (taken, refused) = bombard(address, LINES, random).await;
            println!("{taken} lines taken, {refused} refused");
            assert_eq!(begun(goodput) - counted, taken as u64);
            assert_eq!(goodput.status().in_flight, 0);
            assert!(refused >= LINES / 100 && taken > LINES / 2);
        }
        let after = resident_kib();
        println!("{resident} KiB resident, then {after} KiB");
        assert_eq!(shapes(), before);
        assert!(after < resident + 1_024, "{resident} KiB resident, then {after} KiB");
    });
}

/// A handler that only its client's leaving ends, and how often that came about.
#[derive(Clone, Default)]
struct Endless {
    begun: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
}

impl Endless {
    async fn serve(self) -> Result<Response<Full<Bytes>>, Infallible> {
        struct Guard(Arc<AtomicU64>);
        impl Drop for Guard {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        let _guard = Guard(self.dropped);
        std::future::pending().await
    }
}

#[tokio::test]
async fn ten_thousand_streams_opened_and_reset_at_once_are_excluded_and_burn_nothing() {
    const AT_ONCE: usize = 100;
    let goodput = builder().build().unwrap().leak();
    let endless = Endless::default();
    let bare = {
        let endless = endless.clone();
        service_fn(move |_: Request<Incoming>| endless.clone().serve())
    };
    let address = serve(SliLayer::new(goodput).route("/slow").layer(bare)).await;
    let ended = || endless.dropped.load(Ordering::Relaxed);
    let open = async |sender: &mut h2::client::SendRequest<Bytes>| {
        let mut streams = Vec::new();
        for _ in 0..AT_ONCE {
            *sender = sender.clone().ready().await?;
            streams.push(sender.send_request(Request::get("http://localhost/slow").body(()).unwrap(), true)?);
        }
        Ok::<_, h2::Error>(streams)
    };
    let connect = async || {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(async { drop(connection.await) });
        sender
    };

    let reset = |streams: Vec<(h2::client::ResponseFuture, h2::SendStream<Bytes>)>| {
        for (_, mut stream) in streams {
            stream.send_reset(h2::Reason::CANCEL);
        }
    };

    // As fast as they can: some are reset before the server has looked at them, and it closes the connection over that.
    for burst in 0..AT_ONCE {
        let streams = open(&mut connect().await).await.unwrap();
        for _ in 0..burst % 8 {
            tokio::task::yield_now().await;
        }
        reset(streams);
    }
    until("all have ended", || ended() == endless.begun.load(Ordering::Relaxed)).await;
    let in_bursts = ended();
    // And so that the service has begun on every one of them: 10,000.
    let mut sender = connect().await;
    for _ in 0..AT_ONCE {
        let before = endless.begun.load(Ordering::Relaxed);
        let streams = open(&mut sender).await.unwrap();
        until("all have begun", || endless.begun.load(Ordering::Relaxed) >= before + AT_ONCE as u64).await;
        reset(streams);
        until("all have ended", || ended() == endless.begun.load(Ordering::Relaxed)).await;
    }
    until("none is in flight", || goodput.status().in_flight == 0).await;

    let (status, ended) = (goodput.status(), ended());
    println!("{ended} streams reached the service, {in_bursts} of them in bursts");
    assert!(in_bursts > 0 && ended == in_bursts + 10_000);
    assert_eq!(status.route("/slow").unwrap().begun, ended);
    let outcomes = status.route("/slow").unwrap().outcomes.iter().filter(|(_, times)| *times > 0);
    assert_eq!(outcomes.copied().collect::<Vec<_>>(), [(Outcome::Cancelled, ended)]);
    for slo in status.slos {
        assert_eq!((slo.counts.good, slo.counts.bad, slo.counts.excluded), (0, 0, ended), "{}", slo.name);
        let reasons: Vec<_> = slo.reasons.iter().map(|reason| (reason.verdict.to_string(), reason.count)).collect();
        assert_eq!(reasons, [("excluded (cancelled)".to_owned(), ended)], "{}", slo.name);
        assert_eq!(slo.firing(), None);
    }
}

/// Waits for a condition, and not for ever.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_micros(200)).await;
        }
    };
    assert!(timeout(Duration::from_secs(20), wait).await.is_ok(), "waited in vain until {what}");
}
