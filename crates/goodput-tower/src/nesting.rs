//! What this thread is serving: so that a layer inside a layer does not count a request twice, and code deep inside a handler
//! can say its word.

use std::cell::Cell;

use goodput_core::{Goodput, RouteId, Verdict};

thread_local! {
    static SERVING: Cell<Serving> = const { Cell::new(Serving { instance: 0, dependency: None }) };
    /// What was said since the thread began to serve what it serves, if the lowest bit of its instance is set.
    static SAID: Cell<Option<Verdict>> = const { Cell::new(None) };
}

/// Whose request a thread is serving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Serving {
    /// The address of the instance, 0 for none. Only compared, never followed; the instance outlives the entry because
    /// whoever made it holds a handle. Its lowest bit is set once something was said.
    instance: usize,
    /// The dependency that is being called, which is another event than the request it is called for.
    dependency: Option<RouteId>,
}

const SAID_BIT: usize = 1;

/// Whose event it is: a request of an instance, or a call to one of its dependencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope(Serving);

impl Scope {
    #[inline]
    pub(crate) fn new(goodput: &Goodput, dependency: Option<RouteId>) -> Self {
        Self(Serving { instance: std::ptr::from_ref(goodput).addr(), dependency })
    }

    /// Whether the caller runs inside an event of this scope. Only the nearest layer around it is looked at.
    #[inline]
    pub(crate) fn is_around(self) -> bool {
        let serving = SERVING.try_with(Cell::get).ok();
        serving.is_some_and(|around| {
            around.instance & !SAID_BIT == self.0.instance && around.dependency == self.0.dependency
        })
    }

    /// From here on this thread serves an event of this scope.
    #[inline]
    pub(crate) fn enter(self) -> Outer {
        Outer(SERVING.try_with(|serving| serving.replace(self.0)).unwrap_or(NOTHING))
    }
}

const NOTHING: Serving = Serving { instance: 0, dependency: None };

/// What the thread was serving before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer(Serving);

impl Outer {
    /// And now it is back to that. Returns what was said meanwhile.
    #[inline]
    pub(crate) fn resume(self) -> Option<Verdict> {
        // A thread that is exiting has no entry left to restore.
        let left = SERVING.try_with(|serving| serving.replace(self.0)).unwrap_or(NOTHING);
        if left.instance & SAID_BIT == 0 { None } else { take_said() }
    }
}

#[cold]
fn take_said() -> Option<Verdict> {
    SAID.try_with(Cell::take).ok().flatten()
}

/// Says the handler's verdict on the request that the current task is serving, from wherever in the handler it is known.
///
/// It means what a [`Verdict`] in the extensions of the response means, and gives way to one. The last word counts. Where a
/// response is made by somebody else it is the only way: in tonic, a handler that returns a `Status` has no response to put
/// anything into.
///
/// ```
/// use goodput_core::Verdict;
///
/// fn over_quota(tenant: &str) -> bool {
///     # tenant.is_empty()
/// }
///
/// fn check(tenant: &str) -> Result<(), &'static str> {
///     if over_quota(tenant) {
///         goodput_tower::say(Verdict::excluded("quota")); // the caller's doing, not ours
///         return Err("quota exceeded");
///     }
///     Ok(())
/// }
/// ```
///
/// Heard on the thread that polls the handler, until it answers: not in a spawned task, and not in a body. Elsewhere it does
/// nothing.
pub fn say(verdict: Verdict) {
    let _ = SERVING.try_with(|serving| {
        let around = serving.get();
        if around.instance != 0 && around.dependency.is_none() {
            let heard = SAID.try_with(|said| said.set(Some(verdict))).is_ok();
            serving.set(Serving { instance: around.instance | usize::from(heard), ..around });
        }
    });
}
