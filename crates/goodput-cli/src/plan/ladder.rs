//! The round objectives and thresholds that people choose between.

use std::time::Duration;

use goodput_model::Objective;

/// Good events per billion: each halves the errors of the one before, or makes them a fifth, as people round.
const RUNGS: [u32; 12] = [
    500_000_000,
    800_000_000,
    900_000_000,
    950_000_000,
    980_000_000,
    990_000_000,
    995_000_000,
    999_000_000,
    999_500_000,
    999_900_000,
    999_950_000,
    999_990_000,
];

/// The round objectives, from 50 % on, ever tighter.
pub(super) fn rungs() -> impl DoubleEndedIterator<Item = Objective> {
    RUNGS.into_iter().filter_map(|ppb| Objective::from_good_ppb(ppb).ok())
}

/// The error budget as a share of the events.
pub(super) fn budget(objective: Objective) -> f64 {
    f64::from(objective.bad_ppb()) / 1.0e9
}

/// The next round time that is at least `time`: 1, 1.5, 2, 2.5, 3, 4, 5 or 7.5 of a power of ten. `None` beyond a day.
pub(super) fn round_up(time: Duration) -> Option<Duration> {
    const STEPS: [u64; 8] = [10, 15, 20, 25, 30, 40, 50, 75];
    const DAY: Duration = Duration::from_secs(86_400);
    let mut power: u64 = 100; // tenths of a microsecond, in nanoseconds: nothing is measured finer
    while power < DAY.as_nanos() as u64 {
        if let Some(step) = STEPS.into_iter().find(|step| Duration::from_nanos(step * power) >= time) {
            return Some(Duration::from_nanos(step * power)).filter(|rounded| *rounded <= DAY);
        }
        power *= 10; // below ten days
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rung_is_tighter_than_the_one_before() {
        let rungs: Vec<Objective> = rungs().collect();
        assert_eq!(rungs.len(), RUNGS.len());
        assert!(rungs.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn times_are_rounded_up_to_what_people_write() {
        for (micros, rounded) in [
            (1, Some(1)),
            (88_000, Some(100_000)),
            (880_000, Some(1_000_000)),
            (1_000_000, Some(1_000_000)),
            (1_000_001, Some(1_500_000)),
            (5_100_000, Some(7_500_000)),
            (7_500_001, Some(10_000_000)),
            (90_000_000_000, None),
        ] {
            assert_eq!(round_up(Duration::from_micros(micros)), rounded.map(Duration::from_micros), "{micros}");
        }
    }
}
