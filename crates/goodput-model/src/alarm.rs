//! One alert from its firing to its resolving: what to make of a condition that holds, holds no longer, or cannot be judged.

use crate::Timing;
use std::fmt;
use std::time::Duration;

/// The memory of one alert.
///
/// It fires once its condition has held for [`Timing::wait`], and resolves once the condition has not held for
/// [`Timing::keep_firing`]: one firing and one resolving an episode, in turn. While a condition is [frozen](Frozen), what it was
/// found to be last stands, for a limited time. Nothing begins to fire on that account: one that waits waits anew when it can be told
/// again, since nobody saw it hold meanwhile. Silence is no such time: a condition that holds goes on holding in it.
///
/// Moments are time since some origin, and never fall.
///
/// ```
/// use std::time::Duration;
/// use goodput_model::{Alarm, Cleared, Found, Severity, Step, Timing};
///
/// let (mut alarm, timing, limit) = (Alarm::default(), Timing::of(Severity::Page), Duration::from_secs(3_600));
/// let minute = |minute: u64| Duration::from_secs(60 * minute);
/// assert_eq!(alarm.step(minute(0), Found::active(), timing, limit), Some(Step::Fired));
/// let good = Found::inactive(Cleared::ShortWindowGood);
/// assert_eq!(alarm.step(minute(1), good, timing, limit), None);
/// assert_eq!(alarm.step(minute(16), good, timing, limit), Some(Step::Resolved(Cleared::ShortWindowGood)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alarm {
    active: bool,
    state: AlarmState,
    frozen: Option<(Frozen, Duration)>,
}

/// Where an alert stands. Exhaustive on purpose: there is no more to remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlarmState {
    /// Nobody has to know.
    #[default]
    Quiet,
    /// The condition holds, though not for long enough yet.
    Waiting {
        /// Since when it holds.
        since: Duration,
    },
    /// It fires.
    Firing {
        /// Since when.
        since: Duration,
        /// Since when the condition has not held, and why; nothing while it holds.
        quiet: Option<(Duration, Cleared)>,
    },
}

/// What was found of a condition at one moment. Exhaustive on purpose: an alarm looks at no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whether it holds.
    pub active: bool,
    /// Why it does not, if it does not.
    pub cleared: Cleared,
    /// Why that cannot be told, if it cannot: then it is what it was, unless this lasts for too long.
    pub frozen: Option<Frozen>,
}

impl Found {
    /// It holds.
    pub const fn active() -> Self {
        Self { active: true, cleared: Cleared::Over, frozen: None }
    }

    /// It does not hold.
    pub const fn inactive(cleared: Cleared) -> Self {
        Self { active: false, cleared, frozen: None }
    }
}

/// What happened to an alert. Exhaustive on purpose: the two happen in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It fires from here on.
    Fired,
    /// It fires no longer.
    Resolved(Cleared),
}

/// Why a condition does not hold any more. Only the first of them says that things got better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cleared {
    /// The short window holds events, and burns no faster than it may.
    ShortWindowGood,
    /// The bad events left the long window at its far edge; the short one does not say that it got better.
    WindowAgedOut,
    /// No valid events are left in the long window; where traffic was lost, in five minutes.
    TrafficGone,
    /// It was [frozen](Frozen) for as long as that may last, and does not hold by what can be seen now.
    FrozenTimeout,
    /// What the signal is about is over.
    Over,
    /// A reload has removed the SLO or the row, or has begun the SLO anew.
    Removed,
}

impl Cleared {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::ShortWindowGood, Self::WindowAgedOut, Self::TrafficGone, Self::FrozenTimeout, Self::Over, Self::Removed];

    /// One word for machines.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ShortWindowGood => "short_window_good",
            Self::WindowAgedOut => "window_aged_out",
            Self::TrafficGone => "traffic_gone",
            Self::FrozenTimeout => "frozen_timeout",
            Self::Over => "over",
            Self::Removed => "removed",
        }
    }
}

