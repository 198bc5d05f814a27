//! Servers with the service on them, and a client that says what it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use goodput_core::{Goodput, Slo};
use goodput_status::StatusService;
use http::{HeaderMap, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An instance that has counted something.
pub(crate) fn checkout() -> Arc<Goodput> {
    let goodput = Goodput::builder("checkout")
        .slo(Slo::availability("checkout-ok", "99.9%"))
        .slo(Slo::latency("checkout-fast", "99%", Duration::from_millis(300)))
        .build()
        .unwrap();
    (0..9).for_each(|_| goodput.work("/checkout").good());
    goodput.work("/checkout").bad("card_machine");
    Arc::new(goodput)
}

/// The service as it comes, each page rendered anew.
pub(crate) fn service(goodput: &Arc<Goodput>) -> StatusService<Arc<Goodput>> {
    StatusService::new(Arc::clone(goodput)).max_age(Duration::ZERO)
}

/// Serves a router on a port of its own.
pub(crate) async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Told {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// `GET`s a path.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Told {
    ask(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
}

/// Sends these very bytes, and reads what comes until the server closes the connection.
pub(crate) async fn ask(address: SocketAddr, request: &str) -> Told {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect(&format!("{request:?} is answered with {text:?}"));
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
    };
    Told { status, headers: lines.map(header).collect(), body: body.to_owned() }
}
