//! How long the alerts of an SLO go on once their condition is over.

use std::time::Duration;

use super::Slo;

impl Slo {
    /// Every alert row of it, its own or a default one, goes on firing until its condition has not held for so long, in place of what
    /// the row says. Nothing makes an alert end with its condition, and fire anew with the next one, as arithmetic has it.
    pub fn keep_firing(mut self, keep: Duration) -> Self {
        self.keep_firing = Some(keep);
        self
    }

    /// How long its alerts go on, if it is for all of them the same.
    pub fn keeps_firing(&self) -> Option<Duration> {
        self.keep_firing
    }
}
