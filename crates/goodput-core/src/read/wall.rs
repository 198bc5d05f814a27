//! Whether somebody set the clock on the wall, which no window looks at: told by how much further it went than the timeline.

use std::time::{Duration, SystemTime};

use crate::clock::Moment;
use crate::state::since_epoch;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Wall {
    /// What both showed at the last tick.
    last: Option<(Duration, Duration)>,
    /// The last jump: by how much, and whether ahead.
    jumped: Option<(Duration, bool)>,
    times: u64,
}

/// Less than this between two ticks is a clock that is being corrected.
const JUMP: Duration = Duration::from_secs(5);

impl Wall {
    /// Looks at both at a tick.
    pub(crate) fn tick(&mut self, now: Moment, wall: SystemTime) {
        let (now, wall) = (now.since_origin(), since_epoch(wall));
        if let Some((before, wall_before)) = self.last.replace((now, wall)) {
            // Where it would be, had nobody set it.
            let expected = wall_before.saturating_add(now.saturating_sub(before));
            let (by, is_ahead) = (wall.abs_diff(expected), wall > expected);
            if by > JUMP {
                self.jumped = Some((by, is_ahead));
                self.times = self.times.saturating_add(1);
            }
        }
    }

    /// How often it jumped; and the last time by how much, and whether ahead.
    pub(crate) fn jumps(&self) -> Option<(u64, Duration, bool)> {
        self.jumped.map(|(by, is_ahead)| (self.times, by, is_ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_what_the_wall_went_further_or_less_far_than_the_timeline_by_more_than_five_seconds() {
        let mut watched = Wall::default();
        let mut look = |now, wall| {
            watched.tick(Moment::at(Duration::from_secs(now)), SystemTime::UNIX_EPOCH + Duration::from_secs(wall));
            watched.jumps().map(|(times, by, is_ahead)| (times, by.as_secs(), is_ahead))
        };
        assert_eq!(look(10, 1_000), None);
        assert_eq!(look(20, 1_010), None);
        assert_eq!(look(3_620, 4_610), None, "a late tick, or a machine that slept");
        assert_eq!(look(3_630, 4_625), None, "5 s ahead");
        assert_eq!(look(3_640, 4_641), Some((1, 6, true)));
        assert_eq!(look(3_650, 4_651), Some((1, 6, true)), "that was once");
        assert_eq!(look(3_660, 4_000), Some((2, 661, false)));
    }
}
