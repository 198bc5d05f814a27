//! The services this process exports: a second export under the same name would write to the same series.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::held::Held;

static CLAIMED: Mutex<BTreeMap<String, Held>> = Mutex::new(BTreeMap::new());

/// Claims a name. Returns false if an instance that still exists has it.
pub(crate) fn claim(service: &str, held: &Held) -> bool {
    let mut claimed = CLAIMED.lock();
    let free = claimed.get(service).is_none_or(|former| former.with(|_| ()).is_none());
    if free {
        claimed.insert(service.to_owned(), held.clone());
    }
    free
}

/// Gives a name back.
pub(crate) fn release(service: &str) {
    CLAIMED.lock().remove(service);
}
