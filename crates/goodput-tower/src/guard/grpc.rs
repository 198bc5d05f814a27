//! The guard for gRPC services: routes are methods, and what is shed is `UNAVAILABLE`.

use std::borrow::Borrow;
use std::fmt;

use goodput_core::{ClassId, Goodput, Shed};
use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use tower_layer::Layer;

use super::answer::Answer;
use super::service::GuardService;
use crate::grpc::ByMethod;

/// Does what the guards of an instance say about each call of a gRPC service; see [`GuardLayer`](crate::GuardLayer).
///
/// Put it after the [`SliLayer`](crate::grpc::SliLayer), which is then outside of it and counts what is shed. The methods that a guard
/// chooses are known from the beginning.
///
/// ```
/// use goodput_core::{Goodput, Guard, Slo};
/// use goodput_tower::grpc::{GuardLayer, SliLayer};
///
/// let goodput = Goodput::builder("greeter")
///     .slo(Slo::availability("greeter-ok", "99.9%").routes(["/hello.Greeter/SayHello"]))
///     .guard(Guard::shed("gossip", "greeter-ok").routes(["/hello.Greeter/Gossip"]))
///     .build()?
///     .leak();
/// let (slis, guards) = (SliLayer::new(goodput), GuardLayer::new(goodput));
/// // tonic::transport::Server::builder().layer(slis).layer(guards).add_service(greeter)
/// # let _ = (slis, guards);
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Clone, Copy)]
pub struct GuardLayer<H = &'static Goodput> {
    goodput: H,
    class: ClassId,
}

impl<H: Borrow<Goodput>> GuardLayer<H> {
    /// Asks the guards of this instance.
    pub fn new(goodput: H) -> Self {
        Self { goodput, class: ClassId::NONE }
    }

    /// The class of every request that does not bring one in its extensions; as
    /// [`SliLayer::class`](crate::grpc::SliLayer::class).
    pub fn class(mut self, name: &str) -> Self {
        self.class = self.goodput.borrow().class(name);
        self
    }
}

impl<S, H: Clone> Layer<S> for GuardLayer<H> {
    type Service = GuardService<S, H, ByMethod, Unavailable>;

    #[inline]
    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.goodput.clone(), ByMethod, Unavailable, self.class)
    }
}

impl<H> fmt::Debug for GuardLayer<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").finish_non_exhaustive()
    }
}

/// The gRPC status `UNAVAILABLE` in the headers of a response without a body. How long to wait is told to clients that retry by
/// themselves (`grpc-retry-pushback-ms`).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unavailable;

impl<B: Default> Answer<B> for Unavailable {
    fn answer(&self, shed: Shed) -> Response<B> {
        let mut response = Response::new(B::default());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static("14"));
        headers.insert("grpc-message", HeaderValue::from_static("held back for a while"));
        headers.insert("grpc-retry-pushback-ms", HeaderValue::from(shed.retry_after.as_secs().saturating_mul(1_000)));
        response
    }
}
