//! Every way an HTTP request can end, against real servers: on bare hyper and in axum, over HTTP/1.1 and HTTP/2, and under the
//! layers that services put around theirs. Each is counted once, as what it was, and leaves nothing in flight.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, its helpers too")]

#[path = "lifecycle/again.rs"]
mod again;
#[path = "lifecycle/bodies.rs"]
mod bodies;
#[path = "lifecycle/clients.rs"]
mod clients;
#[path = "lifecycle/compression.rs"]
mod compression;
#[path = "lifecycle/connections.rs"]
mod connections;
#[path = "lifecycle/drops.rs"]
mod drops;
#[path = "lifecycle/house.rs"]
mod house;
#[path = "lifecycle/nesting.rs"]
mod nesting;
#[path = "lifecycle/panics.rs"]
mod panics;
#[path = "lifecycle/polled.rs"]
mod polled;
#[path = "lifecycle/refusals.rs"]
mod refusals;
#[path = "lifecycle/routing.rs"]
mod routing;
#[path = "lifecycle/rows.rs"]
mod rows;
#[path = "lifecycle/script.rs"]
mod script;
#[path = "lifecycle/servers.rs"]
mod servers;
#[path = "lifecycle/shutdown.rs"]
mod shutdown;
#[path = "lifecycle/table.rs"]
mod table;
#[path = "lifecycle/timeouts.rs"]
mod timeouts;
#[path = "lifecycle/upgrades.rs"]
mod upgrades;
#[path = "lifecycle/uploads.rs"]
mod uploads;
