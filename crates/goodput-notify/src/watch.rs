//! What a sender sees of an instance: what fires there, and when that changes.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Duration;

use goodput_core::Goodput;

use crate::episodes::Notice;
use crate::sender::Watch;
use crate::signal::Signal;

/// One sender's view of an instance.
pub(crate) struct Watching<H> {
    goodput: H,
    instance: String,
    signal: Arc<Signal>,
}

impl<H: Borrow<Goodput>> Watching<H> {
    pub(crate) fn new(goodput: H, instance: String, signal: Arc<Signal>) -> Self {
        Self { goodput, instance, signal }
    }
}

impl<H: Borrow<Goodput>> Watch for Watching<H> {
    fn firing(&mut self) -> Vec<Notice> {
        let _ = (&self.goodput, &self.instance);
        Vec::new()
    }

    fn wait(&mut self, time: Duration) {
        self.signal.stops_within(time);
    }
}
