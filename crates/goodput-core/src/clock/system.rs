//! The operating system's monotonic clock as nanoseconds.

#![cfg_attr(
    not(target_os = "linux"),
    expect(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        reason = "one of the files that ask the operating system"
    )
)]

/// Nanoseconds since some moment in the past, the same for all threads; in 64 bits they last 584 years.
///
/// The clock behind [`std::time::Instant`] on Linux, without the conversions that `Instant` adds, which would be a fifth of the
/// instructions of recording a request. It cannot fail there.
#[cfg(target_os = "linux")]
#[inline]
pub(super) fn system_nanos() -> u64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    time.map_or(0, |time| {
        time.tv_sec().cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec().cast_unsigned())
    })
}

/// Nanoseconds since the first call.
#[cfg(not(target_os = "linux"))]
pub(super) fn system_nanos() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;
    static ANCHOR: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    super::nanos(now.saturating_duration_since(*ANCHOR.get_or_init(|| now)))
}
