//! The gate against real services: what it answers, how it exits, and what it makes of sources that are not what they should be.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "gate/answers.rs"]
mod answers;
#[path = "gate/command.rs"]
mod command;
#[path = "gate/overrides.rs"]
mod overrides;
#[path = "gate/replicas.rs"]
mod replicas;
#[path = "gate/services.rs"]
mod services;
#[path = "gate/state_files.rs"]
mod state_files;
#[path = "gate/troubles.rs"]
mod troubles;