/// For people: `the short window is good`.
impl fmt::Display for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShortWindowGood => "the short window is good",
            Self::WindowAgedOut => "the bad events are older than the long window; nothing says that it got better",
            Self::TrafficGone => "no traffic is left in the long window; nothing says that it got better",
            Self::FrozenTimeout => "nobody could tell for as long as the long window; nothing says that it got better",
            Self::Over => "it is over",
            Self::Removed => "it is no longer defined",
        })
    }
}

/// Why a condition cannot be judged, so that what it was found to be last stands.
///
/// An overlay, as the alert fires or does not fire all the same. It lasts at most as long as the condition's long window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Frozen {
    /// The short window holds no valid events.
    NoData,
    /// Nobody has looked for more than three ticks.
    StaleTick,
    /// The SLO has not been counted for as long as its windows are.
    Filling,
    /// Some of the windows lies in time that nobody saw: the process was down, or the machine asleep.
    Gap,
}

impl Frozen {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::NoData, Self::StaleTick, Self::Filling, Self::Gap];

    /// One word for machines.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoData => "no_data",
            Self::StaleTick => "stale_tick",
            Self::Filling => "filling",
            Self::Gap => "gap",
        }
    }
}

/// For people: `no data`, `no recent tick`, `too young`, `a gap`.
impl fmt::Display for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoData => "no data",
            Self::StaleTick => "no recent tick",
            Self::Filling => "too young",
            Self::Gap => "a gap",
        })
    }
}

impl Alarm {
    /// An alarm as it was remembered: whether its condition was active, its state, and why and since when it is frozen.
    pub const fn remembered(active: bool, state: AlarmState, frozen: Option<(Frozen, Duration)>) -> Self {
        Self { active, state, frozen }
    }

    /// Takes in what was found at `now`. `limit` is how long the condition may be frozen: its long window.
    ///
    /// Costs a few comparisons.
    pub fn step(&mut self, now: Duration, found: Found, timing: Timing, limit: Duration) -> Option<Step> {
        let (active, cleared, seen) = self.thaw(now, found, limit);
        self.active = active;
        match (self.state, active) {
            (AlarmState::Quiet | AlarmState::Waiting { .. }, true) if !seen => {
                self.state = AlarmState::Quiet;
                None
            }
            (AlarmState::Quiet, true) if timing.wait.is_zero() => Some(self.fire(now)),
            (AlarmState::Quiet, true) => {
                self.state = AlarmState::Waiting { since: now };
                None
            }
            (AlarmState::Waiting { since }, true) if now.saturating_sub(since) >= timing.wait => Some(self.fire(now)),
            (AlarmState::Waiting { .. }, false) => {
                self.state = AlarmState::Quiet;
                None
            }
            (AlarmState::Firing { since, .. }, true) => {
                self.state = AlarmState::Firing { since, quiet: None };
                None
            }
            (AlarmState::Firing { since, quiet }, false) => {
                let (quiet_since, cleared) = quiet.unwrap_or((now, cleared));
                if now.saturating_sub(quiet_since) >= timing.keep_firing {
                    self.state = AlarmState::Quiet;
                    return Some(Step::Resolved(cleared));
                }
                self.state = AlarmState::Firing { since, quiet: Some((quiet_since, cleared)) };
                None
            }
            (AlarmState::Quiet, false) | (AlarmState::Waiting { .. }, true) => None,
        }
    }

    fn fire(&mut self, now: Duration) -> Step {
        self.state = AlarmState::Firing { since: now, quiet: None };
        Step::Fired
    }

    /// What holds now: what was found, or while that is frozen, what held before; and whether that was seen.
    fn thaw(&mut self, now: Duration, found: Found, limit: Duration) -> (bool, Cleared, bool) {
        let Some(reason) = found.frozen else {
            self.frozen = None;
            return (found.active, found.cleared, true);
        };
        let since = self.frozen.map_or(now, |(_, since)| since);
        self.frozen = Some((reason, since));
        if now.saturating_sub(since) <= limit {
            (self.active, found.cleared, found.active && reason == Frozen::NoData)
        } else if self.active && !found.active {
            (false, Cleared::FrozenTimeout, true)
        } else {
            (found.active, found.cleared, true)
        }
    }

    /// Where it stands.
    pub const fn state(&self) -> AlarmState {
        self.state
    }

