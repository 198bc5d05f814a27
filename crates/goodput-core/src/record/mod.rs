//! The record path: a few additions to the cells that the current thread's shard has on a route, each a load and a store where
//! the thread is alone on its shard. No lock, no allocation and no loop, once that shard has seen the route.

mod cells;
mod class;
mod held;
mod histogram;
mod plan;
mod queue;
mod reasons;
mod renew;
mod route;
mod routes;
mod shard;
mod slots;
mod version;

pub(crate) use cells::Figure;
pub use class::{ClassId, RequestClass};
#[cfg(test)]
pub(crate) use histogram::BUCKETS;
pub(crate) use histogram::{bucket, bucket_bounds};
pub(crate) use plan::{ByClass, Known, Plan, is_own};
pub(crate) use queue::Queue;
pub(crate) use reasons::{Point, Reasons, Said};
pub(crate) use renew::Refused;
pub(crate) use route::Route;
pub use routes::RouteId;
pub(crate) use routes::{Routes, UNMATCHED, stands_for_others};
pub(crate) use shard::shard_count;
pub(crate) use slots::{Present, Slot, SlotTimes};
pub(crate) use version::{MAX_VERSIONS, RouteRules, Version, VersionId};
