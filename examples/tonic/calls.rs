//! The client: some calls of each kind, each told as it looks from there.

use tokio_stream::StreamExt;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

use crate::greeter::{GREET, GREET_DAILY, Greeting, Name};

/// Makes all the calls that the audit expects.
pub(crate) async fn make_all(channel: Channel) -> anyhow::Result<()> {
    let mut client = Client(Grpc::new(channel.clone()));
    for name in ["ada", "grace", "", "nobody"] {
        told(&format!("Greet {name:?}"), &client.greet(GREET, name).await);
    }
    told("a method nobody serves", &client.greet("/example.Greeter/Insult", "ada").await);

    for (name, patience) in [("ada", usize::MAX), ("grace", 2), ("", usize::MAX)] {
        told(&format!("GreetDaily {name:?}"), &client.listen(name, patience).await);
    }

    let mut health = HealthClient::new(channel);
    let service = "example.Greeter".to_owned();
    let answer = health.check(HealthCheckRequest { service }).await?;
    println!("health check: {}", answer.into_inner().status().as_str_name());
    Ok(())
}

fn told(what: &str, answer: &Result<String, Status>) {
    match answer {
        Ok(text) => println!("{what}: {text}"),
        Err(status) => println!("{what}: {:?}, {:?}", status.code(), status.message()),
    }
}

/// What a generator would write.
struct Client(Grpc<Channel>);

impl Client {
    async fn greet(&mut self, method: &'static str, name: &str) -> Result<String, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static(method);
        let answer = self.0.unary(named(name), path, codec()).await?;
        Ok(answer.into_inner().text)
    }

    /// Listens to so many greetings at most, and then leaves.
    async fn listen(&mut self, name: &str, patience: usize) -> Result<String, Status> {
        self.ready().await?;
        let path = PathAndQuery::from_static(GREET_DAILY);
        let answer = self.0.server_streaming(named(name), path, codec()).await?;
        let mut greetings = answer.into_inner().take(patience);
        let mut heard = 0;
        while let Some(greeting) = greetings.next().await {
            greeting?;
            heard += 1;
        }
        let ending = if heard == patience { "left" } else { "heard it all" };
        Ok(format!("{ending} after {heard} greetings"))
    }

    async fn ready(&mut self) -> Result<(), Status> {
        self.0.ready().await.map_err(|error| Status::unavailable(error.to_string()))
    }
}

fn named(name: &str) -> Request<Name> {
    Request::new(Name { name: name.to_owned() })
}

fn codec() -> ProstCodec<Name, Greeting> {
    ProstCodec::default()
}
