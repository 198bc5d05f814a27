//! A name for one instance in one process, so that nobody counts the same one twice.

use std::hash::{BuildHasher, RandomState};
use std::process;
use std::sync::OnceLock;

use goodput_core::Goodput;

/// 32 hexadecimal digits: the same for as long as the instance lives, and another one for every other instance, process and start.
///
/// It is made of keys that the standard library takes from the operating system once a process. A forked child has its parent's keys
/// and another process id.
pub(crate) fn name_of(goodput: &Goodput) -> String {
    static KEYS: OnceLock<(RandomState, RandomState)> = OnceLock::new();
    let (one, other) = KEYS.get_or_init(|| (RandomState::new(), RandomState::new()));
    let what = (process::id(), std::ptr::from_ref(goodput).addr());
    format!("{:016x}{:016x}", one.hash_one(what), other.hash_one(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_one_name_and_no_other_has_it() {
        let build = || Box::new(Goodput::builder("checkout").build().unwrap());
        let (one, other) = (build(), build());
        assert_eq!(name_of(&one), name_of(&one));
        assert_ne!(name_of(&one), name_of(&other));
        assert_eq!(name_of(&one).len(), 32);
        assert!(name_of(&one).bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
