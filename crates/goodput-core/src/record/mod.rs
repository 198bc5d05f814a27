//! The record path: a few relaxed additions on cells that belong to a shard of the threads. No lock, no allocation, no loop
//! on shared state, once a shard has seen a route.

mod class;
mod held;
mod histogram;
mod queue;
mod reasons;
mod route;
mod routes;
mod shard;
mod share;
mod slots;

pub use class::{ClassId, RequestClass};
#[cfg(test)]
pub(crate) use histogram::BUCKETS;
pub(crate) use histogram::{bucket, bucket_bounds};
pub(crate) use queue::Queue;
pub(crate) use reasons::{Point, Reasons, Said};
pub(crate) use route::{Route, RouteRules};
pub use routes::RouteId;
pub(crate) use routes::{ByClass, Known, Plan, Routes, UNMATCHED, stands_for_others};
pub(crate) use shard::shard_count;
pub(crate) use share::Figure;
pub(crate) use slots::{Present, Slot, SlotTimes};
