//! What a sender sees of an instance: what fires there, and when that changes.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Duration;

use goodput_core::{Goodput, Subscription};

use crate::episodes::Notice;
use crate::notice::notice;
use crate::sender::Watch;

/// Transitions only wake a sender, which then looks at what fires: one is as good as many.
pub(crate) const CAPACITY: usize = 1;

/// One sender's view of an instance.
pub(crate) struct Watching<H> {
    pub(crate) goodput: H,
    pub(crate) instance: String,
    pub(crate) news: Arc<Subscription>,
}

impl<H: Borrow<Goodput>> Watch for Watching<H> {
    fn firing(&mut self) -> Vec<Notice> {
        // What has come so far is seen by this look.
        while self.news.try_recv().is_some() {}
        self.goodput.borrow().alerts().iter().filter_map(|alert| notice(alert, &self.instance)).collect()
    }

    fn wait(&mut self, time: Duration) {
        // Whatever comes, or nobody waits for any more.
        drop(self.news.recv_timeout(time));
    }
}
