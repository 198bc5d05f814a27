//! Decides how each HTTP request ended, and records it exactly once.
//!
//! ```
//! use std::convert::Infallible;
//! use goodput_core::{Goodput, Slo};
//! use goodput_tower::SliLayer;
//! use http::{Request, Response};
//! use http_body_util::BodyExt;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let goodput = Goodput::builder("shop").slo(Slo::availability("shop-ok", "99.9%")).build()?.leak();
//!
//! let checkout = ServiceBuilder::new()
//!     .layer(SliLayer::new(goodput).route("/checkout"))
//!     .service(service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new("thank you".to_owned()))));
//!
//! let response = checkout.oneshot(Request::new(())).await?;
//! assert_eq!(goodput.status().in_flight, 1); // there is a head, and the SLO waits for the end of the body
//!
//! response.into_body().collect().await?;
//! assert_eq!(goodput.status().slo("shop-ok").unwrap().counts.good, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # What is what
//!
//! - [`SliLayer`] makes a [`SliService`]; a call of it is a request, and its [`ResponseFuture`] and [`SliBody`] follow that
//!   request to its end.
//! - [`NameRoute`] says which route a request belongs to.
//! - [`OuterLayer`] goes around everything that may refuse, delay or give up, and makes it visible.
//! - [`SliLayer::dependency`] counts the service's own calls to others.
//! - [`GuardLayer`] holds low-priority requests back while an SLO burns; inside of the [`SliLayer`].
//! - `axum::SliLayer` is the layer for axum: the route comes from the router, the body type stays axum's (feature `axum`).
//! - `grpc::SliLayer` is the one for gRPC: routes are methods (feature `grpc`).
//!
//! # How a request ends
//!
//! It begins when the service is called, after it was ready. It ends in exactly one way, at the first of these:
//!
//! | what happens | recorded as |
//! |---|---|
//! | the service panics, in `call` or in its future | panicked |
//! | the future is dropped before its head: the client went away, or a timeout outside this layer | cancelled |
//! | the service answers `Err` | service error |
//! | a head, and no SLO waits for more | its status |
//! | a head without a body: to `HEAD`, with 1xx, 204 or 304, or with a body that is at its end | its status |
//! | 101, or 2xx to `CONNECT` | its status |
//! | the head of a stream, unless some SLO waits for its end: `text/event-stream`, a streaming method of gRPC | its status |
//! | a gRPC response ends with its status, in trailers or in the head | its code |
//! | a gRPC response ends without one | no status |
//! | the body ends: `None`, trailers, a last frame that says so, the last byte of the declared length | its status |
//! | the body fails, or ends short of its declared length | body failed |
//! | the body panics | panicked |
//! | the body is dropped before its end | body dropped |
//! | a layer between an [`OuterLayer`] and this one gives up on the request, or refuses it | timed out, refused |
//!
//! What each of these counts as is the SLO's matter. The service may say it itself: it puts a
//! [`Verdict`](goodput_core::Verdict) or [`Degraded`](goodput_core::Degraded) into the extensions of its response, or
//! [`say`]s it from anywhere in the handler.
//!
//! # What it costs
//!
//! No lock, two clock readings, no box: futures and bodies are concrete types. No allocation, once this shard of the
//! counters has seen the route. About 80 ns a request with a `&'static Goodput` (`cargo xtask bench`), half of them the clock's;
//! see [`SliLayer`] for other handles. Following a body to its end adds about 16 ns, and in axum one box, on routes with an SLO
//! that waits for the end, and for streams. A clock is read once more at a stream's end.
//!
//! Latency is what the service took, its client included: a slow upload is waited for, and a slow reader makes the end late.
//!
//! # What it does not do
//!
//! - It sees nothing of requests that layers outside it refuse, delay or give up: a timeout there looks like a client that
//!   went away, a shed request never comes. Put an [`OuterLayer`] around them.
//! - It does not know whether the client received what the server was given.
//! - It does not follow a connection after an upgrade.
//! - It counts attempts as they arrive: a client's retry is a request, a retry inside this layer is not.
//! - It reads nothing that a client says about itself.

#![forbid(unsafe_code)]

#[cfg(feature = "axum")]
pub mod axum;
mod body;
mod future;
#[cfg(feature = "grpc")]
pub mod grpc;
mod guard;
mod head;
mod layer;
mod nesting;
mod outer;
mod recorder;
mod rest;
mod route;
mod service;

pub use body::{SliBody, Unboxed, WrapBody};
pub use future::ResponseFuture;
pub use guard::{Answer, AnswerBy, Busy, Degrade, GuardFuture, GuardLayer, GuardService};
pub use layer::SliLayer;
pub use nesting::say;
pub use outer::{OuterFuture, OuterLayer, OuterService};
#[doc(hidden)]
pub use route::Candidate;
pub use route::{ByFn, Dependency, Fixed, NameRoute, Unmatched};
pub use service::SliService;
