//! How an exporter holds an instance: for ever, or only as long as somebody else does.

use std::sync::{Arc, Weak};

use goodput_core::Goodput;

/// A leaked instance, or one that the export does not keep alive: made from a `&'static Goodput` or an `&Arc<Goodput>`.
///
/// OpenTelemetry never lets go of a callback, so a callback must not own what it reads. Once a shared instance is dropped,
/// its series end.
#[derive(Clone, Debug)]
pub struct Held(Handle);

#[derive(Clone, Debug)]
enum Handle {
    Static(&'static Goodput),
    Weak(Weak<Goodput>),
}

impl Held {
    /// Runs `read` on the instance, if it still exists.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Goodput) -> R) -> Option<R> {
        match &self.0 {
            Handle::Static(goodput) => Some(read(goodput)),
            Handle::Weak(goodput) => goodput.upgrade().map(|goodput| read(&goodput)),
        }
    }

    /// Whether the instance still exists.
    pub(crate) fn exists(&self) -> bool {
        self.with(|_| ()).is_some()
    }
}

impl From<&'static Goodput> for Held {
    fn from(goodput: &'static Goodput) -> Self {
        Self(Handle::Static(goodput))
    }
}

impl From<&Arc<Goodput>> for Held {
    fn from(goodput: &Arc<Goodput>) -> Self {
        Self(Handle::Weak(Arc::downgrade(goodput)))
    }
}
