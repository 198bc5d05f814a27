//! How goodput is measured: the same request through every service, all of them interleaved in one process.
//!
//! Times on a shared machine wander by more than what is measured. So no figure stands alone: each round runs every case for
//! at most a millisecond, which fits into one slice of the scheduler, and what counts is the difference to the bare service
//! in the same round. A batch during which a thread was taken off its core is run again.
//!
//! Programs print JSON for `cargo xtask bench`, which knows the goals and judges by them; here is only what is measured.

#![forbid(unsafe_code)]

pub mod cases;
pub mod cli;
mod clock;
mod counting;
pub mod drive;
pub mod fault;
pub mod interleave;
mod interruptions;
mod meeting;
mod otel;
pub mod router;
mod sharing;
pub mod sli;
pub mod stats;
mod together;
