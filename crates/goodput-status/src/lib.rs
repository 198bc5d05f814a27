//! A small read-only tower service that any router can mount: the status as JSON, a release gate, and Prometheus text.
//!
//! ```
//! use goodput_core::{Goodput, Slo};
//! use goodput_status::StatusService;
//!
//! let goodput: &'static Goodput =
//!     Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build()?.leak();
//! let status = StatusService::new(goodput).bearer_token("uOVnCk3yWbAzM0xq")?;
//! let app: axum::Router = axum::Router::new().nest_service("/slo", status);
//! // GET /slo/status, /slo/gate?kind=feature&risk=low, /slo/metrics
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`StatusService`] is a `tower_service::Service` over any request body, which answers with whole bodies: axum's `nest_service` and
//!   `route_service` take it, and a hyper server without a router does.
//! - [`StatusDocument`] is what `/status` says: counts and windows as whole numbers, so that what N instances say
//!   [adds up exactly](StatusDocument::case). [`DecisionDocument`] is what `/gate` says. Their JSON Schemas are in `schemas/`.
//! - `/metrics` has the instruments of `goodput-otel`, under the names that OpenTelemetry's translation to Prometheus gives them, so
//!   that rules and dashboards fit both ways out. Use one of the two: what comes both ways is counted twice.
//!
//! # What it costs
//!
//! Nothing while nobody asks. A page is rendered at most once a second, by a thread that is started for it, and shared by all who ask
//! meanwhile; whoever asks waits as a task does. With 100 SLOs on 1,000 routes, asking takes less than a millisecond of
//! the thread that runs the task, most of it the start of the other one; a page that is there is sent without a copy. Its size depends
//! on the definition and not on traffic: less than 1 MiB for 100 SLOs, with at most 100 routes. `tests/cost.rs` holds both.
//!
//! # What it does not do
//!
//! It opens no port, and nothing is served unless it is mounted. It limits neither connections nor their time, which the server does
//! for all that it serves; it never reads a body, and refuses a query of more than 256 bytes. It has no TLS, no page for people, and
//! nothing that changes anything. A [token](StatusService::bearer_token) keeps others out; what is behind it tells names of routes and
//! SLOs, and numbers, and no path, address, header or version.
//!
//! Its own requests are in no SLO: where a layer of ours is around it, each of its answers is excluded.

#![forbid(unsafe_code)]

mod answer;
mod asked;
pub mod document;
mod future;
mod metrics;
mod service;
mod shared;
mod token;

pub use document::{DecisionDocument, DocumentError, StatusDocument};
pub use future::ResponseFuture;
pub use service::StatusService;
pub use token::TokenError;
