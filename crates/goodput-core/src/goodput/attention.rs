//! Why a request that begins needs a closer look: nearly always for no reason, which one look tells.

use std::sync::atomic::Ordering;

use super::Goodput;

/// Some requests arrive through an outer layer.
const HAS_OUTER: u8 = 1;
/// Some budget burns.
const ARMED: u8 = 2;

impl Goodput {
    /// From here on some requests arrive through an outer layer.
    #[doc(hidden)]
    pub fn note_outer_layer(&self) {
        self.attention.fetch_or(HAS_OUTER, Ordering::Relaxed);
    }

    /// Whether some requests arrive through an outer layer. Relaxed: layers are made before requests come.
    #[doc(hidden)]
    #[inline]
    pub fn has_outer_layer(&self) -> bool {
        self.attention.load(Ordering::Relaxed) & HAS_OUTER != 0
    }

    /// Whether some budget burns: over five minutes, faster than it may. Only then is it worth remembering where a request came from.
    ///
    /// Relaxed: a request more or less is remembered.
    #[doc(hidden)]
    #[inline]
    pub fn is_armed(&self) -> bool {
        self.attention.load(Ordering::Relaxed) & ARMED != 0
    }

    /// Whether a request that begins needs a closer look, for either of these.
    #[doc(hidden)]
    #[inline]
    pub fn needs_attention(&self) -> bool {
        self.attention.load(Ordering::Relaxed) != 0
    }

    /// Arms or disarms.
    pub(crate) fn set_armed(&self, armed: bool) {
        if armed {
            self.attention.fetch_or(ARMED, Ordering::Relaxed);
        } else {
            self.attention.fetch_and(!ARMED, Ordering::Relaxed);
        }
    }
}
