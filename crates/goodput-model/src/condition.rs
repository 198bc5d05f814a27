//! Whether an alert row holds, given what was seen of its two windows.

use crate::exact::exceeds;
use crate::row::Bound;
use crate::{BurnRate, Cleared, Objective, Observation, Row};
use std::fmt;

/// What a condition makes of time nobody saw: before the process started, in a gap, while suspended.
///
/// Exhaustive on purpose: whoever generates rules elsewhere has to know which of them that engine follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UnseenTime {
    /// It adds no burn: one error at boot does not fire, a total outage from boot fires as soon as from a clean
    /// history.
    #[default]
    Scaled,
    /// The part that was seen speaks for the whole window, which is what a Prometheus rule over a young series does.
    Partial,
    /// It adds no burn, and while some of either window is unseen, nothing begins or ceases to fire: for those who would rather
    /// hear late than wrong. It lasts at most the long window, which bounds what a crash loop can hide.
    Freeze,
}

impl UnseenTime {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Scaled, Self::Partial, Self::Freeze];

    /// As it is written in files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Scaled => "scaled",
            Self::Partial => "partial",
            Self::Freeze => "freeze",
        }
    }
}

/// The least number of bad events in the long window for which a row may fire, so that a small service is not paged for
/// one error.
///
/// There is no floor on *all* events: at ten requests an hour it would never be reached, and a total outage stay
/// silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MinBad {
    /// As many as traffic makes unlikely to be chance; see [`floor`](Self::floor).
    #[default]
    Auto,
    /// So many.
    AtLeast(u64),
}

/// Below this factor the automatic floor is [`FEW`]: a service on budget comes too close to the threshold for a floor
/// to tell chance from burn.
const AUTO_FROM_FACTOR: u32 = 3;
const FEW: u64 = 3;

impl MinBad {
    /// The floor for decisions: as many as said, or 3, and at least 1.
    ///
    /// They have one that does not grow with traffic: it is estimated from what was seen of it, so that the same events would be
    /// fewer than the floor where less of a window was seen.
    pub fn floor_for_decisions(self) -> u64 {
        match self {
            Self::AtLeast(count) => count.max(1),
            Self::Auto => FEW,
        }
    }

    /// The floor for `row`, given its long window.
    ///
    /// Automatic, for factors of 3 and more: `ceil(L + 4 * sqrt(L) + 2)`, at least 3, where `L = e * N` is how many bad
    /// events a service exactly on budget expects in a full window of `N` valid events at the rate seen so far. If bad
    /// events are independent, such a service reaches the floor in fewer than one of 10,000 windows, for every `L` up
    /// to
    /// 2,000. Above `L` = 0.4 (factor 14.4), 1.5 (6) or 6.3 (3) the burn alone asks for more, and the floor no longer
    /// matters. For lower factors it is 3, whatever the traffic.
    ///
    /// Wherever the row is exceeded, a further bad event raises the floor by at most one, so it never takes back an alert
    /// that it helped to raise.
    pub fn floor(self, objective: Objective, row: &Row, long: &Observation) -> u64 {
        match self {
            Self::AtLeast(count) => count,
            Self::Auto if !row.factor_is_at_least(AUTO_FROM_FACTOR) => FEW,
            Self::Auto => {
                let seen = long.covered_share();
                if seen <= 0.0 {
                    return FEW;
                }
                let valid_in_full = long.counts.valid_exact() as f64 / seen;
                let expected = valid_in_full * crate::burn::budget_share(objective);
                // A float's rounding moves this by one event at most, where chance itself is a matter of degree; the
                // cast saturates.
                ((expected + 4.0 * expected.sqrt() + 2.0).ceil() as u64).max(FEW)
            }
        }
    }
}

/// Where an alert condition stands.
///
/// Exhaustive on purpose: with two windows there are no more places to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// No valid events in either window.
    NoData,
    /// Neither window asks for attention.
    Acceptable,
    /// The short window burns too fast, the long one does not yet, or too few events went wrong to tell.
    Increasing,
    /// The condition holds.
    Firing,
    /// The long window still burns too fast, with enough bad events, and the short one no longer does.
    Recovering,
}

/// `no data`, `acceptable`, `increasing`, `firing` or `recovering`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoData => "no data",
            Self::Acceptable => "acceptable",
            Self::Increasing => "increasing",
            Self::Firing => "firing",
            Self::Recovering => "recovering",
        })
    }
}

