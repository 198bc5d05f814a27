//! How full something limited is: the level now, and the highest since somebody looked, exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of something limited is in use: of a pool of connections, a queue, the memory. Saturation SLOs that name it judge
/// each slice by the highest level at any moment of it, the one it began with included.
///
/// Cheap to clone, and valid for as long as anybody holds it. Setting it takes no lock and allocates nothing. Where two threads set
/// it at the same moment, either may be the last; the higher one is not missed.
///
/// Until it is set for the first time, slices are *unknown*: nobody has said that the thing exists, let alone how full it is.
///
/// ```
/// use goodput_core::{Goodput, Share, Slo};
///
/// let at_most: Share = "80%".parse()?;
/// let goodput = Goodput::builder("shop").slo(Slo::saturation("pool-free", "99%", at_most).routes(["pool"])).build()?;
/// let pool = goodput.level("pool");
/// pool.set(17, 20);
/// let status = goodput.status();
/// let running = &status.slo("pool-free").unwrap().slices.as_ref().unwrap().running;
/// assert_eq!(running.verdict.unwrap().to_string(), "bad (saturated)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Level {
    /// None where no SLO looks.
    cell: Option<Arc<LevelCell>>,
}

impl Level {
    pub(super) const fn new(cell: Option<Arc<LevelCell>>) -> Self {
        Self { cell }
    }

    /// So many of so many are in use. More than there are is more than all of it.
    ///
    /// A capacity of 0 has no share: it is refused, which a flag of the status shows, and the level stays as it was.
    pub fn set(&self, used: u64, capacity: u64) {
        let parts = u128::from(used) * u128::from(STEPS); // below 2^81
        let steps = (capacity > 0).then(|| parts.div_ceil(capacity.into()).try_into().unwrap_or(u64::MAX));
        self.set_steps(steps);
    }

    /// This share is in use: 1 is all of it. What is less than a hundred-billionth above a thousandth of a percent counts as that,
    /// so that `0.07` is 7 %.
    ///
    /// Negative numbers, infinities and NaN are refused, which a flag of the status shows, and the level stays as it was.
    pub fn set_share(&self, share: f64) {
        let steps = share * STEPS as f64;
        let nearest = steps.round();
        let steps = if (steps - nearest).abs() < 1.0e-6 { nearest } else { steps.ceil() };
        // Saturating, as casts of floating point are.
        self.set_steps((share.is_finite() && share >= 0.0).then_some(steps as u64));
    }

    fn set_steps(&self, steps: Option<u64>) {
        match (&self.cell, steps) {
            (Some(cell), Some(steps)) => cell.set(steps),
            (Some(cell), None) => cell.refuse(),
            (None, _) => {}
        }
    }
}

/// All of it, in the steps that levels are kept in: thousandths of a percent, rounded up. The shares that SLOs allow are whole steps,
/// so that a level above one of them is in steps as well, and no other is.
pub(crate) const STEPS: u64 = 100_000;

/// What the handles of one name share. Both numbers are steps and one more; 0 is none.
#[derive(Debug, Default)]
pub(crate) struct LevelCell {
    now: AtomicU64,
    highest: AtomicU64,
    refused: AtomicU64,
}

impl LevelCell {
    fn set(&self, steps: u64) {
        let level = steps.saturating_add(1);
        self.announce(level);
        self.raise(level);
    }

    /// SeqCst, here and below: setting a level and taking the highest each write one number before they read the other, so that one
    /// of the two sees what the other wrote. Either the highest is found to be lower than this level, or this to be the level now.
    fn announce(&self, level: u64) {
        self.now.store(level, Ordering::SeqCst);
    }

    /// A level that is no record adds nothing, and most are none.
    fn raise(&self, level: u64) {
        if level > self.highest.load(Ordering::SeqCst) {
            self.highest.fetch_max(level, Ordering::SeqCst);
        }
    }

    fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed); // a number for people
    }

    /// The highest level since the last call, in steps; from here on, what counts begins with the level now.
    pub(crate) fn take(&self) -> Option<u64> {
        let highest = self.empty();
        self.begin_again();
        highest
    }

    fn empty(&self) -> Option<u64> {
        self.highest.swap(0, Ordering::SeqCst).checked_sub(1)
    }

    fn begin_again(&self) {
        self.highest.fetch_max(self.now.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// The highest level since the last [`take`](Self::take), in steps.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest.load(Ordering::SeqCst).checked_sub(1)
    }

    /// How often a value was refused.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> (Level, Arc<LevelCell>) {
        let cell = Arc::new(LevelCell::default());
        (Level::new(Some(Arc::clone(&cell))), cell)
    }

    #[test]
    fn a_level_is_above_a_share_in_steps_exactly_when_it_is() {
        for (used, capacity, steps) in [
            (0, 1, 0),
            (1, 1, 100_000),
            (4, 5, 80_000),
            (5, 4, 125_000),
            (1, 3, 33_334),
            (800_000_000_001, 1_000_000_000_000, 80_001),
            (u64::MAX, u64::MAX, 100_000),
            (u64::MAX, 1, u64::MAX),
        ] {
            let (level, cell) = level();
            level.set(used, capacity);
            assert_eq!(cell.highest(), Some(steps.min(u64::MAX - 1)), "{used} of {capacity}");
        }
        for (share, steps) in [(0.0, 0), (-0.0, 0), (0.07, 7_000), (0.8, 80_000), (0.800_000_1, 80_001), (1.5, 150_000)]
        {
            let (level, cell) = level();
            level.set_share(share);
            assert_eq!((cell.highest(), cell.refused()), (Some(steps), 0), "{share}");
        }
    }

    #[test]
    fn what_is_no_level_is_refused_and_changes_nothing() {
        let (level, cell) = level();
        level.set(0, 0);
        level.set(3, 0);
        for share in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, -f64::MIN_POSITIVE] {
            level.set_share(share);
        }
        assert_eq!((cell.highest(), cell.refused()), (None, 7));
        level.set_share(f64::MAX);
        assert_eq!((cell.highest(), cell.refused()), (Some(u64::MAX - 1), 7));
    }

    #[test]
    fn what_counts_begins_with_the_level_now() {
        let (level, cell) = level();
        assert_eq!(cell.take(), None);
        for used in [2, 9, 4] {
            level.set(used, 10);
        }
        assert_eq!(cell.take(), Some(90_000));
        level.set(3, 10);
        assert_eq!(cell.take(), Some(40_000), "the level it began with");
        assert_eq!((cell.take(), cell.take()), (Some(30_000), Some(30_000)));
    }

    /// Every order in which the two steps of setting a level and the two of taking the highest can come. Their memory orderings make
    /// these all there are.
    #[test]
    fn a_level_that_is_set_while_somebody_looks_is_seen_by_that_look_or_the_next() {
        for (first, second) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
            for (before, new) in [(3, 9), (9, 3)] {
                let cell = LevelCell::default();
                cell.set(before);
                let (mut taken, mut set, mut took) = (None, 0, 0);
                for step in 0..4 {
                    if step == first || step == second {
                        [LevelCell::announce, LevelCell::raise][set](&cell, new + 1);
                        set += 1;
                    } else {
                        match took {
                            0 => taken = cell.empty(),
                            _ => cell.begin_again(),
                        }
                        took += 1;
                    }
                }
                let next = cell.take();
                let case = format!("{new} after {before}, at {first} and {second}: {taken:?}, {next:?}");
                assert_eq!(taken.max(next), Some(9), "{case}");
                assert!(next >= Some(new), "the level that the next one began with, or reached: {case}");
            }
        }
    }
}
