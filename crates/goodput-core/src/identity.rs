//! A name for one instance in one process, so that nobody counts the same one twice.

use std::hash::{BuildHasher, RandomState};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which instance of its process one is.
#[derive(Debug)]
pub(crate) struct Identity(u64);

impl Identity {
    pub(crate) fn new() -> Self {
        static INSTANCES: AtomicU64 = AtomicU64::new(0);
        // Relaxed: each gets another number, and their order says nothing.
        Self(INSTANCES.fetch_add(1, Ordering::Relaxed))
    }

    /// Made of keys that the standard library takes from the operating system once a process. A forked child has its parent's keys and
    /// another process id.
    pub(crate) fn name(&self) -> String {
        static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();
        let (one, other) = KEYS.get_or_init(|| (RandomState::new(), RandomState::new()));
        let what = (process::id(), self.0);
        format!("{:016x}{:016x}", one.hash_one(what), other.hash_one(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_one_name_and_no_other_has_it() {
        let (one, other) = (Identity::new(), Identity::new());
        assert_eq!(one.name(), one.name());
        assert_ne!(one.name(), other.name());
        assert_eq!(one.name().len(), 32);
        assert!(one.name().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
