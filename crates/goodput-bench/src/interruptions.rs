//! Whether a thread was taken off its core: how often the scheduler has done so is the kernel's to know.

/// How often the calling thread was taken off its core so far. 0 for ever where the kernel does not say.
#[cfg(target_os = "linux")]
pub(crate) fn count() -> i64 {
    use nix::sys::resource::{UsageWho, getrusage};
    getrusage(UsageWho::RUSAGE_THREAD)
        .map_or(0, |usage| usage.involuntary_context_switches() + usage.voluntary_context_switches())
}

/// How often the calling thread was taken off its core so far. 0 for ever where the kernel does not say.
#[cfg(not(target_os = "linux"))]
pub(crate) fn count() -> i64 {
    0
}
