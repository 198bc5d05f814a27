//! Faults to plant into the path of a request, to prove that somebody notices.
//!
//! All of them happen where a layer clones its handle into the future of a request. So nothing else about the path is
//! different, and a planted [`Nothing`] costs nothing.

use std::borrow::Borrow;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use goodput::Goodput;

use crate::clock::Reading;

/// What reaches an instance from within a layer.
pub trait Handle: Borrow<Goodput> + Clone + Send + Sync + 'static {}

impl<H: Borrow<Goodput> + Clone + Send + Sync + 'static> Handle for H {}

/// A mistake that somebody may make one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None at all: the way of planting itself.
    Nothing,
    /// An `Arc` is cloned into every future.
    Arc,
    /// All threads add to one word.
    Atomic,
    /// A box.
    Allocation,
    /// One more reading of the clock.
    Clock,
}

impl Fault {
    /// Every fault, by name.
    pub const ALL: &[(&str, Self)] = &[
        ("nothing", Self::Nothing),
        ("arc", Self::Arc),
        ("atomic", Self::Atomic),
        ("allocation", Self::Allocation),
        ("clock", Self::Clock),
    ];

    /// The fault of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(this, _)| *this == name).map(|&(_, fault)| fault)
    }
}

/// A handle whose clones do something besides.
#[derive(Clone, Debug)]
pub struct Planted<A> {
    goodput: &'static Goodput,
    _act: A,
}

impl<A> Planted<A> {
    /// A handle on this instance.
    pub fn new(goodput: &'static Goodput, act: A) -> Self {
        Self { goodput, _act: act }
    }
}

impl<A> Borrow<Goodput> for Planted<A> {
    #[inline]
    fn borrow(&self) -> &Goodput {
        self.goodput
    }
}

/// Does nothing when cloned.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

/// Goes along into each future, and counts those that hold it.
#[derive(Clone, Debug, Default)]
pub struct Shared(#[expect(dead_code, reason = "it is there to be cloned")] Arc<u64>);

/// Adds to a word that all threads share.
#[derive(Debug)]
pub struct Adding(&'static AtomicU64);

impl Default for Adding {
    fn default() -> Self {
        Self(Box::leak(Box::default()))
    }
}

impl Clone for Adding {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: nobody reads it.
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }
}

/// Allocates.
#[derive(Debug)]
pub struct Boxing;

impl Clone for Boxing {
    #[inline]
    fn clone(&self) -> Self {
        black_box(Box::new(0_u64));
        Self
    }
}

/// Reads the clock.
#[derive(Debug)]
pub struct Timing;

impl Clone for Timing {
    #[inline]
    fn clone(&self) -> Self {
        black_box(Reading::now());
        Self
    }
}

/// Does something with a handle, whichever its type.
pub trait WithHandle {
    /// What that gives.
    type Output;

    /// Does it.
    fn with<H: Handle>(self, handle: H) -> Self::Output;
}

/// What is planted. A type, so that a program that plants nothing holds no code that could: what else is in a program decides
/// what the compiler makes of a layer.
pub trait Planting: Copy {
    /// Hands `user` a handle with the fault in it, or without.
    fn plant<U: WithHandle>(self, goodput: &'static Goodput, user: U) -> U::Output;
}

/// No fault, and no way to plant one.
#[derive(Clone, Copy, Debug)]
pub struct Sound;

impl Planting for Sound {
    fn plant<U: WithHandle>(self, goodput: &'static Goodput, user: U) -> U::Output {
        user.with(goodput)
    }
}

impl Planting for Fault {
    fn plant<U: WithHandle>(self, goodput: &'static Goodput, user: U) -> U::Output {
        match self {
            Self::Nothing => user.with(Planted::new(goodput, Nothing)),
            Self::Arc => user.with(Planted::new(goodput, Shared::default())),
            Self::Atomic => user.with(Planted::new(goodput, Adding::default())),
            Self::Allocation => user.with(Planted::new(goodput, Boxing)),
            Self::Clock => user.with(Planted::new(goodput, Timing)),
        }
    }
}
