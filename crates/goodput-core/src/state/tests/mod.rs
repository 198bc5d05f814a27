//! Tests of the state's bytes and of the way they take to the disk.

mod crash;
mod disk;
mod fall;
mod faults;
mod format;
#[cfg(target_os = "linux")]
mod start;

use std::sync::Arc;
use std::time::Duration;

use goodput_model::{AlarmState, Cleared, Counts, Frozen};
use proptest::prelude::*;

use super::{Excluded, Past, PastSlo, SavedMute, SavedReason, SavedStanding, Told};
use crate::clock::Moment;

fn counts(good: u64, bad: u64, excluded: u64) -> Counts {
    Counts { good, bad, excluded }
}

fn at(seconds: u64) -> Moment {
    Moment::at(Duration::from_secs(seconds))
}

/// A past with a bit of everything.
fn small() -> Past {
    let hour = Moment::with_awake(Duration::from_secs(1_770_003_600), Duration::from_secs(1_770_003_000));
    let marks = [(at(1_770_000_000), 0), (at(1_770_000_010), 100), (hour, 300)];
    let marks = marks.map(|(at, good)| (at, Arc::from([counts(good, good / 10, 0), counts(7, 7, 7)])));
    let secs = Duration::from_secs;
    let standing = SavedStanding {
        of: "page 1h/5m".to_owned(),
        active: true,
        state: AlarmState::Firing { since: secs(1_770_000_010), quiet: None },
        frozen: None,
        fired_wall: secs(1_770_000_011),
        base: counts(90, 9, 0),
        told: Told::Yes,
        suppressed: false,
    };
    let quiet = Some((secs(1_770_003_600), Cleared::ShortWindowGood));
    let clears = SavedStanding {
        of: "no_data".to_owned(),
        active: false,
        state: AlarmState::Firing { since: secs(1_770_000_010), quiet },
        frozen: Some((Frozen::Gap, secs(1_770_003_000))),
        ..standing.clone()
    };
    let state = AlarmState::Waiting { since: secs(5) };
    let waits = SavedStanding { state, told: Told::No, suppressed: true, ..standing.clone() };
    let ok = PastSlo {
        key: "name=ok;indicator=availability".into(),
        beginning: at(1_770_000_000),
        began_with: Counts::default(),
        last: counts(310, 31, 1),
        band: Some((1, secs(1_770_000_020))),
        excluded: Excluded {
            reasons: vec![
                SavedReason { reason: "rate_limited".to_owned(), counts: vec![0, 5, 0, 7] },
                SavedReason { reason: "dependency:payments".to_owned(), counts: vec![1, 1, 0, 1] },
            ],
            surging: Some((0, [0.5, 0.0625])),
        },
        standings: vec![standing, clears, waits],
    };
    let late = PastSlo {
        key: "name=zu spät".into(),
        beginning: hour,
        began_with: counts(7, 7, 7),
        last: counts(u64::MAX, 8, 7),
        band: None,
        excluded: Excluded::default(),
        standings: Vec::new(),
    };
    Past {
        service: "shop".to_owned(),
        instance: "0123456789abcdef0123456789abcdef".to_owned(),
        written: Duration::new(1_770_003_605, 999_999_999),
        origin: at(1_770_000_000),
        last: hour.later_by(Duration::from_secs(5), Duration::from_secs(5)),
        marks: marks.to_vec(),
        bands: "50/10/0".to_owned(),
        mutes: vec![
            SavedMute { until: secs(1_770_009_000), slo: String::new(), why: "database upgrade".to_owned() },
            SavedMute { until: secs(1_770_004_000), slo: "ok".to_owned(), why: String::new() },
        ],
        restarts: vec![secs(1_770_001_000), secs(1_770_003_500)],
        looks: [vec![secs(1_770_003_000), secs(1_770_003_300)], vec![secs(1_770_000_300)]],
        slos: vec![ok, late],
    }
}

