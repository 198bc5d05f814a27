//! The layer on a tonic server: one unary and one streaming method, the health service, and a client that uses them all.
//!
//! ```text
//! cargo run --release --example tonic
//! ```
//!
//! You see each call as its client does, and then the status that came of them all. A call counts by its gRPC code; a
//! stream counts once it stands, and its lifetime is a figure of its own; health checks are excluded. At the end the
//! client's books are compared with the server's counts, and the program fails where they differ.
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

mod audit;
mod calls;
mod greeter;

use std::time::Duration;

use goodput::grpc::{Methods, SliLayer};
use goodput::{Goodput, Slo};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

use crate::greeter::{GREET, GREET_DAILY, Greeter};

const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";
const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let greetings = [GREET, GREET_DAILY];
    let goodput = Goodput::builder("greeter")
        .slo(Slo::availability("greetings-ok", "99%").routes(greetings))
        .slo(Slo::latency("greetings-fast", "99%", Duration::from_millis(200)).routes(greetings))
        .exclude_routes([HEALTH_CHECK, HEALTH_WATCH])
        .build()?
        .leak();
    let _ticker = goodput.start_ticker()?;

    // A service with generated code gives `Methods::from_file_descriptor_set` what its build wrote.
    let methods = Methods::new().unary(GREET).streaming(GREET_DAILY).unary(HEALTH_CHECK).streaming(HEALTH_WATCH);
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<Greeter>().await;
    let server = Server::builder()
        .layer(SliLayer::new(goodput).methods(methods))
        .add_service(Greeter)
        .add_service(health_service);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));

    let channel = Endpoint::from_shared(format!("http://{address}"))?.connect().await?;
    calls::make_all(channel).await?;
    let status = audit::settled(goodput).await;
    println!("\n{status}");
    audit::check(&status)
}
