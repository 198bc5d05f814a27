//! A mute that is in force, as it is remembered.

use std::time::Duration;

use super::varint::{Cursor, put_number, put_text};
use crate::alert::Mute;
use crate::clock::nanos;

/// The most in one file.
pub(super) const MAX_MUTES: u64 = Mute::MOST as u64;

/// See the module. `S` is a text: its own, or one that lies in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedMute<S = String> {
    /// When it is over: the time since 1970.
    pub(crate) until: Duration,
    /// Whose alerts; all of them if it is empty.
    pub(crate) slo: S,
    pub(crate) why: S,
}

impl SavedMute {
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        put_number(bytes, nanos(self.until));
        put_text(bytes, &self.slo);
        put_text(bytes, &self.why);
    }
}

impl<'a> SavedMute<&'a str> {
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        Some(Self { until: Duration::from_nanos(cursor.number()?), slo: cursor.text()?, why: cursor.text()? })
    }

    pub(super) fn owned(self) -> SavedMute {
        SavedMute { until: self.until, slo: self.slo.to_owned(), why: self.why.to_owned() }
    }
}
