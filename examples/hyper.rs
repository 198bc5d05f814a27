//! The layer on a bare hyper server: no router, no axum, HTTP/1.1 and HTTP/2 on the same port.
//!
//! ```text
//! cargo run --example hyper
//! ```
//!
//! You see a few requests made to it over both versions, and the status that came of them. Without a router there is
//! nobody to say which route a request belongs to, so a function does.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::ensure;
use bytes::Bytes;
use goodput::{Goodput, SliLayer, Slo};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let goodput = Goodput::builder("greeter")
        .slo(Slo::availability("greetings-ok", "99%").routes(["/hello/{name}"]))
        .build()?
        .leak();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, goodput));

    for http2 in [false, true] {
        let names = ["ada", "grace", "nobody"];
        let statuses = ask(address, http2, &names).await?;
        println!("over {}: {statuses:?}", if http2 { "HTTP/2" } else { "HTTP/1.1" });
    }

    let status = goodput.status();
    println!("\n{status}");
    let counts = status.slo("greetings-ok").map(|slo| slo.counts).unwrap_or_default();
    ensure!((counts.good, counts.bad) == (4, 2), "expected 4 good and 2 bad: {counts:?}");
    ensure!(status.in_flight == 0, "expected nothing in flight: {}", status.in_flight);
    Ok(())
}

/// The route a request belongs to: a template, never the path as it came, and nothing where nothing matches.
fn route_of(request: &Request<Incoming>) -> Option<&str> {
    request.uri().path().starts_with("/hello/").then_some("/hello/{name}")
}

async fn greet(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let name = request.uri().path().trim_start_matches("/hello/");
    let mut response = Response::new(Full::from(format!("hello {name}")));
    if name == "nobody" {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    Ok(response)
}

/// Layers the service once; each connection gets a clone.
async fn serve(listener: TcpListener, goodput: &'static Goodput) -> anyhow::Result<()> {
    let service = SliLayer::new(goodput).route_fn(route_of).layer(service_fn(greet));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            server.serve_connection(TokioIo::new(stream), service).await
        });
    }
}

async fn ask(address: SocketAddr, http2: bool, names: &[&str]) -> anyhow::Result<Vec<u16>> {
    let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
    let mut statuses = Vec::new();
    for name in names {
        let request = Request::get(format!("http://{address}/hello/{name}")).body(Empty::<Bytes>::new())?;
        let response = client.request(request).await?;
        statuses.push(response.status().as_u16());
        response.into_body().collect().await?;
    }
    Ok(statuses)
}