/// Any past: moments that go forwards, counts that do as they like.
fn any_past() -> impl Strategy<Value = Past> {
    let nanos = || prop_oneof![Just(0_u64), Just(10_000_000_000), 0..u64::MAX >> 30, 0..u64::MAX >> 10];
    let span = move || (nanos(), 0..=100_u64);
    let count = || prop_oneof![Just(0), Just(100), 0..1_000_u64, any::<u64>()];
    let triple = move || (count(), count(), count()).prop_map(|(good, bad, excluded)| counts(good, bad, excluded));
    let time = move || nanos().prop_map(Duration::from_nanos);
    let cleared = || prop::sample::select(Cleared::ALL.to_vec());
    let state = prop_oneof![
        Just(AlarmState::Quiet),
        time().prop_map(|since| AlarmState::Waiting { since }),
        (time(), prop::option::of((time(), cleared()))).prop_map(|(since, quiet)| AlarmState::Firing { since, quiet }),
    ];
    let frozen = prop::option::of((prop::sample::select(Frozen::ALL.to_vec()), time()));
    let told = prop::sample::select(vec![Told::No, Told::Yes, Told::Lapsed]);
    let standing = (".{0,20}", any::<bool>(), state, frozen, time(), triple(), told, any::<bool>()).prop_map(
        |(of, active, state, frozen, fired_wall, base, told, suppressed)| SavedStanding {
            of,
            active,
            state,
            frozen,
            fired_wall,
            base,
            told,
            suppressed,
        },
    );
    (0..5_usize, 0..12_usize, [0..4_usize, 0..3_usize]).prop_flat_map(move |(slos, marks, looks)| {
        let counted = prop::collection::vec(count(), looks.iter().sum::<usize>() + 1);
        let reason = (".{0,9}", counted).prop_map(|(reason, counts)| SavedReason { reason, counts });
        let share = || (0..=100_u32).prop_map(|percent| f64::from(percent) / 100.0);
        let surging = (any::<prop::sample::Index>(), [share(), share()]);
        let excluded =
            (prop::collection::vec(reason, 0..3), prop::option::of(surging)).prop_map(|(reasons, surging)| {
                let surging = surging.filter(|_| !reasons.is_empty());
                Excluded { surging: surging.map(|(place, shares)| (place.index(reasons.len()), shares)), reasons }
            });
        let band = (prop::option::of((0..5_u64, time())), excluded);
        let looks = looks.map(|looks| prop::collection::vec(time(), looks));
        let slo = (".{0,40}", 0..=marks, triple(), triple(), band, prop::collection::vec(standing.clone(), 0..3));
        let mute = (time(), ".{0,9}", ".{0,9}").prop_map(|(until, slo, why)| SavedMute { until, slo, why });
        (
            ([".{0,20}", ".{0,40}", ".{0,9}"], nanos(), span(), span()),
            (prop::collection::vec(mute, 0..3), prop::collection::vec(time(), 0..3), looks),
            prop::collection::vec((span(), prop::collection::vec(triple(), slos)), marks),
            prop::collection::vec(slo, slos),
        )
            .prop_map(
                |(([service, instance, bands], written, origin, last), (mutes, restarts, looks), marks, slos)| {
                    let later = |from: Moment, (gone, awake): (u64, u64)| {
                        from.later_by(Duration::from_nanos(gone), Duration::from_nanos(gone / 100 * awake))
                    };
                    let origin = later(Moment::default(), origin);
                    let mut now = origin;
                    let marks: Vec<(Moment, Arc<[Counts]>)> = marks
                        .into_iter()
                        .map(|(span, counts)| {
                            now = later(now, span);
                            (now, counts.into())
                        })
                        .collect();
                    let last = later(now, last);
                    let slos =
                        slos.into_iter().map(|(key, begins, began_with, last, (band, excluded), standings)| PastSlo {
                            key: key.into(),
                            beginning: begins
                                .checked_sub(1)
                                .and_then(|mark| marks.get(mark))
                                .map_or(origin, |mark| mark.0),
                            began_with,
                            last,
                            band,
                            excluded,
                            standings,
                        });
                    let slos = slos.collect();
                    let written = Duration::from_nanos(written);
                    Past { service, instance, written, origin, last, marks, bands, mutes, restarts, looks, slos }
                },
            )
    })
}
