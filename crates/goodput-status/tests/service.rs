//! The service over real connections, mounted as people mount it, and under hostile requests.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::expect_fun_call,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "service/client.rs"]
mod client;
#[path = "service/gate.rs"]
mod gate;
#[path = "service/hostile.rs"]
mod hostile;
#[path = "service/mounted.rs"]
mod mounted;
#[path = "service/pages.rs"]
mod pages;
