//! Memory across restarts: what history knows, as a value, as bytes, and as a file that is whole or not there.
//!
//! ```text
//! history ─copy→ past ─write→ memory ─persist→ file ─open→ memory ─recall→ history
//! ```
//!
//! A process that remembers counts its time from 1970 on, so that slots of history, ticks and slices of time lie on the same grid in
//! every process. What the counters stood at before is a base under the ones that begin at 0 now: windows see the sum, and what is
//! exported or shown since the start of the process does not. The time between two processes was seen by nobody, as a machine's sleep:
//! windows age by it, and it is neither good nor bad.

mod column;
#[cfg(target_os = "linux")]
mod directory;
mod excluded;
mod file;
mod format;
mod health;
mod keeper;
mod memory;
mod mute;
mod past;
mod recall;
mod remember;
mod standing;
mod storage;
mod varint;

#[cfg(test)]
mod tests;

pub(crate) use excluded::{Excluded, MAX_LOOKS, MAX_REASONS, SavedReason};
pub use file::StateFile;
pub use format::MemoryError;
pub(crate) use health::Health;
pub use keeper::StateKeeper;
pub(crate) use memory::MAX_RESTARTS;
pub use memory::{Memory, RememberedSlo};
pub(crate) use mute::SavedMute;
pub(crate) use past::{Past, PastSlo};
pub(crate) use recall::{Recall, Remembered, since_epoch};
pub use standing::{SavedStanding, Told};
pub use storage::StateTrouble;
