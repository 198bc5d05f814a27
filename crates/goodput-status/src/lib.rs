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
//! Nothing is served unless it is mounted: this crate opens no port and has no global.
#![forbid(unsafe_code)]

mod answer;
mod asked;
pub mod document;
mod future;
mod instance;
mod metrics;
mod service;
mod shared;
mod token;

pub use document::{DecisionDocument, DocumentError, StatusDocument};
pub use future::ResponseFuture;
pub use service::StatusService;
pub use token::TokenError;
