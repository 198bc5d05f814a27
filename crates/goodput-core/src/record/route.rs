//! One route for as long as the instance lives, and the versions of it that reloads make.
//!
//! A version is never changed and never goes away: a request remembers the one it began under and is counted there to its end,
//! whatever is reloaded meanwhile.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::class::ClassId;
use super::version::{MAX_VERSIONS, RouteRules, Version};

/// What requests of one template and class have in common.
#[derive(Debug)]
pub(crate) struct Route {
    template: Box<str>,
    class: ClassId,
    /// The number of the version that requests begin under.
    current: AtomicU32,
    /// Whether it was marked as one of streams beside the definition, for versions to come.
    marked: AtomicBool,
    first: Version,
    /// The others, from number 1 on, in the order they were made; there is no place for them before the first reload that concerns
    /// this route.
    later: OnceLock<Box<Later>>,
}

type Later = [OnceLock<Box<Version>>; MAX_VERSIONS - 1];

impl Route {
    pub(super) fn new(template: &str, class: ClassId, first: Version) -> Self {
        Self {
            template: template.into(),
            class,
            current: AtomicU32::new(0),
            marked: AtomicBool::new(false),
            first,
            later: OnceLock::new(),
        }
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// Whether it is the route of this template and class.
    #[inline]
    pub(crate) fn is(&self, template: &str, class: ClassId) -> bool {
        *self.template == *template && self.class == class
    }

    pub(crate) fn class(&self) -> ClassId {
        self.class
    }

    #[inline]
    pub(super) fn first(&self) -> &Version {
        &self.first
    }

    /// The number of the version that requests begin under. Acquire: pairs with the Release of `begin_under`, so that the version
    /// is there. A request that reads the number a moment too early begins under the former rules, as one that came earlier would.
    #[inline]
    pub(super) fn current_number_acquire(&self) -> u32 {
        self.current.load(Ordering::Acquire)
    }

    /// The version of this number, if it has been made.
    #[inline]
    pub(super) fn version(&self, number: u32) -> Option<&Version> {
        match number.checked_sub(1) {
            None => Some(&self.first),
            Some(later) => self.later.get()?.get(later as usize)?.get().map(Box::as_ref),
        }
    }

    /// The version that requests begin under.
    pub(crate) fn current(&self) -> &Version {
        self.version(self.current_number_acquire()).unwrap_or(&self.first)
    }

    /// Every version, with its number.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (u32, &Version)> {
        (0..).zip(std::iter::once(&self.first).chain(self.later()))
    }

    /// How much memory reloads have taken here.
    pub(super) fn bytes_of_reloads(&self) -> usize {
        let places = self.later.get().map_or(0, |_| size_of::<Later>());
        places + self.later().map(Version::bytes).sum::<usize>()
    }

    /// How much another version will take, if as many threads record as do now.
    pub(super) fn bytes_of_another(&self, rules: &RouteRules) -> usize {
        let places = if self.later.get().is_some() { 0 } else { size_of::<Later>() };
        places + self.current().bytes_by(rules)
    }

    /// Those that reloads have made.
    fn later(&self) -> impl Iterator<Item = &Version> {
        self.later.get().into_iter().flat_map(|later| later.iter()).map_while(|version| Some(version.get()?.as_ref()))
    }

    /// Has requests begin under the version of this number from here on. Release: see `current_number_acquire`. The caller holds the lock that admits routes.
    pub(super) fn begin_under(&self, number: u32) {
        self.current.store(number, Ordering::Release);
    }

    /// Adds a version and has requests begin under it. The caller holds the lock that admits routes, and has found a place: without
    /// one, nothing happens.
    pub(super) fn append(&self, version: Box<Version>) {
        if self.is_marked_streaming() {
            version.mark_streaming();
        }
        let later = self.later.get_or_init(|| Box::new([const { OnceLock::new() }; MAX_VERSIONS - 1]));
        let free = (1..).zip(later.iter()).find(|(_, place)| place.get().is_none());
        if let Some((number, place)) = free {
            place.get_or_init(|| version);
            self.begin_under(number);
        }
    }

    pub(super) fn is_marked_streaming(&self) -> bool {
        self.marked.load(Ordering::Relaxed)
    }

    /// Relaxed: a mark made when routes are declared. The caller holds the lock that admits routes, so no version is just being
    /// made that would miss it.
    pub(super) fn mark_streaming(&self) {
        self.marked.store(true, Ordering::Relaxed);
        self.versions().for_each(|(_, version)| version.mark_streaming());
    }
}
