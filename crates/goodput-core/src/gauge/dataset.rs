//! How old data is: when the newest of it came about, from which its age follows at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::clock::{Moment, Timeline, nanos};

/// Data that gets older until it is refreshed: a cache, an index, a replica, the output of a job. Freshness SLOs that name it judge
/// each slice by its age at the slice's end.
///
/// Cheap to clone, and valid for as long as anybody holds it. Refreshing it reads the timeline, and takes no lock unless that is a
/// manual one. What was said last holds, also where it makes the data older: a copy may be rolled back.
///
/// Until it is refreshed for the first time, slices are *unknown* while the SLO is younger than its threshold, as data that is fresh
/// enough may have been there all along. After that they are bad: silence is not freshness, and a job that never ran is what the
/// SLO is there to tell.
///
/// ```
/// use std::time::Duration;
/// use goodput_core::{Goodput, Slo};
///
/// let fresh = Slo::freshness("prices-fresh", "99%", Duration::from_secs(60)).routes(["prices"]);
/// let goodput = Goodput::builder("shop").slo(fresh).build()?;
/// let prices = goodput.dataset("prices");
/// prices.refreshed(Duration::from_secs(90)); // read just now, from a file that is a minute and a half old
/// let status = goodput.status();
/// let running = &status.slo("prices-fresh").unwrap().slices.as_ref().unwrap().running;
/// assert_eq!(running.verdict.unwrap().to_string(), "bad (stale)");
/// # Ok::<(), goodput_core::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    /// None where no SLO looks.
    cell: Option<Arc<DatasetCell>>,
    timeline: Timeline,
}

impl Dataset {
    pub(super) const fn new(cell: Option<Arc<DatasetCell>>, timeline: Timeline) -> Self {
        Self { cell, timeline }
    }

    /// The newest of it is `age` old, now; from here on it ages by itself, on the timeline.
    pub fn refreshed(&self, age: Duration) {
        if let Some(cell) = &self.cell {
            cell.refresh(self.timeline.now(), age);
        }
    }
}

/// What the handles of one name share: when the newest of it came about, in nanoseconds from the timeline's origin.
#[derive(Debug)]
pub(crate) struct DatasetCell {
    born: AtomicI64, // 292 years either way
}

const NEVER: i64 = i64::MIN;

impl Default for DatasetCell {
    fn default() -> Self {
        Self { born: AtomicI64::new(NEVER) }
    }
}

impl DatasetCell {
    /// Relaxed, as in [`age`](Self::age): one number, and nothing is read by it.
    fn refresh(&self, now: Moment, age: Duration) {
        let clamp = |time: Duration| i64::try_from(nanos(time)).unwrap_or(i64::MAX);
        self.born.store(clamp(now.since_origin()).saturating_sub(clamp(age)), Ordering::Relaxed);
    }

    /// How old the newest of it is; nothing before anybody said.
    pub(crate) fn age(&self, now: Moment) -> Option<Duration> {
        let born = self.born.load(Ordering::Relaxed);
        let age = i128::from(nanos(now.since_origin())) - i128::from(born);
        // Below 2^65; what was refreshed a moment after `now` was read is not younger than new.
        (born != NEVER).then(|| Duration::from_nanos(age.max(0).try_into().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_ages_by_itself_from_what_was_said_last() {
        let (timeline, hand) = Timeline::manual();
        let cell = Arc::new(DatasetCell::default());
        let data = Dataset::new(Some(Arc::clone(&cell)), timeline);
        let secs = Duration::from_secs;
        assert_eq!(cell.age(hand.now()), None);
        for (age, after, expected) in [
            (secs(0), secs(0), secs(0)),
            (secs(0), secs(7), secs(7)),
            (secs(90), secs(1), secs(91)),
            (Duration::from_nanos(1), Duration::ZERO, Duration::from_nanos(1)),
            (secs(400 * 86_400), secs(60), secs(400 * 86_400 + 60)),
        ] {
            data.refreshed(age);
            hand.advance(after);
            assert_eq!(cell.age(hand.now()), Some(expected), "{age:?} and {after:?}");
        }
        hand.suspend(secs(5));
        assert_eq!(cell.age(hand.now()), Some(secs(400 * 86_400 + 65)), "data ages while the machine sleeps");
        data.refreshed(Duration::MAX);
        assert!(cell.age(hand.now()) > Some(secs(290 * 365 * 86_400)));
        assert_eq!(cell.age(Moment::default()).map(|age| age > secs(1)), Some(true), "no moment is too early");
    }
}
