//! How goodput is measured: the same request through every service, all of them interleaved in one process.
//!
//! Times on a shared machine wander by more than what is measured. So no figure stands alone: each round runs every case for
//! at most a millisecond, which fits into one slice of the scheduler, and what counts is the difference to the bare service
//! in the same round.

pub mod cases;
pub mod drive;
pub mod interleave;
pub mod stats;