    /// Whether the condition held when it was looked at last.
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// Whether it fires.
    pub const fn is_firing(&self) -> bool {
        matches!(self.state, AlarmState::Firing { .. })
    }

    /// Since when it fires, if it does.
    pub const fn fired_at(&self) -> Option<Duration> {
        match self.state {
            AlarmState::Firing { since, .. } => Some(since),
            AlarmState::Quiet | AlarmState::Waiting { .. } => None,
        }
    }

    /// Whether there is nothing to remember of it: a condition that does not hold leaves it as it is. One that cannot be judged has
    /// to remember since when, as that does not last for ever.
    pub fn is_quiet(&self) -> bool {
        self.state == AlarmState::Quiet && !self.active && self.frozen.is_none()
    }

    /// Why its condition cannot be judged, and since when.
    pub const fn frozen(&self) -> Option<(Frozen, Duration)> {
        self.frozen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: Duration = Duration::from_secs(60);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn timing(wait: u64, keep_firing: u64) -> Timing {
        Timing { wait: secs(wait), keep_firing: secs(keep_firing) }
    }

    /// `A` holds, `.` does not, `f` is frozen and would not hold, `F` is frozen and would, `S` holds and is frozen as there is silence; a
    /// step each second. Gives `F` where it fires and `R` where it resolves.
    fn run(steps: &str, timing: Timing) -> String {
        let mut alarm = Alarm::default();
        let step = |(second, step): (usize, char)| {
            let is_active = matches!(step, 'A' | 'F' | 'S');
            let mut found = if is_active { Found::active() } else { Found::inactive(Cleared::ShortWindowGood) };
            found.frozen = match step {
                'f' | 'F' => Some(Frozen::Gap),
                'S' => Some(Frozen::NoData),
                _ => None,
            };
            match alarm.step(secs(second as u64), found, timing, secs(5)) {
                Some(Step::Fired) => 'F',
                Some(Step::Resolved(Cleared::FrozenTimeout)) => 'T',
                Some(Step::Resolved(_)) => 'R',
                None => ' ',
            }
        };
        steps.chars().enumerate().map(step).collect()
    }

    #[test]
    fn an_alarm_says_where_it_stands() {
        let step = |alarm: &mut Alarm, second, found| alarm.step(secs(second), found, timing(2, 3), LIMIT);
        let look = |alarm: &Alarm| (alarm.is_active(), alarm.is_firing(), alarm.fired_at(), alarm.is_quiet());
        let (mut alarm, good) = (Alarm::default(), Found::inactive(Cleared::ShortWindowGood));
        assert_eq!(look(&alarm), (false, false, None, true));
        step(&mut alarm, 1, Found::active());
        assert_eq!(look(&alarm), (true, false, None, false), "it waits");
        step(&mut alarm, 3, Found::active());
        assert_eq!(look(&alarm), (true, true, Some(secs(3)), false));
        step(&mut alarm, 4, good);
        assert_eq!(look(&alarm), (false, true, Some(secs(3)), false), "it keeps firing");
        assert_eq!(alarm.frozen(), None);
        step(&mut alarm, 5, Found { frozen: Some(Frozen::Gap), ..good });
        assert_eq!(alarm.frozen(), Some((Frozen::Gap, secs(5))));
        step(&mut alarm, 7, good);
        assert_eq!((look(&alarm), alarm.frozen()), ((false, false, None, true), None));
        // What is frozen is remembered, though nothing fires: its limit would never come otherwise.
        step(&mut alarm, 8, Found { frozen: Some(Frozen::Filling), ..good });
        assert!(!alarm.is_quiet());
    }

    #[test]
    fn each_cause_has_a_word_for_machines_and_a_sentence_for_people() {
        let nothing = "nothing says that it got better";
        let cleared = Cleared::ALL.map(|cleared| (cleared.label(), cleared.to_string()));
        assert_eq!(
            cleared,
            [
                ("short_window_good", "the short window is good".to_owned()),
                ("window_aged_out", format!("the bad events are older than the long window; {nothing}")),
                ("traffic_gone", format!("no traffic is left in the long window; {nothing}")),
                ("frozen_timeout", format!("nobody could tell for as long as the long window; {nothing}")),
                ("over", "it is over".to_owned()),
                ("removed", "it is no longer defined".to_owned()),
            ]
        );
        let frozen = Frozen::ALL.map(|frozen| (frozen.label(), frozen.to_string()));
        assert_eq!(
            frozen,
            [
                ("no_data", "no data".to_owned()),
                ("stale_tick", "no recent tick".to_owned()),
                ("filling", "too young".to_owned()),
                ("gap", "a gap".to_owned()),
            ]
        );
    }

    #[test]
    fn an_episode_fires_once_and_resolves_once() {
        for (wait, keep, steps, expected) in [
            (0, 0, "..AAA..A.", "  F  R FR"),
            (0, 3, "AA..A...A....", "F           R"),
            (0, 3, "A...A", "F    "),
            (0, 3, "A....A", "F   RF"),
            (2, 0, "AAA.AA.AAAA.", "  FR     F R"),
            (2, 0, "A.A.A.", "      "),
        ] {
            assert_eq!(run(steps, timing(wait, keep)), expected, "{steps} after {wait} s, kept {keep} s");
        }
    }

    #[test]
    fn what_is_frozen_stays_as_it_was_and_not_for_ever() {
        for (keep, steps, expected) in [
            (0, "AAfff.", "F    R"),
            (0, "AAfffA", "F     "),
            (0, "AAfffffffff", "F       T  "),
            (0, "AAFFFFFFFFF", "F          "),
            (0, "..FFFFFFFFF", "        F  "),
            (2, "Afffffff..", "F        T"),
        ] {
            assert_eq!(run(steps, timing(0, keep)), expected, "{steps}");
        }
    }

    #[test]
    fn what_waits_never_fires_on_account_of_what_nobody_saw() {
        for (steps, expected) in [
            ("Afff", "    "),
            ("AFFF", "    "),
            ("AffAA", "     "),
            ("AffAAA", "     F"),
            ("AAF.A", "     "),
            // Longer than it may be frozen: what can be seen counts again.
            ("AFFFFFFFFF", "         F"),
            ("ASS", "  F"),
            ("SAA", "   "),
        ] {
            assert_eq!(run(steps, timing(2, 0)).trim_end(), expected.trim_end(), "{steps}");
        }
    }

    #[test]
    fn the_first_reason_not_to_hold_is_the_one_it_is_resolved_for() {
        let mut alarm = Alarm::default();
        alarm.step(secs(0), Found::active(), timing(0, 2), LIMIT);
        alarm.step(secs(1), Found::inactive(Cleared::TrafficGone), timing(0, 2), LIMIT);
        let last = alarm.step(secs(3), Found::inactive(Cleared::ShortWindowGood), timing(0, 2), LIMIT);
        assert_eq!(last, Some(Step::Resolved(Cleared::TrafficGone)));
    }

    proptest! {
        /// I14 and I15: fired and resolved take turns; it resolves exactly when its condition has not held for `keep`, and has
        /// fired once that held for `wait`.
        #[test]
        fn firing_and_resolving_take_turns_and_come_when_they_are_due(
            steps in prop::collection::vec((1_u64..5, any::<bool>()), 1..200),
            wait in 0_u64..6,
            keep in 0_u64..6,
        ) {
            let (mut alarm, mut now, mut firing) = (Alarm::default(), 0, false);
            let (mut held_since, mut quiet_since) = (None, None);
            for (step, active) in steps {
                now += step;
                if active { quiet_since = None } else { held_since = None }
                let since = if active { &mut held_since } else { &mut quiet_since };
                let since = *since.get_or_insert(now);
                let found = if active { Found::active() } else { Found::inactive(Cleared::Over) };
                let due = if firing { !active && now - since >= keep } else { active && now - since >= wait };
                let expected = due.then_some(if firing { Step::Resolved(Cleared::Over) } else { Step::Fired });
                prop_assert_eq!(alarm.step(secs(now), found, timing(wait, keep), LIMIT), expected);
                firing ^= due;
                prop_assert_eq!(alarm.is_firing(), firing);
            }
        }
    }
}
