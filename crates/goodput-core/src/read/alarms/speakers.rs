//! Which alerts speak for others of the same SLO, which keep quiet meanwhile: the more severe ones, and those that say the same.

use std::collections::{BTreeMap, BTreeSet};

use goodput_model::{Severity, Signal};

use super::Key;
use crate::alert::Cause;

/// See the module.
pub(super) struct Speakers {
    worst: BTreeMap<u32, Severity>,
    traffic_lost: BTreeSet<u32>,
}

impl Speakers {
    pub(super) fn among<'a>(firing: impl Iterator<Item = (Key, &'a Cause)>) -> Self {
        let (mut worst, mut traffic_lost) = (BTreeMap::new(), BTreeSet::new());
        for (key, cause) in firing {
            let severity = worst.entry(key.0).or_insert(cause.severity());
            *severity = cause.severity().max(*severity);
            if *cause == Cause::Signal(Signal::TrafficLost) {
                traffic_lost.insert(key.0);
            }
        }
        Self { worst, traffic_lost }
    }

    /// Whether another one of its SLO is more severe, or says the same.
    pub(super) fn speak_for(&self, key: Key, cause: &Cause) -> bool {
        let is_said = *cause == Cause::Signal(Signal::NoData) && self.traffic_lost.contains(&key.0);
        is_said || self.worst.get(&key.0).is_some_and(|worst| *worst > cause.severity())
    }
}
