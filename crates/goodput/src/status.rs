//! The status of a service over HTTP: JSON for programs, a release gate, Prometheus text.
//!
//! ```
//! use goodput::{Goodput, Slo};
//!
//! let goodput: &'static Goodput =
//!     Goodput::builder("checkout").slo(Slo::availability("checkout-ok", "99.9%")).build()?.leak();
//! let app: axum::Router = axum::Router::new().nest_service("/slo", goodput::status::StatusService::new(goodput));
//! # Ok::<(), goodput::BuildError>(())
//! ```
//!
//! `goodput gate http://10.0.0.7:9090/slo/status` asks it, and several of its kind at once.

pub use goodput_status::*;
