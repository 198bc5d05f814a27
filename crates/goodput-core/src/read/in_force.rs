//! The definition in force, and what of all that was ever counted belongs to which of its SLOs.
//!
//! Routes count by fingerprint. A *window* of an SLO counts what was judged as the SLO judges now, so it sees one fingerprint. What
//! an SLO *has counted* since the process started never falls, so it is the sum over every fingerprint there was under its name:
//! each event judged by the rules in force when it began.

use std::sync::Arc;
use std::time::Duration;

use goodput_model::{Counts, Definition};

use super::monitor::WatchedSlo;
use crate::classify::{Fingerprints, SloId};

/// See the module. Never changed: a reload puts another in its place.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) definition: Arc<Definition>,
    pub(crate) slos: Vec<WatchedSlo>,
    /// Of the SLOs, in their order.
    ids: Vec<SloId>,
    /// Of the SLOs, in their order: what each is known by to other processes.
    keys: Vec<Arc<str>>,
    /// Every fingerprint there ever was, by its number.
    owners: Vec<Owner>,
    /// The names that only earlier definitions had.
    removed: Vec<Arc<str>>,
}

/// Whose events one fingerprint's are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    /// The position of the SLO of that name; from the number of SLOs on, that of a removed one.
    pub(crate) row: usize,
    /// Whether the SLO judges so now.
    pub(crate) is_current: bool,
    /// The latency asked for, if one was.
    pub(crate) threshold: Option<Duration>,
}

impl InForce {
    pub(crate) fn new(
        definition: Definition,
        slos: Vec<WatchedSlo>,
        ids: Vec<SloId>,
        fingerprints: &Fingerprints,
    ) -> Self {
        let mut removed: Vec<Arc<str>> = Vec::new();
        let owners = fingerprints.iter().enumerate().map(|(number, fingerprint)| {
            let name = fingerprint.name();
            let current = slos.iter().position(|slo| *slo.name == **name);
            let row = current.unwrap_or_else(|| {
                let known = removed.iter().position(|known| known == name);
                slos.len()
                    + known.unwrap_or_else(|| {
                        removed.push(Arc::clone(name));
                        removed.len() - 1
                    })
            });
            let is_current = ids.get(row).is_some_and(|id| id.number() == number);
            Owner { row, is_current, threshold: fingerprint.threshold() }
        });
        let owners = owners.collect();
        let key = |id: &SloId| fingerprints.get(*id).map_or_else(Arc::default, |own| own.key().into());
        let keys = ids.iter().map(key).collect();
        Self { definition: Arc::new(definition), slos, ids, keys, owners, removed }
    }

    /// Whose events a fingerprint's are; nothing for one that came with a later definition.
    pub(crate) fn owner(&self, id: SloId) -> Option<Owner> {
        self.owners.get(id.number()).copied()
    }

    pub(crate) fn ids(&self) -> &[SloId] {
        &self.ids
    }

    /// What each SLO is known by to other processes.
    pub(crate) fn keys(&self) -> &[Arc<str>] {
        &self.keys
    }

    pub(crate) fn removed(&self) -> &[Arc<str>] {
        &self.removed
    }

    /// How many fingerprints there are.
    pub(crate) fn fingerprints(&self) -> usize {
        self.owners.len()
    }

    /// How many names there are, those of removed SLOs last.
    pub(crate) fn rows(&self) -> usize {
        self.slos.len() + self.removed.len()
    }

    /// What the windows of each SLO are cut from, of counts by fingerprint.
    pub(crate) fn live(&self, by_id: &[Counts]) -> Vec<Counts> {
        self.ids.iter().map(|id| by_id.get(id.number()).copied().unwrap_or_default()).collect()
    }

    /// What was counted under each name, of counts by fingerprint.
    pub(crate) fn totals(&self, by_id: &[Counts]) -> Vec<Counts> {
        let mut totals = vec![Counts::default(); self.rows()];
        for (owner, counts) in self.owners.iter().zip(by_id) {
            if let Some(total) = totals.get_mut(owner.row) {
                *total += *counts;
            }
        }
        totals
    }
}
