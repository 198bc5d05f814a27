//! The one crate a service adds: SLIs that are counted, judged and read in the process itself.
//!
#![cfg_attr(feature = "axum", doc = include_str!("../README.md"))]
//! # Everything in one place
//!
//! This crate is the one a service adds. It re-exports the words and arithmetic of `goodput-model`, the counting of
//! `goodput-core` and the layers of `goodput-tower`.
//!
//! Their examples name those crates; in a service, write `goodput::` for all of them.
//!
//! - Define: [`Goodput::builder`], [`Slo`], [`Objective`], [`Period`], [`AlertRow`]; `spec::read_file`.
//! - Record: [`SliLayer`], `axum::SliLayer`, `grpc::SliLayer`, [`OuterLayer`], [`Work`], [`Request`]; a handler's [`Verdict`] and
//!   [`Degraded`], or [`say`].
//! - Read: [`Goodput::status`] gives a [`Status`]; [`Ticker`] keeps its history; `status::StatusService` answers over HTTP.
//! - Tell: [`Goodput::subscribe`], [`GoodputBuilder::on_transition`]; `notify::AlertmanagerSink`, `notify::to_tracing`.
//! - React: [`Guard`] and [`GuardLayer`], [`FeatureGuard`] and [`Goodput::feature_allowed`].
//! - Test: [`Stopwatch`] and [`Timeline`] have manual twins.
#![cfg_attr(
    all(feature = "axum", feature = "grpc", feature = "spec"),
    doc = "- Understand: [when is a request good](guide::when_is_a_request_good), and where its layer goes; [SLO as \
           code](guide::slo_as_code)."
)]
#![cfg_attr(
    all(feature = "axum", feature = "grpc", feature = "spec", feature = "notify", feature = "status"),
    doc = "- Act: [who is told, and what may go out](guide::who_is_told)."
)]
#![forbid(unsafe_code)]

#[cfg(all(feature = "axum", feature = "grpc", feature = "spec"))]
pub mod guide;
#[cfg(feature = "spec")]
pub mod spec;
#[cfg(feature = "status")]
pub mod status;

pub use goodput_core::*;
#[cfg(feature = "notify")]
pub use goodput_notify as notify;
#[cfg(feature = "axum")]
pub use goodput_tower::axum;
#[cfg(feature = "grpc")]
pub use goodput_tower::grpc;
pub use goodput_tower::{
    Answer, AnswerBy, Busy, ByFn, Degrade, Dependency, Fixed, GuardFuture, GuardLayer, GuardService, NameRoute,
    OuterFuture, OuterLayer, OuterService, ResponseFuture, SliBody, SliLayer, SliService, Unmatched, say,
};
