//! Which instance this thread is serving a request of, so that a layer inside a layer does not count the request twice.

use std::cell::Cell;

use goodput_core::Goodput;

thread_local! {
    /// The address of the instance whose request this thread is serving, 0 for none. Only compared, never followed; the
    /// instance outlives the entry because whoever made it holds a handle.
    static SERVING: Cell<usize> = const { Cell::new(0) };
}

/// What the thread was serving before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outer(usize);

/// Whether the caller runs inside a request of this instance. Only the nearest layer around it is looked at.
#[inline]
pub(crate) fn is_inside(goodput: &Goodput) -> bool {
    SERVING.try_with(|serving| serving.get() == address(goodput)).unwrap_or(false)
}

/// From here on this thread serves a request of this instance.
#[inline]
pub(crate) fn enter(goodput: &Goodput) -> Outer {
    Outer(SERVING.try_with(|serving| serving.replace(address(goodput))).unwrap_or(0))
}

/// And now it is back to what it did before.
#[inline]
pub(crate) fn leave(outer: Outer) {
    // A thread that is exiting has no entry left to restore.
    let _ = SERVING.try_with(|serving| serving.set(outer.0));
}

fn address(goodput: &Goodput) -> usize {
    std::ptr::from_ref(goodput).addr()
}
