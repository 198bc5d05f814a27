//! Which shard of the cells the current thread writes to.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many shards a process has: the next power of two of its parallelism, at least 16 and at most 64.
///
/// Threads are numbered as they come and share shards round-robin, so that any number of threads, however short-lived, is
/// counted in bounded memory. At least 16, so that the few busy threads of a small machine rarely meet on one.
pub(crate) fn shard_count() -> usize {
    let parallelism = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    parallelism.next_power_of_two().clamp(16, 64)
}

/// The current thread's shard, given a power-of-two number of them. A thread that
/// can no longer tell its number, since it is being torn down, uses shard 0.
#[inline]
pub(crate) fn current(shards: usize) -> usize {
    THREAD.try_with(Cell::get).map_or(0, |number| if number == UNNUMBERED { first_use() } else { number })
        & (shards - 1)
}

const UNNUMBERED: usize = usize::MAX;

thread_local! {
    static THREAD: Cell<usize> = const { Cell::new(UNNUMBERED) };
}

#[cold]
fn first_use() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Relaxed: any distinct number will do, and nothing else depends on it.
    let number = NEXT.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1);
    let _ = THREAD.try_with(|thread| thread.set(number));
    number
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_thread_keeps_its_shard_and_new_threads_go_round_all_of_them() {
        let mine = current(16);
        assert_eq!(current(16), mine);
        // Other tests' threads take numbers in between, so more than 16 are asked.
        let shards: BTreeSet<_> = (0..200).map(|_| std::thread::spawn(|| current(16)).join().unwrap()).collect();
        assert_eq!(shards, (0..16).collect());
    }

    #[test]
    fn recording_in_a_thread_local_destructor_finds_a_shard() {
        struct AtExit;
        impl Drop for AtExit {
            fn drop(&mut self) {
                assert!(current(16) < 16);
            }
        }
        thread_local!(static AT_EXIT: AtExit = const { AtExit });
        std::thread::spawn(|| AT_EXIT.try_with(|_| current(16)).unwrap()).join().unwrap();
    }
}
