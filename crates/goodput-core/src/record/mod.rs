//! The record path: a few relaxed additions on cells that no two cores share. No lock, no allocation, no loop on shared
//! state, once a route has been seen by a shard.

mod cells;
mod histogram;
mod reasons;
mod request;
mod routes;
mod shard;
mod work;

#[cfg(test)]
pub(crate) use histogram::BUCKETS;
pub(crate) use histogram::{bucket, bucket_bounds};
pub(crate) use reasons::Reasons;
pub use request::Request;
pub use routes::RouteId;
pub(crate) use routes::{Judges, Route, Routes};
pub(crate) use shard::shard_count;
pub use work::{Work, WorkGuard};
