//! How the state file fares: what is wrong with it, for whoever reads the status.

use std::time::Duration;

use parking_lot::Mutex;

use super::storage::StateTrouble;
use crate::clock::{Reading, Stopwatch};
use crate::read::Flag;

/// A write that takes longer hangs.
const HANGS: Duration = Duration::from_secs(5);

/// Shared by the thread that writes and whoever reads; never held while writing.
#[derive(Debug)]
pub(crate) struct Health {
    stopwatch: Stopwatch,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What was found at the start, and stays so.
    found: Option<Flag>,
    /// What is wrong now, and since when.
    trouble: Option<(StateTrouble, Reading)>,
    /// Since when the disk is waited for.
    waits_since: Option<Reading>,
}

impl Default for Health {
    fn default() -> Self {
        Self { stopwatch: Stopwatch::system(), state: Mutex::default() }
    }
}

impl Health {
    pub(super) fn found(&self, flag: Flag) {
        self.state.lock().found = Some(flag);
    }

    /// The disk is asked for something.
    pub(super) fn begin(&self) {
        self.state.lock().waits_since = Some(self.stopwatch.read());
    }

    /// The disk has answered.
    pub(super) fn end(&self, outcome: Result<(), StateTrouble>) {
        let now = self.stopwatch.read();
        let mut state = self.state.lock();
        let since = state.trouble.map_or(now, |(_, since)| since);
        state.trouble = outcome.err().map(|trouble| (trouble, since));
        state.waits_since = None;
    }

    /// What a reader should know.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let state = self.state.lock();
        let ago = |since: Reading| Duration::from_nanos(self.stopwatch.nanos_since(since));
        let failing = |(why, since)| Flag::StateFailing { why, since: ago(since) };
        let hangs = state.waits_since.map(ago).filter(|since| *since > HANGS);
        let hangs = hangs.map(|since| Flag::StateFailing { why: StateTrouble::Hangs, since });
        state.found.clone().into_iter().chain(hangs.or_else(|| state.trouble.map(failing))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_answer_for_five_seconds_hangs_until_it_does() {
        let (stopwatch, hand) = Stopwatch::manual();
        let health = Health { stopwatch, state: Mutex::default() };
        let since = |seconds| Duration::from_secs(seconds);
        health.begin();
        hand.advance(HANGS);
        assert_eq!(health.flags(), []);
        hand.advance(since(1));
        assert_eq!(health.flags(), [Flag::StateFailing { why: StateTrouble::Hangs, since: since(6) }]);
        health.end(Ok(()));
        assert_eq!(health.flags(), []);
    }

    #[test]
    fn trouble_lasts_from_its_beginning_to_the_next_success() {
        let (stopwatch, hand) = Stopwatch::manual();
        let health = Health { stopwatch, state: Mutex::default() };
        let disk = StateTrouble::Disk(std::io::ErrorKind::StorageFull);
        for why in [StateTrouble::TooLarge, disk] {
            hand.advance(Duration::from_secs(10));
            health.end(Err(why));
        }
        assert_eq!(health.flags(), [Flag::StateFailing { why: disk, since: Duration::from_secs(10) }]);
        health.end(Ok(()));
        assert_eq!(health.flags(), []);
    }
}
