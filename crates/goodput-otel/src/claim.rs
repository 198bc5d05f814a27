//! The services this process exports: a second export under the same name would write to the same series.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::held::Held;

static CLAIMED: Mutex<BTreeMap<String, (u64, Held)>> = Mutex::new(BTreeMap::new());

/// A claimed name, given back when released.
#[derive(Debug)]
pub(crate) struct Claim {
    service: String,
    number: u64,
}

impl Claim {
    /// Claims a name; nothing if an instance that still exists has it.
    pub(crate) fn new(service: &str, held: &Held) -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut claimed = CLAIMED.lock();
        if claimed.get(service).is_some_and(|(_, former)| former.exists()) {
            return None;
        }
        // Relaxed: any distinct number will do.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        claimed.insert(service.to_owned(), (number, held.clone()));
        Some(Self { service: service.to_owned(), number })
    }

    /// Gives the name back, unless somebody else has claimed it meanwhile.
    pub(crate) fn release(&self) {
        let mut claimed = CLAIMED.lock();
        if claimed.get(&self.service).is_some_and(|(number, _)| *number == self.number) {
            claimed.remove(&self.service);
        }
    }
}
