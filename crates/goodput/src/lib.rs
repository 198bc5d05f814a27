#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use goodput_core::*;
#[cfg(feature = "axum")]
pub use goodput_tower::axum;
pub use goodput_tower::{SliBody, SliLayer};