/// What one evaluation of a row found, with the numbers that explain it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Whether the condition holds.
    pub active: bool,
    /// Where it stands.
    pub position: Position,
    /// The long window's burn, scaled or raw as the mode says.
    pub long: BurnRate,
    /// The short window's burn, likewise.
    pub short: BurnRate,
    /// The raw burn the long window needs now to exceed the row: its factor, times window over covered time when
    /// scaled. Finite: of a window nobody saw, a nanosecond counts as seen.
    pub effective_factor: f64,
    /// How many bad events the long window needs.
    pub min_bad: u64,
    /// How many it has.
    pub bad_long: u64,
    /// Whether those are enough.
    pub enough_bad: bool,
    /// Whether the short window holds no valid events: then it says nothing, and what it said last stands.
    pub silent: bool,
    /// Why the condition does not hold; nothing while it does.
    pub cleared: Option<Cleared>,
}

/// Judges `row` by its two windows; `objective` is the one the row was resolved for.
///
/// Active when the long window exceeds the row's burn with at least `min_bad` bad events, and the short window exceeds
/// it too, or holds no valid events while the row [was active](Evaluation::active) before: silence is not recovery. A
/// window exactly at the threshold does not exceed it. Decided in whole numbers, exactly, for counts up to 2^64; the
/// floats in the answer are for display.
///
/// More bad events never make it inactive, more good ones never active. Costs four multiplications and no allocation.
pub fn evaluate(
    row: &Row,
    objective: Objective,
    long: &Observation,
    short: &Observation,
    min_bad: MinBad,
    unseen: UnseenTime,
    was_active: bool,
) -> Evaluation {
    let floor = min_bad.floor(objective, row, long);
    let bad_long = long.counts.bad;
    let enough_bad = bad_long >= floor;
    let long_exceeds = exceeds_bound(row.long_bound(), long, unseen);
    let short_exceeds = exceeds_bound(row.short_bound(), short, unseen);
    let short_is_empty = short.counts.valid_exact() == 0;

    let active = long_exceeds && enough_bad && (short_exceeds || (short_is_empty && was_active));
    let position = if active {
        Position::Firing
    } else if short_is_empty && long.counts.valid_exact() == 0 {
        Position::NoData
    } else if short_exceeds {
        Position::Increasing
    } else if long_exceeds && enough_bad {
        Position::Recovering
    } else {
        Position::Acceptable
    };

    let cleared = if active {
        None
    } else if long.counts.valid_exact() == 0 {
        Some(Cleared::TrafficGone)
    } else if short_exceeds || short_is_empty {
        Some(Cleared::WindowAgedOut)
    } else {
        Some(Cleared::ShortWindowGood)
    };

    Evaluation {
        active,
        position,
        silent: short_is_empty,
        cleared,
        long: burn(objective, long, unseen),
        short: burn(objective, short, unseen),
        effective_factor: effective_factor(row, long, unseen),
        min_bad: floor,
        bad_long,
        enough_bad,
    }
}

/// Whether the long window exceeds the row's burn if its seen part speaks for the whole.
pub(crate) fn exceeds_as_seen(row: &Row, long: &Observation) -> bool {
    exceeds_bound(row.long_bound(), long, UnseenTime::Partial)
}

/// `bad / valid * T > bound`, with `T` the covered time, or the whole window when the seen part speaks for it.
fn exceeds_bound(bound: Bound, observation: &Observation, unseen: UnseenTime) -> bool {
    let time = match unseen {
        UnseenTime::Scaled | UnseenTime::Freeze => observation.covered(),
        UnseenTime::Partial => observation.window.duration(),
    };
    // Cannot overflow: 2^64 events times 400 days in nanoseconds is below 2^119.
    let outage = u128::from(observation.counts.bad) * time.as_nanos();
    exceeds(outage, observation.counts.valid_exact(), bound.num, bound.den)
}

fn burn(objective: Objective, observation: &Observation, unseen: UnseenTime) -> BurnRate {
    match unseen {
        UnseenTime::Scaled | UnseenTime::Freeze => BurnRate::scaled(objective, observation),
        UnseenTime::Partial => BurnRate::raw(objective, observation.counts),
    }
}

