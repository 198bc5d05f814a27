//! What this thread is serving: so that a layer inside a layer does not count a request twice, and code deep inside a handler
//! can say its word.

use std::cell::{Cell, RefCell};

use goodput_core::{Goodput, RouteId, Verdict};

thread_local! {
    /// Whose event this thread is serving, 0 for none.
    static SERVING: Cell<usize> = const { Cell::new(0) };
    /// What was said in each of the events around, the nearest last, that are marked as having heard something.
    static SAID: RefCell<Vec<Verdict>> = const { RefCell::new(Vec::new()) };
}

/// Set in `SERVING` once something was said.
const SAID_MARK: usize = 1;
/// Set where nobody listens: during a call to a dependency.
const DEAF_MARK: usize = 2;

/// Whose event it is: a request of an instance, or a call to one of its dependencies, which is another event than the request
/// it is made for.
///
/// It is the address of the instance, or of the dependency's route in it. Only compared, never followed; the instance outlives
/// the entry because whoever made it holds a handle. The lowest bits of both are free.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope(usize);

impl Scope {
    #[inline]
    pub(crate) fn request(goodput: &Goodput) -> Self {
        Self(std::ptr::from_ref(goodput).addr())
    }

    #[inline]
    pub(crate) fn dependency(goodput: &Goodput, route: RouteId) -> Self {
        Self(goodput.address_of(route) | DEAF_MARK)
    }

    /// From here on this thread serves an event of this scope.
    #[inline]
    pub(crate) fn enter(self) -> Outer {
        Outer(SERVING.try_with(|serving| serving.replace(self.0)).unwrap_or(0))
    }
}

/// What the thread was serving before.
#[derive(Clone, Copy, Debug)]
#[must_use = "the thread goes back to it"]
pub(crate) struct Outer(usize);

impl Outer {
    /// Whether that was an event of this scope. Only the nearest layer around is looked at.
    #[inline]
    pub(crate) fn is(self, scope: Scope) -> bool {
        self.0 & !SAID_MARK == scope.0
    }

    /// And now it is back to that. Returns what was said meanwhile.
    #[inline]
    pub(crate) fn resume(self) -> Option<Verdict> {
        // A thread that is exiting has no entry left to restore.
        let left = SERVING.try_with(|serving| serving.replace(self.0)).unwrap_or(0);
        if left & SAID_MARK == 0 { None } else { take_said() }
    }
}

#[cold]
fn take_said() -> Option<Verdict> {
    SAID.try_with(|said| said.try_borrow_mut().ok()?.pop()).ok().flatten()
}

/// The last word of an event counts: a second one takes the place of the first. Returns whether it was kept.
fn keep_said(verdict: Verdict, is_second: bool) -> bool {
    let keep = |said: &RefCell<Vec<Verdict>>| {
        let Ok(mut said) = said.try_borrow_mut() else { return false };
        if is_second {
            said.pop();
        }
        said.push(verdict);
        true
    };
    SAID.try_with(keep).unwrap_or(false)
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
/// Heard on the thread that polls the handler, until it answers: not in a spawned task, and not in a body; there it does nothing. An
/// `Err` in place of an answer stays one, and so does a client's leaving.
pub fn say(verdict: Verdict) {
    let _ = SERVING.try_with(|serving| {
        let around = serving.get();
        if around != 0 && around & DEAF_MARK == 0 && keep_said(verdict, around & SAID_MARK != 0) {
            serving.set(around | SAID_MARK);
        }
    });
}
