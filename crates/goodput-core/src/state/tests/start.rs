//! What a long memory costs when a service starts: little.

use goodput_model::{Definition, Period, Slo};
use nix::time::{ClockId, clock_gettime};

use super::super::format::MAX_BYTES;
use super::*;
use crate::clock::Timeline;
use crate::goodput::Goodput;
use crate::read::SlotPlan;
use crate::state::Memory;

fn definition() -> Definition {
    let mut definition = Definition::new("large");
    definition.max_routes = 2_000;
    let slo = |number| Slo::availability(format!("slo-{number}"), "99.9%").routes([format!("/route/{number}")]);
    definition.slos = (0..1_000).map(slo).collect();
    definition
}

/// A month of a busy service, as the standard slots keep it.
fn month(keys: &[Arc<str>]) -> Past {
    let (mut secs, mut ages) = (1_770_000_000_u64, Vec::new());
    for (slots, width) in [(324, 7_200), (264, 900), (300, 60), (360, 10)] {
        for _ in 0..slots {
            secs += width;
            ages.push((secs, width));
        }
    }
    let mut stands_at = vec![Counts::default(); keys.len()];
    let mut seed = 1_u64;
    let marks = ages.iter().map(|(secs, width)| {
        for counts in &mut stands_at {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let events = width * (seed >> 40);
            *counts += self::counts(events, events >> 10, events >> 14);
        }
        (at(*secs), Arc::from(stands_at.as_slice()))
    });
    let marks: Vec<_> = marks.collect();
    let slo = |(key, last): (&Arc<str>, &Counts)| PastSlo {
        key: Arc::clone(key),
        beginning: at(1_770_000_000),
        began_with: Counts::default(),
        last: *last,
        band: None,
        excluded: Excluded::default(),
        standings: Vec::new(),
    };
    Past {
        service: "large".to_owned(),
        instance: String::new(),
        written: Duration::from_secs(secs),
        origin: at(1_770_000_000),
        last: at(secs),
        marks,
        bands: String::new(),
        mutes: Vec::new(),
        restarts: Vec::new(),
        looks: Default::default(),
        slos: keys.iter().zip(&stands_at).map(slo).collect(),
    }
}

/// What the processor has worked for this thread: others use the machine as well.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

#[test]
fn a_thousand_slos_and_a_file_near_the_limit_start_at_once() {
    let keys = Goodput::builder("large").definition(definition()).build().unwrap().in_force().keys().to_vec();
    let past = month(&keys);
    let began = worked();
    let memory = past.write().unwrap();
    let written = worked().saturating_sub(began);
    let bytes = memory.as_bytes().to_vec();
    assert!(bytes.len() > MAX_BYTES / 2, "{} bytes", bytes.len());
    let wall = std::time::SystemTime::UNIX_EPOCH + past.written;
    let best = |start: &dyn Fn() -> Goodput| {
        let times = (0..5).map(|_| {
            let began = worked();
            let started = start();
            let took = worked().saturating_sub(began);
            drop(started);
            took
        });
        times.min().unwrap()
    };
    let builder = || {
        let timeline = Timeline::manual().0.beginning_at(wall);
        let slots = SlotPlan::standard(Period::D30);
        Goodput::builder("large").definition(definition()).timeline(timeline).slots(slots)
    };
    let without = best(&|| builder().build().unwrap());
    let with = best(&|| builder().remember(Memory::decode(bytes.clone()).unwrap()).build().unwrap());
    let megabytes = bytes.len() as f64 / f64::from(1 << 20);
    println!(
        "1,000 SLOs: starts in {without:?}, with a state of {megabytes:.1} MiB in {with:?}; written in {written:?}"
    );
    let goodput = builder().remember(Memory::decode(bytes).unwrap()).build().unwrap();
    let status = goodput.status();
    let month = status.slos[7].windows.last().unwrap().seen;
    let valid = past.slos[7].last.valid();
    assert!(month.counts.valid() <= valid && month.counts.valid() > valid / 2, "{month:?}");
    // Tests are built with overflow checks and for a quick build: a release takes less.
    assert!(with.as_millis() < 500, "{with:?}");
}
