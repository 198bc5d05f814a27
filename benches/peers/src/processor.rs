//! Who used the processor: us, or somebody else.

use std::fs::read_to_string;

use anyhow::{Context, Result};

/// More than this share of all processors used by others spoils what is measured meanwhile.
pub(crate) const FOREIGN: f64 = 0.04;

/// What was used up to a moment, in ticks of the kernel's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// Of all processors, idle or not.
    passed: u64,
    /// By anybody, and by other guests of the same host.
    busy: u64,
    /// By this process, its children that have ended, and a server if there is one.
    ours: u64,
}

impl Use {
    /// Up to now.
    pub(crate) fn now(server: Option<u32>) -> Result<Self> {
        let text = read_to_string("/proc/stat").context("failed to read /proc/stat")?;
        let all = text.lines().next().and_then(of_all).context("/proc/stat is not as expected")?;
        let own = of_process("self")?;
        let server = server.map(|server| of_process(&server.to_string())).transpose()?.unwrap_or_default();
        Ok(Self { ours: own.iter().chain(&server).sum(), ..all })
    }

    /// The share of all processors that went to others since an earlier moment.
    pub(crate) fn foreign_since(self, earlier: Self) -> f64 {
        let passed = self.passed.saturating_sub(earlier.passed).max(1);
        let busy = self.busy.saturating_sub(earlier.busy);
        let ours = self.ours.saturating_sub(earlier.ours);
        busy.saturating_sub(ours) as f64 / passed as f64
    }
}

/// The line `cpu`: user, nice, system, idle, iowait, irq, softirq, steal.
///
/// Soft interrupts, which carry a loopback connection, are in the times of the process they interrupt as well, unless the kernel
/// accounts interrupts apart; then they are in nobody's, and those of the load would look foreign. Such a kernel has time in irq,
/// at least that of its own clock; the other one only what its clock happened to interrupt.
fn of_all(line: &str) -> Option<Use> {
    let ticks: Vec<u64> =
        line.strip_prefix("cpu ")?.split_whitespace().filter_map(|ticks| ticks.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = *ticks.as_slice() else { return None };
    let by_processes = user + nice + system;
    let accounts_apart = irq * 500 > by_processes;
    let busy = by_processes + steal + if accounts_apart { 0 } else { irq + softirq };
    Some(Use { passed: by_processes + idle + iowait + irq + softirq + steal, busy, ours: 0 })
}

/// User and system time of a process, and of its children that have ended.
fn of_process(process: &str) -> Result<[u64; 4]> {
    let path = format!("/proc/{process}/stat");
    let text = read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
    times(&text).with_context(|| format!("{path} is not as expected"))
}

/// Fields 14 to 17, of which the third is the first one after the name in parentheses, which may hold anything.
fn times(text: &str) -> Option<[u64; 4]> {
    let (_, fields) = text.rsplit_once(") ")?;
    let times: Vec<u64> = fields.split(' ').skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    times.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_process_are_found_behind_any_name() {
        let text = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 11 12 13 14 20 0 1 0 5 0 0";
        assert_eq!(times(text), Some([11, 12, 13, 14]));
    }

    #[test]
    fn what_is_not_ours_is_foreign() {
        let before = of_all("cpu  100 0 50 800 0 0 10 0 0 0").unwrap();
        let after = of_all("cpu  180 0 90 860 0 0 10 20 0 0").unwrap();
        assert!((after.foreign_since(before) - 140.0 / 200.0).abs() < 1e-9);
        assert!((Use { ours: 120, ..after }.foreign_since(before) - 20.0 / 200.0).abs() < 1e-9);
        assert!(Use { ours: 500, ..after }.foreign_since(before).abs() < 1e-9);
    }

    #[test]
    fn soft_interrupts_are_a_processs_own_unless_they_are_accounted_apart() {
        let busy = |line| of_all(line).unwrap().busy;
        assert_eq!(busy("cpu  1000 0 0 0 0 1 100 0 0 0"), 1101);
        assert_eq!(busy("cpu  1000 0 0 0 0 9 100 0 0 0"), 1000);
    }
}
