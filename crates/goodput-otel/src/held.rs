//! How an exporter holds an instance: for ever, or only as long as somebody else does.

use std::sync::{Arc, Weak};

use goodput_core::Goodput;

/// A leaked instance, or one that the export does not keep alive.
///
/// OpenTelemetry never lets go of a callback, so a callback must not own what it reads.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Held {
    /// A leaked instance.
    Static(&'static Goodput),
    /// A shared one. Once it is dropped, its series end.
    Weak(Weak<Goodput>),
}

impl Held {
    /// Runs `read` on the instance, if it still exists.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Goodput) -> R) -> Option<R> {
        match self {
            Self::Static(goodput) => Some(read(goodput)),
            Self::Weak(goodput) => goodput.upgrade().map(|goodput| read(&goodput)),
        }
    }
}

impl From<&'static Goodput> for Held {
    fn from(goodput: &'static Goodput) -> Self {
        Self::Static(goodput)
    }
}

impl From<&Arc<Goodput>> for Held {
    fn from(goodput: &Arc<Goodput>) -> Self {
        Self::Weak(Arc::downgrade(goodput))
    }
}
