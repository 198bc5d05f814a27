//! The names that SLOs look at levels, data and records under, and what was given under other names.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use goodput_model::{Definition, Indicator};
use parking_lot::Mutex;

use super::{Dataset, DatasetCell, Level, LevelCell};
use crate::Goodput;
use crate::looks_at::{LooksAt, looks_at};

/// The levels and the data of one instance, by name: those that SLOs look at, so that there are never more than the definition
/// names. Behind locks that only whoever asks for a handle takes, and the builder.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    levels: Mutex<BTreeMap<String, Arc<LevelCell>>>,
    datasets: Mutex<BTreeMap<String, Arc<DatasetCell>>>,
    /// Whether some SLO looks at records or reads by name.
    counts_things: AtomicBool,
    unknown: AtomicU64,
    first_unknown: OnceLock<String>,
}

impl Gauges {
    /// Makes place for the names of this definition, beside those that are there. Handles of names that are there stay valid.
    pub(crate) fn admit(&self, definition: &Definition) {
        for slo in &definition.slos {
            match (looks_at(definition, slo), slo.indicator()) {
                (LooksAt::Values(names), Indicator::Saturation { .. }) => admit(&self.levels, names),
                (LooksAt::Values(names), _) => admit(&self.datasets, names),
                // Relaxed: whoever does not see it yet looks the name up when it counts.
                (LooksAt::Things { .. }, _) => self.counts_things.store(true, Ordering::Relaxed),
                (LooksAt::Everything | LooksAt::Routes(_) | LooksAt::Dependency, _) => {}
            }
        }
    }

    pub(crate) fn level(&self, name: &str) -> Option<Arc<LevelCell>> {
        self.levels.lock().get(name).cloned()
    }

    pub(crate) fn dataset(&self, name: &str) -> Option<Arc<DatasetCell>> {
        self.datasets.lock().get(name).cloned()
    }

    pub(crate) fn counts_things(&self) -> bool {
        self.counts_things.load(Ordering::Relaxed)
    }

    /// Something was given under a name that no SLO looks at: it is counted nowhere.
    #[cold]
    pub(crate) fn note_unknown(&self, name: &str) {
        self.first_unknown.get_or_init(|| name.chars().take(Definition::MAX_ROUTE).collect());
        self.unknown.fetch_add(1, Ordering::Relaxed); // a number for people
    }

    /// The first such name, and how often there was one.
    pub(crate) fn unknown(&self) -> Option<(&str, u64)> {
        Some((self.first_unknown.get()?, self.unknown.load(Ordering::Relaxed)))
    }

    /// How often a value was refused.
    pub(crate) fn refused(&self) -> u64 {
        self.levels.lock().values().fold(0, |sum, cell| sum.saturating_add(cell.refused()))
    }
}

fn admit<T: Default>(cells: &Mutex<BTreeMap<String, Arc<T>>>, names: &[String]) {
    let mut cells = cells.lock();
    for name in names {
        cells.entry(name.clone()).or_default();
    }
}

impl Goodput {
    /// The level of this name: how much of something limited is in use, for saturation SLOs that name it.
    ///
    /// Ask once and keep it. A name that no SLO looks at is counted nowhere, and a flag of the status shows it.
    pub fn level(&self, name: &str) -> Level {
        let cell = self.gauges().level(name);
        if cell.is_none() {
            self.gauges().note_unknown(name);
        }
        Level::new(cell)
    }

    /// The data of this name: how old it is, for freshness SLOs that name it and judge slices.
    ///
    /// Ask once and keep it. A name that no SLO looks at is counted nowhere, and a flag of the status shows it.
    pub fn dataset(&self, name: &str) -> Dataset {
        let cell = self.gauges().dataset(name);
        if cell.is_none() {
            self.gauges().note_unknown(name);
        }
        Dataset::new(cell, self.timeline.clone())
    }
}
