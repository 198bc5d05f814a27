//! What one Alertmanager has to be told: which alerts fire, which have resolved, and which of both it may know.
//!
//! Arithmetic on values: who sends, and when, is `sender.rs`.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::pace::Pace;
use crate::wire::{Annotations, Labels, Posted};

/// An alert that fires now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) labels: Labels,
    pub(crate) annotations: Annotations,
    /// When it fired, on the instance's wall.
    pub(crate) fired_at: SystemTime,
    /// Whether it is not to be told of now: another one of its SLO speaks for it, or somebody has muted it.
    pub(crate) quiet: bool,
    /// If an earlier process told of it: until when.
    pub(crate) told_until: Option<SystemTime>,
}

/// Every alert that fires or has lately resolved, by its labels.
#[derive(Debug, Default)]
pub(crate) struct Episodes {
    known: BTreeMap<Labels, Episode>,
}

#[derive(Debug)]
struct Episode {
    annotations: Annotations,
    starts_at: SystemTime,
    quiet: bool,
    /// Whether the Alertmanager may have it.
    may_know: bool,
    /// Whether it has to be sent: for the first time, or once more.
    due: bool,
    resolved: Option<Resolved>,
}

#[derive(Debug)]
struct Resolved {
    at: SystemTime,
    taken: u32,
}

impl Episode {
    /// What it knows goes on being told, also while the alert is quiet: an Alertmanager that hears no more of an alert takes it
    /// for resolved, says so, and would tell of the same episode again later.
    fn is_told(&self) -> bool {
        self.may_know || !self.quiet
    }
}

impl Episodes {
    /// Takes in what fires now.
    pub(crate) fn look(&mut self, firing: Vec<Notice>, now: SystemTime, pace: &Pace) {
        let mut gone: Vec<Labels> = Vec::new();
        {
            let fires: std::collections::BTreeSet<&Labels> = firing.iter().map(|notice| &notice.labels).collect();
            for (labels, episode) in &mut self.known {
                match &episode.resolved {
                    _ if fires.contains(labels) => {}
                    // Nobody knew of it, so there is nothing to take back.
                    None if !episode.may_know => gone.push(labels.clone()),
                    None => {
                        episode.resolved = Some(Resolved { at: now, taken: 0 });
                        episode.due = true;
                    }
                    Some(resolved) => {
                        let waited = now.duration_since(resolved.at).unwrap_or_default();
                        let in_vain = resolved.taken == 0 && waited >= pace.give_up_after;
                        if in_vain || resolved.taken >= pace.confirm.max(1) {
                            gone.push(labels.clone());
                        }
                    }
                }
            }
        }
        for labels in gone {
            self.known.remove(&labels);
        }
        for notice in firing {
            self.fires(notice, now, pace);
        }
    }

    fn fires(&mut self, notice: Notice, now: SystemTime, pace: &Pace) {
        let Notice { labels, annotations, fired_at, quiet, told_until } = notice;
        // A wall that was set back, or one that hurries, would have it start after it ends.
        let starts_at = fired_at.min(now);
        if let Some(episode) = self.known.get_mut(&labels) {
            if episode.resolved.take().is_some() {
                episode.starts_at = starts_at;
                episode.due = true;
            }
            episode.starts_at = episode.starts_at.min(now);
            episode.annotations = annotations;
            episode.quiet = quiet;
        } else {
            // The process before this one has told it, the last time at most a round before, and it has not ended with that one yet: nor is
            // it to.
            let lasts = pace.ends_after.saturating_sub(pace.every);
            let held = |until: SystemTime| now.duration_since(until).map_or(true, |ago| ago < lasts);
            let may_know = told_until.is_some_and(held);
            let episode = Episode { annotations, starts_at, quiet, may_know, due: true, resolved: None };
            self.known.insert(labels, episode);
        }
    }

    /// Everything is to be sent once more.
    pub(crate) fn begin_round(&mut self) {
        self.known.values_mut().for_each(|episode| episode.due = true);
    }

    /// Those that have to be sent now.
    pub(crate) fn due(&self) -> Vec<Labels> {
        let due = self.known.iter().filter(|(_, episode)| episode.due && episode.is_told());
        due.map(|(labels, _)| labels.clone()).collect()
    }

    /// These, as they are sent at `now`.
    pub(crate) fn posted<'a>(
        &'a self,
        labels: &'a [Labels],
        now: SystemTime,
        pace: &Pace,
        generator_url: Option<&'a str>,
    ) -> Vec<Posted<'a>> {
        let posted = labels.iter().filter_map(|labels| {
            let Episode { annotations, starts_at, resolved, .. } = self.known.get(labels)?;
            let ends_at = resolved.as_ref().map_or_else(
                || now.checked_add(pace.ends_after).unwrap_or(now),
                // Not before it began, which no Alertmanager takes.
                |resolved| resolved.at.max(*starts_at),
            );
            Some(Posted { labels, annotations, starts_at: *starts_at, ends_at, generator_url })
        });
        posted.collect()
    }

    /// The Alertmanager has taken these.
    pub(crate) fn taken(&mut self, labels: &[Labels]) {
        self.each(labels, |episode| {
            episode.may_know = true;
            episode.due = false;
            if let Some(resolved) = &mut episode.resolved {
                resolved.taken = resolved.taken.saturating_add(1);
            }
        });
    }

    /// It may have taken these, or not.
    pub(crate) fn may_have_arrived(&mut self, labels: &[Labels]) {
        self.each(labels, |episode| episode.may_know = true);
    }

    /// These wait for the next round.
    pub(crate) fn left_for_later(&mut self, labels: &[Labels]) {
        self.each(labels, |episode| episode.due = false);
    }

    fn each(&mut self, labels: &[Labels], mut change: impl FnMut(&mut Episode)) {
        for labels in labels {
            if let Some(episode) = self.known.get_mut(labels) {
                change(episode);
            }
        }
    }

    /// How many of what it is told of fire, and how many have resolved.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let resolved = self.known.values().filter(|episode| episode.resolved.is_some()).count();
        let firing = self.known.values().filter(|episode| episode.resolved.is_none() && episode.is_told()).count();
        (firing, resolved)
    }
}

#[cfg(test)]
mod tests;
