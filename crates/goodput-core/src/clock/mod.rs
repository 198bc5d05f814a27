//! Two clocks, never mixed: the *stopwatch* times requests, the *timeline* carries ticks, windows and ages.

mod stopwatch;
mod timeline;

pub(crate) use stopwatch::nanos;
pub use stopwatch::{ManualStopwatch, Stopwatch};
pub use timeline::{ManualTimeline, Moment, Timeline};
