//! The greeter: its messages, its two methods, and the glue that `tonic-prost-build` would print for them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Request as HttpRequest;
use tokio_stream::{Stream, StreamExt, iter};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// Greets once.
pub(crate) const GREET: &str = "/example.Greeter/Greet";
/// Greets again and again, for as long as somebody listens.
pub(crate) const GREET_DAILY: &str = "/example.Greeter/GreetDaily";

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Name {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Greeting {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

/// The service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Greeter;

type Greetings = Pin<Box<dyn Stream<Item = Result<Greeting, Status>> + Send>>;

/// Who has no name is to blame, which is no failure of the service; that nobody can be greeted is one.
async fn greet(request: Request<Name>) -> Result<Response<Greeting>, Status> {
    match request.into_inner().name.as_str() {
        "" => Err(Status::invalid_argument("who are you?")),
        "nobody" => Err(Status::unavailable("nobody is there")),
        name => Ok(Response::new(Greeting { text: format!("hello {name}") })),
    }
}

/// Every 20 milliseconds a day passes. Without a name, there is no stream to begin with.
async fn greet_daily(request: Request<Name>) -> Result<Response<Greetings>, Status> {
    let name = request.into_inner().name;
    if name.is_empty() {
        return Err(Status::invalid_argument("who are you?"));
    }
    let days = iter(1..=365).throttle(Duration::from_millis(20));
    let last_day = if name == "ada" { 3 } else { 365 };
    let greetings = days.take(last_day).map(move |day| Ok(Greeting { text: format!("hello {name}, on day {day}") }));
    Ok(Response::new(Box::pin(greetings)))
}

impl NamedService for Greeter {
    const NAME: &'static str = "example.Greeter";
}

impl Service<HttpRequest<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<Greeting, Name>::default());
            Ok(match request.uri().path() {
                GREET => grpc.unary(service_fn(greet), request).await,
                GREET_DAILY => grpc.server_streaming(service_fn(greet_daily), request).await,
                _ => Status::unimplemented("").into_http(),
            })
        })
    }
}
