//! Any bytes as a state, and as the body of one whose checksum is right: refused, or read whole and remembered by an instance.

#![no_main]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use goodput::{Goodput, Memory, Slo, Timeline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: assert!(Memory::decode(sealed(&STATE.1)).is_ok(), "what is sealed here is no state"), |bytes: &[u8]| {
    if let Err(error) = Memory::decode(bytes.to_vec()) {
        assert!(error.to_string().len() < 200);
    }
    let Ok(memory) = Memory::decode(sealed(bytes)) else { return };
    assert_eq!(Memory::decode(memory.as_bytes().to_vec()).as_ref(), Ok(&memory));
    let (mut slos, mut read) = (0, 0_usize);
    for slo in memory.slos() {
        slos += 1;
        read += slo.counts().take(1_000).count() + slo.standings().count();
    }
    assert!(read >= 2 * slos);
    let wall = memory.written() + Duration::from_secs(60);
    let timeline = Timeline::manual().0.beginning_at(wall.max(SystemTime::UNIX_EPOCH));
    let builder = Goodput::builder(memory.service()).slo(Slo::availability("ok", "99%"));
    let Ok(goodput) = builder.timeline(timeline).remember(memory).build() else { return };
    goodput.tick(goodput.now());
    assert!(!goodput.status().to_string().is_empty());
    assert!(goodput.memory().is_ok());
});

/// What a state file begins with, and the body of one that holds: taken from one, so that the format may change.
static STATE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let goodput = Goodput::builder("shop").slo(Slo::availability("ok", "99%")).build().unwrap();
    let bytes = goodput.memory().unwrap().as_bytes().to_vec();
    (bytes[..10].to_vec(), bytes[18..].to_vec())
});

/// The bytes as a body, with a header that is right.
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = STATE.0.clone();
    bytes.extend((body.len() as u32).to_le_bytes());
    let mut sum = crc32fast::Hasher::new();
    sum.update(&bytes);
    sum.update(body);
    bytes.extend(sum.finalize().to_le_bytes());
    bytes.extend(body);
    bytes
}
