//! Real gRPC servers and real clients: every call is counted once, by the code that ended it, wherever that code stands.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "grpc/client.rs"]
mod client;
#[path = "grpc/codes.rs"]
mod codes;
#[path = "grpc/counted.rs"]
mod counted;
#[path = "grpc/crowd.rs"]
mod crowd;
#[path = "grpc/desk.rs"]
mod desk;
#[path = "grpc/house.rs"]
mod house;
#[path = "grpc/leaving.rs"]
mod leaving;
#[path = "grpc/raw.rs"]
mod raw;
#[path = "grpc/routes.rs"]
mod routes;
#[path = "grpc/scene.rs"]
mod scene;
#[path = "grpc/streams.rs"]
mod streams;
#[path = "grpc/wire.rs"]
mod wire;
