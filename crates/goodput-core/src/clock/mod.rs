//! Two clocks, never mixed: the *stopwatch* times requests, the *timeline* carries ticks, windows and ages.

mod stopwatch;
mod timeline;

pub use stopwatch::{ManualStopwatch, Stopwatch};
pub(crate) use stopwatch::{Reading, nanos};
pub use timeline::{ManualTimeline, Moment, Timeline};
