//! How the admitted share moves from tick to tick: down by halves, up by tenths, and not at all in between.

use goodput_model::{Objective, Observation, Share};

use super::rule::Limit;

/// What a tick sees of an SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// It burns above the factor, with enough bad events.
    Above,
    /// Neither. What holds traffic back goes on as it does.
    Between,
    /// At most half the factor, or nothing to see.
    Below,
}

impl Sight {
    /// What is seen of one window.
    pub(super) fn of(limit: &Limit, objective: Objective, seen: &Observation) -> Self {
        let milli = limit.milli();
        if seen.burns_above(objective, milli) && seen.counts.bad >= limit.min_bad {
            Self::Above
        } else if seen.burns_above(objective, milli / 2) {
            Self::Between
        } else {
            Self::Below
        }
    }
}

/// All of the traffic, in thousandths of a percent.
pub(super) const ALL: u32 = Share::ALL.milli_percent();
/// By how much the share grows with a tick: it takes nine ticks from the default floor to everything, so that what comes back
/// comes back slowly enough to be taken away again.
const STEP: u32 = ALL / 10;

/// The share after a tick that saw this. Never below the floor.
pub(super) fn next_share(share: u32, floor: u32, sight: Sight) -> u32 {
    match sight {
        Sight::Above => (share / 2).max(floor),
        Sight::Between => share,
        Sight::Below => share.saturating_add(STEP).min(ALL),
    }
}

/// Whether a feature is allowed after a tick that saw this.
pub(super) fn next_allowed(allowed: bool, sight: Sight) -> bool {
    match sight {
        Sight::Above => false,
        Sight::Between => allowed,
        Sight::Below => true,
    }
}

#[cfg(test)]
mod tests {
    use goodput_model::{Counts, Window};
    use proptest::prelude::*;

    use super::Sight::{Above, Below, Between};
    use super::*;
    use crate::Guard;

    fn check(from: u32, floor: u32, sights: &[(Sight, u32)]) {
        let mut share = from;
        for (position, (sight, expected)) in sights.iter().enumerate() {
            share = next_share(share, floor, *sight);
            assert_eq!(share, *expected, "{from} after {:?}", &sights[..=position]);
        }
    }

    #[test]
    fn it_falls_by_halves_to_the_floor_and_rises_by_tenths_to_everything() {
        check(100_000, 10_000, &[(Above, 50_000), (Above, 25_000), (Above, 12_500), (Above, 10_000), (Above, 10_000)]);
        check(10_000, 10_000, &[(Below, 20_000), (Below, 30_000), (Between, 30_000), (Above, 15_000), (Below, 25_000)]);
        check(90_000, 10_000, &[(Below, 100_000), (Below, 100_000), (Between, 100_000)]);
        check(95_000, 10_000, &[(Below, 100_000)]);
        check(100_000, 100_000, &[(Above, 100_000)]);
        check(100_000, 1, &[(Between, 100_000), (Above, 50_000)]);
    }

    #[test]
    fn a_feature_goes_at_once_and_comes_back_when_all_is_well() {
        for (allowed, sight, expected) in [
            (true, Above, false),
            (true, Between, true),
            (true, Below, true),
            (false, Above, false),
            (false, Between, false),
            (false, Below, true),
        ] {
            assert_eq!(next_allowed(allowed, sight), expected, "{allowed} {sight:?}");
        }
    }

    #[test]
    fn what_a_tick_sees_depends_on_the_factor_and_on_how_much_went_wrong() {
        let guard = Guard::shed("g", "ok").above("10").min_bad(5);
        for (good, bad, sight) in [
            (0, 0, Below),
            (1_000, 0, Below),
            (9_950, 50, Below), // exactly half the factor
            (9_949, 50, Between),
            (9_900, 100, Between), // exactly the factor
            (9_899, 100, Above),
            (0, 4, Between), // too few to act upon, and no sign that all is well
            (0, 5, Above),
        ] {
            let seen = Observation::full(Window::M5, Counts { good, bad, excluded: 1_000 });
            assert_eq!(Sight::of(&guard.limit, "99.9%".parse().unwrap(), &seen), sight, "{good} good, {bad} bad");
        }
    }

    proptest! {
        /// Whatever is seen, the floor is admitted, and no tick opens by more than a tenth.
        #[test]
        fn the_share_stays_between_the_floor_and_everything(
            floor in 1_u32..=ALL,
            sights in prop::collection::vec(prop::sample::select(vec![Above, Between, Below]), 0..200),
        ) {
            let mut share = ALL;
            for sight in sights {
                let next = next_share(share, floor, sight);
                prop_assert!((floor..=ALL).contains(&next));
                prop_assert!(next <= share.saturating_add(STEP), "a full reopen takes several ticks");
                share = next;
            }
        }
    }
}