fn effective_factor(row: &Row, long: &Observation, unseen: UnseenTime) -> f64 {
    match unseen {
        UnseenTime::Scaled | UnseenTime::Freeze => {
            row.factor() * f64::from(long.window.secs()) / long.covered().as_secs_f64().max(1.0e-9)
        }
        UnseenTime::Partial => row.factor(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AlertRow, Counts, Period, Severity, Trigger, Window};
    use std::time::Duration;

    fn target() -> Objective {
        "99.9%".parse().unwrap()
    }

    fn row(long: Window, short: Window, milli: u32) -> Row {
        let alert = AlertRow::new(Severity::Page, long, short, Trigger::Factor { milli });
        Row::resolve(alert, target(), Period::D30).unwrap()
    }

    fn page() -> Row {
        row(Window::H1, Window::M5, 14_400)
    }

    fn seen(window: Window, good: u64, bad: u64) -> Observation {
        Observation::full(window, Counts { good, bad, excluded: 0 })
    }

    /// Evaluates the page for (good, bad) in both windows.
    fn check(long: (u64, u64), short: (u64, u64), was_active: bool, active: bool, position: Position) {
        let (long, short) = (seen(Window::H1, long.0, long.1), seen(Window::M5, short.0, short.1));
        let found = evaluate(&page(), target(), &long, &short, MinBad::AtLeast(3), UnseenTime::Scaled, was_active);
        assert_eq!((found.active, found.position), (active, position), "{long:?} {short:?} {was_active}");
    }

    #[test]
    fn both_windows_have_to_exceed_it() {
        use Position::{Acceptable, Firing, Increasing, NoData, Recovering};
        for was_active in [false, true] {
            check((0, 0), (0, 0), was_active, false, NoData);
            check((1_000, 0), (100, 0), was_active, false, Acceptable);
            check((1_000, 10), (90, 10), was_active, false, Increasing);
            check((1_000, 100), (90, 10), was_active, true, Firing);
            check((1_000, 100), (100, 0), was_active, false, Recovering);
        }
    }

    #[test]
    fn silence_is_not_recovery() {
        check((1_000, 100), (0, 0), true, true, Position::Firing);
        check((1_000, 100), (0, 0), false, false, Position::Recovering);
        check((0, 0), (0, 0), true, false, Position::NoData);
    }

    #[test]
    fn exactly_at_the_threshold_is_not_above_it() {
        check((9_856, 144), (9_856, 144), false, false, Position::Acceptable);
        check((9_855, 144), (9_855, 144), false, true, Position::Firing);
        check((9_855, 144), (9_856, 144), false, false, Position::Recovering);
        check((9_856, 144), (9_855, 144), false, false, Position::Increasing);
        // One event apart at the largest counts there are.
        let bad = u64::MAX / 10_000 * 144;
        let good = u64::MAX / 10_000 * 9_856;
        check((good, bad), (good, bad), false, false, Position::Acceptable);
        check((good - 1, bad), (good - 1, bad), false, true, Position::Firing);
    }

    #[test]
    fn too_few_bad_events_do_not_fire_and_did_not_fire() {
        check((8, 2), (1, 1), false, false, Position::Increasing);
        check((8, 2), (1, 0), true, false, Position::Acceptable);
        check((7, 3), (1, 1), false, true, Position::Firing);
    }

    #[test]
    fn excluded_events_are_silence() {
        let excluded = |window| Observation::full(window, Counts { excluded: 9, ..Counts::default() });
        let (long, short) = (excluded(Window::H1), excluded(Window::M5));
        let found = evaluate(&page(), target(), &long, &short, MinBad::AtLeast(0), UnseenTime::Partial, true);
        assert_eq!((found.active, found.position, found.long), (false, Position::NoData, BurnRate::NoData));
    }

    #[test]
    fn one_error_at_boot_fires_only_where_the_seen_part_speaks_for_the_whole() {
        let boot =
            |window| Observation::partial(window, Counts { good: 0, bad: 1, excluded: 0 }, Duration::from_secs(2));
        let (long, short) = (boot(Window::H1), boot(Window::M5));
        let run = |unseen| evaluate(&page(), target(), &long, &short, MinBad::AtLeast(1), unseen, false);

        let scaled = run(UnseenTime::Scaled);
        assert!(!scaled.active);
        // Two seconds of 3,600 were seen, so that they have to burn 1,800 times as much.
        assert!((scaled.effective_factor - 25_920.0).abs() < 1.0e-6, "{}", scaled.effective_factor);

        let partial = run(UnseenTime::Partial);
        assert!(partial.active);
        assert_eq!((partial.long, partial.effective_factor), (BurnRate::Of(1_000.0), 14.4));
    }

    #[test]
    fn an_unseen_window_still_has_a_finite_answer() {
        let unseen = |window| Observation::partial(window, Counts::default(), Duration::ZERO);
        let (long, short) = (unseen(Window::H1), unseen(Window::M5));
        let found = evaluate(&page(), target(), &long, &short, MinBad::Auto, UnseenTime::Scaled, true);
        assert!(found.effective_factor.is_finite());
        assert_eq!((found.min_bad, found.position), (3, Position::NoData));
    }

    #[test]
    fn modes_and_positions_have_their_words() {
        use Position::{Acceptable, Firing, Increasing, NoData, Recovering};
        assert_eq!(UnseenTime::ALL.map(UnseenTime::label), ["scaled", "partial", "freeze"]);
        let positions = [NoData, Acceptable, Increasing, Firing, Recovering].map(|position| position.to_string());
        assert_eq!(positions, ["no data", "acceptable", "increasing", "firing", "recovering"]);
    }

    #[test]
    fn why_a_row_does_not_hold_is_told_by_what_its_windows_hold() {
        for (long, short, cleared) in [
            ((1_000, 100), (90, 10), None),
            ((1_000, 100), (100, 0), Some(Cleared::ShortWindowGood)),
            ((1_000, 0), (90, 10), Some(Cleared::WindowAgedOut)),
            ((1_000, 100), (0, 0), Some(Cleared::WindowAgedOut)),
            ((0, 0), (0, 0), Some(Cleared::TrafficGone)),
        ] {
            let (long, short) = (seen(Window::H1, long.0, long.1), seen(Window::M5, short.0, short.1));
            let found = evaluate(&page(), target(), &long, &short, MinBad::AtLeast(3), UnseenTime::Scaled, false);
            assert_eq!((found.cleared, found.silent), (cleared, short.counts.valid() == 0), "{long:?} {short:?}");
        }
    }

    #[test]
    fn the_floor_grows_with_traffic_for_steep_rows_only() {
        for (valid, milli, floor) in [
            (0, 14_400, 3),
            (10, 14_400, 3),
            (1_000, 14_400, 7),     // L = 1
            (100_000, 14_400, 142), // L = 100
            (1_000, 3_000, 7),
            (1_000, 2_999, 3),
            (100_000, 1_000, 3),
        ] {
            let row = row(Window::H1, Window::M5, milli);
            assert_eq!(MinBad::Auto.floor(target(), &row, &seen(Window::H1, valid, 0)), floor, "{valid} at {milli}");
            assert_eq!(MinBad::AtLeast(5).floor(target(), &row, &seen(Window::H1, valid, 0)), 5);
        }
        let half =
            Observation::partial(Window::H1, Counts { good: 500, bad: 0, excluded: 0 }, Duration::from_secs(1_800));
        assert_eq!(MinBad::Auto.floor(target(), &page(), &half), 7, "half an hour speaks for L = 1 in a full one");
    }

    /// The chance that a Poisson variable of this mean reaches `floor`, summed from there on.
    fn chance_of(mean: f64, floor: u64) -> f64 {
        let first = (1..=floor).fold(-mean, |log, k| log + (mean / k as f64).ln());
        let mut term = first.exp();
        let mut sum = 0.0;
        for k in floor..floor + 10_000 {
            sum += term;
            term *= mean / (k + 1) as f64;
        }
        sum
    }

    #[test]
    fn a_service_exactly_on_budget_reaches_the_floor_in_fewer_than_one_of_ten_thousand_windows() {
        let mut events = 1;
        while events <= 20_000_000 {
            let long = seen(Window::H1, events, 0);
            let mean = events as f64 * 1.0e-4;
            let objective: Objective = "99.99%".parse().unwrap();
            let alert = AlertRow::new(Severity::Page, Window::H1, Window::M5, Trigger::Factor { milli: 14_400 });
            let row = Row::resolve(alert, objective, Period::D30).unwrap();
            let floor = MinBad::Auto.floor(objective, &row, &long);
            let chance = chance_of(mean, floor);
            assert!(chance < 1.0e-4, "mean {mean}: floor {floor} is reached with chance {chance}");
            events += events / 50 + 1;
        }
    }

    #[test]
    fn above_a_certain_traffic_the_burn_alone_asks_for_more_than_the_floor() {
        for (milli, expected) in [(14_400, 0.4), (6_000, 1.5), (3_000, 6.3)] {
            let row = row(Window::H1, Window::M5, milli);
            let matters = |expected: f64| {
                let valid = (expected * 1_000.0).round() as u64;
                let floor = MinBad::Auto.floor(target(), &row, &seen(Window::H1, valid, 0));
                floor > (expected * f64::from(milli) / 1_000.0).floor() as u64 + 1
            };
            for step in 0_u32..100 {
                assert!(!matters(expected * (1.05 + f64::from(step) / 10.0)), "{milli} at step {step}");
            }
            assert!(matters(expected / 2.0), "{milli}");
        }
    }
}
