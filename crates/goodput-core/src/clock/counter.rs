//! The processor's time stamp counter, and when it is not to be trusted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use parking_lot::Mutex;
use quanta::Clock;

use super::stopwatch::Distrust;
use super::system::system_nanos;

/// A counter that is watched, with the system's clock behind it. Readings are ticks of the counter, or nanoseconds of the
/// system marked as such; neither counts to 2^63 in 50 years.
#[derive(Debug)]
pub(super) struct Counter {
    clock: Clock,
    trusted: AtomicBool,
    given_up: OnceLock<GivenUp>,
    /// What both showed at the last check.
    checked: Mutex<Pair>,
}

/// The counter and the system's clock, read one after the other.
#[derive(Clone, Copy, Debug)]
struct Pair {
    ticks: u64,
    nanos: u64,
}

/// Why the counter is not trusted, what both showed when they last agreed, and what they showed when it was given up.
#[derive(Clone, Copy, Debug)]
struct GivenUp {
    why: Distrust,
    agreed: Pair,
    found: Pair,
}

/// Marks a reading of the system's clock.
const SYSTEM: u64 = 1 << 63;

impl Counter {
    pub(super) fn new() -> Self {
        let clock = Clock::new();
        let pair = Pair { ticks: clock.raw(), nanos: system_nanos() };
        let counter =
            Self { clock, trusted: AtomicBool::new(true), given_up: OnceLock::new(), checked: Mutex::new(pair) };
        if !counter.is_counter() || pair.ticks & SYSTEM != 0 {
            counter.give_up(GivenUp { why: Distrust::Processor, agreed: pair, found: pair });
        } else if !kernel_uses_it().unwrap_or(false) {
            counter.give_up(GivenUp { why: Distrust::Kernel, agreed: pair, found: pair });
        }
        counter
    }

    /// Whether the clock is a counter. Where it is not, its ticks are nanoseconds of the system's clock.
    fn is_counter(&self) -> bool {
        const MANY: u64 = 1 << 40;
        self.clock.delta_as_nanos(0, MANY) != MANY
    }

    /// Relaxed: two readings from different clocks are told apart.
    #[inline]
    pub(super) fn read(&self) -> u64 {
        if self.trusted.load(Ordering::Relaxed) { self.clock.raw() } else { system_nanos() | SYSTEM }
    }

    #[inline]
    pub(super) fn nanos_between(&self, earlier: u64, later: u64) -> u64 {
        if (earlier | later) & SYSTEM == 0 {
            self.clock.delta_as_nanos(earlier, later)
        } else {
            self.nanos_between_clocks(earlier, later)
        }
    }

    /// What began by the counter and ended by the system's clock: when it began is told by both.
    fn nanos_between_clocks(&self, earlier: u64, later: u64) -> u64 {
        // Acquire: pairs with the Release in `give_up`; whoever read the system's clock finds why.
        fence(Ordering::Acquire);
        match (earlier & SYSTEM != 0, later & SYSTEM != 0, self.given_up.get()) {
            (true, true, _) => later.saturating_sub(earlier),
            (false, true, Some(given_up)) => (later & !SYSTEM).saturating_sub(self.system_at(earlier, given_up)),
            // Two threads at the moment of change.
            _ => 0,
        }
    }

    /// What the system's clock showed when the counter showed `ticks`. Where they came apart, between the two moments they did.
    fn system_at(&self, ticks: u64, GivenUp { agreed, found, .. }: &GivenUp) -> u64 {
        if found.ticks < agreed.ticks && ticks <= found.ticks {
            // The counter began anew in between.
            found.nanos.saturating_sub(self.clock.delta_as_nanos(ticks, found.ticks)).max(agreed.nanos)
        } else if ticks <= agreed.ticks {
            agreed.nanos.saturating_sub(self.clock.delta_as_nanos(ticks, agreed.ticks))
        } else {
            agreed.nanos.saturating_add(self.clock.delta_as_nanos(agreed.ticks, ticks)).min(found.nanos)
        }
    }

    pub(super) fn distrust(&self) -> Option<Distrust> {
        self.given_up.get().map(|given_up| given_up.why)
    }

    /// Compares it with the system's clock since the last time, and asks the kernel again.
    pub(super) fn check(&self) {
        if self.distrust().is_some() {
            return;
        }
        let mut checked = self.checked.lock();
        let now = Pair { ticks: self.clock.raw(), nanos: system_nanos() };
        let (by_counter, by_system) =
            (self.clock.delta_as_nanos(checked.ticks, now.ticks), now.nanos.saturating_sub(checked.nanos));
        if has_strayed(by_counter, by_system) {
            self.give_up(GivenUp { why: Distrust::Strayed, agreed: *checked, found: now });
        } else if !kernel_uses_it().unwrap_or(true) {
            // Where the kernel cannot be asked just now, such as without a file descriptor left, the next tick asks.
            self.give_up(GivenUp { why: Distrust::Kernel, agreed: now, found: now });
        }
        *checked = now;
    }

