//! The record path: a few relaxed additions on cells that belong to a shard of the threads. No lock, no allocation, no loop
//! on shared state, once a shard has seen a route.

mod cells;
mod histogram;
mod reasons;
mod routes;
mod shard;

#[cfg(test)]
pub(crate) use histogram::BUCKETS;
pub(crate) use histogram::{bucket, bucket_bounds};
pub(crate) use reasons::{Point, Reasons, Said};
pub use routes::RouteId;
pub(crate) use routes::{OTHER, Route, RouteRules, Routes, UNMATCHED};
pub(crate) use shard::shard_count;
