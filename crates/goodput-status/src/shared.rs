//! One rendered page, shared by everybody who asks: made at most so often, on a thread of its own.
//!
//! A page of many SLOs takes longer than a millisecond, which is longer than a task may hold up the thread that runs it. So the thread
//! that asks starts another one, and waits as a task does; whoever asks meanwhile waits for the same page. Nothing is rendered while
//! nobody asks, and no thread outlives its page.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::Shared;
use goodput_core::{Moment, Timeline};
use parking_lot::Mutex;

/// A page that is there, or will be. It fails if rendering it failed, or no thread could be started.
pub(crate) type Coming<T> = Shared<oneshot::Receiver<Arc<T>>>;

/// The newest page of its kind.
#[derive(Debug)]
pub(crate) struct Page<T> {
    newest: Mutex<Option<Newest<T>>>,
}

#[derive(Debug)]
struct Newest<T> {
    asked_for: Moment,
    coming: Coming<T>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { newest: Mutex::new(None) }
    }
}

impl<T: Send + Sync + 'static> Page<T> {
    /// The newest page if it was asked for less than `max_age` ago or is not there yet, else a new one.
    pub(crate) fn at_most(
        &self,
        max_age: Duration,
        clock: &Timeline,
        render: impl FnOnce() -> T + Send + 'static,
    ) -> Coming<T> {
        let mut newest = self.newest.lock();
        let now = clock.now();
        let is_good = |newest: &&Newest<T>| match newest.coming.peek() {
            None => true,
            Some(Err(_)) => false,
            Some(Ok(_)) => now.since_origin().saturating_sub(newest.asked_for.since_origin()) < max_age,
        };
        if let Some(newest) = newest.as_ref().filter(is_good) {
            return newest.coming.clone();
        }
        let coming = begin(render);
        *newest = Some(Newest { asked_for: now, coming: coming.clone() });
        coming
    }
}

/// Renders on a thread of its own. If there is none to be had, or it panics, what is coming fails.
fn begin<T: Send + Sync + 'static>(render: impl FnOnce() -> T + Send + 'static) -> Coming<T> {
    let (sender, receiver) = oneshot::channel();
    let work = move || match catch_unwind(AssertUnwindSafe(render)) {
        Ok(page) => drop(sender.send(Arc::new(page))),
        // It may panic again when dropped.
        Err(payload) => std::mem::forget(payload),
    };
    drop(thread::Builder::new().name("goodput-status".to_owned()).spawn(work));
    receiver.shared()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Resolves what is coming on this thread.
    fn wait<T>(coming: Coming<T>) -> Option<Arc<T>> {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(coming).ok()
    }

    #[test]
    fn a_page_is_made_again_once_it_is_too_old() {
        let (clock, hand) = Timeline::manual();
        let (page, made) = (Page::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let made = Arc::clone(&made);
            wait(page.at_most(SECOND, &clock, move || made.fetch_add(1, Ordering::SeqCst))).unwrap()
        };
        assert_eq!((*ask(), *ask()), (0, 0));
        hand.advance(Duration::from_millis(999));
        assert_eq!(*ask(), 0);
        hand.advance(Duration::from_millis(1));
        assert_eq!((*ask(), *ask()), (1, 1));
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn whoever_asks_while_a_page_is_made_waits_for_that_one() {
        let (clock, hand) = Timeline::manual();
        let (page, (go, gate)) = (Page::default(), mpsc::channel::<()>());
        let first = page.at_most(SECOND, &clock, move || gate.recv().map(|()| 1).unwrap());
        hand.advance(SECOND * 60);
        let second = page.at_most(SECOND, &clock, || panic!("a second page is made"));
        assert!(second.peek().is_none());
        go.send(()).unwrap();
        assert_eq!((wait(first), wait(second)), (Some(Arc::new(1)), Some(Arc::new(1))));
    }

    #[test]
    fn a_page_that_cannot_be_made_is_tried_again() {
        let (clock, _hand) = Timeline::manual();
        let page = Page::default();
        assert_eq!(wait(page.at_most(SECOND, &clock, || -> u8 { panic!("on purpose") })), None);
        assert_eq!(wait(page.at_most(SECOND, &clock, || 7)), Some(Arc::new(7)));
    }
}
