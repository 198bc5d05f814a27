//! What this thread is serving: so that a layer inside a layer does not count a request twice, and code deep inside a handler
//! can say its word.

use std::cell::Cell;

use goodput_core::{Goodput, RouteId, Verdict};

thread_local! {
    /// Whose event this thread is serving, 0 for none.
    static SERVING: Cell<usize> = const { Cell::new(0) };
    /// What was said since the thread began to serve what it serves, if that is marked.
    static SAID: Cell<Option<Verdict>> = const { Cell::new(None) };
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

    pub(crate) fn dependency(goodput: &Goodput, route: RouteId) -> Self {
        Self(goodput.address_of(route) | DEAF_MARK)
    }

    /// Whether the caller runs inside an event of this scope. Only the nearest layer around it is looked at.
    #[inline]
    pub(crate) fn is_around(self) -> bool {
        SERVING.try_with(|serving| serving.get() & !SAID_MARK == self.0).unwrap_or(false)
    }

    /// From here on this thread serves an event of this scope.
    #[inline]
    pub(crate) fn enter(self) -> Outer {
        let around = SERVING.try_with(|serving| serving.replace(self.0)).unwrap_or(0);
        // What was said there is kept: a handler of another instance may say its own word meanwhile.
        Outer { around, said: if around & SAID_MARK == 0 { None } else { take_said() } }
    }
}

/// What the thread was serving before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer {
    around: usize,
    said: Option<Verdict>,
}

impl Outer {
    /// And now it is back to that. Returns what was said meanwhile.
    #[inline]
    pub(crate) fn resume(self) -> Option<Verdict> {
        // A thread that is exiting has no entry left to restore.
        let left = SERVING.try_with(|serving| serving.replace(self.around)).unwrap_or(0);
        let heard = if left & SAID_MARK == 0 { None } else { take_said() };
        if self.said.is_some() {
            put_said(self.said);
        }
        heard
    }
}

#[cold]
fn take_said() -> Option<Verdict> {
    SAID.try_with(Cell::take).ok().flatten()
}

#[cold]
fn put_said(said: Option<Verdict>) {
    let _ = SAID.try_with(|cell| cell.set(said));
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
/// Heard on the thread that polls the handler, until it answers: not in a spawned task, and not in a body. An `Err` in place of an
/// answer stays one, and so does a client's leaving. Elsewhere it does
/// nothing.
pub fn say(verdict: Verdict) {
    let _ = SERVING.try_with(|serving| {
        let around = serving.get();
        if around != 0 && around & DEAF_MARK == 0 && SAID.try_with(|said| said.set(Some(verdict))).is_ok() {
            serving.set(around | SAID_MARK);
        }
    });
}
