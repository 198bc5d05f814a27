//! Risky features, and whether they are allowed now.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::control::{Sight, next_allowed};
use super::rule::FeatureGuard;
use crate::Goodput;

/// A guarded feature, found once by [`Goodput::feature`]. Asking it costs one relaxed load.
#[derive(Clone, Copy, Debug)]
pub struct Feature<'a> {
    switch: &'a Switch,
}

impl Feature<'_> {
    /// Whether it is allowed now.
    #[inline]
    pub fn is_allowed(self) -> bool {
        self.switch.is_allowed()
    }
}

/// One feature's state.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) rule: FeatureGuard,
    allowed: AtomicBool,
}

impl Switch {
    pub(super) fn new(rule: FeatureGuard) -> Self {
        Self { rule, allowed: AtomicBool::new(true) }
    }

    /// Relaxed: whoever misses the newest answer asked a moment earlier.
    #[inline]
    pub(super) fn is_allowed(&self) -> bool {
        self.allowed.load(Ordering::Relaxed)
    }

    /// As a tick has it. Relaxed: ticks are the only writers, one at a time.
    pub(super) fn turn(&self, sight: Sight) {
        self.allowed.store(next_allowed(self.is_allowed(), sight), Ordering::Relaxed);
    }
}

/// So many characters of a name that is no feature's are shown: it may come from anywhere.
const LONGEST_SHOWN: usize = 100;

/// Names that were asked for and are no feature's.
#[derive(Debug, Default)]
pub(super) struct Unknown {
    first: OnceLock<String>,
    times: AtomicU64,
}

impl Unknown {
    #[cold]
    fn note(&self, name: &str) {
        self.first.get_or_init(|| name.chars().take(LONGEST_SHOWN).collect());
        // Relaxed: a number for people.
        self.times.fetch_add(1, Ordering::Relaxed);
    }

    /// The first of them, and how often such names were asked for.
    pub(super) fn seen(&self) -> Option<(&str, u64)> {
        Some((self.first.get()?, self.times.load(Ordering::Relaxed)))
    }
}

impl Goodput {
    /// Whether a risky feature may be used now: not while the SLO it is [declared](crate::GoodputBuilder::feature) with burns
    /// too fast. While nobody ticks it stays as it was: one that was turned off does not come on because nobody looks.
    ///
    /// A name that is not declared is not allowed, and raises a flag: a misspelt one shows at once, as its feature never comes on,
    /// and not in the first incident, as one that never goes off.
    ///
    /// Cost: a comparison with each declared name, and no lock. [`feature`](Self::feature) finds it once.
    ///
    /// ```
    /// use goodput_core::{FeatureGuard, Goodput, Slo};
    ///
    /// let goodput = Goodput::builder("shop")
    ///     .slo(Slo::availability("checkout-ok", "99.9%"))
    ///     .feature(FeatureGuard::new("new-ranking", "checkout-ok").above("2"))
    ///     .build()?;
    /// assert!(goodput.feature_allowed("new-ranking"));
    /// assert!(!goodput.feature_allowed("new-rankign"));
    /// # Ok::<(), goodput_core::BuildError>(())
    /// ```
    pub fn feature_allowed(&self, name: &str) -> bool {
        let feature = self.feature(name);
        if feature.is_none() {
            self.guards().unknown.note(name);
        }
        feature.is_some_and(Feature::is_allowed)
    }

    /// The feature of this name, if it is declared, to be kept and asked often.
    pub fn feature(&self, name: &str) -> Option<Feature<'_>> {
        let mut switches = self.guards().switches.iter();
        switches.find(|switch| switch.rule.name == name).map(|switch| Feature { switch })
    }
}
