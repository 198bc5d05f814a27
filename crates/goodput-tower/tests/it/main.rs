//! Every way a request can end, each recorded exactly once.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(feature = "axum")]
mod axum;
mod bodies;
mod futures;
mod guard;
mod heads;
mod house;
mod hyper;
mod nesting;
mod outer;
mod properties;
mod readiness;
mod routes;
mod script;
mod times;
mod traces;
mod types;
