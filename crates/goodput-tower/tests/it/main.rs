//! Every way a request can end, each recorded exactly once.

#[cfg(feature = "axum")]
mod axum;
mod bodies;
mod futures;
mod heads;
mod house;
mod nesting;
mod properties;
mod readiness;
mod routes;
mod script;
mod times;
mod types;
