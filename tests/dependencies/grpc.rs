//! What a gRPC call counts as, by its code, on tonic's own client over tonic's own channel.

use std::sync::Arc;

use goodput::{Dependency, Goodput, Outcome, SliLayer, SliService};
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer;

use crate::clients::PATIENCE;
use crate::counted::{built, check, shop};
use crate::upstreams::Upstream;

/// A generated client, with the layer around its channel.
type Client = HealthClient<SliService<Channel, Arc<Goodput>, Dependency>>;

/// A code, how a call that ends with it ended, and what `payments-ok` makes of it.
pub(crate) fn codes() -> Vec<(Code, Outcome, &'static str)> {
    use Outcome::{ClientError, ServerError, Success};
    let (good, bad) = ("good", "bad (server_error)");
    vec![
        (Code::Ok, Success, good),
        (Code::Cancelled, ClientError, good),
        (Code::Unknown, ServerError, bad),
        (Code::InvalidArgument, ClientError, good),
        (Code::DeadlineExceeded, ServerError, "bad (timeout)"),
        (Code::NotFound, ClientError, good),
        (Code::AlreadyExists, ClientError, good),
        (Code::PermissionDenied, ClientError, good),
        (Code::ResourceExhausted, ServerError, "bad (resource_exhausted)"),
        (Code::FailedPrecondition, ClientError, good),
        (Code::Aborted, ClientError, good),
        (Code::OutOfRange, ClientError, good),
        (Code::Unimplemented, ServerError, bad),
        (Code::Internal, ServerError, bad),
        (Code::Unavailable, ServerError, bad),
        (Code::DataLoss, ServerError, bad),
        (Code::Unauthenticated, ClientError, good),
    ]
}

/// How a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// For one message: an error comes in the headers.
    Once,
    /// For a stream: an error comes in the trailers, after a message.
    ForAStream,
}

/// Asks for `code`, sees it, and checks what was counted.
pub(crate) async fn check_code(upstream: &Upstream, asks: Asks, code: Code, expected: (Outcome, &str)) {
    let goodput = built(shop(&["payments"]));
    assert_eq!(call(upstream, &goodput, asks, code).await, code, "{asks:?}");
    check_one(&goodput, &format!("{code:?} {asks:?}"), expected);
}

/// One call is counted, as this.
pub(crate) fn check_one(goodput: &Goodput, what: &str, expected: (Outcome, &str)) {
    let (outcome, verdict) = expected;
    let (outcome, verdict) = (format!("dependency:payments: {outcome}"), format!("payments-ok: {verdict}"));
    check(goodput, what, &[(&outcome, 1), (&verdict, 1)]);
}

/// Calls for this code, and says which one came.
pub(crate) async fn call(upstream: &Upstream, goodput: &Arc<Goodput>, asks: Asks, code: Code) -> Code {
    let channel = Endpoint::from_shared(upstream.uri("")).unwrap().connect_lazy();
    let layer = SliLayer::new(Arc::clone(goodput)).dependency("payments");
    let mut client = Client::new(layer.layer(channel));
    let request = HealthCheckRequest { service: (code as i32).to_string() };
    let answer = async {
        match asks {
            Asks::Once => client.check(request).await.map(drop),
            Asks::ForAStream => read(&mut client, request, upstream).await,
        }
    };
    let answer = timeout(PATIENCE, answer).await.unwrap();
    answer.map_or_else(|status| status.code(), |()| Code::Ok)
}

async fn read(client: &mut Client, request: HealthCheckRequest, upstream: &Upstream) -> Result<(), tonic::Status> {
    let mut stream = client.watch(request).await?.into_inner();
    stream.message().await?;
    upstream.lets_go();
    while stream.message().await?.is_some() {}
    Ok(())
}