    fn give_up(&self, given_up: GivenUp) {
        let _ = self.given_up.set(given_up);
        // Release: as above.
        self.trusted.store(false, Ordering::Release);
    }
}

/// A hundredth, and the time for which a thread may be stopped between reading the one and the other.
fn has_strayed(by_counter: u64, by_system: u64) -> bool {
    const STOPPED: u64 = 50_000_000;
    by_counter.abs_diff(by_system) > by_system / 100 + STOPPED
}

/// Whether the kernel keeps its own time by the same counter; nothing if it does not answer.
fn kernel_uses_it() -> Option<bool> {
    const CURRENT: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let counter = if cfg!(target_arch = "aarch64") { "arch_sys_counter" } else { "tsc" };
    let current = std::fs::read_to_string(CURRENT).ok()?;
    Some(cfg!(target_os = "linux") && current.trim_end() == counter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn ticks_in(counter: &Counter, nanos: u64) -> u64 {
        (nanos as f64 / counter.clock.delta_as_nanos(0, 1 << 40) as f64 * (1_u64 << 40) as f64) as u64
    }

    /// A counter that was right until `agreed` nanoseconds from now, by the counter, and was found out to be `found` from now.
    fn given_up(agreed: u64, found: u64) -> (Counter, u64) {
        let counter = Counter::new();
        let (begun, nanos) = (counter.read(), system_nanos());
        let at = |from_now| Pair { ticks: begun + ticks_in(&counter, from_now), nanos: nanos + from_now };
        let given_up = GivenUp { why: Distrust::Strayed, agreed: at(agreed), found: at(found) };
        counter.give_up(given_up);
        (counter, begun)
    }

    #[test]
    fn a_counter_that_is_trusted_shows_what_the_system_shows() {
        let counter = Counter::new();
        let (begun, system) = (counter.read(), system_nanos());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let (by_counter, by_system) = (counter.nanos_between(begun, counter.read()), system_nanos() - system);
        assert!(!has_strayed(by_counter, by_system), "{by_counter} and {by_system}");
        counter.check();
        assert_ne!(counter.distrust(), Some(Distrust::Strayed));
    }

    #[test]
    fn what_began_by_the_counter_ends_by_the_system_when_it_is_given_up() {
        let (counter, begun) = given_up(SECOND, 3 * SECOND);
        if begun & SYSTEM != 0 {
            return; // it was never trusted on this machine
        }
        let after = |nanos: u64| (system_nanos() + nanos) | SYSTEM;
        let elapsed = |earlier, later| counter.nanos_between(earlier, later) / (SECOND / 10);
        assert_eq!(elapsed(begun, after(4 * SECOND)), 40, "begun while they agreed");
        assert_eq!(elapsed(begun + ticks_in(&counter, 2 * SECOND), after(4 * SECOND)), 20, "begun as they came apart");
        let beyond = begun + ticks_in(&counter, 1_000 * SECOND);
        assert_eq!(elapsed(beyond, after(4 * SECOND)), 10, "begun at a time that never was");
        let later = counter.read();
        assert!(counter.nanos_between(later, counter.read()) < SECOND);
        assert_eq!(counter.nanos_between(later, begun), 0);
        assert_eq!(counter.distrust(), Some(Distrust::Strayed));
    }

    #[test]
    fn a_short_request_is_short_though_the_counter_is_found_out_during_it() {
        /// What the counter showed at the last check, ten seconds ago, beside what it shows now.
        const AT_LAST_CHECK: [i64; 2] = [-20, 864_000]; // it ran at twice its rate; or it began anew
        for seconds in AT_LAST_CHECK {
            let counter = Counter::new();
            if counter.distrust().is_some() {
                return; // it was never trusted on this machine
            }
            let ticks = ticks_in(&counter, seconds.unsigned_abs() * SECOND);
            let now = counter.clock.raw();
            let ticks = if seconds < 0 { now - ticks } else { now + ticks };
            *counter.checked.lock() = Pair { ticks, nanos: system_nanos() - 10 * SECOND };
            let begun = counter.read();
            counter.check();
            assert_eq!(counter.distrust(), Some(Distrust::Strayed));
            let elapsed = counter.nanos_between(begun, counter.read());
            assert!(elapsed < SECOND, "{elapsed} ns, {seconds}");
        }
    }

    #[test]
    fn a_counter_strays_by_more_than_a_hundredth_and_more_than_a_thread_stands_still() {
        let rows = [(0, 0, false), (10, 10, false), (11, 10, true), (0, 10, true), (1, 0, true)];
        for (by_counter, by_system, strayed) in rows {
            assert_eq!(has_strayed(by_counter * SECOND, by_system * SECOND), strayed, "{by_counter} {by_system}");
        }
        assert!(!has_strayed(SECOND * 10_049 / 1000, SECOND * 10));
    }
}
