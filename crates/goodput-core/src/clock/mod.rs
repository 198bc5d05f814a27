//! Two clocks, never mixed: the *stopwatch* times requests, the *timeline* carries ticks, windows and ages.

#[cfg(feature = "fast-clock")]
mod counter;
mod stopwatch;
mod system;
mod timeline;

pub use stopwatch::{Distrust, ManualStopwatch, Stopwatch, StopwatchKind};
pub(crate) use stopwatch::{Reading, nanos};
pub use timeline::{ManualTimeline, Moment, Timeline};
